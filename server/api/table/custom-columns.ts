/** Columns that a definition names by JSON paths (apiextensions, `pkg/registry/customresource/tableconvertor`). */

import { parseJsonPath } from '../../kube/json-path.js';
import type { PrinterColumn } from '../registry/resource-info.js';
import { type Cell, type Column, NAME } from './cells.js';
import { ageOf } from './duration.js';

const made = new WeakMap<readonly PrinterColumn[], readonly Column[]>();

/** The columns of a kind: its name, then those of its definition. */
export function customColumns(columns: readonly PrinterColumn[]): readonly Column[] {
  const known = made.get(columns);
  if (known !== undefined) return known;
  const result = [NAME, ...columns.map(customColumn)];
  made.set(columns, result);
  return result;
}

function customColumn({
  name,
  type,
  jsonPath,
  description = '',
  format = '',
  priority = 0,
}: PrinterColumn): Column {
  const path = parseJsonPath(jsonPath);
  return {
    name,
    type,
    format,
    description,
    ...(priority > 0 ? { wide: true as const } : {}),
    cell: (object, now) => cellOf(path?.(object) ?? [], type, now),
  };
}

function cellOf(values: readonly unknown[], type: string, now: string): Cell {
  const [first] = values;
  if (first === undefined || first === null) return null;
  switch (type) {
    case 'integer':
      return typeof first === 'number' ? Math.trunc(first) : null;
    case 'number':
      return typeof first === 'number' ? first : null;
    case 'boolean':
      return typeof first === 'boolean' ? first : null;
    case 'date':
      return typeof first === 'string' && !Number.isNaN(Date.parse(first))
        ? ageOf(first, now)
        : '<invalid>';
    default:
      return values.map(textOf).join(' ');
  }
}

function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
