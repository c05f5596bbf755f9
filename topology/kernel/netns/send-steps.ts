import { formatIp, type Ip } from '../../addr/index.js';
import { ETHERTYPE, type Ipv4Packet, type Ipv6Packet } from '../../wire/index.js';
import type { SendRequest } from '../contract.js';
import type { Errno } from '../errno.js';
import { Skb } from '../skb.js';
import type { NetNamespace } from './namespace.js';
import type { RouteEntry } from './route.js';

/** What both families do alike with packets of this host: begin them, and tell where they go or why nowhere. */
export class SendSteps {
  private readonly netns: NetNamespace;

  constructor(netns: NetNamespace) {
    this.netns = netns;
  }

  /** A packet with the mark, the socket and its hash, the cause and the trace of its request. */
  begin(packet: Ipv4Packet | Ipv6Packet, request: SendRequest): Skb {
    const { cause } = request;
    const skb = new Skb(packet, packet.kind === 'ipv4' ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6);
    skb.mark = request.mark ?? 0;
    skb.owner = request.owner;
    skb.txHash = request.owner?.txHash ?? 0;
    follow(skb, request);
    if (cause !== undefined) this.netns.netfilter.attach(skb, cause);
    return skb;
  }

  /** Tells what the routing decision came to; for traced packets. */
  routed(skb: Skb, { dst, src }: Ipv4Packet | Ipv6Packet, route: RouteEntry): void {
    const text =
      route.type === 'local'
        ? `${formatIp(dst)} is an address of this namespace, so the packet goes over lo`
        : `${formatIp(dst)} matches route ${route.text()}; the source address is ${formatIp(src)}`;
    this.netns.step(skb, 'route', 'lookup', text);
  }

  /** Tells what the second decision after OUTPUT came to; a packet without a route is dropped. */
  rerouted(skb: Skb, dst: Ip, route: RouteEntry | undefined): void {
    const { netns } = this;
    if (route === undefined) {
      const text = skb.trace === undefined ? '' : `after OUTPUT no route matches ${formatIp(dst)}`;
      netns.drop(skb, 'no-route', 'route', text);
    } else if (skb.trace !== undefined) {
      const text = `OUTPUT changed the packet, so it is routed again: ${formatIp(dst)} matches route ${route.text()}`;
      netns.step(skb, 'route', 'reroute', text);
    }
  }

  /** Counts a packet that there is no way for, or shows it to the trace that asks; answers the errno. */
  unroutable(request: SendRequest, errno: Errno, packetOf: () => Ipv4Packet | Ipv6Packet): Errno {
    const { netns } = this;
    const trace = request.trace ?? request.owner?.trace ?? request.cause?.trace;
    if (trace === undefined) {
      netns.countDrop('no-route');
      return errno;
    }
    const packet = packetOf();
    const skb = new Skb(packet, packet.kind === 'ipv4' ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6);
    follow(skb, request);
    netns.drop(
      skb,
      'no-route',
      'route',
      `${this.why(packet.dst, errno)}: the send fails with ${errno}`,
    );
    return errno;
  }

  private why(dst: Ip, errno: Errno): string {
    if (errno === 'EADDRNOTAVAIL') {
      return `no address here can be the source of a packet to ${formatIp(dst)}`;
    }
    const route = this.netns.fib.lookup(dst);
    return route === undefined
      ? `no route matches ${formatIp(dst)}`
      : `${formatIp(dst)} matches route ${route.text()}`;
  }
}

/** A packet belongs to the trace of its cause, else to that of its request or socket. */
function follow(skb: Skb, request: SendRequest): void {
  if (request.cause !== undefined) skb.causedBy(request.cause);
  const trace = request.trace ?? request.owner?.trace;
  if (skb.trace === undefined && trace !== undefined) {
    skb.trace = trace;
    skb.packetId = trace.nextPacketId();
  }
}
