import { type Ip, isIpv4 } from '../addr/index.js';
import type { KernelOp } from '../kernel/ops.js';
import { IPPROTO } from '../wire/packet.js';
import type { ProxyEndpoint, ProxyService } from './service.js';

/** A Service with its endpoints, at one moment. */
export interface ServiceSnapshot {
  readonly service: ProxyService;
  readonly endpoints: readonly ProxyEndpoint[];
}

/**
 * Ops that forget UDP connections which would keep going to endpoints that are gone, or to nowhere after the first
 * endpoint came (pkg/proxy/conntrack/cleanup.go). TCP notices by itself.
 */
export function staleUdpOps(
  before: ServiceSnapshot | undefined,
  after: ServiceSnapshot | undefined,
): readonly KernelOp[] {
  const ops: KernelOp[] = [];
  const { service, endpoints } = before ?? { service: after?.service, endpoints: [] };
  if (service === undefined) return ops;
  for (const port of service.ports) {
    if (port.protocol !== 'UDP') continue;
    const serving = (list: readonly ProxyEndpoint[]): readonly ProxyEndpoint[] =>
      list.filter((endpoint) => endpoint.portName === port.name && endpoint.serving);
    const old = serving(endpoints);
    const now = serving(after?.endpoints ?? []);
    const still = new Set(now.map(keyOf));
    const nodePort = port.nodePort ?? 0;
    for (const endpoint of old) {
      if (still.has(keyOf(endpoint))) continue;
      for (const address of addressesOf(service, endpoint.ip)) {
        ops.push({
          op: 'conntrack.delete',
          proto: IPPROTO.udp,
          origDst: address,
          replySrc: endpoint.ip,
        });
      }
      if (nodePort !== 0) {
        ops.push({
          op: 'conntrack.delete',
          proto: IPPROTO.udp,
          origDstPort: nodePort,
          replySrc: endpoint.ip,
        });
      }
    }
    const first = now[0];
    if (old.length === 0 && first !== undefined) {
      for (const address of addressesOf(service, first.ip)) {
        ops.push({ op: 'conntrack.delete', proto: IPPROTO.udp, origDst: address });
      }
      if (nodePort !== 0) {
        ops.push({ op: 'conntrack.delete', proto: IPPROTO.udp, origDstPort: nodePort });
      }
    }
  }
  return ops;
}

function keyOf(endpoint: ProxyEndpoint): string {
  return `${endpoint.ip}/${endpoint.port}`;
}

function addressesOf(service: ProxyService, sameFamilyAs: Ip): readonly Ip[] {
  return [
    ...service.clusterIps,
    ...(service.externalIps ?? []),
    ...(service.loadBalancerIps ?? []),
  ].filter((address) => isIpv4(address) === isIpv4(sameFamilyAs));
}
