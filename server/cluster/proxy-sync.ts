import {
  IPV4_ANY,
  type Ip,
  type ProxyEndpoint,
  type ProxyService,
  parseCidr,
  parseIp,
  type ServiceProxy,
} from '../../topology/index.js';
import type { EndpointSlice, Service } from '../contract/kube.js';
import type { Change, ObjectStore } from '../store/index.js';
import { SERVICE_NAME_LABEL, slicesOf } from './indexes.js';

/**
 * Tells the proxy of Services and EndpointSlices, those that are there and those that come; `changed` after each.
 * Endpoints are told by the call that is returned, however often their slices were written before.
 */
export function followServices(
  store: ObjectStore,
  proxy: ServiceProxy,
  changed: () => void,
): () => void {
  const untold = new Map<string, { readonly namespace: string; readonly name: string }>();
  const sliceChanged = (slice: EndpointSlice): void => {
    const name = slice.metadata.labels?.[SERVICE_NAME_LABEL];
    if (name === undefined) return;
    const namespace = slice.metadata.namespace ?? '';
    untold.set(`${namespace}/${name}`, { namespace, name });
    changed();
  };
  const serviceChanged = ({ type, object, previous }: Change<Service>): void => {
    if (type === 'DELETED')
      proxy.deleteService(`${object.metadata.namespace}/${object.metadata.name}`);
    else if (previous?.spec !== object.spec || previous?.status !== object.status) {
      proxy.setService(serviceOf(object));
    } else return;
    changed();
  };
  for (const service of store.list('services')) proxy.setService(serviceOf(service));
  for (const slice of store.list('discovery.k8s.io/endpointslices')) sliceChanged(slice);
  store.watch('services', serviceChanged);
  store.watch('discovery.k8s.io/endpointslices', ({ object }) => sliceChanged(object));
  return () => {
    for (const [key, { namespace, name }] of untold) {
      proxy.setEndpoints(key, slicesOf(store, namespace, name).flatMap(endpointsOf));
    }
    untold.clear();
  };
}

function serviceOf(service: Service): ProxyService {
  const { metadata, spec } = service;
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    type: spec.type ?? 'ClusterIP',
    clusterIps: (spec.clusterIPs ?? []).flatMap(address),
    ports: (spec.ports ?? []).map((port) => ({
      name: port.name ?? '',
      protocol: port.protocol ?? 'TCP',
      port: port.port,
      ...(port.nodePort === undefined ? {} : { nodePort: port.nodePort }),
    })),
    sessionAffinity: spec.sessionAffinity ?? 'None',
    affinityTimeoutSeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800,
    externalTrafficPolicy: spec.externalTrafficPolicy ?? 'Cluster',
    internalTrafficPolicy: spec.internalTrafficPolicy ?? 'Cluster',
    externalIps: (spec.externalIPs ?? []).flatMap(address),
    loadBalancerIps: (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) =>
      address(ip ?? ''),
    ),
    loadBalancerSourceRanges: (spec.loadBalancerSourceRanges ?? []).flatMap((text) => {
      const parsed = parseCidr(text);
      return parsed.ok ? [parsed.value] : [];
    }),
    healthCheckNodePort: spec.healthCheckNodePort ?? 0,
  };
}

/** Most slices of a Service are as they were when one changes. */
const endpoints = new WeakMap<EndpointSlice, readonly ProxyEndpoint[]>();

function endpointsOf(slice: EndpointSlice): readonly ProxyEndpoint[] {
  let known = endpoints.get(slice);
  if (known === undefined) {
    known = readEndpoints(slice);
    endpoints.set(slice, known);
  }
  return known;
}

function readEndpoints(slice: EndpointSlice): readonly ProxyEndpoint[] {
  return slice.endpoints.flatMap((endpoint) => {
    const ready = endpoint.conditions?.ready !== false;
    const common = {
      ready,
      serving: endpoint.conditions?.serving ?? ready,
      terminating: endpoint.conditions?.terminating ?? false,
      ...(endpoint.nodeName === undefined ? {} : { nodeName: endpoint.nodeName }),
    };
    return endpoint.addresses
      .flatMap(address)
      .flatMap((ip) =>
        (slice.ports ?? []).flatMap((port) =>
          port.port === undefined
            ? []
            : [{ ...common, ip, portName: port.name ?? '', port: port.port }],
        ),
      );
  });
}

function address(text: string): Ip[] {
  const parsed = parseIp(text);
  return parsed.ok && parsed.value !== IPV4_ANY ? [parsed.value] : [];
}
