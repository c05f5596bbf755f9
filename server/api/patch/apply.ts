/**
 * Server-side apply: the body says what its author wants set; it merges into the live object, lists by their keys.
 * Fields that the same manager applied before and left out now are removed.
 *
 * Fidelity: managers own fields by apply only. A change made by an ordinary update is owned by nobody, so conflicts are
 * found between appliers alone; empty mappings that a removal leaves behind stay.
 */

import type { KubeObject, Status } from '../../contract/kube.js';
import {
  cloneJson,
  deepEqual,
  isObject,
  type JsonObject,
  objectsOf,
  setField,
} from '../../kube/json.js';
import { groupVersion, type ResourceInfo } from '../registry/resource-info.js';
import type { WriteOptions } from '../request.js';
import { type FieldType, schemaType } from '../schema/schema.js';
import { badRequest, failureStatus } from '../status.js';
import { applyKeysOf, isMergedSet } from './merge-keys.js';

/** What is applied to what. */
export interface ApplyInput {
  readonly info: ResourceInfo;
  readonly current: KubeObject | undefined;
  readonly body: unknown;
  readonly options: WriteOptions | undefined;
  readonly now: string;
}

/** The merged object, or why it was refused. */
export type Applied =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly error: Status };

/** Applies a body. */
export function applyPatch({ info, current, body, options, now }: ApplyInput): Applied {
  if (!isObject(body))
    return { ok: false, error: badRequest('error decoding YAML: the body must be an object') };
  const manager = options?.fieldManager;
  if (manager === undefined || manager === '') {
    return { ok: false, error: badRequest('fieldManager is required for apply patch') };
  }
  const { metadata, ...rest } = body;
  if (isObject(metadata) && metadata.managedFields !== undefined) {
    return { ok: false, error: badRequest('metadata.managedFields must be nil') };
  }
  const wanted: JsonObject = { ...rest, metadata: isObject(metadata) ? { ...metadata } : {} };
  const fields = fieldSet(info.schema, withoutIdentity(wanted));
  const live: JsonObject = current === undefined ? {} : cloneJson({ ...current });
  const entries = current?.metadata.managedFields ?? [];
  const managers = objectsOf([...entries]).filter((entry) => entry.operation === 'Apply');
  const others = managers.filter((entry) => entry.manager !== manager);
  const conflicts = options?.force === true ? [] : findConflicts(others, fields, live, wanted);
  if (conflicts.length > 0) return { ok: false, error: conflictStatus(info, live, conflicts) };
  const before = managers.find((entry) => entry.manager === manager);
  if (isObject(before?.fieldsV1)) removeDropped(live, before.fieldsV1, fields, others);
  const merged = mergeApplied(info.schema, live, wanted);
  const meta = isObject(merged.metadata) ? merged.metadata : {};
  const entry = {
    manager,
    operation: 'Apply',
    apiVersion: groupVersion(info),
    time: now,
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
  };
  const same = before !== undefined && deepEqual(before.fieldsV1, fields);
  const kept = [...entries].filter(
    (one) => !(isObject(one) && one.operation === 'Apply' && one.manager === manager),
  );
  meta.managedFields = same ? entries : [...kept, entry];
  return { ok: true, value: { ...merged, metadata: meta } };
}

function withoutIdentity(object: JsonObject): JsonObject {
  const { apiVersion: _, kind: __, ...rest } = object;
  if (!isObject(rest.metadata)) return rest;
  const { name: ___, namespace: ____, ...metadata } = rest.metadata;
  return Object.keys(metadata).length === 0 ? withoutMetadata(rest) : { ...rest, metadata };
}

function withoutMetadata({ metadata: _, ...rest }: JsonObject): JsonObject {
  return rest;
}

/** The fields of a value in the FieldsV1 form: `f:` fields, `k:` list elements by key, `v:` values of sets. */
function fieldSet(type: string | undefined, value: JsonObject): JsonObject {
  const set: JsonObject = {};
  for (const [field, entry] of Object.entries(value)) {
    const fieldType = type === undefined ? undefined : schemaType(type)?.get(field)?.type;
    setField(set, `f:${field}`, fieldSetOf({ type, field, fieldType }, entry));
  }
  return set;
}

interface Slot {
  readonly type: string | undefined;
  readonly field: string;
  readonly fieldType: FieldType | undefined;
}

function fieldSetOf({ type, field, fieldType }: Slot, value: unknown): JsonObject {
  if (isObject(value)) return fieldSet(objectName(fieldType), value);
  if (!Array.isArray(value)) return {};
  const keys = applyKeysOf(type, field);
  const set: JsonObject = {};
  if (keys !== undefined) {
    for (const entry of objectsOf(value))
      set[elementKey(keys, entry)] = { '.': {}, ...fieldSet(objectName(fieldType), entry) };
  } else if (isMergedSet(type, field)) {
    for (const entry of value) set[`v:${JSON.stringify(entry)}`] = {};
  }
  return set;
}

function objectName(type: FieldType | undefined): string | undefined {
  if (type?.kind === 'object') return type.name;
  return type?.kind === 'array' ? objectName(type.of) : undefined;
}

function elementKey(keys: readonly string[], element: JsonObject): string {
  const parts = keys.map((key) => [key, element[key] ?? (key === 'protocol' ? 'TCP' : undefined)]);
  return `k:${JSON.stringify(Object.fromEntries(parts))}`;
}

function matchesKey(element: unknown, key: string): boolean {
  const wanted: unknown = JSON.parse(key.slice(2));
  if (!isObject(element) || !isObject(wanted)) return false;
  return Object.entries(wanted).every(
    ([field, value]) =>
      deepEqual(element[field], value) ||
      (field === 'protocol' && element[field] === undefined && value === 'TCP'),
  );
}

function mergeApplied(type: string | undefined, live: JsonObject, wanted: JsonObject): JsonObject {
  const result: JsonObject = { ...live };
  for (const [field, value] of Object.entries(wanted)) {
    if (value === null) continue;
    const fieldType = type === undefined ? undefined : schemaType(type)?.get(field)?.type;
    const current = result[field];
    if (isObject(value))
      setField(
        result,
        field,
        mergeApplied(objectName(fieldType), isObject(current) ? current : {}, value),
      );
    else if (Array.isArray(value))
      setField(result, field, mergeList({ type, field, fieldType }, current, value));
    else setField(result, field, value);
  }
  return result;
}

function mergeList(
  { type, field, fieldType }: Slot,
  current: unknown,
  value: readonly unknown[],
): readonly unknown[] {
  const existing: readonly unknown[] = Array.isArray(current) ? current : [];
  const keys = applyKeysOf(type, field);
  if (keys === undefined) {
    return isMergedSet(type, field)
      ? [...existing, ...value.filter((one) => !existing.includes(one))]
      : value;
  }
  const result = [...existing];
  for (const entry of objectsOf([...value])) {
    const key = elementKey(keys, entry);
    const index = result.findIndex((one) => matchesKey(one, key));
    const found = result[index];
    if (isObject(found)) result[index] = mergeApplied(objectName(fieldType), found, entry);
    else result.push(entry);
  }
  return result;
}

/** Takes away what a manager applied before, applies no more, and no other manager applies. */
function removeDropped(
  live: unknown,
  before: JsonObject,
  now: JsonObject,
  others: readonly JsonObject[],
): void {
  const otherSets = others.map((entry) => entry.fieldsV1).filter(isObject);
  dropFrom(live, before, now, otherSets);
}

function dropFrom(
  live: unknown,
  before: JsonObject,
  now: JsonObject,
  others: readonly JsonObject[],
): void {
  for (const [key, below] of Object.entries(before)) {
    if (key === '.' || !isObject(below)) continue;
    const stillWanted = now[key];
    const otherBelow = others.map((set) => set[key]).filter(isObject);
    if (isObject(stillWanted)) dropFrom(childOf(live, key), below, stillWanted, otherBelow);
    else if (otherBelow.length > 0) dropFrom(childOf(live, key), below, {}, otherBelow);
    else dropKey(live, key);
  }
}

function childOf(live: unknown, key: string): unknown {
  if (key.startsWith('f:') && isObject(live)) return live[key.slice(2)];
  if (key.startsWith('k:') && Array.isArray(live)) return live.find((one) => matchesKey(one, key));
  return undefined;
}

function dropKey(live: unknown, key: string): void {
  if (key.startsWith('f:') && isObject(live)) delete live[key.slice(2)];
  if (!Array.isArray(live)) return;
  const index = key.startsWith('k:')
    ? live.findIndex((one) => matchesKey(one, key))
    : live.findIndex((one) => `v:${JSON.stringify(one)}` === key);
  if (index >= 0) live.splice(index, 1);
}

interface Conflict {
  readonly manager: string;
  readonly field: string;
}

function findConflicts(
  others: readonly JsonObject[],
  fields: JsonObject,
  live: JsonObject,
  wanted: JsonObject,
): Conflict[] {
  return others.flatMap((entry) => {
    const found: string[] = [];
    if (isObject(entry.fieldsV1))
      collectConflicts({ theirs: entry.fieldsV1, ours: fields, live, wanted, path: '' }, found);
    return found.map((field) => ({ manager: String(entry.manager), field }));
  });
}

interface Comparison {
  readonly theirs: JsonObject;
  readonly ours: JsonObject;
  readonly live: unknown;
  readonly wanted: unknown;
  readonly path: string;
}

function collectConflicts({ theirs, ours, live, wanted, path }: Comparison, found: string[]): void {
  for (const [key, below] of Object.entries(ours)) {
    const their = theirs[key];
    if (key === '.' || !isObject(their) || !isObject(below)) continue;
    const at = `${path}${key.startsWith('f:') ? `.${key.slice(2)}` : `[${key.slice(2)}]`}`;
    const [liveBelow, wantedBelow] = [childOf(live, key), childOf(wanted, key)];
    if (Object.keys(below).length > 0) {
      collectConflicts(
        { theirs: their, ours: below, live: liveBelow, wanted: wantedBelow, path: at },
        found,
      );
    } else if (!isEmptyMapping(wantedBelow) && !deepEqual(liveBelow, wantedBelow)) {
      found.push(at);
    }
  }
}

function isEmptyMapping(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

function conflictStatus(
  info: ResourceInfo,
  live: JsonObject,
  conflicts: readonly Conflict[],
): Status {
  const managers = [...new Set(conflicts.map((one) => one.manager))];
  const lines = managers.map((manager) => {
    const fields = conflicts.filter((one) => one.manager === manager).map((one) => one.field);
    return fields.length === 1
      ? `conflict with "${manager}": ${fields.join('')}`
      : `conflicts with "${manager}":\n${fields.map((field) => `- ${field}`).join('\n')}`;
  });
  const count = `${conflicts.length} conflict${conflicts.length === 1 ? '' : 's'}`;
  const name = isObject(live.metadata) ? String(live.metadata.name) : '';
  return failureStatus({
    code: 409,
    reason: 'Conflict',
    message: `Apply failed with ${count}: ${lines.join('\n')}`,
    details: {
      name,
      ...(info.group === '' ? {} : { group: info.group }),
      kind: info.plural,
      causes: conflicts.map(({ manager, field }) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with "${manager}"`,
        field,
      })),
    },
  });
}
