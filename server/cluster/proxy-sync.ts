import {
  type Fabric,
  formatIp,
  type Ip,
  invariant,
  MILLISECOND,
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
 * How long changes are gathered before the nodes are programmed.
 *
 * Fidelity: kube-proxy's --iptables-min-sync-period is 1 s; podnet programs sooner, so that a page feels alive.
 */
const GATHER_NS = 20 * MILLISECOND;

/** Hands Services and EndpointSlices to the proxy and what it makes of them to the nodes' kernels. */
export class ProxySync {
  private readonly store: ObjectStore;
  private readonly fabric: Fabric;
  private readonly proxy: ServiceProxy;
  private scheduled = false;

  constructor(options: {
    readonly store: ObjectStore;
    readonly fabric: Fabric;
    readonly proxy: ServiceProxy;
  }) {
    this.store = options.store;
    this.fabric = options.fabric;
    this.proxy = options.proxy;
    for (const name of this.fabric.nodes.keys()) this.proxy.addNode(name);
    for (const service of this.store.list('services')) this.proxy.setService(serviceOf(service));
    for (const slice of this.store.list('discovery.k8s.io/endpointslices'))
      this.sliceChanged(slice);
    this.store.watch('services', (change) => this.serviceChanged(change));
    this.store.watch('discovery.k8s.io/endpointslices', ({ object }) => this.sliceChanged(object));
    this.schedule();
  }

  private serviceChanged({ type, object, previous }: Change<Service>): void {
    if (type === 'DELETED')
      this.proxy.deleteService(`${object.metadata.namespace}/${object.metadata.name}`);
    else if (
      type === 'ADDED' ||
      previous?.spec !== object.spec ||
      previous?.status !== object.status
    ) {
      this.proxy.setService(serviceOf(object));
    } else return;
    this.schedule();
  }

  private sliceChanged(slice: EndpointSlice): void {
    const name = slice.metadata.labels?.[SERVICE_NAME_LABEL];
    if (name === undefined) return;
    const namespace = slice.metadata.namespace ?? '';
    const endpoints = slicesOf(this.store, namespace, name).flatMap(endpointsOf);
    this.proxy.setEndpoints(`${namespace}/${name}`, endpoints);
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.fabric.clock.schedule(GATHER_NS, () => {
      this.scheduled = false;
      this.program();
    });
  }

  private program(): void {
    for (const [name, ops] of this.proxy.sync()) {
      const applied = this.fabric.nodes.get(name)?.host.apply(ops);
      invariant(
        applied?.ok !== false,
        applied?.ok === false ? `${name}: ${applied.error.message}` : '',
      );
    }
  }
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

function endpointsOf(slice: EndpointSlice): ProxyEndpoint[] {
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
  return parsed.ok && formatIp(parsed.value) !== '0.0.0.0' ? [parsed.value] : [];
}
