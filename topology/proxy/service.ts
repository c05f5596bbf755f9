import type { Cidr, Ip } from '../addr/index.js';

/** What the proxy must know of a Service; fields are those of its spec and status. */
export interface ProxyService {
  readonly namespace: string;
  readonly name: string;
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  /** Empty for a headless Service, which the proxy ignores. */
  readonly clusterIps: readonly Ip[];
  readonly ports: readonly ProxyServicePort[];
  readonly sessionAffinity?: 'None' | 'ClientIP';
  /** Default 10800. */
  readonly affinityTimeoutSeconds?: number;
  readonly externalTrafficPolicy?: 'Cluster' | 'Local';
  readonly internalTrafficPolicy?: 'Cluster' | 'Local';
  readonly externalIps?: readonly Ip[];
  readonly loadBalancerIps?: readonly Ip[];
  readonly loadBalancerSourceRanges?: readonly Cidr[];
  /** Of a LoadBalancer with external policy Local; absent or 0 when there is none. */
  readonly healthCheckNodePort?: number;
}

/** One port of a Service. */
export interface ProxyServicePort {
  /** May be empty when it is the only port. */
  readonly name: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
  /** Absent or 0 when there is none. */
  readonly nodePort?: number;
}

/** One address and port behind a Service port, with its conditions. */
export interface ProxyEndpoint {
  /** Name of the Service port it stands behind. */
  readonly portName: string;
  readonly ip: Ip;
  /** The target port, already looked up. */
  readonly port: number;
  /** The node it runs on; absent for endpoints outside the cluster. */
  readonly nodeName?: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

/** `namespace/name`, under which a Service and its endpoints meet. */
export function serviceKey(service: { readonly namespace: string; readonly name: string }): string {
  return `${service.namespace}/${service.name}`;
}

/** `namespace/name:port`, or without the colon when the port has no name. */
export function servicePortName(service: ProxyService, port: ProxyServicePort): string {
  return port.name === '' ? serviceKey(service) : `${serviceKey(service)}:${port.name}`;
}

/** Whether a port can be reached from outside the cluster. */
export function externallyAccessible(service: ProxyService, port: ProxyServicePort): boolean {
  return (
    (port.nodePort ?? 0) !== 0 ||
    (service.externalIps?.length ?? 0) > 0 ||
    (service.loadBalancerIps?.length ?? 0) > 0
  );
}

/** Whether some traffic may go to endpoints on any node. */
export function usesClusterEndpoints(service: ProxyService, port: ProxyServicePort): boolean {
  return service.internalTrafficPolicy !== 'Local' || externallyAccessible(service, port);
}

/** Whether some traffic must stay on the node it came to. */
export function usesLocalEndpoints(service: ProxyService, port: ProxyServicePort): boolean {
  return (
    service.internalTrafficPolicy === 'Local' ||
    (service.externalTrafficPolicy === 'Local' && externallyAccessible(service, port))
  );
}
