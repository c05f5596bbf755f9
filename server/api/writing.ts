/** Creating and replacing objects: the one way in which they get into the store from outside. */

import type { KubeObject } from '../contract/kube.js';
import { asObject, asString, deepFreeze, type JsonObject } from '../kube/json.js';
import { ADMIN, type AdmittedWrite, type UserInfo } from './access.js';
import { creationOf, replacementOf } from './admission/plugin.js';
import { fromStorage } from './conversion.js';
import { type ApiCore, denyCreate, resolveResource, storeNamespace } from './core.js';
import { type Draft, decode } from './decoding.js';
import type { Deleter } from './deletion.js';
import { type FieldManager, requester } from './managed-fields/field-manager.js';
import {
  draftMeta,
  freeName,
  hasGeneration,
  keepServerFields,
  specChanged,
} from './object-meta.js';
import { refuseMisnamed, refuseStale, refuseUnconditional } from './preconditions.js';
import { refuseInvalid } from './refuse-invalid.js';
import type { ResourceInfo } from './registry/resource-info.js';
import {
  type ApiFailure,
  type ApiResult,
  type CreateRequest,
  refuse,
  succeed,
  type UpdateRequest,
  type WriteOptions,
} from './request.js';
import { schemaErrors } from './schema/required.js';
import {
  alreadyExists,
  badRequest,
  conflict,
  methodNotAllowed,
  notFound,
  unknownPath,
} from './status.js';
import { validateMeta, validateMetaUpdate } from './validation/object-meta.js';

/** Writes objects. */
export interface Writer {
  /** Makes an object; `owners` as in a draft. */
  create(request: CreateRequest, owners?: Draft['owners']): ApiResult;
  update(request: UpdateRequest): ApiResult;
  /** Checks and commits a replacement that is decoded already. */
  replace(
    info: ResourceInfo,
    current: KubeObject,
    next: Draft,
    options: WriteOptions | undefined,
  ): ApiResult;
}

/** Makes the writer of a server. */
export function createWriter(core: ApiCore, deleter: Deleter, fieldManager: FieldManager): Writer {
  function create(request: CreateRequest, owners?: Draft['owners']): ApiResult {
    const info = resolveResource(core, request.resource);
    if (info === undefined) return refuse(unknownPath());
    if (!info.verbs.includes('create')) return refuse(methodNotAllowed(info));
    const decoded = decode(info, request.body, request.options);
    if (!decoded.ok) return decoded;
    const { draft, warnings } = decoded;
    const { user } = request.options ?? {};
    const { namespace: asked } = request;
    const answered = core.access.review({ info, draft, namespace: asked, user: user ?? ADMIN });
    if (answered !== undefined) return answered.ok ? { ...answered, warnings } : answered;
    const placed = placeInNamespace(info, draft, request.namespace);
    if (placed !== undefined) return placed;
    const meta = draftMeta(draft);
    if (meta.resourceVersion !== undefined && meta.resourceVersion !== '') {
      return refuse(badRequest('resourceVersion should not be set on objects to be created'));
    }
    prepareNew(core, info, draft);
    const rules = core.rules.get(info.storage);
    rules?.setDefaults?.(draft);
    const record = { info, live: undefined, next: draft, requested: meta.managedFields };
    const { options } = request;
    setOwners(
      meta,
      owners ?? { managedFields: fieldManager.update({ ...record, name: requester(options) }) },
    );
    const attributes = creationOf(info, draft);
    const unadmitted = core.admission.admit(attributes);
    if (unadmitted !== undefined) return unadmitted;
    rules?.prepareForCreate?.(draft);
    const denied = admitFrom(core, { info, draft, current: undefined }, user);
    if (denied !== undefined) return denied;
    const object = asKubeObject(draft);
    const errors = [
      ...validateMeta(info, object),
      ...(rules?.validate?.(object) ?? []),
      ...(rules?.validateCreate?.(object) ?? []),
    ];
    const name = asString(meta.name) ?? '';
    const missing = schemaErrors(info, object, errors);
    const allErrors = [...errors, ...missing];
    if (allErrors.length > 0) return refuseInvalid(info, name, allErrors, warnings);
    const forbidden = core.admission.validate(attributes);
    if (forbidden !== undefined) return { ...forbidden, warnings };
    const namespace = storeNamespace(info, asString(meta.namespace));
    if (core.store.get(info.storage, namespace, name) !== undefined)
      return refuse(alreadyExists(info, name), [], warnings);
    const unallocated = core.allocator.allocate(info, draft, undefined);
    if (unallocated !== undefined) return { ...unallocated, warnings };
    for (const warning of [
      ...(rules?.warnCreate?.(object) ?? []),
      ...(rules?.warn?.(object) ?? []),
    ])
      warnings.push(warning);
    if (request.options?.dryRun === true) {
      return succeed(fromStorage(info, deepFreeze(object)), warnings, true);
    }
    const stored = core.store.create(info.storage, deepFreeze(object));
    return stored.ok
      ? succeed(fromStorage(info, stored.value), warnings, true)
      : refuse(alreadyExists(info, name), [], warnings);
  }

  function update(request: UpdateRequest): ApiResult {
    const info = resolveResource(core, request.resource);
    if (info === undefined) return refuse(unknownPath());
    if (!info.verbs.includes('update')) return refuse(methodNotAllowed(info));
    const decoded = decode(info, request.body, request.options);
    if (!decoded.ok) return decoded;
    const misplaced = placeInNamespace(info, decoded.draft, request.namespace);
    if (misplaced !== undefined) return misplaced;
    const meta = draftMeta(decoded.draft);
    const misnamed = refuseMisnamed(decoded.draft, request.name);
    if (misnamed !== undefined) return misnamed;
    meta.name = request.name;
    const current = core.store.get(
      info.storage,
      storeNamespace(info, request.namespace),
      request.name,
    );
    if (current !== undefined) return replace(info, current, decoded, request.options);
    if (core.rules.get(info.storage)?.createOnUpdate !== true)
      return refuse(notFound(info, request.name));
    return createOnUpdate(info, request);
  }

  function createOnUpdate(info: ResourceInfo, request: UpdateRequest): ApiResult {
    const body = asObject(request.body);
    const { uid = '', resourceVersion: _, ...metadata } = asObject(body?.metadata) ?? {};
    if (uid !== '') {
      const why = `Precondition failed: UID in precondition: ${String(uid)}, UID in object meta: `;
      return refuse(conflict(info, request.name, why));
    }
    const denied = denyCreate(core, info, request);
    if (denied !== undefined) return denied;
    const { name, resource, namespace, options } = request;
    const named = { ...body, metadata: { ...metadata, name } };
    return create({ resource, namespace, options, body: named });
  }

  function replace(
    info: ResourceInfo,
    current: KubeObject,
    { draft, warnings, owners }: Draft,
    options: WriteOptions | undefined,
  ): ApiResult {
    const meta = draftMeta(draft);
    const requested = meta.managedFields;
    const name = current.metadata.name;
    const stale = refuseStale(info, draft, current) ?? refuseUnconditional(info, draft, current);
    if (stale !== undefined) return stale;
    const rules = core.rules.get(info.storage);
    // A spec that is left out is an empty one, as decoding into Go's types makes it.
    if (info.schema !== undefined && current.spec !== undefined) draft.spec ??= {};
    keepServerFields(meta, current.metadata);
    meta.resourceVersion = current.metadata.resourceVersion;
    if (info.subresources.includes('status')) {
      if (current.status === undefined) delete draft.status;
      else draft.status = current.status;
    }
    rules?.prepareForUpdate?.(draft, current);
    rules?.setDefaults?.(draft);
    const record = { info, live: current, next: draft, requested };
    setOwners(
      meta,
      owners ?? { managedFields: fieldManager.update({ ...record, name: requester(options) }) },
    );
    const attributes = replacementOf(info, draft, current);
    const unadmitted = core.admission.admit(attributes);
    if (unadmitted !== undefined) return { ...unadmitted, warnings };
    const denied = admitFrom(core, { info, draft, current }, options?.user);
    if (denied !== undefined) return denied;
    const object = asKubeObject(draft);
    const errors = [
      ...validateMeta(info, object),
      ...validateMetaUpdate(object, current),
      ...(rules?.validate?.(object) ?? []),
      ...(rules?.validateUpdate?.(object, current) ?? []),
    ];
    const allErrors = [...errors, ...schemaErrors(info, object, errors)];
    if (allErrors.length > 0) return refuseInvalid(info, name, allErrors, warnings);
    const forbidden = core.admission.validate(attributes);
    if (forbidden !== undefined) return { ...forbidden, warnings };
    const unallocated = core.allocator.allocate(info, draft, current);
    if (unallocated !== undefined) return { ...unallocated, warnings };
    for (const warning of rules?.warn?.(object) ?? []) warnings.push(warning);
    if (hasGeneration(info) && specChanged(object, current))
      meta.generation = (current.metadata.generation ?? 0) + 1;
    deepFreeze(object);
    if (options?.dryRun === true) return succeed(fromStorage(info, object), warnings);
    if (deleter.isReadyToGo(object)) {
      const removed = deleter.remove(info, object);
      return removed.ok ? succeed(fromStorage(info, object), warnings) : removed;
    }
    const stored = core.store.update(info.storage, object);
    return stored.ok
      ? succeed(fromStorage(info, stored.value), warnings)
      : refuse(notFound(info, name), [], warnings);
  }

  return { create, update, replace };
}

/** Writes down who owns the fields of a draft. */
function setOwners(meta: JsonObject, { managedFields }: NonNullable<Draft['owners']>): void {
  if (managedFields === undefined) delete meta.managedFields;
  else meta.managedFields = managedFields;
}

/** Checks what a user writes; podnet itself writes what it likes. */
function admitFrom(
  { access }: ApiCore,
  write: Pick<AdmittedWrite, 'info' | 'draft' | 'current'>,
  user: UserInfo | undefined,
): ApiFailure | undefined {
  return user === undefined ? undefined : access.admit({ ...write, subresource: undefined, user });
}

function placeInNamespace(
  info: ResourceInfo,
  draft: JsonObject,
  namespace: string | undefined,
): ApiFailure | undefined {
  const meta = draftMeta(draft);
  if (!info.namespaced) {
    delete meta.namespace;
    return undefined;
  }
  const wanted = namespace ?? asString(meta.namespace) ?? 'default';
  if (meta.namespace !== undefined && meta.namespace !== '' && meta.namespace !== wanted) {
    return refuse(
      badRequest(
        `the namespace of the provided object does not match the namespace sent on the request: ${meta.namespace} is not ${wanted}`,
      ),
    );
  }
  meta.namespace = wanted;
  return undefined;
}

function prepareNew(core: ApiCore, info: ResourceInfo, draft: JsonObject): void {
  const meta = draftMeta(draft);
  for (const field of [
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'selfLink',
    'resourceVersion',
    'generation',
  ]) {
    delete meta[field];
  }
  meta.uid = core.newUid();
  meta.creationTimestamp = core.now();
  if (hasGeneration(info)) meta.generation = 1;
  if (info.subresources.includes('status')) delete draft.status;
  const base = asString(meta.generateName);
  if ((meta.name === undefined || meta.name === '') && base !== undefined && base !== '') {
    const namespace = storeNamespace(info, asString(meta.namespace));
    meta.name = freeName(
      base,
      core.random,
      (name) => core.store.get(info.storage, namespace, name) !== undefined,
    );
  }
}

/** The draft as an object: decoding gave it kind, version and metadata. */
export function asKubeObject(draft: JsonObject): KubeObject {
  return draft as unknown as KubeObject;
}
