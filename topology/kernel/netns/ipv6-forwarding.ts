import { formatIp, IPV6_ANY, IPV6_LOOPBACK, type Ipv6, isLinkLocal6 } from '../../addr/index.js';
import {
  ICMP_TIME_EXCEEDED,
  ICMP6,
  ICMP6_UNREACHABLE,
  IPPROTO,
  IPV6_MIN_MTU_BYTES,
  type Ipv6Packet,
} from '../../wire/index.js';
import type { NetDevice } from '../link/device.js';
import type { Skb } from '../skb.js';
import { via6 } from './ipv6-router.js';
import type { NetNamespace } from './namespace.js';
import type { RouteEntry } from './route.js';

/** Passes IPv6 packets on (ip6_forward): hop limit, scope, redirect, size, FORWARD. */
export class Ipv6Forwarding {
  private readonly netns: NetNamespace;

  constructor(netns: NetNamespace) {
    this.netns = netns;
  }

  forward(skb: Skb, packet: Ipv6Packet, route: RouteEntry, inDev: NetDevice): void {
    const { netns } = this;
    const outDev = route.dev;
    if (outDev === undefined) return;
    if (skb.pktType !== 'host') {
      const text = 'only packets addressed to this host alone are forwarded';
      netns.drop(skb, 'broadcast-not-forwarded', 'ip', text);
      return;
    }
    if (packet.hopLimit <= 1) {
      const text =
        skb.trace === undefined ? '' : `the hop limit is ${packet.hopLimit}: it would reach 0 here`;
      netns.drop(skb, 'ttl-expired', 'ip', text);
      netns.icmpv6.sendError(skb, ICMP6.timeExceeded, ICMP_TIME_EXCEEDED.inTransit, 0);
      return;
    }
    if (netns.conf6All.proxyNdp && netns.ndp.proxies(inDev, packet.dst)) {
      if (this.proxied(skb, packet, inDev)) return;
    }
    // The packet leaves as it came: its sender could have asked the next hop itself.
    if (outDev === (skb.bridgeRouted ?? inDev)) {
      const target = via6(route) ?? packet.dst;
      netns.redirects6.send(skb, packet, { target, device: inDev, outDev });
    } else if (this.strayScope(skb, packet)) return;
    const mtuBytes = Math.max(this.mtuOf(packet.dst, route), IPV6_MIN_MTU_BYTES);
    const lengthBytes = skb.segmentBytes;
    const joined = skb.fragMaxBytes > 0;
    if (joined ? skb.fragMaxBytes > mtuBytes : lengthBytes > mtuBytes) {
      const text =
        skb.trace === undefined
          ? ''
          : `the packet has ${lengthBytes} octets, ${outDev.name} takes ${mtuBytes}, and a router does not fragment IPv6 packets`;
      netns.drop(skb, 'mtu-exceeded', 'ip', text);
      netns.icmpv6.sendError(skb, ICMP6.packetTooBig, 0, mtuBytes);
      return;
    }
    const lowered: Ipv6Packet = { ...packet, hopLimit: packet.hopLimit - 1 };
    skb.packet = lowered;
    if (skb.trace !== undefined) {
      const text = `${netns.title} forwards the packet from ${inDev.name} to ${outDev.name}; the hop limit goes from ${packet.hopLimit} to ${lowered.hopLimit}`;
      netns.step(skb, 'ip', 'forward', text);
    }
    if (netns.netfilter.active) {
      if (netns.netfilter.run('FORWARD', skb, inDev, outDev) !== 'accept') return;
    }
    const now = skb.packet;
    if (now.kind === 'ipv6') netns.output6.output(skb, now, route);
  }

  private mtuOf(dst: Ipv6, route: RouteEntry): number {
    return this.netns.output6.mtuTo(dst, route);
  }

  /** True when the source cannot be answered from the other link; "this check is security critical". */
  private strayScope(skb: Skb, packet: Ipv6Packet): boolean {
    const { netns } = this;
    const { src } = packet;
    const linkLocal = isLinkLocal6(src);
    if (!linkLocal && src !== IPV6_ANY && src !== IPV6_LOOPBACK) return false;
    const text =
      skb.trace === undefined
        ? ''
        : `the source ${formatIp(src)} means nothing beyond its own link`;
    netns.drop(skb, 'martian-source', 'ip', text);
    if (linkLocal) {
      const { beyondScope } = ICMP6_UNREACHABLE;
      netns.icmpv6.sendError(skb, ICMP6.destUnreachable, beyondScope, 0);
    }
    return true;
  }

  /** ip6_forward_proxy_check: neighbour discovery for a proxied address is this host's own matter. */
  private proxied(skb: Skb, packet: Ipv6Packet, device: NetDevice): boolean {
    const { netns } = this;
    const { body } = packet;
    const discovery =
      packet.proto === IPPROTO.icmpv6 &&
      body.kind === 'icmp' &&
      body.type >= ICMP6.routerSolicitation &&
      body.type <= ICMP6.redirect;
    if (discovery) {
      netns.input6.deliverLocal(skb, device);
      return true;
    }
    if (!isLinkLocal6(packet.dst)) return false;
    const text = `${formatIp(packet.dst)} is proxied here, and packets to a link-local address are not passed on`;
    netns.drop(skb, 'neighbor-unresolved', 'ip', text);
    netns.icmpv6.sendError(skb, ICMP6.destUnreachable, ICMP6_UNREACHABLE.address, 0);
    return true;
  }
}
