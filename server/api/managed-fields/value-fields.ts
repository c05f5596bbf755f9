/** The fields that a value has. Source: structured-merge-diff, `typed/tofieldset.go`, and `EnsureNamedFieldsAreMembers`. */

import { isObject } from '../../kube/json.js';
import {
  EMPTY_SET,
  type FieldNode,
  type FieldPath,
  type FieldSet,
  FieldSetBuilder,
} from './field-set.js';
import { listElement } from './list-element.js';
import { type MergeType, resolveType } from './merge-type.js';
import { fieldElement, fieldName, type PathElement } from './path-element.js';

/** The set of the fields in a value. */
export function fieldsOfValue(type: MergeType, value: unknown): FieldSet {
  const builder = new FieldSetBuilder();
  collectFields(type, value, [], builder);
  return builder.build();
}

/** Adds the fields of a value that stands at a path. */
export function collectFields(
  type: MergeType,
  value: unknown,
  path: FieldPath,
  set: FieldSetBuilder,
): void {
  const known = resolveType(type, value);
  if (known.kind === 'scalar' || isAtomic(known)) {
    set.insert(path);
    return;
  }
  if (known.kind === 'list') {
    for (const [index, item] of (Array.isArray(value) ? value : []).entries()) {
      const step = listElement(known, index, item);
      if (!step.ok) continue;
      const at = [...path, step.element];
      collectFields(known.element, item, at, set);
      set.insert(at);
    }
    return;
  }
  for (const [name, entry] of Object.entries(isObject(value) ? value : {})) {
    const named = known.field(name);
    const inner = named ?? known.element;
    if (inner === undefined) continue;
    const at = [...path, fieldElement(name)];
    collectFields(inner, entry, at, set);
    if (named === undefined || isNothing(entry)) set.insert(at);
  }
}

function isAtomic(type: MergeType): boolean {
  if (type.kind === 'map') return type.atomic;
  return type.kind === 'list' && type.relationship === 'atomic';
}

function isNothing(value: unknown): boolean {
  return (
    value === null || value === undefined || (isObject(value) && Object.keys(value).length === 0)
  );
}

/** The set with every field that its type names and that has members below it. */
export function withNamedParents(type: MergeType, set: FieldSet): FieldSet {
  const result = new Map<PathElement, FieldNode>();
  for (const [element, node] of set) {
    if (node.below === undefined) {
      result.set(element, node);
      continue;
    }
    const name = fieldName(element);
    const map = type.kind === 'map' ? type : undefined;
    const named = name === undefined ? undefined : map?.field(name);
    const inner = named ?? map?.element ?? (type.kind === 'list' ? type.element : undefined);
    result.set(element, {
      member: node.member || named !== undefined,
      below: withNamedParents(inner ?? type, node.below ?? EMPTY_SET),
    });
  }
  return result;
}
