/** What every cluster has before anybody applied anything. */

import type { ResourceName } from '../store/store.js';
import type { ApiServer } from './server.js';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const PRIORITY_CLASSES = [
  { name: 'system-cluster-critical', value: 2_000_000_000 },
  { name: 'system-node-critical', value: 2_000_001_000 },
];

/** How the system objects look. */
export interface SystemObjectOptions {
  /** The address of Service `kubernetes`: the first of the Service range. */
  readonly kubernetesIp?: string;
}

/**
 * Makes the namespaces, their `default` ServiceAccounts, the system's PriorityClasses and Service `kubernetes`. What is
 * there already stays as it is.
 */
export function ensureSystemObjects(
  api: ApiServer,
  { kubernetesIp = '10.96.0.1' }: SystemObjectOptions = {},
): void {
  const ensure = (resource: ResourceName, body: object) => {
    const made = api.create({ resource, body });
    if (!made.ok && made.error.reason !== 'AlreadyExists') throw new Error(made.error.message);
  };
  for (const name of NAMESPACES) {
    ensure('namespaces', { metadata: { name } });
    ensure('serviceaccounts', { metadata: { name: 'default', namespace: name } });
  }
  for (const { name, value } of PRIORITY_CLASSES) {
    ensure('scheduling.k8s.io/priorityclasses', { metadata: { name }, value });
  }
  if (api.store.get('services', 'default', 'kubernetes') !== undefined) return;
  ensure('services', {
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      type: 'ClusterIP',
      clusterIP: kubernetesIp,
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
    },
  });
}
