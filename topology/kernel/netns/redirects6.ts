import { formatIp, type Ipv6, isLinkLocal6, isMulticast6 } from '../../addr/index.js';
import { SECOND } from '../../base/index.js';
import {
  type IcmpMessage,
  type Ipv6Packet,
  NDP_HOP_LIMIT,
  quoteOf,
  readRedirect,
  redirect,
} from '../../wire/index.js';
import type { NetDevice } from '../link/device.js';
import type { Skb } from '../skb.js';
import { linkLocalAddress } from './ipv6-address.js';
import { via6 } from './ipv6-router.js';
import type { NetNamespace } from './namespace.js';

/** Redirects of IPv6 (RFC 4861 section 8): a router tells a neighbour the better first hop. */
export class Redirects6 {
  private readonly netns: NetNamespace;

  constructor(netns: NetNamespace) {
    this.netns = netns;
  }

  /**
   * The packet leaves by the link that it came from: tells its sender, if a neighbour, whom to ask itself
   * (ndisc_send_redirect). Only the destination itself or a link-local address can be named.
   */
  send(
    about: Skb,
    packet: Ipv6Packet,
    way: { readonly target: Ipv6; readonly device: NetDevice; readonly outDev: NetDevice },
  ): void {
    const { netns } = this;
    const { target, device } = way;
    const { src: to, dst } = packet;
    // Rarely to one destination, and rarely to one source.
    if (!netns.icmpLimits.allowError(dst, SECOND)) return;
    const src = linkLocalAddress(device);
    if (src === undefined || (target !== dst && !isLinkLocal6(target))) return;
    const back = netns.fib.lookupFor({ dst: to, src, iif: undefined, oif: device, mark: 0 });
    if (back?.type !== 'unicast' || back.via !== undefined) return;
    if (!netns.icmpLimits.allowError(to, SECOND)) return;
    if (about.trace !== undefined) {
      const text = `the packet leaves by ${device.name}, where it came in: ${formatIp(to)} is told to use ${formatIp(target)} itself`;
      netns.step(about, 'icmp', 'redirect', text);
    }
    const mac = netns.neighbors.validMac(way.outDev, target);
    const message = redirect({ target, dst, mac, quoted: quoteOf(packet) });
    netns.ndp.send({ message, device, src, dst: to, cause: about });
  }

  /** `accept_redirects`, while not forwarding: believed from the gateway in use alone (ndisc_redirect_rcv, rt6_do_redirect). */
  receive(skb: Skb, packet: Ipv6Packet, message: IcmpMessage, device: NetDevice): void {
    const { netns } = this;
    const read = packet.hopLimit === NDP_HOP_LIMIT ? readRedirect(message) : undefined;
    if (read === undefined || !isLinkLocal6(packet.src) || isMulticast6(read.dst)) {
      netns.drop(skb, 'malformed', 'icmp', 'the redirect is not valid');
      return;
    }
    const { dst, target } = read;
    const { conf6 } = device;
    const wanted = conf6.acceptRedirects && !conf6.forwarding;
    const route = netns.fib.lookup(dst);
    const present =
      netns.exceptions.gatewayOf(dst) ?? (route === undefined ? undefined : via6(route));
    const direct = target === dst;
    const sound = direct || isLinkLocal6(target);
    if (!wanted || !sound || present !== packet.src || route?.dev !== device) {
      const text =
        'the redirect is not accepted (accept_redirects, or not from the gateway in use)';
      netns.drop(skb, 'icmp-ignored', 'icmp', text);
      return;
    }
    if (skb.trace !== undefined) {
      const text = `from now on packets to ${formatIp(dst)} go to ${formatIp(target)} instead of ${formatIp(packet.src)}`;
      netns.step(skb, 'icmp', 'redirect', text);
    }
    const entry = netns.neighbors.create(device, target);
    if (!direct) entry.router = true;
    if (read.mac !== undefined) {
      netns.neighbors.update(entry, read.mac, { state: 'stale', override: true, admin: false });
    }
    netns.exceptions.learnGateway(dst, target);
  }
}
