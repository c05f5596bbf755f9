/**
 * Strategic merge patch (apimachinery, `util/strategicpatch`): mappings merge, null deletes, lists of known kinds merge
 * element by element, and directives (`$patch`, `$retainKeys`, `$setElementOrder`, `$deleteFromPrimitiveList`) say more.
 *
 * Fidelity: a patch that upstream answers with 500, such as one with an unknown directive, answers 400 in the same
 * words.
 */

import { isObject, type JsonObject, ownField, setField } from '../../kube/json.js';
import { type FieldType, schemaType } from '../schema/schema.js';
import { orderElements } from './element-order.js';
import { describeGoValue, goTypeOf } from './go-format.js';
import { isMergedSet, mergeKeyOf } from './merge-keys.js';
import { StrategicPatchError } from './strategic-error.js';

const SET_ORDER = '$setElementOrder/';
const DELETE_FROM_SET = '$deleteFromPrimitiveList/';

/**
 * Applies a patch; inputs stay as they are, and the result may share parts of them.
 *
 * @throws StrategicPatchError
 */
export function strategicMerge(
  type: string | undefined,
  current: JsonObject,
  patch: JsonObject,
): JsonObject {
  return mergeObject(type, current, patch);
}

function mergeObject(type: string | undefined, current: JsonObject, patch: JsonObject): JsonObject {
  if (Object.hasOwn(patch, '$patch')) return mergeByDirective(patch);
  const result: JsonObject = retained(current, patch);
  const done = mergeOrderedLists(type, result, patch);
  for (const [key, value] of Object.entries(patch)) {
    if (key === '$retainKeys' || key.startsWith(SET_ORDER) || done.has(key)) continue;
    if (key.startsWith(DELETE_FROM_SET)) deleteFromSet(result, key, value);
    else if (value === null) delete result[key];
    else mergeField({ type, field: key, result }, value);
  }
  return result;
}

function mergeByDirective(patch: JsonObject): JsonObject {
  const { $patch: directive, ...rest } = patch;
  if (directive === 'replace') return withoutDirectives(rest);
  if (directive === 'delete') return {};
  throw unknownPatchType(directive, patch);
}

function unknownPatchType(directive: unknown, patch: JsonObject): StrategicPatchError {
  return new StrategicPatchError(
    `unknown patch type: ${describeGoValue(directive)} in map: ${describeGoValue(patch)}`,
  );
}

/** What `$retainKeys` leaves of an object, as a fresh object. */
function retained(current: JsonObject, patch: JsonObject): JsonObject {
  if (!Object.hasOwn(patch, '$retainKeys')) return { ...current };
  const keys = patch.$retainKeys;
  if (!Array.isArray(keys)) throw new StrategicPatchError('invalid patch format of retainKeys');
  const kept = new Set<unknown>(keys);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || key.startsWith('$')) continue;
    if (!kept.has(key)) throw new StrategicPatchError('invalid patch format of retainKeys');
  }
  return Object.fromEntries(Object.entries(current).filter(([key]) => kept.has(key)));
}

interface Target {
  readonly type: string | undefined;
  readonly field: string;
  readonly result: JsonObject;
}

function mergeField({ type, field, result }: Target, value: unknown): void {
  const current = ownField(result, field);
  if (isObject(value) && isObject(current)) {
    setField(result, field, mergeObject(elementType(type, field), current, value));
  } else if (Array.isArray(value) && Array.isArray(current)) {
    setField(result, field, mergeLists({ type, field, current }, value));
  } else {
    const kept = dropDirectives(value);
    if (kept === undefined) delete result[field];
    else setField(result, field, kept);
  }
}

/** The type of the objects in a field, directly or as elements of a list or mapping. */
function elementType(type: string | undefined, field: string): string | undefined {
  const found = type === undefined ? undefined : schemaType(type)?.get(field)?.type;
  return found === undefined ? undefined : objectName(found);
}

function objectName(type: FieldType): string | undefined {
  if (type.kind === 'object') return type.name;
  return type.kind === 'array' ? objectName(type.of) : undefined;
}

/** What a patch sets where there was nothing: without nulls and directives; undefined when it deletes. */
function dropDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dropDirectives).filter((one) => one !== undefined);
  if (!isObject(value)) return value;
  if (value.$patch === 'delete') return undefined;
  if (Object.hasOwn(value, '$patch') && value.$patch !== 'replace') {
    throw unknownPatchType(value.$patch, value);
  }
  return withoutDirectives(value);
}

function withoutDirectives(object: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(object)) {
    const kept = value === null || isDirective(key) ? undefined : dropDirectives(value);
    if (kept !== undefined) setField(result, key, kept);
  }
  return result;
}

function isDirective(key: string): boolean {
  return (
    key === '$patch' ||
    key === '$retainKeys' ||
    key.startsWith(SET_ORDER) ||
    key.startsWith(DELETE_FROM_SET)
  );
}

interface ListTarget {
  readonly type: string | undefined;
  readonly field: string;
  readonly current: readonly unknown[];
}

function mergeLists(target: ListTarget, patch: readonly unknown[]): unknown[] {
  const { type, field, current } = target;
  const key = mergeKeyOf(type, field);
  if (key === undefined && !isMergedSet(type, field)) {
    return patch.map(dropDirectives).filter((one) => one !== undefined);
  }
  const identify = identityBy(key);
  const merged = key === undefined ? mergeSets(current, patch) : mergeByKey(target, key, patch);
  const wanted = patch.filter((one) => !isObject(one) || !Object.hasOwn(one, '$patch'));
  return orderElements(merged, {
    wanted: wanted.map(identify),
    live: current.map(identify),
    identify,
  });
}

function identityBy(key: string | undefined) {
  return (element: unknown): unknown =>
    key !== undefined && isObject(element) ? element[key] : element;
}

function mergeSets(current: readonly unknown[], patch: readonly unknown[]): unknown[] {
  if (patch.some(Array.isArray)) {
    throw new StrategicPatchError('lists of lists are not supported', 422);
  }
  return [...new Set([...current, ...patch])];
}

function mergeByKey(
  { type, field, current }: ListTarget,
  key: string,
  patch: readonly unknown[],
): unknown[] {
  const entries = patch.map((entry) => keyedEntry(entry, key));
  const replaces = entries.some((entry) => entry.$patch === 'replace');
  const deleted = new Set(entries.filter(isDeletion).map((entry) => entry[key]));
  const result: unknown[] = replaces
    ? []
    : current.filter((one) => !isObject(one) || !deleted.has(one[key]));
  const places = new Map<unknown, number>();
  for (const [index, one] of result.entries())
    if (isObject(one) && !places.has(one[key])) places.set(one[key], index);
  for (const entry of entries) {
    if (Object.hasOwn(entry, '$patch')) continue;
    const index = places.get(entry[key]);
    const found = index === undefined ? undefined : result[index];
    if (index !== undefined && isObject(found)) {
      result[index] = mergeObject(elementType(type, field), found, entry);
    } else {
      places.set(entry[key], result.length);
      result.push(withoutDirectives(entry));
    }
  }
  return result;
}

function isDeletion({ $patch }: JsonObject): boolean {
  return $patch === 'delete';
}

function keyedEntry(entry: unknown, key: string): JsonObject {
  if (Array.isArray(entry)) throw new StrategicPatchError('lists of lists are not supported', 422);
  if (!isObject(entry)) throw wrongArgument(entry);
  if (Object.hasOwn(entry, '$patch')) {
    if (entry.$patch === 'replace') return entry;
    if (entry.$patch === 'merge')
      throw new StrategicPatchError('merging lists cannot yet be specified in the patch');
    if (entry.$patch !== 'delete') throw unknownPatchType(entry.$patch, entry);
  }
  if (entry[key] === undefined || entry[key] === null) {
    throw new StrategicPatchError(
      `map: ${describeGoValue(entry)} does not contain declared merge key: ${key}`,
    );
  }
  return entry;
}

function wrongArgument(value: unknown): StrategicPatchError {
  return new StrategicPatchError(
    `expected a map[string]interface {}, but received a ${goTypeOf(value)}`,
  );
}

function deleteFromSet(result: JsonObject, directive: string, list: unknown): void {
  if (!Array.isArray(list)) {
    throw new StrategicPatchError('invalid patch format of primitive list');
  }
  const field = directive.slice(DELETE_FROM_SET.length);
  const values = result[field];
  const deleted = new Set<unknown>(list);
  if (Array.isArray(values)) result[field] = values.filter((value) => !deleted.has(value));
}

/** Merges and orders the lists that have a `$setElementOrder`; their names. */
function mergeOrderedLists(
  type: string | undefined,
  result: JsonObject,
  patch: JsonObject,
): ReadonlySet<string> {
  const done = new Set<string>();
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(SET_ORDER)) continue;
    const field = directive.slice(SET_ORDER.length);
    const given = patch[field];
    if (given === null) continue;
    const identify = identityBy(mergeKeyOf(type, field));
    const wanted = checkedOrder(order, given, identify);
    const before = ownField(result, field);
    if (given !== undefined) mergeField({ type, field, result }, given);
    const elements = result[field];
    if (Array.isArray(elements)) {
      const live = Array.isArray(before) ? before.map(identify) : [];
      result[field] = orderElements(elements, { wanted, live, identify });
    }
    done.add(field);
  }
  return done;
}

/** The identities that an order names; it must name those of the patch in the same order. */
function checkedOrder(
  order: unknown,
  given: unknown,
  identify: (element: unknown) => unknown,
): readonly unknown[] {
  if (!Array.isArray(order) || (given !== undefined && !Array.isArray(given))) {
    throw new StrategicPatchError('invalid patch format of setElementOrder list');
  }
  const wanted = order.map(identify);
  let next = 0;
  for (const element of given ?? []) {
    if (isObject(element) && Object.hasOwn(element, '$patch')) continue;
    const at = wanted.indexOf(identify(element), next);
    if (at < 0) {
      throw new StrategicPatchError(
        `The order in patch list:\n${describeGoValue(given)}\n doesn't match $setElementOrder list:\n${describeGoValue(order)}\n`,
      );
    }
    next = at + 1;
  }
  return wanted;
}
