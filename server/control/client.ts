import type { ApiResult, ApiServer, QuotaLedger } from '../api/index.js';
import type { KubeObject, Pod } from '../contract/kube.js';
import type { ObjectOf, ObjectStore, ResourceName } from '../store/index.js';

/** Why a controller's write did not happen. */
export type WriteFailure = 'exists' | 'not-found' | 'conflict' | 'forbidden' | 'refused';

export type WriteResult<O> =
  | { readonly ok: true; readonly value: O }
  | { readonly ok: false; readonly failure: WriteFailure; readonly message: string };

/** How to delete; the object's own grace period and background propagation when absent. */
export interface DeleteHow {
  readonly gracePeriodSeconds?: number;
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  readonly uid?: string;
}

/** What controllers read from and write to. Writes are synchronous; there is no patch. */
export interface ControlClient {
  readonly store: ObjectStore;
  /** What admission counts against ResourceQuotas. */
  readonly quotas: QuotaLedger;
  /** Fills in uid, creationTimestamp and defaults. */
  create<R extends ResourceName>(resource: R, object: ObjectOf<R>): WriteResult<ObjectOf<R>>;
  /** Replaces spec and metadata. The last finalizer taken from an object being deleted removes it. */
  update<R extends ResourceName>(resource: R, object: ObjectOf<R>): WriteResult<ObjectOf<R>>;
  updateStatus<R extends ResourceName>(resource: R, object: ObjectOf<R>): WriteResult<ObjectOf<R>>;
  /** Puts a pod on a node, as POST `pods/NAME/binding` does: spec.nodeName and PodScheduled in one write. */
  bind(pod: Pod, node: string): WriteResult<undefined>;
  /** Succeeds when the object is gone already. */
  delete(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    how?: DeleteHow,
  ): WriteResult<undefined>;
}

/** The client over the API server. */
export function apiClient(api: ApiServer): ControlClient {
  return {
    store: api.store,
    quotas: api.quotas,
    create: (resource, object) => fromApi(api.createTrusted(resource, object)),
    update: (resource, object) => fromApi(api.updateTrusted(resource, object)),
    updateStatus: (resource, object) => fromApi(api.updateStatusTrusted(resource, object)),
    bind({ metadata: { name, namespace } }, node) {
      const target = { apiVersion: 'v1', kind: 'Node', name: node };
      const result = fromApi(
        api.create({ resource: 'pods', subresource: 'binding', namespace, name, body: { target } }),
      );
      return result.ok ? { ok: true, value: undefined } : result;
    },
    delete(resource, namespace, name, how = {}) {
      const result = fromApi(
        api.delete({
          resource,
          namespace,
          name,
          options: {
            gracePeriodSeconds: how.gracePeriodSeconds,
            propagationPolicy: how.propagation,
            preconditions: { uid: how.uid },
          },
        }),
      );
      if (result.ok || result.failure === 'not-found') return { ok: true, value: undefined };
      return result;
    },
  };
}

const FAILURES: Readonly<Record<string, WriteFailure>> = {
  AlreadyExists: 'exists',
  NotFound: 'not-found',
  Conflict: 'conflict',
  Forbidden: 'forbidden',
};

function fromApi<O extends KubeObject>(result: ApiResult<O>): WriteResult<O> {
  if (result.ok) return { ok: true, value: result.value };
  const { reason = '', message = '' } = result.error;
  return { ok: false, failure: FAILURES[reason] ?? 'refused', message };
}
