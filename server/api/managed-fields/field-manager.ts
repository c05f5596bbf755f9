/**
 * Who owns the fields of an object after a write; the one place that knows `metadata.managedFields`.
 *
 * Source: apimachinery, `util/managedfields/internal`: fieldmanager.go, structuredmerge.go, skipnonapplied.go,
 * managedfieldsupdater.go.
 *
 * Fidelity: a body that does not fit the kind's types answers 400, where upstream answers 500 with the same words. An
 * object whose owners a client has reset keeps an empty list of them.
 */

import type { KubeObject, Status } from '../../contract/kube.js';
import { asObject, isObject, type JsonObject } from '../../kube/json.js';
import { fromStorage, toStorage } from '../conversion.js';
import type { ApiCore } from '../core.js';
import { describeGoValue } from '../patch/go-format.js';
import { groupVersion, type ResourceInfo } from '../registry/resource-info.js';
import type { WriteOptions } from '../request.js';
import { badRequest } from '../status.js';
import { checkValue, describeProblems } from './check-value.js';
import { type Conflict, conflictStatus } from './conflict.js';
import { withoutEmpty } from './empty.js';
import { difference } from './field-set.js';
import { filterFor, typeOfResource, versionsOf } from './kind-view.js';
import { KUBECTL, lastAppliedFields, withLastApplied } from './last-applied.js';
import {
  capManagers,
  isReset,
  type Managers,
  managerName,
  readManagers,
  writeManagers,
} from './managers.js';
import { isTracked, makerOf, statusMakerOf } from './trusted-managers.js';
import { type Applied, applyToManagers, updateManagers } from './updater.js';

/** The value of `metadata.managedFields`; undefined when nothing is recorded. */
export type ManagedFields = readonly unknown[] | undefined;

/** A write that is no apply. */
export interface WriteRecord {
  readonly info: ResourceInfo;
  /** Empty for the object itself. */
  readonly subresource?: string | undefined;
  /** As stored; undefined when the write makes the object. */
  readonly live: KubeObject | undefined;
  /** What is to be stored, in the version of storage. */
  readonly next: JsonObject;
  /** `metadata.managedFields` of the body. */
  readonly requested?: unknown;
  /** Who writes. */
  readonly name: string;
}

/** An apply. */
export interface ApplyRecord {
  readonly info: ResourceInfo;
  readonly subresource?: string | undefined;
  readonly live: KubeObject | undefined;
  readonly body: JsonObject;
  readonly options: WriteOptions;
}

/** The merged object in the version of the request, with its owners, or why it was refused. */
export type ApplyResult =
  | { readonly ok: true; readonly value: JsonObject; readonly managedFields: ManagedFields }
  | { readonly ok: false; readonly error: Status };

/** Keeps `metadata.managedFields`. */
export interface FieldManager {
  /** The owners after a write. */
  update(record: WriteRecord): ManagedFields;
  /** The owners after a write by podnet's own components, which record nothing of their own objects. */
  updateTrusted(record: Omit<WriteRecord, 'name' | 'requested'>): ManagedFields;
  apply(record: ApplyRecord): ApplyResult;
  /** An object with its owners as a client sees them: those of podnet's own objects are worked out. */
  withOwners(info: ResourceInfo, object: KubeObject): KubeObject;
}

const BEFORE_FIRST_APPLY = 'before-first-apply';

/** Makes the field manager of a server. */
export function createFieldManager(core: ApiCore): FieldManager {
  function changeOf(info: ResourceInfo, subresource: string, live: KubeObject | undefined) {
    return {
      versions: versionsOf(core, info),
      apiVersion: groupVersion(info),
      filter: filterFor(info, subresource),
      now: core.now(),
      live,
    };
  }

  /** The owners of an object that only podnet's components have written. */
  function derive(info: ResourceInfo, live: KubeObject): Managers {
    const main = core.registry.byStorage(info.storage) ?? info;
    const now = live.metadata.creationTimestamp ?? core.now();
    const made = updateManagers({
      ...changeOf(main, '', undefined),
      now,
      managers: new Map(),
      next: live,
      name: makerOf(main),
      subresource: '',
    });
    if (!main.subresources.includes('status')) return made;
    return updateManagers({
      ...changeOf(main, 'status', undefined),
      now,
      managers: made,
      next: live,
      name: statusMakerOf(main),
      subresource: 'status',
    });
  }

  function managersOf(info: ResourceInfo, live: KubeObject | undefined): Managers {
    if (live === undefined) return new Map();
    if (!isTracked(live)) return derive(info, live);
    return readManagers(live.metadata.managedFields) ?? new Map();
  }

  function update(record: WriteRecord): ManagedFields {
    const { info, subresource = '', live, next, requested, name } = record;
    if (live !== undefined && subresource === '' && isReset(requested)) return [];
    const given = subresource === '' ? readManagers(requested) : undefined;
    const managers = given !== undefined && given.size > 0 ? given : managersOf(info, live);
    if (live !== undefined && managers.size === 0) return live.metadata.managedFields;
    const change = { ...changeOf(info, subresource, live), managers, next, name, subresource };
    return entriesOf(capManagers(updateManagers(change)), live);
  }

  function apply(record: ApplyRecord): ApplyResult {
    const { info, subresource = '', live, body, options } = record;
    const problem = checkApplied(info, body);
    if (problem !== undefined) return { ok: false, error: problem };
    const type = typeOfResource(info);
    const problems = checkValue(type, body);
    if (problems.length > 0)
      return { ok: false, error: badRequest(cannotBeTyped(body, describeProblems(problems))) };
    const name = options.fieldManager ?? '';
    const change = changeOf(info, subresource, live);
    const managers = managersBeforeApply(record, managersOf(info, live));
    const shown = live === undefined ? {} : fromStorage(info, live);
    const tidy = (value: unknown) => (info.custom ? value : withoutEmpty(type, value));
    const attempt = (force: boolean): Applied =>
      applyToManagers({
        ...change,
        managers,
        type,
        shown,
        applied: body,
        name,
        subresource,
        force,
        store: (value) => (isObject(value) ? toStorage(info, value) : value),
      });
    let result = attempt(options.force === true);
    if (!result.ok && name === KUBECTL) {
      const allowed = lastAppliedFields(type, shown);
      const left = result.conflicts.flatMap(({ manager, fields }): Conflict[] => {
        const rest = difference(fields, allowed);
        return rest.size === 0 ? [] : [{ manager, fields: rest }];
      });
      if (left.length > 0) return { ok: false, error: conflictStatus(left) };
      result = attempt(true);
    }
    if (!result.ok) return { ok: false, error: result.error };
    const merged = tidy(result.value);
    const value = isObject(merged) ? merged : {};
    return {
      ok: true,
      value: name === KUBECTL ? withLastApplied(value, body) : value,
      managedFields: entriesOf(capManagers(result.managers), live),
    };
  }

  function managersBeforeApply(
    { info, subresource = '', live }: ApplyRecord,
    managers: Managers,
  ): Managers {
    if (live === undefined || managers.size > 0) return managers;
    const change = { ...changeOf(info, subresource, undefined), managers, next: live };
    return updateManagers({ ...change, name: BEFORE_FIRST_APPLY, subresource });
  }

  return {
    update,
    updateTrusted(record) {
      const { info, subresource = '', live } = record;
      if (live === undefined) return undefined;
      if (!isTracked(live)) return live.metadata.managedFields;
      const name = subresource === 'status' ? statusMakerOf(info) : makerOf(info);
      return update({ ...record, name });
    },
    apply,
    withOwners(info, object) {
      if (object.kind !== info.kind || object.metadata.uid === undefined) return object;
      const { managedFields, ...metadata } = object.metadata;
      if (managedFields === undefined) {
        const derived = writeManagers(derive(info, toStored(info, object)));
        return { ...object, metadata: { ...metadata, managedFields: derived } };
      }
      return managedFields.length > 0 ? object : { ...object, metadata };
    },
  };
}

/** The object in the version of storage, as the store has it. */
function toStored(info: ResourceInfo, object: KubeObject): KubeObject {
  return toStorage(info, { ...object }) as unknown as KubeObject;
}

/** The entries of managers; those of the live object where nothing has changed. */
function entriesOf(managers: Managers, live: KubeObject | undefined): ManagedFields {
  const known = live === undefined ? undefined : readManagers(live.metadata.managedFields);
  if (known !== undefined && known.size === managers.size) {
    const same = [...managers].every(([key, manager]) => {
      const other = known.get(key);
      return other?.fields === manager.fields && other.time === manager.time;
    });
    if (same) return live?.metadata.managedFields;
  }
  return writeManagers(managers);
}

function checkApplied(info: ResourceInfo, body: JsonObject): Status | undefined {
  const wanted = groupVersion(info);
  const given = typeof body.apiVersion === 'string' ? body.apiVersion : '';
  if (given !== wanted) {
    return badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${given}, expected: ${wanted}`,
    );
  }
  const metadata = asObject(body.metadata);
  if (metadata?.managedFields !== undefined && metadata.managedFields !== null) {
    return badRequest('metadata.managedFields must be nil');
  }
  if (body.kind !== info.kind) {
    const kind = typeof body.kind === 'string' ? body.kind : '';
    const why = `no corresponding type for ${wanted}, Kind=${kind}`;
    return badRequest(cannotBeTyped(body, why));
  }
  return undefined;
}

function cannotBeTyped(body: JsonObject, why: string): string {
  const metadata = asObject(body.metadata);
  const [namespace, name] = [metadata?.namespace ?? '', metadata?.name ?? ''];
  const subject = `${describeGoValue(namespace)}/${describeGoValue(name)}`;
  const kind = `${describeGoValue(body.apiVersion ?? '')}, Kind=${describeGoValue(body.kind ?? '')}`;
  return `failed to create typed patch object (${subject}; ${kind}): ${why}`;
}

/** Who makes a request. */
export function requester(options: WriteOptions | undefined): string {
  return managerName(options?.fieldManager, options?.userAgent);
}
