/** Finds the place in a YAML text of a field that a message names. */

import { isMap, isPair, isScalar, isSeq, type LineCounter, type Node } from 'yaml';

/** A place in a file; both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Finds places of one object's fields. */
export interface Locator {
  /** The place of a field's value, or of the nearest thing around it that is there. */
  valueAt(field: string): Position;
  /** The place of a field's name. */
  keyAt(field: string): Position;
  /** A plain value as it stands in the text, before it was read. */
  sourceAt(field: string): string | undefined;
}

/** Makes a locator for the object at a node. */
export function createLocator(root: Node | null, lines: LineCounter, start: Position): Locator {
  const positionOf = (offset: number | undefined): Position => {
    if (offset === undefined) return start;
    const { line, col } = lines.linePos(offset);
    return line === 0 ? start : { line, column: col };
  };
  const find = (field: string) => walk(root, splitField(field));
  return {
    valueAt(field) {
      const { node, key, complete } = find(field);
      return positionOf(
        complete ? (startOf(node) ?? startOf(key)) : (startOf(key) ?? startOf(node)),
      );
    },
    keyAt(field) {
      const { node, key } = find(field);
      return positionOf(startOf(key) ?? startOf(node));
    },
    sourceAt(field) {
      const { node, complete } = find(field);
      return complete && isScalar(node) ? node.source : undefined;
    },
  };
}

/** Splits `spec.containers[0].name` and `data[my.key]` into steps. */
export function splitField(field: string): readonly string[] {
  const steps: string[] = [];
  for (const [, name, index] of field.matchAll(/([^.[\]]+)|\[([^\]]*)\]/g))
    steps.push(name ?? index ?? '');
  return steps;
}

interface Found {
  readonly node: unknown;
  readonly key: unknown;
  readonly complete: boolean;
}

function walk(root: Node | null, steps: readonly string[]): Found {
  let found: Found = { node: root, key: undefined, complete: true };
  for (let index = 0; index < steps.length; index++) {
    const { node } = found;
    if (isSeq(node)) {
      const item = node.items[Number(steps[index])];
      if (item === undefined) return { ...found, complete: false };
      found = { node: item, key: item, complete: true };
    } else if (isMap(node)) {
      const hit = findPair(node, steps, index);
      if (hit === undefined) return { ...found, complete: false };
      found = { node: hit.value, key: hit.key, complete: true };
      index = hit.last;
    } else {
      return { ...found, complete: false };
    }
  }
  return found;
}

/** A key may hold dots, so that several steps together name it. */
function findPair(
  map: { readonly items: readonly unknown[] },
  steps: readonly string[],
  from: number,
): { readonly key: unknown; readonly value: unknown; readonly last: number } | undefined {
  for (let last = steps.length - 1; last >= from; last--) {
    const name = steps.slice(from, last + 1).join('.');
    for (const pair of map.items) {
      if (!isPair(pair)) continue;
      const key = isScalar(pair.key) ? String(pair.key.value) : undefined;
      if (key === name) return { key: pair.key, value: pair.value, last };
    }
  }
  return undefined;
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined;
  const { range } = node;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined;
}
