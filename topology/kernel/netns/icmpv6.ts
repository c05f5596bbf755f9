import { formatIp, IPV6_ANY, type Ipv6, isMulticast6, needsLink6 } from '../../addr/index.js';
import { MILLISECOND } from '../../base/index.js';
import {
  ICMP_TIME_EXCEEDED,
  ICMP6,
  ICMP6_UNREACHABLE,
  type IcmpMessage,
  IPPROTO,
  type Ipv6Packet,
  isIcmpError,
  quoteOf,
} from '../../wire/index.js';
import type { NetDevice } from '../link/device.js';
import type { Skb } from '../skb.js';
import { selectSource6 } from './ipv6-source.js';
import type { NetNamespace } from './namespace.js';
import { readQuotedIpv6 } from './quoted-packet.js';

/** Multicast listener discovery (RFC 2710, RFC 3810). */
const MLD: ReadonlySet<number> = new Set([130, 131, 132, 143]);

/** ICMPv6 of a namespace (net/ipv6/icmp.c): echo replies, errors sent and errors received. */
export class Icmpv6 {
  private readonly netns: NetNamespace;

  constructor(netns: NetNamespace) {
    this.netns = netns;
  }

  /** A message for this host (icmpv6_rcv). */
  receive(skb: Skb, packet: Ipv6Packet, message: IcmpMessage, device: NetDevice): void {
    const { netns } = this;
    const { type } = message;
    switch (type) {
      case ICMP6.echoRequest:
        this.echo(skb, packet, message, device);
        return;
      case ICMP6.echoReply:
        netns.sockets.echoReply(skb, packet, message);
        return;
      case ICMP6.neighborSolicitation:
      case ICMP6.neighborAdvertisement:
        netns.ndp.receive(skb, packet, message, device);
        return;
      case ICMP6.redirect:
        netns.redirects6.receive(skb, packet, message, device);
        return;
      default:
        if (isIcmpError('ipv6', type)) {
          this.receiveError(skb, packet, message);
          return;
        }
        netns.drop(skb, 'icmp-ignored', 'icmp', ignoredText(type));
    }
  }

  /**
   * icmp6_send: an error about a packet to its sender, unless rules or limits forbid it. It comes from the address
   * that the packet was sent to if that is here, else from one of the device that the packet came in by.
   */
  sendError(about: Skb, type: number, code: number, rest: number): void {
    const { netns } = this;
    const { packet } = about;
    if (packet.kind !== 'ipv6' || !mayCause(about, packet, type)) return;
    const { src: to, dst } = packet;
    const by = about.bridgeRouted ?? about.iif;
    const came = by === undefined ? undefined : netns.deviceByIndex(by.ifindex);
    const own = netns.ip.isLocal(dst) || netns.fib.lookup(dst)?.type === 'anycast';
    const src = own ? dst : this.sourceTowards(to, came);
    const oif = needsLink6(to) ? came : undefined;
    const route = netns.router6.outputRoute(to, src, oif, 0);
    if (route === undefined) return;
    if (route.type !== 'local' && !this.allowed(to, type)) {
      if (about.trace !== undefined) {
        const text = `too many ICMPv6 errors went to ${formatIp(to)} just now (net.ipv6.icmp.ratelimit)`;
        netns.step(about, 'icmp', 'suppress', text);
      }
      return;
    }
    if (about.trace !== undefined) {
      const text = `${netns.title} tells ${formatIp(to)}: ${errorText6(type, code, rest)}`;
      netns.step(about, 'icmp', 'send-error', text);
    }
    netns.output6.send({
      src,
      dst: to,
      proto: IPPROTO.icmpv6,
      body: { kind: 'icmp', type, code, rest, payload: quoteOf(packet) },
      ...(oif === undefined ? {} : { oif }),
      cause: about,
    });
  }

  /** A packet of this host or one passed on could not be delivered on its last link (ip6_link_failure). */
  addressUnreachable(about: Skb): void {
    this.sendError(about, ICMP6.destUnreachable, ICMP6_UNREACHABLE.address, 0);
  }

  /** A route's own preferred source counts; else an address of the device that the packet came in by. */
  private sourceTowards(to: Ipv6, came: NetDevice | undefined): Ipv6 | undefined {
    const { netns } = this;
    if (came === undefined || netns.fib.lookup(to)?.prefSrc !== undefined) return undefined;
    return selectSource6(netns, to, came);
  }

  private echo(skb: Skb, packet: Ipv6Packet, message: IcmpMessage, device: NetDevice): void {
    const { netns } = this;
    const group = isMulticast6(packet.dst);
    const anycast = netns.fib.lookup(packet.dst)?.type === 'anycast';
    const setting = netns.sysctl('net.ipv6.icmp.echo_ignore_all')
      ? 'all'
      : group && netns.sysctl('net.ipv6.icmp.echo_ignore_multicast')
        ? 'multicast'
        : anycast && netns.sysctl('net.ipv6.icmp.echo_ignore_anycast')
          ? 'anycast'
          : undefined;
    if (setting !== undefined) {
      const text = `net.ipv6.icmp.echo_ignore_${setting} is 1, so this ping is not answered`;
      netns.drop(skb, 'icmp-ignored', 'icmp', text);
      return;
    }
    if (skb.trace !== undefined) {
      netns.step(skb, 'icmp', 'echo', `${netns.title} answers the ping of ${formatIp(packet.src)}`);
    }
    netns.output6.send({
      src: group || anycast ? undefined : packet.dst,
      dst: packet.src,
      proto: IPPROTO.icmpv6,
      body: {
        kind: 'icmp',
        type: ICMP6.echoReply,
        code: 0,
        rest: message.rest,
        payload: message.payload,
      },
      ...(group ? { oif: device } : {}),
      tos: packet.trafficClass,
      cause: skb,
    });
  }

  /** An error about something that this host sent: path MTU, then the socket (icmpv6_notify). */
  private receiveError(skb: Skb, packet: Ipv6Packet, message: IcmpMessage): void {
    const { netns } = this;
    const quoted = readQuotedIpv6(message.payload);
    if (quoted === undefined) {
      netns.drop(skb, 'malformed', 'icmp', 'the error quotes no packet');
      return;
    }
    const { type, code, rest } = message;
    if (skb.trace !== undefined) {
      const text = `${formatIp(packet.src)} says about the packet to ${formatIp(quoted.dst)}: ${errorText6(type, code, rest)}`;
      netns.step(skb, 'icmp', 'receive-error', text);
    }
    if (type === ICMP6.packetTooBig && quoted.proto !== IPPROTO.tcp) {
      netns.ip.learnPathMtu(quoted.dst, rest);
    }
    netns.sockets.icmpError(skb, message, quoted);
  }

  private allowed(to: Ipv6, type: number): boolean {
    const { netns } = this;
    if (!inRateMask(netns.sysctls.read('net.ipv6.icmp.ratemask') ?? '', type)) return true;
    const { icmpLimits } = netns;
    const perSecond = netns.sysctl('net.ipv4.icmp_msgs_per_sec');
    const burst = netns.sysctl('net.ipv4.icmp_msgs_burst');
    if (!icmpLimits.allowGlobal(perSecond, burst)) return false;
    return icmpLimits.allowError(to, netns.sysctl('net.ipv6.icmp.ratelimit') * MILLISECOND);
  }
}

/** RFC 4443 section 2.4 (e): no error about errors, groups, and packets whose source is not one node. */
function mayCause(about: Skb, packet: Ipv6Packet, type: number): boolean {
  const { src, dst, body } = packet;
  const toOne = about.pktType === 'host' || about.pktType === 'outgoing';
  if ((!toOne || isMulticast6(dst)) && type !== ICMP6.packetTooBig) return false;
  if (src === IPV6_ANY || isMulticast6(src)) return false;
  if (packet.proto !== IPPROTO.icmpv6 || (packet.fragment?.offset ?? 0) > 0) return true;
  const kind =
    body.kind === 'icmp' ? body.type : body.kind === 'opaque' ? (body.octets[0] ?? 0) : 0;
  return !isIcmpError('ipv6', kind);
}

/** Whether `net.ipv6.icmp.ratemask`, such as `0-1,3-127`, holds a type. */
function inRateMask(mask: string, type: number): boolean {
  return mask.split(',').some((range) => {
    const [from = '', to = from] = range.split('-');
    return from !== '' && type >= Number(from) && type <= Number(to);
  });
}

function ignoredText(type: number): string {
  if (MLD.has(type)) return 'no router for groups is here, so listener reports are not read';
  if (type === ICMP6.routerSolicitation || type === ICMP6.routerAdvertisement)
    return 'router advertisements are not modelled';
  return `nothing here handles ICMPv6 type ${type}`;
}

/** An ICMPv6 error in words. */
export function errorText6(type: number, code: number, rest: number): string {
  switch (type) {
    case ICMP6.packetTooBig:
      return `packet too big, next-hop MTU ${rest}`;
    case ICMP6.timeExceeded:
      return code === ICMP_TIME_EXCEEDED.inTransit
        ? 'hop limit exceeded'
        : 'fragments did not come in time';
    case ICMP6.parameterProblem:
      return code === 1 ? 'unknown next header' : 'parameter problem';
    case ICMP6.destUnreachable:
      return UNREACHABLE_TEXTS[code] ?? `destination unreachable, code ${code}`;
    default:
      return `ICMPv6 type ${type}`;
  }
}

const UNREACHABLE_TEXTS: readonly string[] = [
  'no route to the destination',
  'administratively prohibited',
  'beyond the scope of the source address',
  'address unreachable',
  'port unreachable',
  'source address failed the policy',
  'a route rejects the destination',
];
