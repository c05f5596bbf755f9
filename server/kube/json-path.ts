/**
 * JSON paths as `additionalPrinterColumns` and the `scale` subresource have them (client-go, `util/jsonpath`).
 *
 * Fidelity: recursive descent (`..`), slices, unions and filters other than `@.field == value` are not read.
 */

import { isObject } from './json.js';

type Part =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'filter'; readonly path: readonly Part[]; readonly value: unknown };

/** Gives the values at a path, in order. */
export type JsonPath = (value: unknown) => readonly unknown[];

const MAX_KEPT = 1000;
const kept = new Map<string, JsonPath | undefined>();

/** Reads a path such as `.status.conditions[?(@.type=="Ready")].status`; undefined when it is none. */
export function parseJsonPath(text: string): JsonPath | undefined {
  if (kept.has(text)) return kept.get(text);
  const parts = parseParts(text.replace(/^\{(.*)\}$/s, '$1').replace(/^\$/, ''));
  const path = parts === undefined ? undefined : (value: unknown) => follow([value], parts);
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(text, path);
  return path;
}

const FIELD = /^\.?((?:[^.[\\\s]|\\.)+)/;
const QUOTED = /^\[(['"])(.*?)\1\]/;
const INDEX = /^\[(-?\d+)\]/;
const ALL = /^(?:\[\*\]|\.\*)/;
const FILTER = /^\[\?\(\s*@((?:\.[^=\s]+)+)\s*==\s*("(?:[^"]*)"|'(?:[^']*)'|[\w.-]+)\s*\)\]/;

function parseParts(text: string): readonly Part[] | undefined {
  const parts: Part[] = [];
  let rest = text;
  while (rest !== '' && rest !== '.') {
    const found = parsePart(rest);
    if (found === undefined) return undefined;
    parts.push(found.part);
    rest = rest.slice(found.length);
  }
  return parts;
}

function parsePart(text: string): { part: Part; length: number } | undefined {
  const all = ALL.exec(text);
  if (all !== null) return { part: { kind: 'all' }, length: all[0].length };
  const filter = FILTER.exec(text);
  if (filter !== null) {
    const path = parseParts(filter[1] ?? '');
    if (path === undefined) return undefined;
    return {
      part: { kind: 'filter', path, value: literal(filter[2] ?? '') },
      length: filter[0].length,
    };
  }
  const index = INDEX.exec(text);
  if (index !== null)
    return { part: { kind: 'index', index: Number(index[1]) }, length: index[0].length };
  const quoted = QUOTED.exec(text);
  if (quoted !== null)
    return { part: { kind: 'field', name: quoted[2] ?? '' }, length: quoted[0].length };
  const field = FIELD.exec(text);
  if (field === null) return undefined;
  const name = (field[1] ?? '').replace(/\\(.)/g, '$1');
  return { part: { kind: 'field', name }, length: field[0].length };
}

function literal(text: string): unknown {
  if (/^["']/.test(text)) return text.slice(1, -1);
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isNaN(Number(text)) ? text : Number(text);
}

function follow(values: readonly unknown[], parts: readonly Part[]): readonly unknown[] {
  let found = values;
  for (const part of parts) found = found.flatMap((value) => step(value, part));
  return found;
}

function step(value: unknown, part: Part): readonly unknown[] {
  switch (part.kind) {
    case 'field': {
      const inner =
        isObject(value) && Object.hasOwn(value, part.name) ? value[part.name] : undefined;
      return inner === undefined || inner === null ? [] : [inner];
    }
    case 'index':
      return Array.isArray(value) && value.at(part.index) !== undefined
        ? [value.at(part.index)]
        : [];
    case 'all':
      if (Array.isArray(value)) return value;
      return isObject(value) ? Object.values(value) : [];
    case 'filter':
      return (Array.isArray(value) ? value : []).filter((entry) =>
        follow([entry], part.path).some((one) => one === part.value),
      );
  }
}
