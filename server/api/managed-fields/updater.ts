/**
 * How ownership changes when an object does: the rules of structured-merge-diff (`merge/update.go`).
 *
 * Fidelity: an object is compared in the version of each manager, but pruned in the version of the apply alone; the two
 * kinds that have two versions (HorizontalPodAutoscaler, Event) lose nothing by it.
 */

import type { Status } from '../../contract/kube.js';
import { type Comparison, changedFields, compareValues } from './compare.js';
import { type Conflict, conflictStatus } from './conflict.js';
import {
  difference,
  EMPTY_SET,
  equalSets,
  type FieldSet,
  intersection,
  union,
} from './field-set.js';
import { type Manager, type Managers, managerKey } from './managers.js';
import { mergeValues } from './merge.js';
import type { MergeType } from './merge-type.js';
import { removeFields } from './remove.js';
import { fieldsOfValue, withNamedParents } from './value-fields.js';
import type { Versions } from './versions.js';

/** Takes away the fields that a request cannot change, or that nobody owns. */
export type FieldFilter = (fields: FieldSet) => FieldSet;

/** What changes, and for whom. */
export interface Change {
  readonly versions: Versions;
  /** The version of the request. */
  readonly apiVersion: string;
  readonly managers: Managers;
  readonly filter: FieldFilter;
  readonly now: string;
  /** The live object in the version of storage; undefined when there is none. */
  readonly live: unknown;
}

/** Who owns what after a write that was no apply. */
export function updateManagers(
  change: Change & { readonly next: unknown; readonly name: string; readonly subresource: string },
): Managers {
  const { apiVersion, name, subresource, now } = change;
  const writer = { name, operation: 'Update', apiVersion, subresource } as const;
  const key = managerKey(writer);
  const { managers, comparison } = reassign({ ...change, updater: key, force: true });
  const fields = difference(changedFields(comparison), comparison.removed);
  if (fields.size === 0) return managers;
  const before = managers.get(key);
  const all = union(before?.fields ?? EMPTY_SET, fields);
  const same = before !== undefined && equalSets(all, before.fields);
  const owned = same ? before : { ...writer, fields: all, fieldsV1: undefined };
  return new Map(managers).set(key, { ...owned, time: now });
}

/** What an apply comes to. */
export type Applied =
  | {
      readonly ok: true;
      readonly value: unknown;
      readonly managers: Managers;
      /** Whether the object itself is different. */
      readonly changed: boolean;
    }
  | { readonly ok: false; readonly conflicts: readonly Conflict[]; readonly error: Status };

/** Merges an applied value into the live one, or says with whom it conflicts. */
export function applyToManagers(
  change: Change & {
    readonly type: MergeType;
    /** The live object in the version of the request. */
    readonly shown: unknown;
    readonly applied: unknown;
    readonly name: string;
    readonly subresource: string;
    readonly force: boolean;
    /** Turns a value of the request's version into that of storage. */
    readonly store: (value: unknown) => unknown;
  },
): Applied {
  const { type, shown, applied, apiVersion, name, subresource, filter, now } = change;
  const writer = { name, operation: 'Apply', apiVersion, subresource } as const;
  const self = managerKey(writer);
  const last = change.managers.get(self);
  const sent = fieldsOfValue(type, applied);
  const fields = filter(sent);
  const mine: Manager = { ...writer, fields, fieldsV1: undefined, time: last?.time };
  const managers = new Map(change.managers).set(self, mine);
  const merged = mergeValues(type, shown, applied);
  // All that was sent stays, also what nobody owns: the name keeps the metadata there.
  const claims = [sent, ...[...managers.values()].map((one) => one.fields)];
  const value = last === undefined ? merged : prune(type, merged, last.fields, claims);
  const next = change.store(value);
  const result = reassign({ ...change, managers, next, applier: self, force: change.force });
  if (result.conflicts.length > 0) {
    const { conflicts } = result;
    return { ok: false, conflicts, error: conflictStatus(conflicts) };
  }
  const after = new Map(result.managers);
  const changed = !isSame(compareValues(type, shown, value));
  const same = last !== undefined && equalSets(last.fields, fields) && !changed;
  if (fields.size === 0) after.delete(self);
  else if (!same || last.apiVersion !== apiVersion || last.time === undefined)
    after.set(self, { ...mine, time: now });
  return { ok: true, value, managers: after, changed };
}

function isSame({ added, modified, removed }: Comparison): boolean {
  return added.size === 0 && modified.size === 0 && removed.size === 0;
}

interface Reassignment {
  readonly managers: Managers;
  readonly conflicts: readonly Conflict[];
  readonly comparison: Comparison;
}

/** Takes changed and removed fields away from everybody but the writer, who loses what was removed at most. */
function reassign({
  versions,
  apiVersion,
  managers,
  live,
  next,
  applier,
  updater,
  force,
  filter,
}: Change & {
  readonly next: unknown;
  /** Who applies, and keeps what it sent. */
  readonly applier?: string;
  /** Who updates, and keeps what it changed. */
  readonly updater?: string;
  readonly force: boolean;
}): Reassignment {
  const comparisons = new Map<string, Comparison>();
  const compareIn = (version: string): Comparison | undefined => {
    const known = comparisons.get(version);
    if (known !== undefined) return known;
    const view = versions(version);
    if (view === undefined) return undefined;
    const { added, modified, removed } = compareValues(view.type, view.show(live), view.show(next));
    const found = { added: filter(added), modified: filter(modified), removed: filter(removed) };
    comparisons.set(version, found);
    return found;
  };
  const conflicts: Conflict[] = [];
  const result = new Map<string, Manager>();
  for (const [key, manager] of managers) {
    if (key === applier) {
      result.set(key, manager);
      continue;
    }
    const comparison = compareIn(manager.apiVersion);
    if (comparison === undefined) continue;
    const changed = key === updater ? EMPTY_SET : changedFields(comparison);
    const taken = intersection(manager.fields, changed);
    if (taken.size > 0 && !force) conflicts.push({ manager, fields: taken });
    const fields = difference(difference(manager.fields, taken), comparison.removed);
    if (fields.size > 0) {
      result.set(
        key,
        equalSets(fields, manager.fields) ? manager : { ...manager, fields, fieldsV1: undefined },
      );
    }
  }
  const none = { added: EMPTY_SET, modified: EMPTY_SET, removed: EMPTY_SET };
  return { managers: result, conflicts, comparison: compareIn(apiVersion) ?? none };
}

/** Removes what a manager applied last time, applies no more, and nobody else owns. */
function prune(
  type: MergeType,
  merged: unknown,
  last: FieldSet,
  claims: readonly FieldSet[],
): unknown {
  const all = withNamedParents(type, fieldsOfValue(type, merged));
  const lastNamed = withNamedParents(type, last);
  const withoutLast = removeFields(type, merged, lastNamed) ?? {};
  const left = withNamedParents(type, fieldsOfValue(type, withoutLast));
  const owned = claims.reduce(union, EMPTY_SET);
  const kept = union(left, withNamedParents(type, owned));
  const pruned = removeFields(type, merged, difference(all, kept)) ?? {};
  const remaining = withNamedParents(type, fieldsOfValue(type, pruned));
  return removeFields(type, merged, intersection(difference(all, remaining), lastNamed)) ?? {};
}
