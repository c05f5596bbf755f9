/** Takes fields out of a value. Source: structured-merge-diff, `typed/remove.go`. */

import { isObject, type JsonObject, setField } from '../../kube/json.js';
import type { FieldSet } from './field-set.js';
import { listElement } from './list-element.js';
import { type ListType, type MapType, type MergeType, resolveType } from './merge-type.js';
import { fieldElement } from './path-element.js';

/** The value without the members of a set; undefined when nothing of it is left. */
export function removeFields(type: MergeType, value: unknown, set: FieldSet): unknown {
  if (set.size === 0) return value;
  const known = resolveType(type, value);
  if (known.kind === 'list' && Array.isArray(value)) return removeFromList(known, value, set);
  if (known.kind === 'map' && isObject(value)) return removeFromMap(known, value, set);
  return value;
}

function removeFromList(type: ListType, list: readonly unknown[], set: FieldSet): unknown {
  if (type.relationship === 'atomic') return undefined;
  const kept = list.flatMap((item, index) => {
    const step = listElement(type, index, item);
    const node = step.ok ? set.get(step.element) : undefined;
    if (node?.member === true) return [];
    return [node?.below === undefined ? item : removeFields(type.element, item, node.below)];
  });
  return kept.length === 0 ? undefined : kept;
}

function removeFromMap(type: MapType, map: JsonObject, set: FieldSet): unknown {
  if (type.atomic) return undefined;
  const kept: JsonObject = {};
  for (const [name, value] of Object.entries(map)) {
    const node = set.get(fieldElement(name));
    if (node?.member === true) continue;
    const inner = type.field(name) ?? type.element;
    const left =
      node?.below === undefined || inner === undefined
        ? value
        : removeFields(inner, value, node.below);
    if (left !== undefined) setField(kept, name, left);
  }
  return Object.keys(kept).length === 0 ? undefined : kept;
}
