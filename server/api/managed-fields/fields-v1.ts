/**
 * FieldsV1, the JSON form of a field set in `metadata.managedFields`: nested objects whose names are path elements;
 * `.` stands for the object itself, and a node without anything in it is a member.
 *
 * Source: structured-merge-diff, `fieldpath/serialize.go`.
 */

import { isObject, type JsonObject, setField } from '../../kube/json.js';
import type { FieldNode, FieldSet } from './field-set.js';
import { comparePathElements, type PathElement, parsePathElement } from './path-element.js';

/** Deeper sets are not read: no kind nests so far. */
const MAX_DEPTH = 64;

/** The sets read last, by their frozen JSON: most writes find most owners unchanged. */
const recent = new Map<object, FieldSet>();
const MAX_RECENT = 2000;

/** Reads a set; undefined when the value is no FieldsV1. Frozen values are read once. */
export function parseFieldsV1(value: unknown): FieldSet | undefined {
  if (!isObject(value)) return undefined;
  const known = recent.get(value);
  if (known !== undefined) return known;
  const set = parseNode(value, 0)?.below;
  if (set === undefined) return undefined;
  if (Object.isFrozen(value)) {
    const [oldest] = recent.keys();
    if (recent.size >= MAX_RECENT && oldest !== undefined) recent.delete(oldest);
    recent.set(value, set);
  }
  return set;
}

function parseNode(
  value: unknown,
  depth: number,
): { readonly member: boolean; readonly below: FieldSet } | undefined {
  if (!isObject(value) || depth > MAX_DEPTH) return undefined;
  const below = new Map<PathElement, FieldNode>();
  let member = false;
  for (const [key, entry] of Object.entries(value)) {
    if (key === '.') {
      member = true;
      continue;
    }
    const element = parsePathElement(key);
    const node = element === undefined ? undefined : parseNode(entry, depth + 1);
    if (element === undefined || node === undefined) return undefined;
    below.set(element, {
      member: node.member || node.below.size === 0,
      below: node.below.size === 0 ? undefined : node.below,
    });
  }
  return { member, below };
}

/** Writes a set, its elements in upstream's order. */
export function printFieldsV1(set: FieldSet): JsonObject {
  const result: JsonObject = {};
  const elements = [...set].sort(([a], [b]) => comparePathElements(a, b));
  for (const [element, node] of elements) {
    if (node.below === undefined) setField(result, element, {});
    else {
      const inner = printFieldsV1(node.below);
      setField(result, element, node.member ? { '.': {}, ...inner } : inner);
    }
  }
  return result;
}
