import { formatIp, isIpv4 } from '../../addr/index.js';
import { ICMP_TIME_EXCEEDED, ICMP4, ICMP4_UNREACHABLE, type Ipv4Packet } from '../../wire/index.js';
import type { NetDevice } from '../link/device.js';
import type { Skb } from '../skb.js';
import { onLink } from './address.js';
import type { NetNamespace } from './namespace.js';
import type { RouteEntry } from './route.js';

/** Passes packets on (ip_forward): time to live, size, redirect, FORWARD. */
export class Forwarding {
  private readonly netns: NetNamespace;

  constructor(netns: NetNamespace) {
    this.netns = netns;
  }

  forward(skb: Skb, packet: Ipv4Packet, route: RouteEntry, inDev: NetDevice): void {
    const { netns } = this;
    const outDev = route.dev;
    if (outDev === undefined) return;
    if (skb.pktType !== 'host') {
      netns.drop(
        skb,
        'broadcast-not-forwarded',
        'ip',
        'only packets addressed to this host alone are forwarded',
      );
      return;
    }
    if (packet.ttl <= 1) {
      const text =
        skb.trace === undefined ? '' : `the time to live is ${packet.ttl}: it would reach 0 here`;
      netns.drop(skb, 'ttl-expired', 'ip', text);
      netns.icmp.sendError(skb, ICMP4.timeExceeded, ICMP_TIME_EXCEEDED.inTransit, 0);
      return;
    }
    const mtuBytes = route.mtuBytes;
    const lengthBytes = skb.segmentBytes;
    if (packet.df && (lengthBytes > mtuBytes || skb.fragMaxBytes > mtuBytes)) {
      const text =
        skb.trace === undefined
          ? ''
          : `the packet has ${lengthBytes} octets, ${outDev.name} takes ${mtuBytes}, and DF forbids to fragment it`;
      netns.drop(skb, 'mtu-exceeded', 'ip', text);
      netns.icmp.sendError(skb, ICMP4.destUnreachable, ICMP4_UNREACHABLE.fragNeeded, mtuBytes);
      return;
    }
    const lowered = withTtl(packet, packet.ttl - 1);
    skb.packet = lowered;
    // A redirect about a translated packet would name the wrong destination: NAT drops it.
    if (outDev === inDev && inDev.conf.sendRedirects && !netns.input.translated) {
      this.redirect(skb, lowered, route, inDev);
    }
    if (skb.trace !== undefined) {
      const text = `${netns.title} forwards the packet from ${inDev.name} to ${outDev.name}; the time to live goes from ${packet.ttl} to ${lowered.ttl}`;
      netns.step(skb, 'ip', 'forward', text);
    }
    if (netns.netfilter.active) {
      if (netns.netfilter.run('FORWARD', skb, inDev, outDev) !== 'accept') return;
    }
    const now = skb.packet;
    if (now.kind === 'ipv4') netns.output.output(skb, now, route);
  }

  /** The packet leaves as it came: its sender could have asked the next hop itself (ip_rt_send_redirect). */
  private redirect(skb: Skb, packet: Ipv4Packet, route: RouteEntry, device: NetDevice): void {
    const gateway = route.via ?? packet.dst;
    if (!isIpv4(gateway)) return;
    // Only who sent the packet itself, on this link, can do better.
    const back = this.netns.fib.lookup(packet.src);
    if (back?.dev !== device || back.via !== undefined) return;
    if (!device.conf.sharedMedia && !onLink(device, packet.src, gateway)) return;
    if (skb.trace !== undefined) {
      const text = `the packet leaves by ${device.name}, where it came in: ${formatIp(packet.src)} is told to use ${formatIp(gateway)} itself`;
      this.netns.step(skb, 'icmp', 'redirect', text);
    }
    this.netns.icmp.sendRedirect(skb, packet.src, gateway);
  }
}

/** The same packet with another time to live; written out so that all packets have one shape. */
function withTtl(packet: Ipv4Packet, ttl: number): Ipv4Packet {
  return {
    kind: 'ipv4',
    src: packet.src,
    dst: packet.dst,
    ttl,
    tos: packet.tos,
    id: packet.id,
    df: packet.df,
    mf: packet.mf,
    fragOffset: packet.fragOffset,
    proto: packet.proto,
    body: packet.body,
  };
}
