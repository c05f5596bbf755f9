/** Values as Go's fmt package prints them, for messages that quote them. */

import { isObject } from '../../kube/json.js';

/** The most that a message quotes of a value. */
const MAX_LENGTH = 10_000;

/** `%+v`: `map[spec:map[replicas:3]]`, names sorted. */
export function describeGoValue(value: unknown): string {
  const text = format(value);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

function format(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(format).join(' ')}]`;
  if (!isObject(value)) return String(value);
  const names = Object.keys(value).sort();
  return `map[${names.map((name) => `${name}:${format(value[name])}`).join(' ')}]`;
}

/** `%T` of a JSON value. */
export function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  return isObject(value) ? 'map[string]interface {}' : '<nil>';
}

/** The kind of a JSON value, as Go's reflect package calls it. */
export function goKindOf(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  return isObject(value) ? 'map' : goTypeOf(value);
}
