/**
 * The steps of a field path, in the text form of FieldsV1: `f:` a field, `k:` a list element by its keys, `v:` an
 * element of a set by its value, `i:` an element by its index.
 *
 * Source: structured-merge-diff, `fieldpath/element.go` and `serialize-pe.go`.
 */

import { isObject } from '../../kube/json.js';

/** One step, in its one canonical text: keys sorted, JSON without spaces. */
export type PathElement = string;

/** The step to a field. */
export function fieldElement(name: string): PathElement {
  return `f:${name}`;
}

/** The step to an element of a set. */
export function valueElement(value: unknown): PathElement {
  return `v:${canonical(value)}`;
}

/** The name of the field to which a step leads; undefined for steps into lists. */
export function fieldName(element: PathElement): string | undefined {
  return element.startsWith('f:') ? element.slice(2) : undefined;
}

/** Reads a step; undefined when it is none. */
export function parsePathElement(text: string): PathElement | undefined {
  const rest = text.slice(2);
  switch (text.slice(0, 2)) {
    case 'f:':
      return text;
    case 'i:':
      return /^-?\d{1,15}$/.test(rest) ? `i:${Number(rest)}` : undefined;
    case 'k:': {
      const keys = parseJson(rest);
      return isObject(keys) ? `k:${canonical(keys)}` : undefined;
    }
    case 'v:': {
      const value = parseJson(rest);
      return value === undefined ? undefined : valueElement(value);
    }
    default:
      return undefined;
  }
}

/** A step as messages name it: `.replicas`, `[name="nginx"]`, `[="finalizer"]`, `[0]`. */
export function describePathElement(element: PathElement): string {
  const rest = element.slice(2);
  switch (element.charAt(0)) {
    case 'f':
      return `.${rest}`;
    case 'k': {
      const keys = parseJson(rest);
      const pairs = isObject(keys) ? Object.entries(keys) : [];
      return `[${pairs.map(([key, value]) => `${key}=${plain(value)}`).join(',')}]`;
    }
    case 'v':
      return `[=${plain(parseJson(rest))}]`;
    default:
      return `[${rest}]`;
  }
}

const KINDS = 'fkvi';

/** Orders steps: fields by name, then keys, values and indexes. */
export function comparePathElements(a: PathElement, b: PathElement): number {
  const kind = KINDS.indexOf(a.charAt(0)) - KINDS.indexOf(b.charAt(0));
  if (kind !== 0) return kind;
  const [restA, restB] = [a.slice(2), b.slice(2)];
  switch (a.charAt(0)) {
    case 'f':
      return compareTexts(restA, restB);
    case 'i':
      return Number(restA) - Number(restB);
    default:
      return compareValues(parseJson(restA), parseJson(restB));
  }
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

const RANKS = ['number', 'string', 'boolean', 'list', 'map', 'null'];

function rank(value: unknown): number {
  if (value === null || value === undefined) return RANKS.length - 1;
  if (Array.isArray(value)) return RANKS.indexOf('list');
  return RANKS.indexOf(isObject(value) ? 'map' : typeof value);
}

/** Numbers before texts, before truth values, lists, mappings and null (`value.Compare`). */
function compareValues(a: unknown, b: unknown): number {
  const kind = rank(a) - rank(b);
  if (kind !== 0) return kind;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (Array.isArray(a) && Array.isArray(b)) return compareAll(a, b);
  if (isObject(a) && isObject(b)) return compareAll(Object.entries(a), Object.entries(b));
  return 0;
}

function compareAll(a: readonly unknown[], b: readonly unknown[]): number {
  for (const [index, entry] of a.entries()) {
    if (index >= b.length) return 1;
    const order = compareValues(entry, b[index]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function canonical(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => compareTexts(a, b));
  return Object.fromEntries(entries.map(([key, entry]) => [key, sorted(entry)]));
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plain).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const pairs = Object.entries(value).map(([key, entry]) => `${key}=${plain(entry)}`);
  return `{${pairs.join(';')}}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
