import { formatIp, type Ip, type Mac } from '../../addr/index.js';
import {
  fragmentIpv4,
  fragmentIpv6,
  ICMP6,
  IPV6_MIN_MTU_BYTES,
  type Ipv4Packet,
  type Ipv6Packet,
  l3Bytes,
} from '../../wire/index.js';
import { fragmentSkbs } from '../netns/send-fragments.js';
import type { Skb } from '../skb.js';
import type { Bridge } from './bridge.js';
import type { BridgePort } from './bridge-port.js';
import type { NetDevice } from './device.js';

/**
 * br_netfilter (net/bridge/br_netfilter_hooks.c): with `net.bridge.bridge-nf-call-iptables=1` bridged IPv4
 * frames, with `bridge-nf-call-ip6tables=1` those of IPv6, pass PREROUTING, FORWARD and POSTROUTING as if they were routed, with the bridge as their device.
 * A frame whose destination DNAT changed to an address behind the same bridge is bridged on to it, not routed.
 *
 * Fidelity: `bridge-nf-call-arptables` does nothing, as there are no ARP rules.
 */

/** Whether a frame that came in by a port passes the hooks. */
export function callsNetfilter(bridge: NetDevice, skb: Skb): boolean {
  const { netns } = bridge;
  switch (skb.packet.kind) {
    case 'ipv4':
      return netns.bridgeCallsIptables;
    case 'ipv6':
      return netns.bridgeCallsIp6tables;
    default:
      return false;
  }
}

/** PREROUTING on a bridge port. False when the packet went elsewhere: dropped, waiting for fragments or for ARP. */
export function bridgePrerouting(bridge: Bridge, port: BridgePort, skb: Skb): boolean {
  const { device } = bridge;
  const { netns } = device;
  skb.physIn = port.device;
  skb.physOut = undefined;
  if (!netns.netfilter.active) return true;
  const family = skb.packet.kind === 'ipv6' ? 'ipv6' : 'ipv4';
  if (netns.netfilter.tracks(family) && !netns.defragment(skb, 'PREROUTING')) return false;
  const before = skb.packet;
  const otherHost = skb.pktType === 'otherhost';
  if (otherHost) skb.pktType = 'host';
  skb.dev = device;
  const verdict = netns.netfilter.run('PREROUTING', skb, device, undefined);
  if (verdict !== 'accept') return false;
  if (otherHost) skb.pktType = 'otherhost';
  skb.dev = port.device;
  const after = skb.packet;
  if (!isIp(after) || !isIp(before) || after.dst === before.dst) return true;
  return afterDnat(bridge, skb, after);
}

/** FORWARD for a frame that leaves by another port; false when it was dropped. */
export function bridgeForwardHooks(bridge: Bridge, skb: Skb): boolean {
  const { device } = bridge;
  if (!device.netns.netfilter.active) return true;
  const type = skb.pktType;
  if (type === 'otherhost') skb.pktType = 'host';
  const verdict = device.netns.netfilter.run('FORWARD', skb, device, device);
  skb.pktType = type;
  return verdict === 'accept';
}

/** POSTROUTING, then fragmentation for the port; undefined when nothing is left to send. */
export function bridgeForwardPostrouting(
  bridge: Bridge,
  skb: Skb,
  to: BridgePort,
): readonly Skb[] | undefined {
  const { device } = bridge;
  const { netns } = device;
  if (netns.netfilter.active) {
    if (netns.netfilter.run('POSTROUTING', skb, undefined, device) !== 'accept') return undefined;
  }
  const { packet } = skb;
  let mtuBytes = to.device.mtuBytes;
  if (skb.fragMaxBytes > 0 && skb.fragMaxBytes < mtuBytes) mtuBytes = skb.fragMaxBytes;
  if (!isIp(packet) || skb.segmentBytes <= mtuBytes) return [skb];
  if (!maySplit(packet, skb, to.device)) {
    to.device.stats.txDropped++;
    const why = skb.trace === undefined ? '' : tooBigText(packet, to.device, mtuBytes);
    netns.drop(skb, 'mtu-exceeded', 'bridge', why);
    if (packet.kind === 'ipv6') tellTooBig(skb, netns, mtuBytes);
    return undefined;
  }
  if (skb.trace !== undefined) {
    netns.step(skb, 'bridge', 'fragment', `br_netfilter splits the packet for MTU ${mtuBytes}`);
  }
  const pieces =
    packet.kind === 'ipv4'
      ? fragmentIpv4(packet, mtuBytes)
      : fragmentIpv6(packet, Math.max(mtuBytes, IPV6_MIN_MTU_BYTES), netns.output6.fragmentId());
  return fragmentSkbs(skb, pieces);
}

/** IPv4 without DF; of IPv6 what conntrack joined from fragments that the port takes (ip6_fragment). */
function maySplit(packet: Ipv4Packet | Ipv6Packet, skb: Skb, port: NetDevice): boolean {
  if (packet.kind === 'ipv4') return !packet.df;
  return skb.fragMaxBytes > 0 && skb.fragMaxBytes <= port.mtuBytes;
}

/** The bridge answers in its own name, though it does not route: IPv4 has nothing like it. */
function tellTooBig(skb: Skb, netns: NetDevice['netns'], mtuBytes: number): void {
  skb.pktType = 'host';
  netns.icmpv6.sendError(skb, ICMP6.packetTooBig, 0, mtuBytes);
}

function tooBigText(packet: Ipv4Packet | Ipv6Packet, port: NetDevice, mtuBytes: number): string {
  const size = `the packet has ${l3Bytes(packet)} octets, port ${port.name} has MTU ${mtuBytes}`;
  return packet.kind === 'ipv4'
    ? `${size} and DF forbids to fragment it; a bridge sends no ICMP`
    : `${size}, and only its source may fragment an IPv6 packet`;
}

function isIp(packet: Skb['packet']): packet is Ipv4Packet | Ipv6Packet {
  return packet.kind === 'ipv4' || packet.kind === 'ipv6';
}

/** The destination was changed on the bridge: is the new one behind this bridge too? (br_nf_pre_routing_finish) */
function afterDnat(bridge: Bridge, skb: Skb, packet: Ipv4Packet | Ipv6Packet): boolean {
  const { device } = bridge;
  const { netns } = device;
  const route: { readonly dev: NetDevice; readonly nextHop: Ip } | undefined =
    packet.kind === 'ipv4'
      ? netns.router.inputRouteDevice(packet, device)
      : netns.router6.bridgedRoute(packet.dst, packet.src, device);
  if (route === undefined) {
    const why = skb.trace === undefined ? '' : `no way leads to ${formatIp(packet.dst)}`;
    netns.drop(skb, 'no-route', 'bridge', why);
    return false;
  }
  if (route.dev !== device) {
    // Routed: the frame is now for the bridge itself.
    skb.dstMac = device.mac;
    skb.pktType = 'host';
    if (packet.kind === 'ipv6') skb.bridgeRouted = route.dev;
    return true;
  }
  const nextHop = route.nextHop;
  const known = netns.neighbors.connectedMac(device, nextHop);
  if (skb.trace !== undefined) {
    const text = `after DNAT ${formatIp(packet.dst)} is behind ${device.name} as well, so the frame is bridged on, not routed`;
    netns.step(skb, 'bridge', 'bridge-dnat', text);
  }
  if (known !== undefined) {
    skb.dstMac = known;
    return true;
  }
  skb.bridgedDnatSrc = skb.srcMac ?? (0 as Mac);
  netns.neighbors.output(skb, device, nextHop);
  return false;
}
