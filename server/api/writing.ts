/** Creating and replacing objects: the one way in which they get into the store from outside. */

import type { KubeObject } from '../contract/kube.js';
import { asString, deepFreeze, isObject, type JsonObject } from '../kube/json.js';
import { ADMIN, type AdmittedWrite, type UserInfo } from './access.js';
import { creationOf, replacementOf } from './admission/plugin.js';
import { fromStorage, toStorage } from './conversion.js';
import { type ApiCore, resolveResource, storeNamespace } from './core.js';
import type { Deleter } from './deletion.js';
import {
  type FieldManager,
  type ManagedFields,
  requester,
} from './managed-fields/field-manager.js';
import {
  draftMeta,
  freeName,
  hasGeneration,
  keepServerFields,
  specChanged,
} from './object-meta.js';
import { groupVersion, type ResourceInfo } from './registry/resource-info.js';
import {
  type ApiFailure,
  type ApiResult,
  type CreateRequest,
  type Hint,
  refuse,
  succeed,
  type UpdateRequest,
  type WriteOptions,
} from './request.js';
import { type DecodeProblem, decodeAs, decodeCustom } from './schema/decode.js';
import { schemaErrors } from './schema/required.js';
import {
  alreadyExists,
  badRequest,
  conflict,
  invalid,
  methodNotAllowed,
  notFound,
  type QualifiedResource,
  unknownPath,
} from './status.js';
import type { FieldError } from './validation/field-error.js';
import { validateMeta, validateMetaUpdate } from './validation/object-meta.js';

/** A fresh copy of a body, in the version of storage, that may be written to. */
export interface Draft {
  readonly draft: JsonObject;
  readonly warnings: string[];
  /** Who owns its fields, where an apply has settled that. */
  readonly owners?: { readonly managedFields: ManagedFields } | undefined;
}

/** Writes objects. */
export interface Writer {
  /** Makes an object; `owners` as in a draft. */
  create(request: CreateRequest, owners?: Draft['owners']): ApiResult;
  update(request: UpdateRequest): ApiResult;
  /** Reads a body as an object of a kind. */
  decode(
    info: ResourceInfo,
    body: unknown,
    options: WriteOptions | undefined,
  ): ({ ok: true } & Draft) | ApiFailure;
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
    warnings.push(...(rules?.warnCreate?.(object) ?? []), ...(rules?.warn?.(object) ?? []));
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
    if (meta.name !== undefined && meta.name !== request.name) {
      return refuse(
        badRequest(
          `the name of the object (${meta.name}) does not match the name on the URL (${request.name})`,
        ),
      );
    }
    meta.name = request.name;
    const current = core.store.get(
      info.storage,
      storeNamespace(info, request.namespace),
      request.name,
    );
    if (current === undefined) return refuse(notFound(info, request.name));
    return replace(info, current, decoded, request.options);
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
    const stale = refuseStale(info, meta, current);
    if (stale !== undefined) return stale;
    const rules = core.rules.get(info.storage);
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
    warnings.push(...(rules?.warn?.(object) ?? []));
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

  return { create, update, replace, decode };
}

/** Writes down who owns the fields of a draft. */
function setOwners(meta: JsonObject, { managedFields }: NonNullable<Draft['owners']>): void {
  if (managedFields === undefined) delete meta.managedFields;
  else meta.managedFields = managedFields;
}

function decode(
  info: ResourceInfo,
  body: unknown,
  options: WriteOptions | undefined,
): ({ ok: true } & Draft) | ApiFailure {
  if (!isObject(body))
    return refuse(
      badRequest(
        `${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: the body must be a JSON object`,
      ),
    );
  const wanted = groupVersion(info);
  const mismatch = refuseOtherKind(info, wanted, body);
  if (mismatch !== undefined) return mismatch;
  const { value, problems } =
    info.schema === undefined ? decodeCustom(body, info.structural) : decodeAs(info.schema, body);
  const wrong = problems.filter((problem) => problem.kind === 'type');
  const unknown = problems.filter((problem) => problem.kind === 'unknown');
  const hints = problems.flatMap(toHint);
  if (wrong.length > 0)
    return refuse(
      badRequest(
        cannotBeHandled(
          info,
          wrong.map((one) => one.upstream),
        ),
      ),
      hints,
    );
  const validation = options?.fieldValidation ?? 'Warn';
  if (unknown.length > 0 && validation === 'Strict') {
    const text = `strict decoding error: ${unknown.map((one) => one.upstream).join(', ')}`;
    return refuse(badRequest(cannotBeHandled(info, [text])), hints);
  }
  const warnings = validation === 'Warn' ? unknown.map((one) => one.upstream) : [];
  const draft = toStorage(info, { apiVersion: wanted, kind: info.kind, ...value });
  return { ok: true, draft, warnings };
}

function refuseOtherKind(
  info: ResourceInfo,
  wanted: string,
  body: JsonObject,
): ApiFailure | undefined {
  if (body.apiVersion !== undefined && body.apiVersion !== '' && body.apiVersion !== wanted) {
    return refuse(
      badRequest(
        `the API version in the data (${body.apiVersion}) does not match the expected API version (${wanted})`,
      ),
    );
  }
  if (body.kind !== undefined && body.kind !== '' && body.kind !== info.kind) {
    return refuse(
      badRequest(
        `${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: the kind in the data is ${body.kind}`,
      ),
    );
  }
  return undefined;
}

function cannotBeHandled(info: ResourceInfo, texts: readonly string[]): string {
  return `${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${texts.join(', ')}`;
}

function toHint(problem: DecodeProblem): Hint[] {
  return problem.hint === undefined ? [] : [{ field: problem.path, text: problem.hint }];
}

/** Checks what a user writes; podnet itself writes what it likes. */
function admitFrom(
  { access }: ApiCore,
  write: Pick<AdmittedWrite, 'info' | 'draft' | 'current'>,
  user: UserInfo | undefined,
): ApiFailure | undefined {
  return user === undefined ? undefined : access.admit({ ...write, subresource: undefined, user });
}

/** The 422 of some field errors, with podnet's hints beside it. */
export function refuseInvalid(
  info: QualifiedResource,
  name: string,
  errors: readonly FieldError[],
  warnings: readonly string[] = [],
): ApiFailure {
  const hints = errors.flatMap(({ field, hint }) =>
    hint === undefined ? [] : [{ field, text: hint }],
  );
  return refuse(invalid(info, name, errors), hints, warnings);
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

function refuseStale(
  info: ResourceInfo,
  meta: JsonObject,
  current: KubeObject,
): ApiFailure | undefined {
  const { uid, resourceVersion, name } = current.metadata;
  if (meta.uid !== undefined && meta.uid !== '' && meta.uid !== uid) {
    return refuse(
      conflict(
        info,
        name,
        `Precondition failed: UID in precondition: ${meta.uid}, UID in object meta: ${uid}`,
      ),
    );
  }
  if (meta.resourceVersion !== undefined && meta.resourceVersion !== '') {
    return meta.resourceVersion === resourceVersion ? undefined : refuse(conflict(info, name));
  }
  if (!info.custom) return undefined;
  return refuseInvalid(info, name, [
    {
      type: 'invalid',
      field: 'metadata.resourceVersion',
      value: 0,
      detail: 'must be specified for an update',
    },
  ]);
}

/** The draft as an object: decoding gave it kind, version and metadata. */
export function asKubeObject(draft: JsonObject): KubeObject {
  return draft as unknown as KubeObject;
}
