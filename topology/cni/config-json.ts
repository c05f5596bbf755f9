/**
 * The network of a node in the JSON of the CNI specification: what its plugins read on standard input, and what they
 * answer.
 *
 * Source: CNI specification 1.0.0, sections 1, 4 and 5; flannel's delegate to `bridge`.
 * Fidelity: podnet's plugin takes the same settings as data; nothing is parsed back from this text.
 */
import { formatCidr, formatIpv4, type Ipv4 } from '../addr/index.js';
import { BRIDGE, type NetworkConfig, type NetworkNode, podMtu } from './network.js';
import type { CniError, CniResult, PortMapping } from './plugin.js';

const VERSION = '1.0.0';
/** Name of the network: host-local keeps its leases in a folder of that name. */
export const NETWORK_NAME = 'cbr0';

type Json = Readonly<Record<string, unknown>>;

/** What `bridge` reads on standard input on a node. */
export function bridgeInput(config: NetworkConfig, node: NetworkNode): Json {
  return {
    cniVersion: VERSION,
    name: NETWORK_NAME,
    type: 'bridge',
    bridge: BRIDGE,
    mtu: podMtu(config),
    hairpinMode: true,
    ipMasq: false,
    isGateway: true,
    isDefaultGateway: true,
    ipam: {
      type: 'host-local',
      ranges: [[{ subnet: formatCidr(node.podCidr) }]],
      routes: [{ dst: formatCidr(config.clusterCidr) }],
    },
  };
}

/** What `portmap` reads, after `bridge` has answered. */
export function portmapInput(mappings: readonly PortMapping[], prevResult: Json): Json {
  return {
    cniVersion: VERSION,
    name: NETWORK_NAME,
    type: 'portmap',
    capabilities: { portMappings: true },
    runtimeConfig: {
      portMappings: mappings.map(({ containerPort, hostIp, hostPort, protocol }) => ({
        hostPort,
        containerPort,
        protocol,
        ...(hostIp === undefined ? {} : { hostIP: formatIpv4(hostIp) }),
      })),
    },
    prevResult,
  };
}

/** A result of ADD; MACs as text, absent where the device is gone. */
export function addResult(
  config: NetworkConfig,
  result: Pick<CniResult, 'address' | 'prefixLength' | 'gateway' | 'hostDevice'>,
  place: {
    readonly ifname: string;
    readonly sandbox: string;
    readonly macs: Readonly<Record<string, string | undefined>>;
  },
): Json {
  const { address, gateway, hostDevice, prefixLength } = result;
  const { ifname, macs, sandbox } = place;
  const device = (name: string, where: Json = {}): Json => ({
    name,
    ...(macs[name] === undefined ? {} : { mac: macs[name] }),
    ...where,
  });
  const via = (gw: Ipv4): string => formatIpv4(gw);
  return {
    cniVersion: VERSION,
    interfaces: [device(BRIDGE), device(hostDevice), device(ifname, { sandbox })],
    ips: [
      { interface: 2, address: `${formatIpv4(address)}/${prefixLength}`, gateway: via(gateway) },
    ],
    routes: [
      { dst: formatCidr(config.clusterCidr), gw: via(gateway) },
      { dst: '0.0.0.0/0', gw: via(gateway) },
    ],
    dns: {},
  };
}

/** An error of ADD. */
export function errorResult({ code, details, msg }: CniError): Json {
  return { cniVersion: VERSION, code, msg, ...(details === '' ? {} : { details }) };
}
