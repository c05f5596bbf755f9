import { formatIp, type Mac } from '../../addr/index.js';
import { fragmentIpv4, l3Bytes } from '../../wire/index.js';
import type { Skb } from '../skb.js';
import type { Bridge } from './bridge.js';
import type { BridgePort } from './bridge-port.js';

/**
 * br_netfilter (net/bridge/br_netfilter_hooks.c): with `net.bridge.bridge-nf-call-iptables=1` bridged IPv4
 * frames pass PREROUTING, FORWARD and POSTROUTING as if they were routed, with the bridge as their device.
 * A frame whose destination DNAT changed to an address behind the same bridge is bridged on to it, not routed.
 *
 * Fidelity: `bridge-nf-call-arptables` does nothing, as there are no ARP rules.
 */

/** PREROUTING on a bridge port. False when the packet went elsewhere: dropped, waiting for fragments or for ARP. */
export function bridgePrerouting(bridge: Bridge, port: BridgePort, skb: Skb): boolean {
  const { device } = bridge;
  const { netns } = device;
  skb.physIn = port.device;
  skb.physOut = undefined;
  if (!netns.netfilter.active) return true;
  if (!netns.defragment(skb, 'PREROUTING')) return false;
  const before = skb.packet;
  const otherHost = skb.pktType === 'otherhost';
  if (otherHost) skb.pktType = 'host';
  skb.dev = device;
  const verdict = netns.netfilter.run('PREROUTING', skb, device, undefined);
  if (verdict !== 'accept') return false;
  if (otherHost) skb.pktType = 'otherhost';
  skb.dev = port.device;
  const after = skb.packet;
  if (after.kind !== 'ipv4' || before.kind !== 'ipv4' || after.dst === before.dst) return true;
  return afterDnat(bridge, skb);
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
  if (packet.kind !== 'ipv4' || l3Bytes(packet) <= mtuBytes) return [skb];
  if (packet.df) {
    to.device.stats.txDropped++;
    const why =
      skb.trace === undefined
        ? ''
        : `the packet has ${l3Bytes(packet)} octets, port ${to.device.name} has MTU ${mtuBytes} and DF forbids to fragment it; a bridge sends no ICMP`;
    netns.drop(skb, 'mtu-exceeded', 'bridge', why);
    return undefined;
  }
  if (skb.trace !== undefined) {
    netns.step(skb, 'bridge', 'fragment', `br_netfilter splits the packet for MTU ${mtuBytes}`);
  }
  skb.fragMaxBytes = 0;
  return fragmentIpv4(packet, mtuBytes).map((piece, index) => {
    const fragment = index === 0 ? skb : skb.clone();
    fragment.packet = piece;
    return fragment;
  });
}

/** The destination was changed on the bridge: is the new one behind this bridge too? (br_nf_pre_routing_finish) */
function afterDnat(bridge: Bridge, skb: Skb): boolean {
  const { device } = bridge;
  const { netns } = device;
  const { packet } = skb;
  if (packet.kind !== 'ipv4') return true;
  const route = netns.router.inputRouteDevice(packet, device);
  if (route === undefined) {
    const why = skb.trace === undefined ? '' : `no way leads to ${formatIp(packet.dst)}`;
    netns.drop(skb, 'no-route', 'bridge', why);
    return false;
  }
  if (route.dev !== device) {
    // Routed: the frame is now for the bridge itself.
    skb.dstMac = device.mac;
    skb.pktType = 'host';
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
