import type { KubeObject } from '../contract/kube.js';
import type { ObjectOf, ObjectStore, ResourceName, StoreResult } from '../store/index.js';
import type { ControlClient, DeleteHow, WriteResult } from './client.js';
import { rfc3339 } from './clock.js';

/** What a client over a bare store needs. */
export interface StoreClientOptions {
  /** The time now, RFC 3339. */
  readonly now: () => string;
  readonly newUid: () => string;
}

const DEFAULT_GRACE_SECONDS = 30;

/** A client without an API server: no defaults and no admission; deletion with grace and finalizers as upstream. */
export function storeClient(store: ObjectStore, options: StoreClientOptions): ControlClient {
  function settle<R extends ResourceName>(
    resource: R,
    object: ObjectOf<R>,
  ): WriteResult<ObjectOf<R>> {
    const { namespace, name, resourceVersion } = object.metadata;
    if (isGone(object)) return answer(store.delete(resource, namespace, name));
    return answer(store.update(resource, object, resourceVersion));
  }

  return {
    store,
    create(resource, object) {
      return answer(
        store.create(resource, {
          ...object,
          metadata: {
            generation: 1,
            ...object.metadata,
            uid: object.metadata.uid ?? options.newUid(),
            creationTimestamp: object.metadata.creationTimestamp ?? options.now(),
          },
        }),
      );
    },
    update(resource, object) {
      const { namespace, name } = object.metadata;
      const current = store.get(resource, namespace, name);
      if (current === undefined) return { ok: false, failure: 'not-found', message: 'not found' };
      return settle(resource, {
        ...object,
        ...('status' in current ? { status: current.status } : {}),
      });
    },
    updateStatus(resource, object) {
      const { namespace, name, uid } = object.metadata;
      const current = store.get(resource, namespace, name);
      if (current === undefined || current.metadata.uid !== uid) {
        return { ok: false, failure: 'not-found', message: 'not found' };
      }
      return answer(store.update(resource, { ...current, status: object.status }));
    },
    delete(resource, namespace, name, how = {}) {
      const current = store.get(resource, namespace, name);
      if (current === undefined) return { ok: true, value: undefined };
      if (how.uid !== undefined && how.uid !== current.metadata.uid) {
        return { ok: false, failure: 'conflict', message: 'the uid is another' };
      }
      const grace = graceOf(resource, current, how);
      const finalizers = finalizersFor(current, how);
      const { deletionGracePeriodSeconds = Number.POSITIVE_INFINITY } = current.metadata;
      const marked: KubeObject = {
        ...current,
        metadata: {
          ...current.metadata,
          ...(grace < deletionGracePeriodSeconds
            ? {
                deletionTimestamp: rfc3339(Date.parse(options.now()) + grace * 1000),
                deletionGracePeriodSeconds: grace,
              }
            : {}),
          ...(finalizers.length === 0 ? {} : { finalizers }),
        },
      };
      const result = settle(resource, marked as ObjectOf<typeof resource>);
      return result.ok ? { ok: true, value: undefined } : result;
    },
  };
}

function isGone({ metadata, spec }: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = metadata;
  const held = (spec as { readonly finalizers?: readonly string[] } | undefined)?.finalizers ?? [];
  return (
    deletionTimestamp !== undefined &&
    deletionGracePeriodSeconds === 0 &&
    finalizers.length === 0 &&
    held.length === 0
  );
}

function graceOf(resource: ResourceName, object: KubeObject, how: DeleteHow): number {
  if (resource !== 'pods') return 0;
  const spec = object.spec as { nodeName?: string; terminationGracePeriodSeconds?: number };
  const status = object.status as { phase?: string } | undefined;
  if (spec.nodeName === undefined) return 0;
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return 0;
  return how.gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
}

function finalizersFor(object: KubeObject, { propagation }: DeleteHow): readonly string[] {
  const kept = object.metadata.finalizers ?? [];
  if (propagation === undefined || propagation === 'Background') return kept;
  const added = propagation === 'Orphan' ? 'orphan' : 'foregroundDeletion';
  return kept.includes(added) ? kept : [...kept, added];
}

function answer<O>(result: StoreResult<O>): WriteResult<O> {
  if (result.ok) return result;
  const failure =
    result.error.code === 'store/exists'
      ? 'exists'
      : result.error.code === 'store/conflict'
        ? 'conflict'
        : 'not-found';
  return { ok: false, failure, message: result.error.code };
}
