import { type Cidr4, cidr4, type Ipv4, ipv4, type Mac } from '../addr/index.js';
import type { KernelOp, Match, Rule, Target } from '../kernel/ops.js';

/** How pod traffic crosses from node to node. */
export type NetworkMode = 'host-gw' | 'vxlan';

/** The cluster network that every node's CNI configuration speaks of. */
export interface NetworkConfig {
  readonly mode: NetworkMode;
  readonly clusterCidr: Cidr4;
  /** MTU of the underlay in octets; pods get 50 less under VXLAN. */
  readonly mtuBytes: number;
  /** VXLAN network identifier; flannel's default is 1. */
  readonly vni: number;
}

/** What other nodes need to know of a node. */
export interface NetworkNode {
  readonly name: string;
  readonly address: Ipv4;
  readonly podCidr: Cidr4;
  /** Name of the device that holds `address`. */
  readonly uplink: string;
  /** MAC of the node's tunnel device, under VXLAN. */
  readonly vtepMac: Mac;
}

/** Name of the bridge on every node. */
export const BRIDGE = 'cni0';
/** Name of the tunnel device on every node, as flannel names it. */
export const TUNNEL = 'flannel.1';
/** UDP port of Linux's VXLAN default, which flannel keeps; not IANA's 4789. */
export const VXLAN_PORT = 8472;
/** Room that VXLAN takes: outer IPv4 20, UDP 8, VXLAN 8, inner Ethernet 14. */
export const VXLAN_OVERHEAD_BYTES = 50;

/** MTU of pods' interfaces, the bridge and the tunnel. */
export function podMtu(config: NetworkConfig): number {
  return config.mode === 'vxlan' ? config.mtuBytes - VXLAN_OVERHEAD_BYTES : config.mtuBytes;
}

/**
 * What the network daemon does on a node when it starts: forwarding, the masquerade of what leaves the cluster,
 * the tunnel device.
 *
 * Source: flannel `pkg/trafficmngr/iptables`, `pkg/backend/vxlan`; its FLANNEL-POSTRTG and FLANNEL-FWD chains.
 */
export function nodeOps(config: NetworkConfig, node: NetworkNode): KernelOp[] {
  const ops: KernelOp[] = [
    { op: 'sysctl.set', key: 'net.ipv4.ip_forward', value: '1' },
    { op: 'sysctl.set', key: 'net.bridge.bridge-nf-call-iptables', value: '1' },
  ];
  if (config.mode === 'vxlan') {
    ops.push(
      {
        op: 'link.add',
        name: TUNNEL,
        spec: {
          type: 'vxlan',
          vni: config.vni,
          local: node.address,
          dev: node.uplink,
          dstPort: VXLAN_PORT,
          learning: false,
        },
        mac: node.vtepMac,
        mtuBytes: podMtu(config),
      },
      {
        op: 'addr.add',
        dev: TUNNEL,
        addr: { address: node.podCidr.network, prefixLength: 32 },
      },
      { op: 'link.set', name: TUNNEL, up: true },
    );
  }
  ops.push(...masqueradeOps(config, node));
  return ops;
}

/**
 * What a node does when it learns of another one: the route to its pods, and under VXLAN where the tunnel ends.
 *
 * Source: flannel `pkg/backend/hostgw`, `pkg/backend/vxlan/vxlan_network.go`.
 */
export function peerOps(config: NetworkConfig, node: NetworkNode, peer: NetworkNode): KernelOp[] {
  if (config.mode === 'host-gw') {
    return [{ op: 'route.replace', dst: peer.podCidr, via: peer.address, dev: node.uplink }];
  }
  const tunnelAddress = peer.podCidr.network;
  return [
    { op: 'neigh.replace', dev: TUNNEL, dst: tunnelAddress, mac: peer.vtepMac, state: 'permanent' },
    { op: 'fdb.append', dev: TUNNEL, mac: peer.vtepMac, dst: peer.address },
    { op: 'route.replace', dst: peer.podCidr, via: tunnelAddress, dev: TUNNEL, onlink: true },
  ];
}

/** What a node does when another one left the cluster. */
export function peerGoneOps(
  config: NetworkConfig,
  node: NetworkNode,
  peer: NetworkNode,
): KernelOp[] {
  if (config.mode === 'host-gw') {
    return [{ op: 'route.del', dst: peer.podCidr, via: peer.address, dev: node.uplink }];
  }
  return [
    { op: 'route.del', dst: peer.podCidr, via: peer.podCidr.network, dev: TUNNEL },
    { op: 'fdb.del', dev: TUNNEL, mac: peer.vtepMac, dst: peer.address },
    { op: 'neigh.del', dev: TUNNEL, dst: peer.podCidr.network },
  ];
}

/** Masquerade of what leaves the cluster, and forwarding between pods, in flannel's own chains. */
function masqueradeOps(config: NetworkConfig, node: NetworkNode): KernelOp[] {
  const cluster = config.clusterCidr;
  const multicast = cidr4(ipv4(0xe0000000), 4);
  const fromCluster: Match = { match: 'src', block: cluster };
  const toCluster: Match = { match: 'dst', block: cluster };
  const fromOutside: Match = { ...fromCluster, invert: true };
  const toOwnPods: Match = { match: 'dst', block: node.podCidr };
  const masquerade: Target = { target: 'MASQUERADE', randomFully: true };
  const nat = [
    rule([{ match: 'mark', value: 0x4000, mask: 0x4000 }, MASQ], RETURN),
    rule([{ match: 'src', block: node.podCidr }, toCluster, MASQ], RETURN),
    rule([fromCluster, toOwnPods, MASQ], RETURN),
    rule([fromOutside, toOwnPods, MASQ], RETURN),
    rule([fromCluster, { match: 'dst', block: multicast, invert: true }, MASQ], masquerade),
    rule([fromOutside, toCluster, MASQ], masquerade),
  ];
  const filter = [
    rule([fromCluster, FORWARD], { target: 'ACCEPT' }),
    rule([toCluster, FORWARD], { target: 'ACCEPT' }),
  ];
  return [
    {
      op: 'iptables.restore',
      family: 'ipv4',
      noflush: true,
      tables: [
        { table: 'nat', chains: [{ name: 'FLANNEL-POSTRTG', rules: nat }] },
        { table: 'filter', chains: [{ name: 'FLANNEL-FWD', rules: filter }] },
      ],
    },
    {
      op: 'iptables.append',
      family: 'ipv4',
      table: 'nat',
      chain: 'POSTROUTING',
      rule: rule([MASQ], { target: 'jump', chain: 'FLANNEL-POSTRTG' }),
    },
    {
      op: 'iptables.append',
      family: 'ipv4',
      table: 'filter',
      chain: 'FORWARD',
      rule: rule([FORWARD], { target: 'jump', chain: 'FLANNEL-FWD' }),
    },
  ];
}

const MASQ: Match = { match: 'comment', text: 'flanneld masq' };
const FORWARD: Match = { match: 'comment', text: 'flanneld forward' };
const RETURN: Target = { target: 'RETURN' };

function rule(matches: readonly Match[], target: Target): Rule {
  return { matches, target };
}
