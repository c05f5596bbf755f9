/** `meta.k8s.io/v1 Table`: what `kubectl get` prints, and the same as text for podnet's own command line. */

import type { KubeObject, ObjectMeta } from '../../contract/kube.js';
import type { ResourceInfo } from '../registry/resource-info.js';
import { type Cell, type Column, NONE } from './cells.js';
import { COLUMNS, PLAIN_COLUMNS } from './columns.js';
import { customColumns } from './custom-columns.js';

/** What each row carries beside its cells. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** A Table as JSON. */
export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: 'meta.k8s.io/v1';
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly columnDefinitions: readonly ColumnDefinition[] | null;
  readonly rows: readonly TableRow[];
}

interface ColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

interface TableRow {
  readonly cells: readonly Cell[];
  readonly object?: unknown;
}

/** What a table is made of. */
export interface TableInput {
  readonly info: ResourceInfo;
  /** In the version of storage. */
  readonly objects: readonly KubeObject[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly include: IncludeObject;
  /** RFC 3339. */
  readonly now: string;
  /** Later events of a watch leave the columns out. */
  readonly withColumns?: boolean;
}

/** The columns of a kind. */
export function columnsOf(info: ResourceInfo): readonly Column[] {
  const known = COLUMNS.get(info.storage);
  if (known !== undefined) return known;
  return info.printerColumns === undefined ? PLAIN_COLUMNS : customColumns(info.printerColumns);
}

/** Renders objects as a Table. */
export function renderTable({
  info,
  objects,
  metadata,
  include,
  now,
  withColumns = true,
}: TableInput): Table {
  const columns = columnsOf(info);
  const rows = objects.map((object) => ({
    cells: columns.map((column) => column.cell(object, now)),
    ...rowObject(object, include),
  }));
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withColumns ? columns.map(definition) : null,
    rows,
  };
}

function rowObject(object: KubeObject, include: IncludeObject): { object?: unknown } {
  if (include === 'None') return {};
  if (include === 'Object') return { object };
  return { object: partialMetadata(object.metadata) };
}

function partialMetadata(metadata: ObjectMeta): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

function definition({ name, type, format, description, wide }: Column): ColumnDefinition {
  return {
    name,
    type: type ?? 'string',
    format: format ?? (name === 'Name' ? 'name' : ''),
    description: description ?? '',
    priority: wide === true ? 1 : 0,
  };
}

/** How to print a table as text. */
export interface TableTextOptions {
  readonly now: string;
  readonly wide?: boolean;
  readonly showNamespace?: boolean;
  readonly showLabels?: boolean;
  readonly noHeaders?: boolean;
  /** Put before each name: `deployment.apps/`. */
  readonly namePrefix?: string;
}

const GAP = '   ';

/** Lines of text with aligned columns, as `kubectl get` prints them. */
export function tableText(
  info: ResourceInfo,
  objects: readonly KubeObject[],
  options: TableTextOptions,
): readonly string[] {
  const columns = columnsOf(info).filter((column) => options.wide === true || column.wide !== true);
  const header = [
    ...(options.showNamespace === true ? ['NAMESPACE'] : []),
    ...columns.map((column) => column.name.toUpperCase()),
    ...(options.showLabels === true ? ['LABELS'] : []),
  ];
  const body = objects.map((object) => [
    ...(options.showNamespace === true ? [object.metadata.namespace ?? ''] : []),
    ...columns.map(
      (column) =>
        `${column.name === 'Name' ? (options.namePrefix ?? '') : ''}${column.cell(object, options.now) ?? NONE}`,
    ),
    ...(options.showLabels === true ? [labels(object)] : []),
  ]);
  const lines = options.noHeaders === true ? body : [header, ...body];
  const widths = header.map((_, index) =>
    Math.max(...lines.map((line) => line[index]?.length ?? 0)),
  );
  return lines.map((line) =>
    line
      .map((cell, index) => (index === line.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join(GAP),
  );
}

function labels({ metadata }: KubeObject): string {
  const entries = Object.entries(metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return entries.length === 0 ? '<none>' : entries.sort().join(',');
}
