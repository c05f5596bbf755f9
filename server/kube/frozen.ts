/** Freezing and comparing JSON values, both cheap on values that share most of their parts. */

/**
 * Freezes a value and all it holds, and returns it. A part that is frozen already is taken to be frozen
 * deeply, so replacing one field of a stored object costs only the new parts.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  if (Array.isArray(value)) {
    for (const item of value) deepFreeze(item);
  } else {
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}

/** Whether two JSON values say the same; a field that is undefined counts as absent. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => deepEqual(item, b[index]));
  }
  if (Array.isArray(b)) return false;
  return fieldsEqual(a, b, undefined);
}

/** Like `deepEqual` on records, leaving one field out. */
export function fieldsEqual(a: object, b: object, except: string | undefined): boolean {
  const left = new Map(Object.entries(a));
  let seen = 0;
  for (const [field, value] of Object.entries(b)) {
    if (value === undefined || field === except) continue;
    seen++;
    if (!deepEqual(left.get(field), value)) return false;
  }
  let present = 0;
  for (const [field, value] of left) if (value !== undefined && field !== except) present++;
  return present === seen;
}
