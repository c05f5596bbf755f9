/** Built-in admission: NamespaceLifecycle, ServiceAccount, Priority, DefaultTolerationSeconds. */

import type { Namespace, Toleration } from '../contract/kube.js';
import { asObject, asString, type JsonObject, objectsOf } from '../kube/json.js';
import type { ApiCore } from './core.js';
import { draftMeta } from './object-meta.js';
import type { ResourceInfo } from './registry/resource-info.js';
import { type ApiFailure, refuse } from './request.js';
import { failureStatus, forbidden, notFound } from './status.js';

const EVICTION_SECONDS = 300;
const EVICTING_TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
const SYSTEM_PRIORITIES: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/** Refuses objects in namespaces that are missing or going, and anything beyond the cluster's size. */
export function admitCreate(
  core: ApiCore,
  info: ResourceInfo,
  draft: JsonObject,
): ApiFailure | undefined {
  const meta = draftMeta(draft);
  return (
    admitNamespace(core, info, asString(meta.namespace) ?? 'default', asString(meta.name) ?? '') ??
    admitCount(core)
  );
}

/** Refuses what is to be made in a namespace that is missing or going. */
export function admitNamespace(
  core: ApiCore,
  info: ResourceInfo,
  namespace: string,
  name: string,
): ApiFailure | undefined {
  if (!info.namespaced) return undefined;
  const found = core.store.get('namespaces', undefined, namespace);
  if (found === undefined) {
    return refuse(notFound({ group: '', plural: 'namespaces', kind: 'Namespace' }, namespace), [
      {
        field: 'metadata.namespace',
        text: `create it first: kubectl create namespace ${namespace}`,
      },
    ]);
  }
  if (!isTerminating(found)) return undefined;
  const status = forbidden(
    info,
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  return refuse({ ...status, details: { ...status.details, causes: [cause] } });
}

function isTerminating(namespace: Namespace): boolean {
  return (
    namespace.metadata.deletionTimestamp !== undefined || namespace.status?.phase === 'Terminating'
  );
}

function admitCount(core: ApiCore): ApiFailure | undefined {
  const count = core.objectCount();
  if (count < core.maxObjects) return undefined;
  return refuse(
    failureStatus({
      code: 507,
      reason: 'InsufficientStorage',
      message: `the cluster holds ${count} objects and may hold no more (limit ${core.maxObjects})`,
    }),
  );
}

/** Gives a pod its service account, priority and the tolerations that every pod has; refuses unknown priority classes. */
export function admitPod(
  core: ApiCore,
  info: ResourceInfo,
  draft: JsonObject,
): ApiFailure | undefined {
  const spec = asObject(draft.spec);
  if (spec === undefined) return undefined;
  const className = asString(spec.priorityClassName) ?? '';
  const priority = priorityOf(core, className);
  if (priority === undefined) {
    const name = asString(draftMeta(draft).name) ?? '';
    return refuse(forbidden(info, name, `no PriorityClass with name ${className} was found`));
  }
  addTolerations(spec);
  spec.serviceAccountName ??= spec.serviceAccount ?? 'default';
  spec.serviceAccount ??= spec.serviceAccountName;
  spec.priority ??= priority;
  spec.preemptionPolicy ??= 'PreemptLowerPriority';
  return undefined;
}

function addTolerations(spec: JsonObject): void {
  const tolerations = objectsOf(spec.tolerations);
  const missing = EVICTING_TAINTS.filter(
    (taint) => !tolerations.some((one) => tolerates(one, taint)),
  );
  if (missing.length === 0) return;
  spec.tolerations = [
    ...tolerations,
    ...missing.map(
      (key): Toleration => ({
        key,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: EVICTION_SECONDS,
      }),
    ),
  ];
}

function priorityOf(core: ApiCore, className: string): number | undefined {
  if (className === '') return 0;
  const value = core.store.get('scheduling.k8s.io/priorityclasses', undefined, className)?.value;
  return typeof value === 'number' ? value : SYSTEM_PRIORITIES[className];
}

function tolerates(toleration: JsonObject, taint: string): boolean {
  const key = toleration.key === undefined || toleration.key === '' || toleration.key === taint;
  const effect =
    toleration.effect === undefined ||
    toleration.effect === '' ||
    toleration.effect === 'NoExecute';
  return key && effect;
}
