/** Merges what is applied into what is there. Source: structured-merge-diff, `typed/merge.go`. */

import { isObject, type JsonObject, ownField, setField } from '../../kube/json.js';
import { indexList } from './list-element.js';
import { type ListType, type MapType, type MergeType, resolveType } from './merge-type.js';
import type { PathElement } from './path-element.js';

/** The live value with the applied one merged into it; inputs stay as they are and may be shared. */
export function mergeValues(type: MergeType, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live;
  if (live === undefined || live === null || applied === null) return applied;
  const known = resolveType(type, applied);
  if (known.kind === 'map' && !known.atomic && isObject(live) && isObject(applied)) {
    return mergeMaps(known, live, applied);
  }
  if (
    known.kind === 'list' &&
    known.relationship !== 'atomic' &&
    Array.isArray(live) &&
    Array.isArray(applied)
  ) {
    return mergeLists(known, live, applied);
  }
  return applied;
}

function mergeMaps(type: MapType, live: JsonObject, applied: JsonObject): JsonObject {
  const result: JsonObject = { ...live };
  for (const [name, value] of Object.entries(applied)) {
    const inner = type.field(name) ?? type.element;
    const current = ownField(live, name);
    setField(result, name, inner === undefined ? value : mergeValues(inner, current, value));
  }
  return result;
}

/**
 * Elements of both lists stand in the order of the applied one; those of the live list alone stay where they stood
 * between them.
 */
function mergeLists(type: ListType, live: readonly unknown[], applied: readonly unknown[]) {
  const left = indexList(type, live);
  const right = indexList(type, applied);
  const waiting = [...left.keys()];
  const shared = [...right.keys()].filter((element) => left.has(element));
  const result: unknown[] = [];
  /** Takes the live elements before one that is applied next; applied ones out of turn are passed over. */
  const takeLiveUpTo = (wanted: PathElement | undefined) => {
    while (waiting[0] !== undefined && waiting[0] !== wanted) {
      const next = waiting.shift();
      if (next !== undefined && !right.has(next)) result.push(left.get(next));
    }
  };
  for (const [element, value] of right) {
    const next = shared[0];
    takeLiveUpTo(next);
    result.push(left.has(element) ? mergeValues(type.element, left.get(element), value) : value);
    if (element !== next) continue;
    shared.shift();
    if (waiting[0] === element) waiting.shift();
  }
  takeLiveUpTo(undefined);
  return result;
}
