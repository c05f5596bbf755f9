/**
 * Writes by podnet's own components. Their objects are well-formed by construction, so nothing is decoded or checked;
 * what is frozen and defaulted already, such as a pod template's containers, is shared and not copied.
 */

import type { KubeObject } from '../contract/kube.js';
import { asObject, cloneJson, deepFreeze, type JsonObject } from '../kube/json.js';
import type { ObjectOf, ResourceName } from '../store/store.js';
import { creationOf } from './admission/plugin.js';
import { type ApiCore, storeNamespace } from './core.js';
import type { Deleter } from './deletion.js';
import type { FieldManager } from './managed-fields/field-manager.js';
import { draftMeta, freeName, hasGeneration, specChanged } from './object-meta.js';
import type { ResourceInfo } from './registry/resource-info.js';
import { type ApiFailure, type ApiResult, refuse, succeed } from './request.js';
import { alreadyExists, conflict, notFound, unknownPath } from './status.js';

/** The fast ways into the store. */
export interface TrustedWriter {
  createTrusted<R extends ResourceName>(resource: R, object: ObjectOf<R>): ApiResult<ObjectOf<R>>;
  updateTrusted<R extends ResourceName>(resource: R, object: ObjectOf<R>): ApiResult<ObjectOf<R>>;
  updateStatusTrusted<R extends ResourceName>(
    resource: R,
    object: ObjectOf<R>,
  ): ApiResult<ObjectOf<R>>;
}

/** Makes the trusted writer of a server. */
export function createTrustedWriter(
  core: ApiCore,
  deleter: Deleter,
  fieldManager: FieldManager,
): TrustedWriter {
  const { store } = core;

  /** The object with the owners that it has after a write; nobody's, where nobody keeps them. */
  function owned<O extends KubeObject>(
    written: { readonly info: ResourceInfo; readonly live: O; readonly subresource?: 'status' },
    next: O,
  ): O {
    if (written.live.metadata.managedFields === undefined) return next;
    const managedFields = fieldManager.updateTrusted({ ...written, next: { ...next } });
    if (managedFields === next.metadata.managedFields) return next;
    return { ...next, metadata: { ...next.metadata, managedFields } };
  }

  function prepare(info: ResourceInfo, object: KubeObject): JsonObject | ApiFailure {
    const draft: JsonObject = SHARING.has(info.storage)
      ? { ...object, metadata: { ...object.metadata } }
      : cloneJson({ ...object });
    const meta = draftMeta(draft);
    meta.uid ??= core.newUid();
    meta.creationTimestamp ??= core.now();
    delete meta.resourceVersion;
    if (hasGeneration(info)) meta.generation ??= 1;
    if (info.namespaced) meta.namespace ??= 'default';
    if (meta.name === undefined || meta.name === '') {
      const namespace = storeNamespace(info, object.metadata.namespace);
      const isTaken = (name: string) => store.get(info.storage, namespace, name) !== undefined;
      meta.name = freeName(String(meta.generateName ?? ''), core.random, isTaken);
    }
    if (typeof draft.spec === 'object' && draft.spec !== null) draft.spec = { ...draft.spec };
    const rules = core.rules.get(info.storage);
    rules?.setDefaults?.(draft);
    const attributes = creationOf(info, draft);
    const unadmitted = core.admission.admit(attributes);
    if (unadmitted !== undefined) return unadmitted;
    rules?.prepareForCreate?.(draft);
    return core.admission.validate(attributes) ?? draft;
  }

  return {
    createTrusted<R extends ResourceName>(
      resource: R,
      object: ObjectOf<R>,
    ): ApiResult<ObjectOf<R>> {
      const info = core.registry.byStorage(resource);
      if (info === undefined) return refuse(unknownPath());
      const draft = prepare(info, object);
      if (isFailure(draft)) return draft;
      const unallocated = core.allocator.allocate(info, draft, undefined);
      if (unallocated !== undefined) return unallocated;
      const stored = store.create(resource, deepFreeze(draft) as unknown as ObjectOf<R>);
      if (stored.ok) return succeed(stored.value, [], true);
      return refuse(alreadyExists(info, String(asObject(draft.metadata)?.name)));
    },

    updateTrusted<R extends ResourceName>(
      resource: R,
      object: ObjectOf<R>,
    ): ApiResult<ObjectOf<R>> {
      const found = find(core, resource, object);
      if (!found.ok) return found;
      const { info, current } = found;
      const { resourceVersion } = object.metadata;
      if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion) {
        return refuse(conflict(info, object.metadata.name));
      }
      const status = current.status === undefined ? {} : { status: current.status };
      const changed = hasGeneration(info) && specChanged(object, current);
      const generation = changed ? { generation: (current.metadata.generation ?? 0) + 1 } : {};
      const next = owned(
        { info, live: current },
        {
          ...object,
          ...(info.subresources.includes('status') ? status : {}),
          metadata: { ...object.metadata, ...generation },
        },
      );
      deepFreeze(next);
      if (deleter.isReadyToGo(next)) return gone<R>(deleter.remove(info, next), next);
      return answer(info, object, store.update(resource, next));
    },

    updateStatusTrusted<R extends ResourceName>(
      resource: R,
      object: ObjectOf<R>,
    ): ApiResult<ObjectOf<R>> {
      const found = find(core, resource, object);
      if (!found.ok) return found;
      const { info, current } = found;
      const next = deepFreeze(
        owned(
          { info, live: current, subresource: 'status' },
          { ...current, status: object.status },
        ),
      );
      return answer(found.info, object, store.update(resource, next));
    },
  };
}

/** Kinds whose defaults leave frozen parts alone, so that templates can be shared. */
const SHARING: ReadonlySet<string> = new Set([
  'pods',
  'replicationcontrollers',
  'apps/controllerrevisions',
  'apps/daemonsets',
  'apps/deployments',
  'apps/replicasets',
  'apps/statefulsets',
  'batch/cronjobs',
  'batch/jobs',
  'discovery.k8s.io/endpointslices',
]);

function isFailure(value: JsonObject | ApiFailure): value is ApiFailure {
  return 'ok' in value;
}

type Found<R extends ResourceName> =
  | { readonly ok: true; readonly info: ResourceInfo; readonly current: ObjectOf<R> }
  | ApiFailure;

function find<R extends ResourceName>(
  core: ApiCore,
  resource: R,
  { metadata }: KubeObject,
): Found<R> {
  const info = core.registry.byStorage(resource);
  if (info === undefined) return refuse(unknownPath());
  const current = core.store.get(resource, storeNamespace(info, metadata.namespace), metadata.name);
  const same = metadata.uid === undefined || current?.metadata.uid === metadata.uid;
  return current === undefined || !same
    ? refuse(notFound(info, metadata.name))
    : { ok: true, info, current };
}

function answer<O extends KubeObject>(
  info: ResourceInfo,
  object: O,
  result: { readonly ok: true; readonly value: O } | { readonly ok: false },
): ApiResult<O> {
  return result.ok ? succeed(result.value) : refuse(notFound(info, object.metadata.name));
}

/** The last state of an object that an update has let go. */
function gone<R extends ResourceName>(
  removed: ApiResult,
  last: ObjectOf<R>,
): ApiResult<ObjectOf<R>> {
  return removed.ok ? succeed(last) : removed;
}
