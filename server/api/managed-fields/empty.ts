/** Leaves out lists and mappings with nothing in them, as Go's `omitempty` does for the built-in kinds. */

import { isObject, type JsonObject, setField } from '../../kube/json.js';
import { type MergeType, resolveType } from './merge-type.js';

/** The value without empty lists that merge by element and empty mappings of plain values; objects stay, even empty. */
export function withoutEmpty(type: MergeType, value: unknown): unknown {
  const known = resolveType(type, value);
  if (known.kind === 'list' && known.relationship === 'map' && Array.isArray(value)) {
    return value.map((item) => withoutEmpty(known.element, item));
  }
  if (known.kind !== 'map' || known.atomic || !isObject(value)) return value;
  const result: JsonObject = {};
  for (const [name, entry] of Object.entries(value)) {
    const inner = known.field(name) ?? known.element;
    if (inner === undefined) setField(result, name, entry);
    else if (!isNothing(inner, entry)) setField(result, name, withoutEmpty(inner, entry));
  }
  return result;
}

function isNothing(type: MergeType, value: unknown): boolean {
  if (type.kind === 'list') {
    return type.relationship !== 'atomic' && Array.isArray(value) && value.length === 0;
  }
  const plain = type.kind === 'map' && !type.atomic && type.element !== undefined;
  return plain && isObject(value) && Object.keys(value).length === 0;
}
