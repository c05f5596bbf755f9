/** The parts of objects that have paths of their own: status, scale, binding, eviction and others. */

import type { Condition, KubeObject, Pod } from '../contract/kube.js';
import { asObject, asString, deepFreeze, type JsonObject, objectsOf } from '../kube/json.js';
import { replacementOf } from './admission/plugin.js';
import { fromStorage } from './conversion.js';
import { type ApiCore, resolveResource } from './core.js';
import { type Draft, decode } from './decoding.js';
import { setContainerDefaults } from './defaults/pod.js';
import { readDeleteOptions } from './delete-options.js';
import type { Deleter } from './deletion.js';
import { askBudget, markedForEviction } from './eviction.js';
import { type FieldManager, requester } from './managed-fields/field-manager.js';
import { hasGeneration } from './object-meta.js';
import { refuseMisnamed, refuseStale } from './preconditions.js';
import type { Reader } from './reading.js';
import { refuseInvalid } from './refuse-invalid.js';
import type { ResourceInfo, Subresource } from './registry/resource-info.js';
import {
  type ApiFailure,
  type ApiResult,
  type CreateRequest,
  type ObjectRequest,
  refuse,
  succeed,
  type UpdateRequest,
} from './request.js';
import { scaleOf, withReplicas } from './scale.js';
import { decodeAs } from './schema/decode.js';
import { schemaErrors } from './schema/required.js';
import { badRequest, conflict, methodNotAllowed, notFound, unknownPath } from './status.js';
import { validateEphemeralUpdate } from './validation/ephemeral-containers.js';
import { validateResize } from './validation/resize.js';

/** Reads and writes subresources. */
export interface Subresources {
  get(request: ObjectRequest): ApiResult;
  /** Replaces a subresource; `owners` as in a draft. */
  update(request: UpdateRequest, owners?: Draft['owners']): ApiResult;
  create(request: CreateRequest): ApiResult;
}

/** What subresources work with. */
export interface SubresourceParts {
  readonly core: ApiCore;
  readonly reader: Reader;
  readonly deleter: Deleter;
  readonly fieldManager: FieldManager;
}

type Found =
  | {
      readonly ok: true;
      readonly info: ResourceInfo;
      readonly object: KubeObject;
      readonly kind: Subresource;
      /** Who owns its fields afterwards, where an apply has settled that. */
      readonly owners?: Draft['owners'];
    }
  | ApiFailure;

/** What was found, to be written to. */
type Target = Found & { ok: true };

/** Makes the subresources of a server. */
export function createSubresources({
  core,
  reader,
  deleter,
  fieldManager,
}: SubresourceParts): Subresources {
  function find(request: ObjectRequest): Found {
    const info = resolveResource(core, request.resource);
    const kind = request.subresource;
    if (info === undefined || kind === undefined || !info.subresources.includes(kind))
      return refuse(unknownPath());
    const object = reader.get({
      ...request,
      resource: core.registry.byStorage(info.storage) ?? info,
    });
    return object.ok ? { ok: true, info, object: object.value, kind } : object;
  }

  function store(info: ResourceInfo, next: KubeObject, dryRun: boolean | undefined): ApiResult {
    deepFreeze(next);
    if (dryRun === true) return succeed(fromStorage(info, next));
    const stored = core.store.update(info.storage, next);
    return stored.ok
      ? succeed(fromStorage(info, stored.value))
      : refuse(notFound(info, next.metadata.name));
  }

  /** Reads a replacement, which must be for this object as it is. */
  function read(
    { info, object }: Target,
    { name, body, options }: UpdateRequest,
  ): ({ ok: true } & Draft) | ApiFailure {
    const decoded = decode(info, body, options);
    if (!decoded.ok) return decoded;
    return (
      refuseMisnamed(decoded.draft, name) ?? refuseStale(info, decoded.draft, object) ?? decoded
    );
  }

  /** Stores a change that a client asked for, and who owns it. */
  function storeOwned(
    { info, object, kind, owners }: Target,
    next: KubeObject,
    { options }: UpdateRequest,
  ): ApiResult {
    const record = { info, subresource: kind, live: object, next: { ...next } };
    const settled = owners ?? {
      managedFields: fieldManager.update({ ...record, name: requester(options) }),
    };
    const { managedFields: _, ...metadata } = next.metadata;
    const owned = settled.managedFields === undefined ? {} : settled;
    return store(info, { ...next, metadata: { ...metadata, ...owned } }, options?.dryRun);
  }

  function updateStatus(found: Target, request: UpdateRequest): ApiResult {
    const { info, object } = found;
    const decoded = read(found, request);
    if (!decoded.ok) return decoded;
    const { user } = request.options ?? {};
    const { kind: subresource } = found;
    const write = { info, draft: decoded.draft, current: object, subresource };
    const denied = user === undefined ? undefined : core.access.admit({ ...write, user });
    if (denied !== undefined) return denied;
    // As with the rest of an object, what an update leaves out is gone.
    const { status } = decoded.draft;
    const { status: _, ...rest } = object;
    const next = status === undefined ? rest : { ...rest, status };
    if (info.structural !== undefined) {
      const errors = schemaErrors(info, next, []);
      if (errors.length > 0) return refuseInvalid(info, object.metadata.name, errors);
    }
    return withWarnings(storeOwned(found, next, request), decoded.warnings);
  }

  function updateScale(found: Target, request: UpdateRequest): ApiResult {
    const { info, object, owners } = found;
    const { value, problems } = decodeAs('V1Scale', request.body);
    const [wrong] = problems.filter((one) => one.kind === 'type');
    if (wrong !== undefined) return refuse(badRequest(wrong.upstream));
    const stale = refuseMisnamed(value, request.name) ?? refuseStale(info, value, object);
    if (stale !== undefined) return stale;
    const replicas = asObject(value.spec)?.replicas ?? 0;
    if (typeof replicas !== 'number' || replicas < 0) {
      const detail = 'must be greater than or equal to 0';
      return refuseInvalid({ ...info, kind: 'Scale', group: 'autoscaling' }, object.metadata.name, [
        { type: 'invalid', field: 'spec.replicas', value: replicas, detail },
      ]);
    }
    const changed = scaleOf(info, object).spec.replicas !== replicas;
    if (!changed && owners === undefined) return succeed(scaleOf(info, object));
    const generation =
      hasGeneration(info) && changed ? { generation: (object.metadata.generation ?? 0) + 1 } : {};
    const next = {
      ...withReplicas(info, object, replicas),
      metadata: { ...object.metadata, ...generation },
    };
    const stored = storeOwned(found, next, request);
    return stored.ok ? succeed(scaleOf(info, stored.value)) : stored;
  }

  function updateEphemeral(found: Target, request: UpdateRequest): ApiResult {
    const { info, object } = found;
    const decoded = read(found, request);
    if (!decoded.ok) return decoded;
    const wanted = objectsOf(asObject(decoded.draft.spec)?.ephemeralContainers);
    const spec = asObject(object.spec) ?? {};
    const next = {
      ...object,
      spec: { ...spec, ephemeralContainers: wanted.map(withContainerDefaults) },
    };
    const errors = validateEphemeralUpdate(next, object);
    if (errors.length > 0) return refuseInvalid(info, object.metadata.name, errors);
    return withWarnings(storeOwned(found, next, request), decoded.warnings);
  }

  /** Only the resources of containers change; podnet's nodes grant them at once. */
  function updateResources(found: Target, request: UpdateRequest): ApiResult {
    const { info, object } = found;
    const decoded = read(found, request);
    if (!decoded.ok) return decoded;
    const wanted = new Map(
      objectsOf(asObject(decoded.draft.spec)?.containers).map((one) => [one.name, one.resources]),
    );
    const spec = asObject(object.spec) ?? {};
    const containers = objectsOf(spec.containers).map((container) => {
      const resources = wanted.get(container.name);
      return resources === undefined ? container : { ...container, resources };
    });
    const next = { ...object, spec: { ...spec, containers } };
    const errors = validateResize(next, object);
    if (errors.length > 0) return refuseInvalid(info, object.metadata.name, errors);
    const refused = core.admission.validate(replacementOf(info, next, object, 'resize'));
    return refused ?? withWarnings(storeOwned(found, next, request), decoded.warnings);
  }

  function updateFinalizers(found: Target, request: UpdateRequest): ApiResult {
    const { info, object } = found;
    const decoded = read(found, request);
    if (!decoded.ok) return decoded;
    const finalizers = asObject(decoded.draft.spec)?.finalizers ?? [];
    const next = deepFreeze({ ...object, spec: { ...asObject(object.spec), finalizers } });
    if (!deleter.isReadyToGo(next)) return store(info, next, request.options?.dryRun);
    const removed = deleter.remove(info, next);
    return removed.ok ? succeed(next) : removed;
  }

  function bind({ info, object }: Target, request: CreateRequest): ApiResult {
    const pod = object as Pod;
    const target = asObject(asObject(request.body)?.target);
    const node = asString(target?.name);
    if (node === undefined || node === '') {
      return refuseInvalid(info, pod.metadata.name, [
        { type: 'required', field: 'target.name', detail: '' },
      ]);
    }
    const { nodeName } = pod.spec;
    if (pod.metadata.deletionTimestamp !== undefined) {
      return refuse(
        conflict(
          info,
          pod.metadata.name,
          `pod ${pod.metadata.name} is being deleted, cannot be assigned to a host`,
        ),
      );
    }
    if (nodeName !== undefined && nodeName !== '') {
      return refuse(
        conflict(
          info,
          pod.metadata.name,
          `pod ${pod.metadata.name} is already assigned to node "${nodeName}"`,
        ),
      );
    }
    const stored = store(info, boundPod(pod, node, core.now()), request.options?.dryRun);
    return stored.ok ? succeed(successStatus(), [], true) : stored;
  }

  function evict({ info, object }: Target, request: CreateRequest): ApiResult {
    const { namespace, name } = object.metadata;
    const { value, problems } = decodeAs('V1Eviction', request.body);
    const [wrong] = problems.filter((one) => one.kind === 'type');
    if (wrong !== undefined) return refuse(badRequest(wrong.upstream));
    const named = asString(asObject(value.metadata)?.name) ?? '';
    if (named !== '' && named !== name) {
      return refuse(badRequest('name in URL does not match name in Eviction object'));
    }
    const given = readDeleteOptions(value.deleteOptions);
    if (!given.ok) return given;
    const options = {
      ...given.value,
      dryRun: given.value.dryRun === true || request.options?.dryRun === true,
    };
    const verdict = askBudget(core.store, object as Pod, core.now());
    if (verdict.kind === 'refused') return refuse(verdict.status);
    const deletion = { resource: info, namespace, name, options };
    const possible = deleter.delete({ ...deletion, options: { ...options, dryRun: true } });
    if (!possible.ok) return possible;
    if (options.dryRun === true) return succeed(successStatus(), [], true);
    if (verdict.charged !== undefined) {
      core.store.update('policy/poddisruptionbudgets', deepFreeze(verdict.charged));
    }
    core.store.update('pods', deepFreeze(markedForEviction(object as Pod, core.now())));
    // The condition has changed the version, which was compared already.
    const { uid } = options.preconditions ?? {};
    const deleted = deleter.delete({
      ...deletion,
      options: { ...options, preconditions: { uid } },
    });
    return deleted.ok ? succeed(successStatus(), [], true) : deleted;
  }

  return {
    get(request) {
      const found = find(request);
      if (!found.ok) return found;
      if (found.kind === 'scale') return succeed(scaleOf(found.info, found.object));
      if (['status', 'ephemeralcontainers', 'resize', 'approval'].includes(found.kind)) {
        return succeed(fromStorage(found.info, found.object));
      }
      return refuse(methodNotAllowed(found.info));
    },
    update(request, owners) {
      const target = find(request);
      if (!target.ok) return target;
      const found: Target = { ...target, owners };
      switch (found.kind) {
        case 'status':
        case 'approval':
          return updateStatus(found, request);
        case 'scale':
          return updateScale(found, request);
        case 'ephemeralcontainers':
          return updateEphemeral(found, request);
        case 'resize':
          return updateResources(found, request);
        case 'finalize':
          return updateFinalizers(found, request);
        default:
          return refuse(methodNotAllowed(found.info));
      }
    },
    create(request) {
      const name = request.name ?? asString(asObject(asObject(request.body)?.metadata)?.name) ?? '';
      const found = find({ ...request, name });
      if (!found.ok) return found;
      switch (found.kind) {
        case 'binding':
          return bind(found, request);
        case 'eviction':
          return evict(found, request);
        case 'token':
          return core.access.issueToken({
            account: found.object,
            body: request.body,
            dryRun: request.options?.dryRun === true,
          });
        default:
          return refuse(methodNotAllowed(found.info));
      }
    },
  };
}

/** A pod after its binding: on a node, with the condition that says so. */
function boundPod(pod: Pod, nodeName: string, now: string): Pod {
  const scheduled: Condition = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: now,
  };
  const others = (pod.status?.conditions ?? []).filter(
    (condition) => condition.type !== 'PodScheduled',
  );
  return {
    ...pod,
    spec: { ...pod.spec, nodeName },
    status: { ...pod.status, conditions: [...others, scheduled] },
  };
}

function withContainerDefaults(container: JsonObject): JsonObject {
  const filled = structuredClone(container);
  setContainerDefaults(filled);
  return filled;
}

function withWarnings(result: ApiResult, warnings: readonly string[]): ApiResult {
  return { ...result, warnings: [...warnings, ...result.warnings] };
}

function successStatus(): KubeObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    code: 201,
  } as unknown as KubeObject;
}
