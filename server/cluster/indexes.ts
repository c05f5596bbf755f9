import type { EndpointSlice, Pod } from '../contract/kube.js';
import type { ObjectStore } from '../store/index.js';

/** Label by which EndpointSlices name their Service. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** Indexes that lookups by the cluster's own parts stand on. */
export function addIndexes(store: ObjectStore): void {
  store.addIndex('pods', 'ip', (pod) =>
    pod.status?.podIP === undefined || pod.spec.hostNetwork === true ? [] : [pod.status.podIP],
  );
  store.addIndex('pods', 'owner', (pod) =>
    (pod.metadata.ownerReferences ?? []).map((owner) => owner.uid),
  );
  store.addIndex('events', 'involvedUid', (event) =>
    event.involvedObject.uid === undefined ? [] : [event.involvedObject.uid],
  );
  store.addIndex('services', 'clusterIP', (service) => service.spec.clusterIPs ?? []);
  store.addIndex('discovery.k8s.io/endpointslices', 'service', (slice) => {
    const service = slice.metadata.labels?.[SERVICE_NAME_LABEL];
    return service === undefined ? [] : [`${slice.metadata.namespace}/${service}`];
  });
  store.addIndex('discovery.k8s.io/endpointslices', 'address', (slice) =>
    slice.endpoints.flatMap((endpoint) => endpoint.addresses),
  );
  store.addIndex('apps/replicasets', 'owner', (set) =>
    (set.metadata.ownerReferences ?? []).map((owner) => owner.uid),
  );
}

/** Slices of a Service. */
export function slicesOf(
  store: ObjectStore,
  namespace: string,
  service: string,
): readonly EndpointSlice[] {
  return store.byIndex('discovery.k8s.io/endpointslices', 'service', `${namespace}/${service}`);
}

/** The pod that has an address. */
export function podByIp(store: ObjectStore, address: string): Pod | undefined {
  return store.byIndex('pods', 'ip', address)[0];
}
