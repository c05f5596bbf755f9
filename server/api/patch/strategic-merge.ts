/**
 * Strategic merge patch (apimachinery, `util/strategicpatch`): mappings merge, null deletes, lists of known kinds merge
 * element by element, and directives (`$patch`, `$retainKeys`, `$setElementOrder`, `$deleteFromPrimitiveList`) say more.
 */

import { cloneJson, deepEqual, isObject, type JsonObject, setField } from '../../kube/json.js';
import { type FieldType, schemaType } from '../schema/schema.js';
import { isMergedSet, mergeKeyOf } from './merge-keys.js';

const SET_ORDER = '$setElementOrder/';
const DELETE_FROM_SET = '$deleteFromPrimitiveList/';

/** Applies a patch; the result shares nothing with its inputs that will be written to. */
export function strategicMerge(
  type: string | undefined,
  current: JsonObject,
  patch: JsonObject,
): JsonObject {
  return mergeObject(type, current, patch) ?? {};
}

function mergeObject(
  type: string | undefined,
  current: JsonObject,
  patch: JsonObject,
): JsonObject | undefined {
  if (patch.$patch === 'delete') return undefined;
  const base = patch.$patch === 'replace' ? {} : retained(current, patch.$retainKeys);
  const result: JsonObject = { ...base };
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith('$')) continue;
    if (value === null) delete result[field];
    else mergeField({ type, field, result }, value, patch);
  }
  applyListDirectives(type, result, patch);
  return result;
}

function retained(current: JsonObject, keys: unknown): JsonObject {
  if (!Array.isArray(keys)) return current;
  return Object.fromEntries(Object.entries(current).filter(([key]) => keys.includes(key)));
}

interface Target {
  readonly type: string | undefined;
  readonly field: string;
  readonly result: JsonObject;
}

function mergeField({ type, field, result }: Target, value: unknown, patch: JsonObject): void {
  const fieldType = type === undefined ? undefined : schemaType(type)?.get(field)?.type;
  const current = Object.hasOwn(result, field) ? result[field] : undefined;
  if (isObject(value)) {
    const merged = mergeObject(objectName(fieldType), isObject(current) ? current : {}, value);
    if (merged === undefined) delete result[field];
    else setField(result, field, merged);
  } else if (Array.isArray(value)) {
    setField(
      result,
      field,
      mergeLists({ type, field, fieldType, current, order: patch[SET_ORDER + field] }, value),
    );
  } else {
    setField(result, field, value);
  }
}

function objectName(type: FieldType | undefined): string | undefined {
  if (type?.kind === 'object') return type.name;
  return type?.kind === 'array' ? objectName(type.of) : undefined;
}

interface ListTarget {
  readonly type: string | undefined;
  readonly field: string;
  readonly fieldType: FieldType | undefined;
  readonly current: unknown;
  readonly order: unknown;
}

function mergeLists(
  { type, field, fieldType, current, order }: ListTarget,
  patch: readonly unknown[],
): unknown[] {
  const existing: unknown[] = Array.isArray(current) ? current : [];
  const key = mergeKeyOf(type, field);
  if (key !== undefined)
    return mergeByKey({ key, type: objectName(fieldType), order }, existing, patch);
  if (!isMergedSet(type, field))
    return patch.map((entry) => (isObject(entry) ? withoutNulls(entry) : entry));
  return [...existing, ...patch.filter((entry) => !existing.includes(entry))];
}

interface Keyed {
  readonly key: string;
  readonly type: string | undefined;
  readonly order: unknown;
}

function mergeByKey(
  { key, type }: Keyed,
  current: readonly unknown[],
  patch: readonly unknown[],
): unknown[] {
  const entries = patch.filter(isObject);
  const replaces = entries.some((entry) => entry.$patch === 'replace');
  const result = replaces ? [] : [...current];
  for (const entry of entries) {
    if (entry.$patch === 'replace') continue;
    const index = result.findIndex((one) => isObject(one) && deepEqual(one[key], entry[key]));
    const found = result[index];
    if (entry.$patch === 'delete') {
      if (index >= 0) result.splice(index, 1);
    } else if (isObject(found)) {
      result[index] = mergeObject(type, found, entry);
    } else {
      result.push(mergeObject(type, {}, entry));
    }
  }
  return result;
}

function withoutNulls(object: JsonObject): JsonObject {
  return cloneJson(
    Object.fromEntries(
      Object.entries(object).filter(([key, value]) => value !== null && !key.startsWith('$')),
    ),
  );
}

function applyListDirectives(
  type: string | undefined,
  result: JsonObject,
  patch: JsonObject,
): void {
  for (const [directive, list] of Object.entries(patch)) {
    if (!Array.isArray(list)) continue;
    if (directive.startsWith(DELETE_FROM_SET)) {
      const field = directive.slice(DELETE_FROM_SET.length);
      const values = result[field];
      if (Array.isArray(values)) result[field] = values.filter((value) => !list.includes(value));
    } else if (directive.startsWith(SET_ORDER)) {
      const field = directive.slice(SET_ORDER.length);
      const values = result[field];
      if (Array.isArray(values)) result[field] = ordered(values, list, mergeKeyOf(type, field));
    }
  }
}

/** Elements in the order of a list; those that it does not name stay behind what stood before them. */
function ordered(
  values: readonly unknown[],
  order: readonly unknown[],
  key: string | undefined,
): unknown[] {
  const keyOf = (value: unknown) => (key !== undefined && isObject(value) ? value[key] : value);
  const wanted = order.map(keyOf);
  const result = wanted.flatMap((one) =>
    values.filter((value) => keyOf(value) === one).slice(0, 1),
  );
  const rest = values.filter((value) => !result.includes(value));
  for (const value of rest) {
    const before = values[values.indexOf(value) - 1];
    const index = before === undefined ? -1 : result.indexOf(before);
    result.splice(index + 1, 0, value);
  }
  return result;
}
