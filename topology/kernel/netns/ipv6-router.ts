import {
  formatIp,
  IPV6_ANY,
  IPV6_LOOPBACK,
  type Ipv6,
  isMulticast6,
  needsLink6,
  SCOPE6,
  scopeOf6,
} from '../../addr/index.js';
import type { DropReason } from '../drop.js';
import type { Errno } from '../errno.js';
import type { NetDevice } from '../link/device.js';
import { isMember6 } from './ipv6-address.js';
import { selectSource6 } from './ipv6-source.js';
import type { NetNamespace } from './namespace.js';
import { dropOf, errorOf, type RouteEntry } from './route.js';

/** What is to be done with an IPv6 packet that came in. */
export type InputDecision6 = 'local' | 'forward' | 'error' | 'drop';

/**
 * Decides where IPv6 packets go (net/ipv6/route.c): `decideInput` for those that came in, `outputRoute` for
 * those that this host sends. As with `Router`, answers of more than one value leave the others in fields,
 * valid until the next question.
 *
 * Fidelity: the reachability of gateways does not choose between routes (rt6_score_route).
 */
export class Ipv6Router {
  /** After `decideInput`: the route that decided, and why the packet goes no further. */
  route: RouteEntry | undefined = undefined;
  dropReason: DropReason = 'no-route';
  /** After `outputRoute`: source and destination (:: becomes this host), or the errno. */
  chosenSource: Ipv6 = IPV6_ANY;
  chosenDestination: Ipv6 = IPV6_ANY;
  outputErrno: Errno = 'ENETUNREACH';
  private readonly netns: NetNamespace;

  constructor(netns: NetNamespace) {
    this.netns = netns;
  }

  /** What the header alone forbids (ip6_rcv_core); undefined when nothing does. */
  martian(dst: Ipv6, src: Ipv6, device: NetDevice): DropReason | undefined {
    const looped = device.kind === 'loopback';
    if (!looped && src === IPV6_LOOPBACK) return 'martian-source';
    if (!looped && dst === IPV6_LOOPBACK) return 'martian-destination';
    if (isMulticast6(src)) return 'martian-source';
    if (!isMulticast6(dst)) return undefined;
    const scope = scopeOf6(dst);
    const tooNear = scope === SCOPE6.reserved || (scope === SCOPE6.interface && !looped);
    return tooNear ? 'martian-destination' : undefined;
  }

  /** ip6_route_input: for this host, to be passed on, or neither. */
  decideInput(dst: Ipv6, src: Ipv6, device: NetDevice, mark: number): InputDecision6 {
    if (isMulticast6(dst)) {
      this.route = undefined;
      this.dropReason = 'multicast-not-joined';
      return isMember6(device, dst) ? 'local' : 'drop';
    }
    const { netns } = this;
    const oif = needsLink6(dst) ? device : undefined;
    const route = netns.fib.lookupFor({ dst, src, iif: device, oif, mark });
    this.route = route;
    if (route?.type === 'local' || route?.type === 'anycast') return 'local';
    if (route === undefined || route.type !== 'unicast') {
      this.dropReason = dropOf(route === undefined ? 'none' : route.type);
      return 'error';
    }
    if (netns.conf6All.forwarding || device.conf6.forceForwarding) return 'forward';
    this.dropReason = 'forwarding-disabled';
    return 'drop';
  }

  /** For a translated frame on a bridge: the device and next hop of its new destination. */
  bridgedRoute(
    dst: Ipv6,
    src: Ipv6,
    bridge: NetDevice,
  ): { readonly dev: NetDevice; readonly nextHop: Ipv6 } | undefined {
    const decision = this.decideInput(dst, src, bridge, 0);
    if (decision === 'local') return { dev: this.netns.loopback, nextHop: dst };
    // Bridged and translated traffic does not need forwarding.
    const { route } = this;
    if (decision === 'error' || route?.dev === undefined) return undefined;
    return { dev: route.dev, nextHop: via6(route) ?? dst };
  }

  /**
   * ip6_dst_lookup_tail: the way of a packet of this host, and its source by RFC 6724 when none is given.
   * Undefined with `outputErrno` when there is none: EADDRNOTAVAIL when no address could be the source.
   */
  outputRoute(
    dst: Ipv6,
    src: Ipv6 | undefined,
    oif: NetDevice | undefined,
    mark: number,
  ): RouteEntry | undefined {
    const { netns } = this;
    const destination = dst === IPV6_ANY ? IPV6_LOOPBACK : dst;
    this.chosenDestination = destination;
    const given = src === IPV6_ANY ? undefined : src;
    let route = this.find(destination, given, oif, mark);
    let source = given;
    if (source === undefined) {
      const usable = isUsable(route);
      source =
        preferred6(usable ? route : undefined) ??
        selectSource6(netns, destination, usable ? route?.dev : undefined);
      if (source === undefined) return this.no('EADDRNOTAVAIL');
      // Without a way for no source in particular there may be one for this source.
      if (!usable) route = this.find(destination, source, oif, mark);
    }
    this.chosenSource = source;
    if (route === undefined) return this.no('ENETUNREACH');
    return isUsable(route) ? route : this.no(errorOf(route.type));
  }

  /** The sentence of a drop that `martian` or `decideInput` decided. */
  explain(dst: Ipv6, src: Ipv6, device: NetDevice): string {
    switch (this.dropReason) {
      case 'martian-source':
        return `a packet from ${formatIp(src)} cannot come in by ${device.name}`;
      case 'martian-destination':
        return `a packet to ${formatIp(dst)} must not come in by ${device.name}`;
      case 'multicast-not-joined':
        return `${device.name} has not joined the group ${formatIp(dst)}`;
      case 'forwarding-disabled':
        return `${formatIp(dst)} is not an address of ${this.netns.title}, and net.ipv6.conf.all.forwarding is 0 here: the packet is ignored and nobody is told`;
      default:
        return this.route === undefined
          ? `no route matches ${formatIp(dst)}`
          : `${formatIp(dst)} matches route ${this.route.text()}`;
    }
  }

  private find(
    dst: Ipv6,
    src: Ipv6 | undefined,
    oif: NetDevice | undefined,
    mark: number,
  ): RouteEntry | undefined {
    return this.netns.fib.lookupFor({ dst, src, iif: undefined, oif, mark });
  }

  private no(errno: Errno): undefined {
    this.outputErrno = errno;
    return undefined;
  }
}

/** The gateway of an IPv6 route. */
export function via6(route: RouteEntry): Ipv6 | undefined {
  return typeof route.via === 'bigint' ? route.via : undefined;
}

function preferred6(route: RouteEntry | undefined): Ipv6 | undefined {
  const preferred = route?.prefSrc;
  return typeof preferred === 'bigint' ? preferred : undefined;
}

/** Whether packets may take the route: it does not refuse them. */
function isUsable(route: RouteEntry | undefined): boolean {
  switch (route?.type) {
    case 'unicast':
    case 'local':
    case 'anycast':
    case 'multicast':
      return true;
    default:
      return false;
  }
}
