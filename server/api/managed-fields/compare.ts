/** What differs between two values of a type, field by field. Source: structured-merge-diff, `typed/compare.go`. */

import { deepEqual, isObject, ownField } from '../../kube/json.js';
import { type FieldPath, type FieldSet, FieldSetBuilder, union } from './field-set.js';
import { indexList } from './list-element.js';
import {
  type KnownType,
  type ListType,
  type MapType,
  type MergeType,
  resolveType,
} from './merge-type.js';
import { fieldElement } from './path-element.js';
import { collectFields } from './value-fields.js';

/** The differences. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Added and modified fields together. */
export function changedFields({ added, modified }: Comparison): FieldSet {
  return union(added, modified);
}

/** Compares two values; `undefined` is a value that is not there. */
export function compareValues(type: MergeType, before: unknown, after: unknown): Comparison {
  const sets = {
    added: new FieldSetBuilder(),
    modified: new FieldSetBuilder(),
    removed: new FieldSetBuilder(),
  };
  compare(sets, type, { before, after, path: [] });
  return {
    added: sets.added.build(),
    modified: sets.modified.build(),
    removed: sets.removed.build(),
  };
}

interface Sets {
  readonly added: FieldSetBuilder;
  readonly modified: FieldSetBuilder;
  readonly removed: FieldSetBuilder;
}

interface Pair {
  readonly before: unknown;
  readonly after: unknown;
  readonly path: FieldPath;
}

function compare(sets: Sets, type: MergeType, pair: Pair): void {
  const { before, after, path } = pair;
  if (before === after) return;
  const known = resolveType(type, after ?? before);
  const other = resolveType(type, before ?? after);
  if (other.kind !== known.kind) {
    collectFields(other, before, path, sets.removed);
    collectFields(known, after, path, sets.modified);
    sets.modified.insert(path);
    return;
  }
  if (isLeaf(known, before, after)) {
    compareLeaf(sets, pair);
    return;
  }
  if (known.kind === 'list') compareLists(sets, known, pair);
  else if (known.kind === 'map') compareMaps(sets, known, pair);
  if (before === undefined) sets.added.insert(path);
  else if (after === undefined) sets.removed.insert(path);
}

/** Whether values are compared whole: also where both are empty, which keeps `{}` and nothing apart. */
function isLeaf(type: KnownType, before: unknown, after: unknown): boolean {
  if (type.kind === 'scalar') return true;
  if (type.kind === 'map' ? type.atomic : type.relationship === 'atomic') return true;
  return isEmpty(before) && isEmpty(after);
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return !isObject(value) || Object.keys(value).length === 0;
}

function compareLeaf(sets: Sets, { before, after, path }: Pair): void {
  if (before === undefined) sets.added.insert(path);
  else if (after === undefined) sets.removed.insert(path);
  else if (!deepEqual(before, after)) sets.modified.insert(path);
}

function compareLists(sets: Sets, type: ListType, { before, after, path }: Pair): void {
  const left = indexList(type, Array.isArray(before) ? before : []);
  const right = indexList(type, Array.isArray(after) ? after : []);
  for (const element of new Set([...left.keys(), ...right.keys()])) {
    compare(sets, type.element, {
      before: left.get(element),
      after: right.get(element),
      path: [...path, element],
    });
  }
}

function compareMaps(sets: Sets, type: MapType, { before, after, path }: Pair): void {
  const left = isObject(before) ? before : {};
  const right = isObject(after) ? after : {};
  const compareField = (name: string) => {
    const was = ownField(left, name);
    const is = ownField(right, name);
    if (was === is) return;
    const inner = type.field(name) ?? type.element;
    if (inner === undefined) return;
    compare(sets, inner, { before: was, after: is, path: [...path, fieldElement(name)] });
  };
  for (const name of Object.keys(left)) compareField(name);
  for (const name of Object.keys(right)) if (!Object.hasOwn(left, name)) compareField(name);
}
