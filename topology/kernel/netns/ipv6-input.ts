import { formatIp, isMulticast6 } from '../../addr/index.js';
import {
  ICMP6,
  ICMP6_UNREACHABLE,
  IPPROTO,
  type Ipv6Packet,
  isIpv6Fragment,
} from '../../wire/index.js';
import type { NetDevice } from '../link/device.js';
import type { Skb } from '../skb.js';
import type { NetNamespace } from './namespace.js';

/** Next Header 59: nothing follows (RFC 8200 section 4.7). */
const NO_NEXT_HEADER = 59;

/** Parameter problem: the Next Header is not known here; the pointer says where it stands (RFC 4443 section 3.4). */
const UNKNOWN_NEXT_HEADER = 1;
const NEXT_HEADER_AT = 6;

/**
 * Receives IPv6 packets (ipv6_rcv): PREROUTING, the routing decision, then local delivery, forwarding or an error.
 *
 * Fidelity: extension headers other than Fragment are not read; a packet with one is told as an unknown header.
 */
export class Ipv6Input {
  private readonly netns: NetNamespace;

  constructor(netns: NetNamespace) {
    this.netns = netns;
  }

  receive(skb: Skb, packet: Ipv6Packet, device: NetDevice): void {
    const { netns } = this;
    if (skb.pktType === 'otherhost') {
      const why =
        skb.trace === undefined
          ? ''
          : `the frame is addressed to another host, so ${device.name} ignores it`;
      netns.drop(skb, 'other-host', 'ip', why);
      return;
    }
    if (!device.ipv6) {
      const why = skb.trace === undefined ? '' : this.whyDisabled(device);
      netns.drop(skb, 'ipv6-disabled', 'ip', why);
      return;
    }
    if (this.refusedByHeader(skb, packet, device)) return;
    // A bridged packet has passed PREROUTING on its port already (ip_sabotage_in).
    if (netns.netfilter.active && skb.physIn === undefined) {
      if (netns.netfilter.tracks('ipv6') && !netns.defragment(skb, 'PREROUTING')) return;
      if (netns.netfilter.run('PREROUTING', skb, device, undefined) !== 'accept') return;
    }
    // Packets over lo were routed when they were sent.
    if (device.kind === 'loopback') {
      this.deliverLocal(skb, device);
      return;
    }
    const now = skb.packet;
    if (now.kind !== 'ipv6') return;
    this.decide(skb, now, device);
  }

  /** ip6_input: INPUT, then fragments are joined, then the protocol. */
  deliverLocal(skb: Skb, device: NetDevice): void {
    const { netns } = this;
    if (netns.netfilter.active) {
      if (netns.netfilter.run('INPUT', skb, device, undefined) !== 'accept') return;
    }
    if (skb.packet.kind !== 'ipv6') return;
    if (isIpv6Fragment(skb.packet) && !netns.defragment(skb, 'INPUT')) return;
    const { packet } = skb;
    if (packet.kind !== 'ipv6') return;
    const { body, proto } = packet;
    if (body.kind === 'udp' || body.kind === 'tcp') {
      netns.sockets.deliver(skb, packet);
      return;
    }
    if (body.kind === 'icmp' && proto === IPPROTO.icmpv6) {
      netns.icmpv6.receive(skb, packet, body, device);
      return;
    }
    if (proto !== NO_NEXT_HEADER) {
      netns.icmpv6.sendError(skb, ICMP6.parameterProblem, UNKNOWN_NEXT_HEADER, NEXT_HEADER_AT);
    }
    const text = skb.trace === undefined ? '' : `no protocol has the number ${proto} here`;
    netns.drop(skb, 'no-protocol', 'ip', text);
  }

  private refusedByHeader(skb: Skb, packet: Ipv6Packet, device: NetDevice): boolean {
    const { netns } = this;
    const { router6 } = netns;
    const { dst, src } = packet;
    const martian = router6.martian(dst, src, device);
    if (martian !== undefined) {
      router6.dropReason = martian;
      const why = skb.trace === undefined ? '' : router6.explain(dst, src, device);
      netns.drop(skb, martian, 'ip', why);
      return true;
    }
    const shared = skb.pktType === 'broadcast' || skb.pktType === 'multicast';
    if (!shared || isMulticast6(dst) || !device.conf6.dropUnicastInL2Multicast) return false;
    const why = `the packet is for ${formatIp(dst)} alone but came to everyone (drop_unicast_in_l2_multicast)`;
    netns.drop(skb, 'martian-destination', 'ip', why);
    return true;
  }

  private decide(skb: Skb, packet: Ipv6Packet, device: NetDevice): void {
    const { netns } = this;
    const { router6 } = netns;
    const { dst, src } = packet;
    const decision = router6.decideInput(dst, src, device, skb.mark);
    switch (decision) {
      case 'forward': {
        const { route } = router6;
        if (route === undefined) return;
        if (skb.trace !== undefined) {
          const text = `${formatIp(dst)} matches route ${route.text()}`;
          netns.step(skb, 'route', 'lookup', text);
        }
        netns.forwarding6.forward(skb, packet, route, device);
        return;
      }
      case 'local':
        if (skb.trace !== undefined) {
          const text = isMulticast6(dst)
            ? `${device.name} has joined the group ${formatIp(dst)}`
            : `${formatIp(dst)} is an address of ${netns.title}, so the packet is delivered here`;
          netns.step(skb, 'route', 'local', text);
        }
        this.deliverLocal(skb, device);
        return;
      default: {
        const why = skb.trace === undefined ? '' : router6.explain(dst, src, device);
        const reason = router6.dropReason;
        netns.drop(skb, reason, 'route', why);
        if (decision === 'error') this.tellUnreachable(skb, reason);
      }
    }
  }

  /** ip6_pkt_discard, ip6_pkt_prohibit: told even while this host forwards nothing. */
  private tellUnreachable(skb: Skb, reason: string): void {
    if (reason === 'route-blackhole') return;
    const code =
      reason === 'route-prohibit' ? ICMP6_UNREACHABLE.adminProhibited : ICMP6_UNREACHABLE.noRoute;
    this.netns.icmpv6.sendError(skb, ICMP6.destUnreachable, code, 0);
  }

  private whyDisabled(device: NetDevice): string {
    return device.conf6.disableIpv6
      ? `net.ipv6.conf.${device.name}.disable_ipv6 is 1`
      : `${device.name} has MTU ${device.mtuBytes}, and IPv6 needs 1280`;
  }
}
