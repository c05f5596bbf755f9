/**
 * Who owns which fields: the entries of `metadata.managedFields`, read and written.
 *
 * Source: apimachinery, `util/managedfields/internal/managedfields.go` and `capmanagers.go`.
 */

import { asObject, asString, isObject, type JsonObject } from '../../kube/json.js';
import { type FieldSet, union } from './field-set.js';
import { parseFieldsV1, printFieldsV1 } from './fields-v1.js';

/** How a manager came to own its fields. */
export type Operation = 'Apply' | 'Update';

/** The fields of one manager. */
export interface Manager {
  readonly name: string;
  readonly operation: Operation;
  /** In which version its fields are named. */
  readonly apiVersion: string;
  readonly fields: FieldSet;
  /** The same as JSON, where it has been read and is still so. */
  readonly fieldsV1: JsonObject | undefined;
  /** RFC 3339; when the set last changed. */
  readonly time: string | undefined;
  /** Through which subresource it writes; empty for the object itself. */
  readonly subresource: string;
}

/** Managers by their identity. */
export type Managers = ReadonlyMap<string, Manager>;

/** What tells managers apart: whoever applies is the same in every version, whoever updates is not. */
export function managerKey(manager: Omit<Manager, 'fields' | 'fieldsV1' | 'time'>): string {
  const { name, operation, apiVersion, subresource } = manager;
  return JSON.stringify([name, operation, operation === 'Apply' ? '' : apiVersion, subresource]);
}

/** Reads entries; undefined when one of them cannot be read. */
export function readManagers(entries: unknown): Managers | undefined {
  if (entries === undefined || entries === null) return new Map();
  if (!Array.isArray(entries)) return undefined;
  const managers = new Map<string, Manager>();
  for (const entry of entries) {
    const manager = readManager(entry);
    if (manager === undefined) return undefined;
    managers.set(managerKey(manager), manager);
  }
  return managers;
}

function readManager(entry: unknown): Manager | undefined {
  if (!isObject(entry)) return undefined;
  const { operation, fieldsType } = entry;
  const apiVersion = asString(entry.apiVersion) ?? '';
  if (operation !== 'Apply' && operation !== 'Update') return undefined;
  if (apiVersion === '' || fieldsType !== 'FieldsV1') return undefined;
  const fields = parseFieldsV1(entry.fieldsV1 ?? {});
  if (fields === undefined) return undefined;
  return {
    name: asString(entry.manager) ?? '',
    operation,
    apiVersion,
    fields,
    fieldsV1: asObject(entry.fieldsV1),
    time: asString(entry.time),
    subresource: asString(entry.subresource) ?? '',
  };
}

/** Whether entries are the one empty entry with which a client asks to forget all owners. */
export function isReset(entries: unknown): boolean {
  return (
    Array.isArray(entries) &&
    entries.length === 1 &&
    isObject(entries[0]) &&
    Object.keys(entries[0]).length === 0
  );
}

/** Writes entries: appliers first, then by time, name, version and subresource. */
export function writeManagers(managers: Managers): readonly JsonObject[] {
  return [...managers.values()].sort(compareManagers).map((manager) => ({
    manager: manager.name,
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(manager.time === undefined ? {} : { time: manager.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: manager.fieldsV1 ?? printFieldsV1(manager.fields),
    ...(manager.subresource === '' ? {} : { subresource: manager.subresource }),
  }));
}

function compareManagers(a: Manager, b: Manager): number {
  return (
    compareTexts(a.operation, b.operation) ||
    seconds(a) - seconds(b) ||
    compareTexts(a.name, b.name) ||
    compareTexts(a.apiVersion, b.apiVersion) ||
    compareTexts(a.subresource, b.subresource)
  );
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function seconds({ time }: Manager): number {
  const milliseconds = Date.parse(time ?? '');
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000);
}

const MAX_UPDATERS = 10;
const OLD_UPDATERS = 'ancient-changes';

/** Merges the oldest updaters of a version into one when there are more than ten. */
export function capManagers(managers: Managers): Managers {
  const updaters = [...managers].filter(([, { operation }]) => operation === 'Update');
  if (updaters.length <= MAX_UPDATERS) return managers;
  updaters.sort(([keyA, a], [keyB, b]) => seconds(a) - seconds(b) || compareTexts(keyA, keyB));
  const result = new Map(managers);
  const first = new Map<string, string>();
  let count = updaters.length;
  for (const [key, manager] of updaters) {
    if (count <= MAX_UPDATERS) break;
    const { apiVersion } = manager;
    const earlier = first.get(apiVersion);
    if (earlier === undefined) {
      first.set(apiVersion, key);
      continue;
    }
    const bucket = { ...manager, name: OLD_UPDATERS, subresource: '' };
    const bucketKey = managerKey(bucket);
    const before = result.get(bucketKey) ?? result.get(earlier);
    result.delete(earlier);
    result.delete(key);
    result.set(bucketKey, {
      ...bucket,
      fieldsV1: undefined,
      fields: before === undefined ? manager.fields : union(before.fields, manager.fields),
    });
    count -= 1;
  }
  return result;
}

const MAX_NAME_BYTES = 128;

/** Who writes: the field manager that was named, or the User-Agent up to its first slash. */
export function managerName(
  fieldManager: string | undefined,
  userAgent: string | undefined,
): string {
  if (fieldManager !== undefined && fieldManager !== '') return fieldManager;
  let name = '';
  let bytes = 0;
  for (const letter of (userAgent ?? '').split('/')[0] ?? '') {
    if (!isPrintable(letter)) continue;
    bytes += Buffer.byteLength(letter);
    if (bytes > MAX_NAME_BYTES) break;
    name += letter;
  }
  return name === '' ? 'unknown' : name;
}

/** Whether a letter shows on paper: Go's `unicode.IsPrint`, for which the only space is U+0020. */
export function isPrintable(letter: string): boolean {
  return letter === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(letter);
}
