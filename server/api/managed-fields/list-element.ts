/** Which step leads to an element of a list. Source: structured-merge-diff, `typed/helpers.go`. */

import { isObject } from '../../kube/json.js';
import type { ListType } from './merge-type.js';
import { type PathElement, valueElement } from './path-element.js';

/** The step, or why there is none. */
export type ListElement =
  | { readonly ok: true; readonly element: PathElement }
  | { readonly ok: false; readonly message: string };

/** The step to one element of a set or of a list with keys. */
export function listElement(type: ListType, index: number, item: unknown): ListElement {
  switch (type.relationship) {
    case 'atomic':
      return { ok: true, element: `i:${index}` };
    case 'set':
      return setElement(item);
    case 'map':
      return mapElement(type, item);
  }
}

function setElement(item: unknown): ListElement {
  if (item === null || item === undefined) {
    return fail("associative list without keys has an element that's an explicit null");
  }
  if (isObject(item)) {
    return fail("associative list without keys has an element that's a map type");
  }
  return { ok: true, element: valueElement(item) };
}

function mapElement({ keys, defaults }: ListType, item: unknown): ListElement {
  if (item === null || item === undefined) {
    return fail('associative list with keys may not have a null element');
  }
  if (!isObject(item)) {
    return fail('associative list with keys may not have non-map elements');
  }
  const found: string[] = [];
  for (const key of keys) {
    const value = item[key] ?? defaults[key];
    if (value === undefined) {
      return fail(
        `associative list with keys has an element that omits key field "${key}" (and doesn't have default value)`,
      );
    }
    // Keys are sorted and plain, so this is the canonical text.
    found.push(`${JSON.stringify(key)}:${JSON.stringify(value)}`);
  }
  return { ok: true, element: `k:{${found.join(',')}}` };
}

function fail(message: string): ListElement {
  return { ok: false, message };
}

/** The elements of a list by their steps, the first of each; what has no step is left out. */
export function indexList(
  type: ListType,
  list: readonly unknown[],
): ReadonlyMap<PathElement, unknown> {
  const found = new Map<PathElement, unknown>();
  for (const [index, item] of list.entries()) {
    const step = listElement(type, index, item);
    if (step.ok && !found.has(step.element)) found.set(step.element, item);
  }
  return found;
}
