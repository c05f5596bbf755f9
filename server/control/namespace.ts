/** Namespaces: what each holds from the start, and emptying one that is deleted (upstream `pkg/controller/namespace`, `serviceaccount`). */

import type { Namespace } from '../contract/kube.js';
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
      configmaps: ({ object: { metadata }, type }) =>
        type === 'DELETED' || metadata.name === ROOT_CA ? [metadata.namespace ?? ''] : [],
      '*': ({ object: { metadata } }) =>
        terminating(metadata.namespace) ? [metadata.namespace ?? ''] : [],
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
  const published = client.store.get('configmaps', namespace, ROOT_CA);
  if (published !== undefined && published.data?.['ca.crt'] !== rootCa) {
    ok = client.update('configmaps', { ...published, data: { 'ca.crt': rootCa } }).ok && ok;
  }
  if (published === undefined) {
    ok =
      client.create('configmaps', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: ROOT_CA,
          namespace,
          annotations: { 'kubernetes.io/description': ROOT_CA_TEXT },
        },
        data: { 'ca.crt': rootCa },
      }).ok && ok;
  }
  return ok ? 'done' : 'retry';
}

function empty(
  context: ControlContext,
  resources: readonly ResourceName[],
  namespace: Namespace,
): SyncOutcome {
  const { client, time } = context;
  const { name } = namespace.metadata;
  const left: string[] = [];
  for (const resource of resources) {
    for (const object of client.store.list(resource, name)) {
      if (object.metadata.deletionTimestamp === undefined) {
        client.delete(resource, name, object.metadata.name, { propagation: 'Background' });
      }
    }
    const count = client.store.list(resource, name).length;
    if (count > 0) left.push(`${resourceText(resource)} has ${count} resource instances`);
  }
  const current = client.store.get('namespaces', undefined, name);
  if (current === undefined) return 'done';
  if (left.length > 0) {
    const conditions = withCondition(
      current.status?.conditions,
      {
        type: 'NamespaceContentRemaining',
        status: 'True',
        reason: 'SomeResourcesRemain',
        message: `Some resources are remaining: ${left.join(', ')}`,
      },
      time.now(),
    );
    client.updateStatus('namespaces', {
      ...current,
      status: { ...current.status, phase: 'Terminating', conditions },
    });
    return 'done';
  }
  const { resourceVersion: _, ...metadata } = current.metadata;
  const finalizers = (current.spec?.finalizers ?? []).filter((one) => one !== 'kubernetes');
  const done = client.update('namespaces', { ...current, metadata, spec: { finalizers } });
  return done.ok || done.failure === 'not-found' ? 'done' : 'retry';
}

/** `deployments.apps`, as upstream writes a resource in messages. */
function resourceText(resource: ResourceName): string {
  const [group, plural] = resource.split('/');
  return plural === undefined ? `${group}.` : `${plural}.${group}`;
}
