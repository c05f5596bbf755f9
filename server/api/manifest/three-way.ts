/** The three-way patch of `kubectl apply`: what the author wants now, and what they wanted before and left out. */

import { deepEqual, isObject, type JsonObject, setField } from '../../kube/json.js';
import { mergeKeyOf } from '../patch/merge-keys.js';
import { type FieldType, schemaType } from '../schema/schema.js';

/** A patch that brings a live object from the last applied configuration to the next. */
export function threeWayPatch(
  type: string | undefined,
  last: JsonObject,
  next: JsonObject,
): JsonObject {
  const patch: JsonObject = {};
  for (const [field, value] of Object.entries(next)) {
    if (value !== undefined) setField(patch, field, fieldPatch(type, field, last[field], value));
  }
  for (const field of Object.keys(last))
    if (next[field] === undefined) setField(patch, field, null);
  return patch;
}

function fieldPatch(
  type: string | undefined,
  field: string,
  last: unknown,
  next: unknown,
): unknown {
  const below = objectName(type === undefined ? undefined : schemaType(type)?.get(field)?.type);
  if (isObject(next)) return threeWayPatch(below, isObject(last) ? last : {}, next);
  const key = mergeKeyOf(type, field);
  if (!Array.isArray(next) || key === undefined) return next;
  const before = Array.isArray(last) ? last.filter(isObject) : [];
  const kept = next.map((entry) => {
    if (!isObject(entry)) return entry;
    const old = before.find((one) => deepEqual(one[key], entry[key]));
    return threeWayPatch(below, old ?? {}, entry);
  });
  const gone = before.filter(
    (old) => !next.some((entry) => isObject(entry) && deepEqual(entry[key], old[key])),
  );
  return [...kept, ...gone.map((old) => ({ [key]: old[key], $patch: 'delete' }))];
}

function objectName(type: FieldType | undefined): string | undefined {
  if (type?.kind === 'object') return type.name;
  return type?.kind === 'array' ? objectName(type.of) : undefined;
}
