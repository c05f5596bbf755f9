import { formatIp, type Ip, parseIp } from '../../topology/index.js';
import type { EndpointSlice, Service } from '../contract/kube.js';
import type { EndpointRecord, ServiceRecord, ZoneSource } from '../program/index.js';
import type { ObjectStore } from '../store/index.js';
import { SERVICE_NAME_LABEL, slicesOf } from './indexes.js';

/** What CoreDNS answers for the cluster's domain, read from Services and EndpointSlices at the time of the question. */
export function createZone(store: ObjectStore, domain: string): ZoneSource {
  return {
    domain,
    hasNamespace: (namespace) => store.get('namespaces', undefined, namespace) !== undefined,
    lookupService: (namespace, name) => {
      const service = store.get('services', namespace, name);
      return service === undefined
        ? undefined
        : recordOf(service, slicesOf(store, namespace, name));
    },
    findServiceByIp: (address) => {
      const [service] = store.byIndex('services', 'clusterIP', formatIp(address));
      return service === undefined
        ? undefined
        : { namespace: service.metadata.namespace ?? '', name: service.metadata.name };
    },
    findEndpointByIp: (address) => {
      const text = formatIp(address);
      for (const slice of store.byIndex('discovery.k8s.io/endpointslices', 'address', text)) {
        const service = slice.metadata.labels?.[SERVICE_NAME_LABEL];
        const endpoint = slice.endpoints.find(
          (e) => e.hostname !== undefined && e.addresses.includes(text),
        );
        if (service !== undefined && endpoint?.hostname !== undefined) {
          return {
            namespace: slice.metadata.namespace ?? '',
            service,
            hostname: endpoint.hostname,
          };
        }
      }
      return undefined;
    },
  };
}

function recordOf(service: Service, slices: readonly EndpointSlice[]): ServiceRecord {
  const { spec } = service;
  return {
    clusterIps: (spec.clusterIPs ?? []).flatMap(addressOf),
    ...(spec.type === 'ExternalName' && spec.externalName !== undefined
      ? { externalName: spec.externalName }
      : {}),
    ports: (spec.ports ?? []).map((port) => ({
      name: port.name ?? '',
      protocol: port.protocol ?? 'TCP',
      port: port.port,
    })),
    endpoints: slices.flatMap((slice) =>
      endpointRecords(slice, spec.publishNotReadyAddresses === true),
    ),
  };
}

function endpointRecords(slice: EndpointSlice, includeUnready: boolean): EndpointRecord[] {
  const ports = (slice.ports ?? []).map((port) => ({
    name: port.name ?? '',
    protocol: port.protocol ?? 'TCP',
    port: port.port ?? 0,
  }));
  return slice.endpoints
    .filter((endpoint) => includeUnready || endpoint.conditions?.ready !== false)
    .flatMap((endpoint) =>
      endpoint.addresses.flatMap(addressOf).map((address) => ({
        address,
        ports,
        ...(endpoint.hostname === undefined ? {} : { hostname: endpoint.hostname }),
      })),
    );
}

function addressOf(text: string): Ip[] {
  const parsed = parseIp(text);
  return parsed.ok ? [parsed.value] : [];
}
