/** Deleting: grace periods, finalizers, preconditions, propagation. */

import type { KubeObject, Pod, Status } from '../contract/kube.js';
import { deepFreeze } from '../kube/json.js';
import { secondsAfter } from '../kube/time.js';
import { deletionOf } from './admission/plugin.js';
import { type ApiCore, resolveResource, storeNamespace } from './core.js';
import { refuseDeletion } from './preconditions.js';
import type { Reader } from './reading.js';
import type { ResourceInfo } from './registry/resource-info.js';
import {
  type ApiResult,
  type DeleteOptions,
  type DeleteRequest,
  type ListRequest,
  type ObjectList,
  refuse,
  succeed,
} from './request.js';
import { deletedStatus, methodNotAllowed, notFound, unknownPath } from './status.js';

/** Deletes objects. */
export interface Deleter {
  delete(request: DeleteRequest): ApiResult;
  deleteCollection(request: ListRequest & Pick<DeleteRequest, 'options'>): ApiResult<ObjectList>;
  /** Whether an object that is being deleted has nothing left to wait for. */
  isReadyToGo(object: KubeObject): boolean;
  /** Takes an object out of the store. */
  remove(info: ResourceInfo, object: KubeObject): ApiResult;
}

const DEFAULT_GRACE_SECONDS = 30;
const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';
const PODS_STAY =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning';

/** Makes the deleter of a server. */
export function createDeleter(core: ApiCore, reader: Reader): Deleter {
  function remove(info: ResourceInfo, object: KubeObject): ApiResult {
    const { name, namespace, uid } = object.metadata;
    const gone = core.store.delete(info.storage, namespace, name);
    if (!gone.ok) return refuse(notFound(info, name));
    return succeed(asAnswer(deletedStatus(info, name, uid)));
  }

  function mark(
    info: ResourceInfo,
    object: KubeObject,
    marks: Partial<KubeObject['metadata']>,
    rest: object,
  ): ApiResult {
    const marked = deepFreeze({ ...object, metadata: { ...object.metadata, ...marks }, ...rest });
    const stored = core.store.update(info.storage, marked);
    return stored.ok ? succeed(stored.value) : refuse(notFound(info, object.metadata.name));
  }

  function deleteObject(info: ResourceInfo, object: KubeObject, options: DeleteOptions): ApiResult {
    const refused = refuseDeletion(info, object, options);
    if (refused !== undefined) return refused;
    const forbidden = core.admission.validate(deletionOf(info, object));
    if (forbidden !== undefined) return forbidden;
    if (options.dryRun === true)
      return succeed(asAnswer(deletedStatus(info, object.metadata.name, object.metadata.uid)));
    if (info.storage === 'namespaces') return deleteNamespace(info, object);
    const finalizers = finalizersFor(object, options.propagationPolicy ?? defaultPolicy(info));
    const grace = info.storage === 'pods' ? graceOf(object as Pod, options) : 0;
    if (grace === 0 && finalizers.length === 0) return remove(info, object);
    const { deletionTimestamp, deletionGracePeriodSeconds: pending = 0 } = object.metadata;
    const begun = deletionTimestamp !== undefined;
    // What is going already goes earlier, never later.
    const left = begun ? Math.min(grace, pending) : grace;
    if (begun && left === pending && sameTexts(finalizers, object.metadata.finalizers ?? []))
      return succeed(object);
    return mark(
      info,
      object,
      {
        deletionTimestamp: begun
          ? secondsAfter(deletionTimestamp, left - pending)
          : secondsAfter(core.now(), left),
        deletionGracePeriodSeconds: left,
        ...(begun ? {} : nextGeneration(object)),
        ...(finalizers.length > 0 || object.metadata.finalizers !== undefined
          ? { finalizers }
          : {}),
      },
      {},
    );
  }

  function deleteNamespace(info: ResourceInfo, object: KubeObject): ApiResult {
    const { deletionTimestamp } = object.metadata;
    const { finalizers = [] } = (object.spec ?? {}) as { finalizers?: readonly string[] };
    if (deletionTimestamp !== undefined && finalizers.length > 0) return succeed(object);
    if (finalizers.length === 0 && (object.metadata.finalizers ?? []).length === 0)
      return remove(info, object);
    const status = { ...(object.status as object | undefined), phase: 'Terminating' };
    return mark(
      info,
      object,
      { deletionTimestamp: core.now(), ...nextGeneration(object) },
      { status },
    );
  }

  return {
    remove,
    isReadyToGo(object) {
      const {
        deletionTimestamp,
        deletionGracePeriodSeconds = 0,
        finalizers = [],
      } = object.metadata;
      if (
        deletionTimestamp === undefined ||
        finalizers.length > 0 ||
        deletionGracePeriodSeconds > 0
      )
        return false;
      const spec =
        object.kind === 'Namespace'
          ? (object.spec as { finalizers?: readonly string[] } | undefined)
          : undefined;
      return (spec?.finalizers ?? []).length === 0;
    },
    delete({ resource, namespace, name, options = {} }) {
      const info = resolveResource(core, resource);
      if (info === undefined) return refuse(unknownPath());
      if (!info.verbs.includes('delete')) return refuse(methodNotAllowed(info));
      const object = core.store.get(info.storage, storeNamespace(info, namespace), name);
      if (object === undefined) return refuse(notFound(info, name));
      const deleted = deleteObject(info, object, options);
      return deleted.ok && info.storage === 'batch/jobs' && options.propagationPolicy === undefined
        ? { ...deleted, warnings: [...deleted.warnings, PODS_STAY] }
        : deleted;
    },
    deleteCollection(request) {
      const info = resolveResource(core, request.resource);
      if (info === undefined) return refuse(unknownPath());
      if (!info.verbs.includes('deletecollection')) return refuse(methodNotAllowed(info));
      const chosen = reader.list(request);
      if (!chosen.ok) return chosen;
      for (const { metadata } of chosen.value.items) {
        const object = core.store.get(info.storage, metadata.namespace, metadata.name);
        if (object === undefined) continue;
        const deleted = deleteObject(info, object, request.options ?? {});
        // The first refusal is the answer; what went before it is gone (apiserver, `Store.DeleteCollection`).
        if (!deleted.ok) return deleted;
      }
      return succeed({ items: chosen.value.items, resourceVersion: String(core.store.revision) });
    },
  };
}

/** That an object is to go is a change of what is wanted of it (apiserver, `registry/rest/delete.go`). */
function nextGeneration({ metadata }: KubeObject): { generation?: number } {
  return metadata.generation === undefined ? {} : { generation: metadata.generation + 1 };
}

function asAnswer(status: Status): KubeObject {
  return status as unknown as KubeObject;
}

/** Kinds whose dependents stay when the client does not say what is to become of them. */
const ORPHANING: ReadonlySet<string> = new Set(['replicationcontrollers', 'batch/jobs']);

function defaultPolicy(info: ResourceInfo): DeleteOptions['propagationPolicy'] {
  return ORPHANING.has(info.storage) ? 'Orphan' : undefined;
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}

function finalizersFor(
  object: KubeObject,
  policy: DeleteOptions['propagationPolicy'],
): readonly string[] {
  const kept = object.metadata.finalizers ?? [];
  if (policy === undefined) return kept;
  const others = kept.filter((one) => one !== ORPHAN && one !== FOREGROUND);
  if (policy === 'Background') return others;
  return [...others, policy === 'Orphan' ? ORPHAN : FOREGROUND];
}

/** Pods that run nowhere, or run no more, go at once. */
function graceOf(pod: Pod, { gracePeriodSeconds }: DeleteOptions): number {
  const phase = pod.status?.phase;
  if (pod.spec.nodeName === undefined || pod.spec.nodeName === '') return 0;
  if (phase === 'Succeeded' || phase === 'Failed') return 0;
  const grace =
    gracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  return grace < 0 ? 1 : grace;
}
