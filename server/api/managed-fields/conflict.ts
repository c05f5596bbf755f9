/** The refusal of an apply whose fields others own. Source: apimachinery, `managedfields/internal/conflict.go`. */

import type { Status } from '../../contract/kube.js';
import { failureStatus } from '../status.js';
import { type FieldPath, type FieldSet, members } from './field-set.js';
import type { Manager } from './managers.js';
import { comparePathElements, describePathElement } from './path-element.js';

/** What another manager owns and the apply would change. */
export interface Conflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

/** 409 Conflict with one cause for every field. */
export function conflictStatus(conflicts: readonly Conflict[]): Status {
  const groups = conflicts
    .map(({ manager, fields }) => ({
      manager: describeManager(manager),
      paths: [...members(fields)].sort(comparePaths).map(describePath),
    }))
    .sort((a, b) => (a.manager < b.manager ? -1 : 1));
  const all = groups.flatMap(({ manager, paths }) => paths.map((path) => ({ manager, path })));
  const [first] = all;
  const text =
    all.length === 1 && first !== undefined
      ? `1 conflict: conflict with ${first.manager}: ${first.path}`
      : `${all.length} conflicts: ${groups.map(describeGroup).join('\n')}`;
  return failureStatus({
    code: 409,
    reason: 'Conflict',
    message: `Apply failed with ${text}`,
    details: {
      causes: all.map(({ manager, path }) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with ${manager}`,
        field: path,
      })),
    },
  });
}

function describeGroup({
  manager,
  paths,
}: {
  readonly manager: string;
  readonly paths: readonly string[];
}): string {
  return [`conflicts with ${manager}:`, ...paths.map((path) => `- ${path}`)].join('\n');
}

function describeManager({ name, operation, apiVersion, subresource }: Manager): string {
  const through = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  const using = operation === 'Update' ? ` using ${apiVersion}` : '';
  return `${JSON.stringify(name)}${through}${using}`;
}

function describePath(path: FieldPath): string {
  return path.map(describePathElement).join('');
}

/** Parents before their children, as a set is walked. */
function comparePaths(a: FieldPath, b: FieldPath): number {
  for (const [index, element] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const order = comparePathElements(element, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
