/** Namespaces: what each holds from the start, and emptying one that is deleted (upstream `pkg/controller/namespace`, `serviceaccount`, `certificates/rootcacertpublisher`). */

import type { Condition, KubeObject, Namespace } from '../contract/kube.js';
import { deepEqual } from '../kube/json.js';
import type { ResourceName } from '../store/index.js';
import { withCondition } from './conditions.js';
import type { ControlContext, Controller } from './context.js';
import { startController } from './controller.js';
import type { SyncOutcome } from './work-queue.js';

const ROOT_CA = 'kube-root-ca.crt';
const ROOT_CA_TEXT =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Starts the controller of namespaces; `resources` are all that a namespace may hold. */
export function startNamespaceController(
  context: ControlContext,
  resources: readonly ResourceName[],
): Controller {
  const { store } = context.client;
  const terminating = (name: string | undefined) =>
    name !== undefined &&
    store.get('namespaces', undefined, name)?.metadata.deletionTimestamp !== undefined;
  return startController({
    context,
    sync: (key) => sync(context, resources, key),
    wakes: {
      namespaces: ({ object }) => [object.metadata.name],
      serviceaccounts: ({ type, object }) =>
        type === 'DELETED' ? [object.metadata.namespace ?? ''] : [],
      configmaps: ({ object }) =>
        object.metadata.name === ROOT_CA ? [object.metadata.namespace ?? ''] : [],
      '*': ({ type, object: { metadata } }) =>
        type !== 'ADDED' && terminating(metadata.namespace) ? [metadata.namespace ?? ''] : [],
    },
    initial: () => store.list('namespaces').map((namespace) => namespace.metadata.name),
  });
}

function sync(
  context: ControlContext,
  resources: readonly ResourceName[],
  name: string,
): SyncOutcome {
  const namespace = context.client.store.get('namespaces', undefined, name);
  if (namespace === undefined) return 'done';
  if (namespace.metadata.deletionTimestamp === undefined) return furnish(context, name);
  return empty(context, resources, namespace);
}

function furnish({ client, rootCa }: ControlContext, namespace: string): SyncOutcome {
  let ok = true;
  if (client.store.get('serviceaccounts', namespace, 'default') === undefined) {
    ok = client.create('serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace },
    }).ok;
  }
  const data = { 'ca.crt': rootCa };
  const published = client.store.get('configmaps', namespace, ROOT_CA);
  if (published === undefined) {
    const annotations = { 'kubernetes.io/description': ROOT_CA_TEXT };
    ok =
      client.create('configmaps', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: ROOT_CA, namespace, annotations },
        data,
      }).ok && ok;
  } else if (!deepEqual(published.data, data)) {
    ok = client.update('configmaps', { ...published, data }).ok && ok;
  }
  return ok ? 'done' : 'retry';
}

/** What a namespace still holds. */
interface Remaining {
  readonly instances: Map<ResourceName, number>;
  readonly finalizers: Map<string, number>;
  readonly failures: readonly string[];
}

/** Pods go first, and all else when there are none left (KEP-5080). */
function empty(
  context: ControlContext,
  resources: readonly ResourceName[],
  namespace: Namespace,
): SyncOutcome {
  const { client } = context;
  const { name } = namespace.metadata;
  const pods = clear(context, ['pods'], name);
  const left = pods.instances.size > 0 ? pods : clear(context, resources, name);
  const current = client.store.get('namespaces', undefined, name);
  if (current === undefined) return 'done';
  const told = tell(context, current, left);
  if (left.instances.size > 0 || left.failures.length > 0) {
    return told && left.failures.length === 0 ? 'done' : 'retry';
  }
  const latest = client.store.get('namespaces', undefined, name) ?? current;
  const { resourceVersion: _, ...metadata } = latest.metadata;
  const finalizers = (latest.spec?.finalizers ?? []).filter((one) => one !== 'kubernetes');
  const done = client.update('namespaces', { ...latest, metadata, spec: { finalizers } });
  return done.ok || done.failure === 'not-found' ? 'done' : 'retry';
}

function clear(
  { client }: ControlContext,
  resources: readonly ResourceName[],
  namespace: string,
): Remaining {
  const instances = new Map<ResourceName, number>();
  const finalizers = new Map<string, number>();
  const failures: string[] = [];
  for (const resource of resources) {
    for (const { metadata } of client.store.list(resource, namespace)) {
      if (metadata.deletionTimestamp !== undefined) continue;
      const how = { propagation: 'Background' } as const;
      const deleted = client.delete(resource, namespace, metadata.name, how);
      if (!deleted.ok) failures.push(deleted.message);
    }
    const objects: readonly KubeObject[] = client.store.list(resource, namespace);
    if (objects.length > 0) instances.set(resource, objects.length);
    for (const finalizer of objects.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
      finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
    }
  }
  return { instances, finalizers, failures };
}

/** Writes the five conditions of a namespace that is going (`status_condition_utils.go`). */
function tell(
  { client, time }: ControlContext,
  namespace: Namespace,
  { instances, finalizers, failures }: Remaining,
): boolean {
  const remaining = [...instances]
    .map(([resource, count]) => `${resourceText(resource)} has ${count} resource instances`)
    .sort();
  const holding = [...finalizers]
    .map(([finalizer, count]) => `${finalizer} in ${count} resource instances`)
    .sort();
  const conditions: readonly Condition[] = [
    {
      type: 'NamespaceDeletionDiscoveryFailure',
      status: 'False',
      reason: 'ResourcesDiscovered',
      message: 'All resources successfully discovered',
    },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      status: 'False',
      reason: 'ParsedGroupVersions',
      message: 'All legacy kube types successfully parsed',
    },
    failures.length > 0
      ? {
          type: 'NamespaceDeletionContentFailure',
          status: 'True',
          reason: 'ContentDeletionFailed',
          message: `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}`,
        }
      : {
          type: 'NamespaceDeletionContentFailure',
          status: 'False',
          reason: 'ContentDeleted',
          message: 'All content successfully deleted, may be waiting on finalization',
        },
    remaining.length > 0
      ? {
          type: 'NamespaceContentRemaining',
          status: 'True',
          reason: 'SomeResourcesRemain',
          message: `Some resources are remaining: ${remaining.join(', ')}`,
        }
      : {
          type: 'NamespaceContentRemaining',
          status: 'False',
          reason: 'ContentRemoved',
          message: 'All content successfully removed',
        },
    holding.length > 0
      ? {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${holding.join(', ')}`,
        }
      : {
          type: 'NamespaceFinalizersRemaining',
          status: 'False',
          reason: 'ContentHasNoFinalizers',
          message: 'All content-preserving finalizers finished',
        },
  ];
  const before = namespace.status?.conditions;
  const next = conditions.reduce(
    (all, condition) => withCondition(all, condition, time.now()),
    before ?? [],
  );
  if (before !== undefined && deepEqual(next, before)) return true;
  const status = { ...namespace.status, phase: 'Terminating' as const, conditions: next };
  return client.updateStatus('namespaces', { ...namespace, status }).ok;
}

/** `deployments.apps`, as upstream writes a resource in messages. */
function resourceText(resource: ResourceName): string {
  const [group, plural] = resource.split('/');
  return plural === undefined ? `${group}.` : `${plural}.${group}`;
}
