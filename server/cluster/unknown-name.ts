import { nearest } from '../api/schema/near-miss.js';
import type { ObjectStore } from '../store/index.js';

/** A name that was asked for in vain. */
export interface UnknownName {
  readonly store: ObjectStore;
  readonly namespace: string;
  readonly name: string;
}

const MOST_NAMES = 8;

/** Says that a namespace has no pod, Service or workload of a name, what it has, and what may have been meant. */
export function unknownName({ store, namespace, name }: UnknownName): string {
  const namespaces = store.list('namespaces').map((n) => n.metadata.name);
  if (!namespaces.includes(namespace)) {
    const near = nearest(namespace, namespaces);
    const guess = near === undefined ? '' : `; did you mean '${near}'?`;
    return `no namespace is named '${namespace}'${guess || `; there are ${listed(namespaces)}`}`;
  }
  const elsewhere = (['pods', 'services'] as const)
    .flatMap((resource) => store.list(resource))
    .find((object) => object.metadata.name === name);
  if (elsewhere !== undefined) {
    const there = elsewhere.metadata.namespace ?? '';
    return `nothing is named '${name}' in namespace ${namespace}, but there is in ${there}: write ${there}/${name}`;
  }
  const pods = store.list('pods', namespace).map((p) => p.metadata.name);
  const services = store.list('services', namespace).map((s) => s.metadata.name);
  const workloads = (['apps/deployments', 'apps/statefulsets', 'apps/daemonsets'] as const)
    .flatMap((resource) => store.list(resource, namespace))
    .map((object) => object.metadata.name);
  const near = nearest(name, [...pods, ...services, ...workloads]);
  const guess = near === undefined ? '' : `; did you mean '${near}'?`;
  return `no pod, Service or workload '${name}' in namespace ${namespace}${guess} (pods: ${listed(pods)}; Services: ${listed(services)})`;
}

/** Names in a row, cut after eight. */
export function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  return `${names.slice(0, MOST_NAMES).join(', ')}${names.length > MOST_NAMES ? ' …' : ''}`;
}
