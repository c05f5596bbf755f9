/** Plain JSON values, as objects arrive and are kept. */

export { deepEqual, deepFreeze } from './frozen.js';

/** A JSON object that may be written to. */
export type JsonObject = { [field: string]: unknown };

/** A type with all its `readonly` taken away: an object that is still being built. */
export type Draft<T> = T extends (infer E)[] | readonly (infer E)[]
  ? Draft<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Draft<T[K]> }
    : T;

/** Whether a value is a JSON object (not null, not an array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value if it is a JSON object, otherwise undefined. */
export function asObject(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

/** The JSON objects among the elements of an array; empty for anything else. */
export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The strings among the elements of an array; empty for anything else. */
export function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

/** The value if it is a string, otherwise undefined. */
export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A copy that shares nothing with the original. */
export function cloneJson<T>(value: T): Draft<T> {
  return copy(value) as Draft<T>;
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  const result: JsonObject = {};
  for (const [key, entry] of Object.entries(value)) setField(result, key, copy(entry));
  return result;
}

/** A field of an object's or table's own; never what all objects inherit, such as `constructor`. */
export function ownField<T>(object: Readonly<Record<string, T>>, field: string): T | undefined {
  return Object.hasOwn(object, field) ? object[field] : undefined;
}

/** Writes a field, also one called `__proto__`, which plain assignment would lose. */
export function setField(object: JsonObject, field: string, value: unknown): void {
  if (field === '__proto__') {
    Object.defineProperty(object, field, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else {
    object[field] = value;
  }
}

/** How deep a value may nest: far beyond any kind, and shallow enough to be walked by functions that call themselves. */
const MAX_DEPTH = 1000;

/** Whether a value nests too deep to be walked. */
export function nestsTooDeep(value: unknown): boolean {
  let layer = [value];
  for (let depth = 0; layer.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    layer = layer.flatMap((one) =>
      typeof one === 'object' && one !== null
        ? Object.values(one).filter((part) => typeof part === 'object' && part !== null)
        : [],
    );
  }
  return false;
}
