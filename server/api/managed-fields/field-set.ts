/**
 * Sets of fields: a tree in which a node may be a member, have children, or both. A parent is a member only when it
 * was named itself.
 *
 * Source: structured-merge-diff, `fieldpath/set.go`.
 */

import type { PathElement } from './path-element.js';

/** Steps from an object to one of its fields. */
export type FieldPath = readonly PathElement[];

/** One step of a set: whether the field there is a member, and what is below it. */
export interface FieldNode {
  readonly member: boolean;
  /** Undefined when nothing is below. */
  readonly below: FieldSet | undefined;
}

/** A set; no node in it is empty. */
export type FieldSet = ReadonlyMap<PathElement, FieldNode>;

/** The set without members. */
export const EMPTY_SET: FieldSet = new Map();

/** Collects paths into a set. */
export class FieldSetBuilder {
  readonly #root: MutableSet = new Map();

  /** Adds a path; the empty path is nobody's. */
  insert(path: FieldPath): void {
    let set = this.#root;
    for (const [index, element] of path.entries()) {
      let node = set.get(element);
      if (node === undefined) {
        node = { member: false, below: undefined };
        set.set(element, node);
      }
      if (index === path.length - 1) node.member = true;
      else {
        node.below ??= new Map();
        set = node.below;
      }
    }
  }

  build(): FieldSet {
    return this.#root;
  }
}

type MutableSet = Map<PathElement, { member: boolean; below: MutableSet | undefined }>;

/** The set of some paths. */
export function fieldSetOf(paths: Iterable<FieldPath>): FieldSet {
  const builder = new FieldSetBuilder();
  for (const path of paths) builder.insert(path);
  return builder.build();
}

/** The paths of all members, in no particular order. */
export function* members(set: FieldSet, prefix: FieldPath = []): Generator<FieldPath> {
  for (const [element, { member, below }] of set) {
    const path = [...prefix, element];
    if (member) yield path;
    if (below !== undefined) yield* members(below, path);
  }
}

/** Whether a path is a member. */
export function hasPath(set: FieldSet, path: FieldPath): boolean {
  let node: FieldNode | undefined;
  let here: FieldSet | undefined = set;
  for (const element of path) {
    node = here?.get(element);
    if (node === undefined) return false;
    here = node.below;
  }
  return node?.member === true;
}

/** What is below a step. */
export function below(set: FieldSet, element: PathElement): FieldSet {
  return set.get(element)?.below ?? EMPTY_SET;
}

/** Whether two sets have the same members. */
export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [element, node] of a) {
    const other = b.get(element);
    if (other === undefined || other.member !== node.member) return false;
    if (!equalSets(node.below ?? EMPTY_SET, other.below ?? EMPTY_SET)) return false;
  }
  return true;
}

/** The members of either. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a.size === 0) return b;
  if (b.size === 0) return a;
  const result = new Map(a);
  for (const [element, node] of b) {
    const other = result.get(element);
    result.set(
      element,
      other === undefined
        ? node
        : {
            member: node.member || other.member,
            below: orNothing(union(other.below ?? EMPTY_SET, node.below ?? EMPTY_SET)),
          },
    );
  }
  return result;
}

/** The members of both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a.size === 0 || b.size === 0) return EMPTY_SET;
  const result = new Map<PathElement, FieldNode>();
  for (const [element, node] of a) {
    const other = b.get(element);
    if (other === undefined) continue;
    const inner = orNothing(intersection(node.below ?? EMPTY_SET, other.below ?? EMPTY_SET));
    addNode(result, element, { member: node.member && other.member, below: inner });
  }
  return result;
}

/** The members of the first that the second has not. A parent in the second leaves its children alone. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (b.size === 0) return a;
  const result = new Map<PathElement, FieldNode>();
  for (const [element, node] of a) {
    const other = b.get(element);
    if (other === undefined) {
      result.set(element, node);
      continue;
    }
    const inner =
      node.below === undefined ? undefined : difference(node.below, other.below ?? EMPTY_SET);
    addNode(result, element, { member: node.member && !other.member, below: orNothing(inner) });
  }
  return result;
}

/** The members that are not in the second set and have no parent in it. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  if (b.size === 0) return a;
  const result = new Map<PathElement, FieldNode>();
  for (const [element, node] of a) {
    const other = b.get(element);
    if (other === undefined) result.set(element, node);
    else if (!other.member && node.below !== undefined) {
      const inner = recursiveDifference(node.below, other.below ?? EMPTY_SET);
      addNode(result, element, { member: node.member, below: orNothing(inner) });
    } else if (!other.member) result.set(element, node);
  }
  return result;
}

/** The members that have nothing below them. */
export function leaves(set: FieldSet): FieldSet {
  const result = new Map<PathElement, FieldNode>();
  for (const [element, node] of set) {
    if (node.below === undefined) result.set(element, node);
    else addNode(result, element, { member: false, below: orNothing(leaves(node.below)) });
  }
  return result;
}

/** The set itself, or undefined when it has no members. */
function orNothing(set: FieldSet | undefined): FieldSet | undefined {
  return set === undefined || set.size === 0 ? undefined : set;
}

function addNode(set: Map<PathElement, FieldNode>, element: PathElement, node: FieldNode): void {
  if (node.member || node.below !== undefined) set.set(element, node);
}
