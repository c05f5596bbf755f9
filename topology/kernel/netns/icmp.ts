import { formatIp, IPV4_BROADCAST, type Ipv4, ipv4, isMulticast4 } from '../../addr/index.js';
import { MILLISECOND } from '../../base/index.js';
import {
  ICMP4,
  ICMP4_UNREACHABLE,
  type IcmpMessage,
  IPPROTO,
  type Ipv4Packet,
  isIcmpError,
  quoteOf,
  TCP_SYN,
} from '../../wire/index.js';
import type { NetDevice } from '../link/device.js';
import type { Skb } from '../skb.js';
import type { NetNamespace } from './namespace.js';
import { readQuotedIpv4 } from './quoted-packet.js';
import { isZeronet } from './router.js';

/** Redirect for one host (RFC 792). */
const REDIRECT_HOST = 1;

/** Precedence "internetwork control" that errors carry (RFC 1812 section 4.3.2.5). */
const TOS_INTERNET_CONTROL = 0xc0;

/** ICMP of a namespace (net/ipv4/icmp.c): echo replies, errors sent and errors received. */
export class Icmp {
  private readonly netns: NetNamespace;

  constructor(netns: NetNamespace) {
    this.netns = netns;
  }

  /** Whether the limiter of routing errors lets one more go to a sender. */
  allowRouteError(to: Ipv4): boolean {
    return this.netns.icmpLimits.allowRouteError(to);
  }

  /** A message for this host. */
  receive(skb: Skb, packet: Ipv4Packet, message: IcmpMessage, device: NetDevice): void {
    const { netns } = this;
    switch (message.type) {
      case ICMP4.echoRequest:
        this.echo(skb, packet, message, device);
        return;
      case ICMP4.echoReply:
        netns.sockets.echoReply(skb, packet, message);
        return;
      case ICMP4.destUnreachable:
      case ICMP4.timeExceeded:
      case ICMP4.parameterProblem:
        this.receiveError(skb, packet, message);
        return;
      case ICMP4.redirect:
        this.receiveRedirect(skb, packet, message, device);
        return;
      default:
        netns.drop(skb, 'icmp-ignored', 'icmp', `nothing here handles ICMP type ${message.type}`);
    }
  }

  /** icmp_send: an error about a packet to its sender, unless rules or limits forbid it. */
  sendError(about: Skb, type: number, code: number, rest: number): void {
    const { netns } = this;
    const { packet } = about;
    if (packet.kind !== 'ipv4' || !this.mayCause(about, packet)) return;
    const local = netns.ip.isLocal(packet.dst) && about.iif !== undefined;
    const route = netns.router.outputRoute(
      packet.src,
      local ? packet.dst : undefined,
      undefined,
      0,
    );
    if (route === undefined) return;
    const overLoopback = netns.router.outputType === 'local';
    if (!overLoopback && !this.allowed(packet.src, type, code)) {
      if (about.trace !== undefined) {
        const text = `no more than one ICMP error per second goes to ${formatIp(packet.src)} (icmp_ratelimit)`;
        netns.step(about, 'icmp', 'suppress', text);
      }
      return;
    }
    if (about.trace !== undefined) {
      const text = `${netns.title} tells ${formatIp(packet.src)}: ${errorText(type, code, rest)}`;
      netns.step(about, 'icmp', 'send-error', text);
    }
    netns.output.send({
      src: local ? packet.dst : undefined,
      dst: packet.src,
      proto: IPPROTO.icmp,
      body: { kind: 'icmp', type, code, rest, payload: quoteOf(packet) },
      pmtudisc: 'dont',
      tos: (packet.tos & 0x1e) | TOS_INTERNET_CONTROL,
      cause: about,
    });
  }

  /** A packet of this host or one passed on could not be delivered on its last link (ipv4_link_failure). */
  hostUnreachable(about: Skb): void {
    this.sendError(about, ICMP4.destUnreachable, ICMP4_UNREACHABLE.host, 0);
  }

  sendRedirect(about: Skb, to: Ipv4, gateway: Ipv4): void {
    if (!this.netns.icmpLimits.allowRedirect(to)) return;
    this.sendError(about, ICMP4.redirect, REDIRECT_HOST, gateway);
  }

  private echo(skb: Skb, packet: Ipv4Packet, message: IcmpMessage, device: NetDevice): void {
    const { netns } = this;
    const toAll = skb.pktType === 'broadcast' || skb.pktType === 'multicast';
    const ignored =
      netns.echoIgnoreAll || (toAll && netns.sysctl('net.ipv4.icmp_echo_ignore_broadcasts') !== 0);
    if (ignored) {
      const key = netns.echoIgnoreAll ? 'icmp_echo_ignore_all' : 'icmp_echo_ignore_broadcasts';
      netns.drop(skb, 'icmp-ignored', 'icmp', `net.ipv4.${key} is 1, so this ping is not answered`);
      return;
    }
    if (skb.trace !== undefined) {
      netns.step(skb, 'icmp', 'echo', `${netns.title} answers the ping of ${formatIp(packet.src)}`);
    }
    const own = toAll ? netns.ip.primaryAddress(device, 'ipv4', packet.src) : packet.dst;
    netns.output.send({
      src: own,
      dst: packet.src,
      proto: IPPROTO.icmp,
      body: {
        kind: 'icmp',
        type: ICMP4.echoReply,
        code: 0,
        rest: message.rest,
        payload: message.payload,
      },
      pmtudisc: 'dont',
      tos: packet.tos,
      mark: 0,
      cause: skb,
    });
  }

  /** An error about something that this host sent: path MTU, then the socket. */
  private receiveError(skb: Skb, packet: Ipv4Packet, message: IcmpMessage): void {
    const { netns } = this;
    const quoted = readQuotedIpv4(message.payload);
    if (quoted === undefined) {
      netns.drop(skb, 'malformed', 'icmp', 'the error quotes no packet');
      return;
    }
    const needed =
      message.type === ICMP4.destUnreachable && message.code === ICMP4_UNREACHABLE.fragNeeded;
    if (skb.trace !== undefined) {
      const text = `${formatIp(packet.src)} says about the packet to ${formatIp(quoted.dst)}: ${errorText(message.type, message.code, message.rest)}`;
      netns.step(skb, 'icmp', 'receive-error', text);
    }
    // TCP looks first whether the error is about something it sent, and when it may act on it.
    if (needed && quoted.proto !== IPPROTO.tcp) {
      netns.ip.learnPathMtu(quoted.dst, message.rest & 0xffff);
    }
    netns.sockets.icmpError(skb, message, quoted);
  }

  /** `accept_redirects`: believed from the present gateway alone, about a gateway on this link. */
  private receiveRedirect(
    skb: Skb,
    packet: Ipv4Packet,
    message: IcmpMessage,
    device: NetDevice,
  ): void {
    const { netns } = this;
    const quoted = readQuotedIpv4(message.payload);
    const gateway = ipv4(message.rest);
    const accepted =
      !aboutSyn(quoted) &&
      device.conf.acceptRedirects &&
      quoted !== undefined &&
      !netns.ip.isLocal(gateway);
    const route = quoted === undefined ? undefined : netns.fib.lookup(quoted.dst);
    const present =
      quoted === undefined ? undefined : (netns.exceptions.gatewayOf(quoted.dst) ?? route?.via);
    if (!accepted || quoted === undefined || present !== packet.src || route?.dev !== device) {
      netns.drop(
        skb,
        'icmp-ignored',
        'icmp',
        'the redirect is not accepted (accept_redirects, or not from the gateway in use)',
      );
      return;
    }
    const via = netns.fib.lookup(gateway);
    if (via === undefined || via.via !== undefined || via.dev !== device) {
      netns.drop(
        skb,
        'icmp-ignored',
        'icmp',
        `${formatIp(gateway)} is not on this link, so the redirect is ignored`,
      );
      return;
    }
    if (skb.trace !== undefined) {
      const text = `from now on packets to ${formatIp(quoted.dst)} go to ${formatIp(gateway)} instead of ${formatIp(packet.src)}`;
      netns.step(skb, 'icmp', 'redirect', text);
    }
    netns.exceptions.learnGateway(quoted.dst, gateway);
  }

  /** RFC 1122 section 3.2.2: no error about broadcasts, later fragments, other errors. */
  private mayCause(about: Skb, packet: Ipv4Packet): boolean {
    if (about.pktType !== 'host' && about.pktType !== 'outgoing') return false;
    if (packet.fragOffset > 0 || isMulticast4(packet.dst) || packet.dst === IPV4_BROADCAST)
      return false;
    if (isZeronet(packet.src) || isMulticast4(packet.src)) return false;
    if (packet.proto !== IPPROTO.icmp) return true;
    const { body } = packet;
    const type =
      body.kind === 'icmp' ? body.type : body.kind === 'opaque' ? (body.octets[0] ?? 0) : 0;
    return !isIcmpError('ipv4', type) && type !== ICMP4.redirect;
  }

  private allowed(to: Ipv4, type: number, code: number): boolean {
    const { netns } = this;
    const mask = netns.sysctl('net.ipv4.icmp_ratemask');
    if (type > 31 || ((mask >>> type) & 1) === 0) return true;
    if (type === ICMP4.destUnreachable && code === ICMP4_UNREACHABLE.fragNeeded) return true;
    const perSecond = netns.sysctl('net.ipv4.icmp_msgs_per_sec');
    const burst = netns.sysctl('net.ipv4.icmp_msgs_burst');
    if (!netns.icmpLimits.allowGlobal(perSecond, burst)) return false;
    return netns.icmpLimits.allowError(to, netns.sysctl('net.ipv4.icmp_ratelimit') * MILLISECOND);
  }
}

/** A SYN: its socket is still inside connect(), which keeps redirects out (sock_owned_by_user). */
function aboutSyn(quoted: Ipv4Packet | undefined): boolean {
  return quoted?.body.kind === 'tcp' && (quoted.body.flags & TCP_SYN) !== 0;
}

/** An ICMP error in words. */
export function errorText(type: number, code: number, rest: number): string {
  if (type === ICMP4.timeExceeded) return 'time to live exceeded';
  if (type === ICMP4.redirect) return `redirect, use ${formatIp(ipv4(rest))}`;
  if (type === ICMP4.parameterProblem) return 'parameter problem';
  switch (code) {
    case 0:
      return 'network unreachable';
    case 1:
      return 'host unreachable';
    case 2:
      return 'protocol unreachable';
    case 3:
      return 'port unreachable';
    case 4:
      return `fragmentation needed, next-hop MTU ${rest & 0xffff}`;
    case 9:
      return 'network administratively prohibited';
    case 10:
      return 'host administratively prohibited';
    case 13:
      return 'communication administratively prohibited';
    default:
      return `destination unreachable, code ${code}`;
  }
}
