import {
  formatIp,
  IPV4_BROADCAST,
  type Ip,
  type Ipv4,
  isIpv4,
  isLoopback4,
  isMulticast4,
} from '../../addr/index.js';
import type { Ipv4Packet } from '../../wire/index.js';
import type { DropReason } from '../drop.js';
import type { Errno } from '../errno.js';
import type { NetDevice } from '../link/device.js';
import { selectAddress } from './address.js';
import type { NetNamespace } from './namespace.js';
import { dropOf, errorOf, RouteEntry } from './route.js';
import { SCOPE } from './scope.js';

/** What is to be done with a packet that came in (ip_route_input). */
export type InputDecision = 'local' | 'broadcast' | 'forward' | 'error' | 'drop';

/**
 * Decides where IPv4 packets go (net/ipv4/route.c): `decideInput` for those that came in, `outputRoute` for
 * those that this host sends. Answers that need more than one value leave the others in fields, valid until
 * the next question, so that a decision allocates nothing.
 */
export class Router {
  /** After `decideInput`: the route that decided; for 'error' what Linux's dst.error says. */
  route: RouteEntry | undefined = undefined;
  error: Errno | undefined = undefined;
  dropReason: DropReason = 'no-route';
  /** After `outputRoute`: source address and destination (0.0.0.0 becomes this host), or the errno. */
  chosenSource: Ipv4 = 0 as Ipv4;
  chosenDestination: Ipv4 = 0 as Ipv4;
  outputErrno: Errno = 'ENETUNREACH';
  private readonly netns: NetNamespace;
  private lastType: RouteEntry['type'] = 'unicast';

  constructor(netns: NetNamespace) {
    this.netns = netns;
  }

  /** How the last `outputRoute` classified the destination. */
  get outputType(): RouteEntry['type'] | 'multicast' {
    return this.multicast ? 'multicast' : this.lastType;
  }
  private multicast = false;

  /** ip_route_input_slow: martians, local, broadcast, forward or error, with the reverse path checked. */
  decideInput(dst: Ipv4, src: Ipv4, device: NetDevice, mark: number): InputDecision {
    this.route = undefined;
    this.error = undefined;
    const { conf } = device;
    if (isMulticast4(src) || src === IPV4_BROADCAST) return this.martian('martian-source');
    if (dst === IPV4_BROADCAST || (src === 0 && dst === 0)) return 'broadcast';
    if (isZeronet(src)) return this.martian('martian-source');
    if (isZeronet(dst)) return this.martian('martian-destination');
    if (!conf.routeLocalnet) {
      if (isLoopback4(dst)) return this.martian('martian-destination');
      if (isLoopback4(src)) return this.martian('martian-source');
    }
    if (isMulticast4(dst)) return 'broadcast';
    const { fib } = this.netns;
    const route = fib.customRules
      ? fib.lookupFor({ dst, src, iif: device, oif: undefined, mark })
      : fib.lookup(dst);
    this.route = route;
    const type = route === undefined ? 'none' : route.type;
    if (type === 'broadcast') {
      return this.sourceValid(src, dst, device, mark) ? 'broadcast' : 'drop';
    }
    if (type === 'local') return this.sourceValid(src, dst, device, mark) ? 'local' : 'drop';
    if (!conf.forwarding) {
      this.error = 'EHOSTUNREACH';
      this.dropReason = 'forwarding-disabled';
      return 'error';
    }
    if (type !== 'unicast') {
      this.error = errorOf(type);
      this.dropReason = dropOf(type);
      return 'error';
    }
    return this.sourceValid(src, dst, device, mark) ? 'forward' : 'drop';
  }

  /** Which way a packet would go, for ARP: undefined when its sender may not come in by the device. */
  arpDecision(
    target: Ipv4,
    sender: Ipv4,
    device: NetDevice,
  ):
    | { readonly type: RouteEntry['type'] | 'none'; readonly dev: NetDevice | undefined }
    | undefined {
    const decision = this.decideInput(target, sender, device, 0);
    switch (decision) {
      case 'local':
        return { type: 'local', dev: device };
      case 'forward':
        return { type: 'unicast', dev: this.route?.dev };
      case 'broadcast':
        return { type: 'broadcast', dev: device };
      case 'error':
        return { type: 'none', dev: undefined };
      default:
        return undefined;
    }
  }

  /** For a translated frame on a bridge: the device and next hop of its new destination. */
  inputRouteDevice(
    packet: Ipv4Packet,
    bridge: NetDevice,
  ): { readonly dev: NetDevice; readonly nextHop: Ip } | undefined {
    const decision = this.decideInput(packet.dst, packet.src, bridge, 0);
    if (decision === 'local' || decision === 'broadcast') {
      const dev = this.netns.loopback;
      return { dev, nextHop: packet.dst };
    }
    let route = decision === 'forward' ? this.route : undefined;
    // Bridged and translated traffic does not need ip_forward.
    if (decision === 'error' && this.dropReason === 'forwarding-disabled') {
      route = this.netns.fib.lookup(packet.dst);
    }
    if (route?.dev === undefined || route.type !== 'unicast') return undefined;
    return { dev: route.dev, nextHop: route.via ?? packet.dst };
  }

  /**
   * ip_route_output: the way of a packet of this host. Undefined with `outputErrno` when there is none.
   * A local destination answers the local route; its device is then `lo`.
   */
  outputRoute(
    dst: Ipv4,
    src: Ipv4 | undefined,
    oif: NetDevice | undefined,
    mark: number,
  ): RouteEntry | undefined {
    this.multicast = false;
    const netns = this.netns;
    let source = src === undefined || src === 0 ? undefined : src;
    if (source !== undefined) {
      if (isMulticast4(source) || source === IPV4_BROADCAST || isZeronet(source))
        return this.no('EINVAL');
      if (!netns.ip.isLocal(source) && !netns.nonlocalBind) return this.no('EINVAL');
    }
    let destination = dst;
    if (destination === 0) {
      destination = source ?? (0x7f000001 as Ipv4);
      source ??= destination;
    }
    this.chosenDestination = destination;
    if (oif !== undefined && !oif.up) return this.no('ENETUNREACH');
    const group = isMulticast4(destination) || destination === IPV4_BROADCAST;
    if (group && oif !== undefined) return this.onLinkRoute(destination, source, oif);
    if (isZeronet(destination)) return this.no('EINVAL');
    if (destination === IPV4_BROADCAST) {
      const by = source === undefined ? undefined : netns.deviceOfAddress(source);
      if (by !== undefined) return this.onLinkRoute(destination, source, by);
    }
    const { fib } = netns;
    const plain = oif === undefined && !fib.customRules;
    const route = plain
      ? fib.lookup(destination)
      : fib.lookupFor({ dst: destination, src: source, iif: undefined, oif, mark });
    if (route === undefined) {
      if (oif !== undefined) return this.onLinkRoute(destination, source, oif);
      return this.no('ENETUNREACH');
    }
    return this.finishOutput(route, destination, source);
  }

  private finishOutput(
    route: RouteEntry,
    destination: Ipv4,
    source: Ipv4 | undefined,
  ): RouteEntry | undefined {
    const { type } = route;
    if (type === 'local') {
      const preferred = route.prefSrc;
      const given = preferred !== undefined && isIpv4(preferred) ? preferred : destination;
      this.chosenSource = source ?? given;
      this.lastType = 'local';
      return route;
    }
    if (type !== 'unicast' && type !== 'broadcast') return this.no(errorOf(type));
    const preferred = route.src;
    this.chosenSource =
      source ?? (preferred !== undefined && isIpv4(preferred) ? preferred : (0 as Ipv4));
    this.multicast = isMulticast4(destination);
    this.lastType = destination === IPV4_BROADCAST ? 'broadcast' : type;
    const { dev } = route;
    if (dev === undefined) return this.no('ENETUNREACH');
    const strayLoopback =
      isLoopback4(this.chosenSource) && dev.kind !== 'loopback' && !dev.conf.routeLocalnet;
    return strayLoopback ? this.no('EINVAL') : route;
  }

  /** "Apparently, routing tables are wrong. Assume that the destination is on link." */
  private onLinkRoute(destination: Ipv4, source: Ipv4 | undefined, dev: NetDevice): RouteEntry {
    this.chosenSource = source ?? selectAddress(dev, undefined, SCOPE.link) ?? (0 as Ipv4);
    this.multicast = isMulticast4(destination);
    this.lastType = destination === IPV4_BROADCAST ? 'broadcast' : 'unicast';
    const block = { network: destination, prefixLength: 32 };
    return new RouteEntry({
      table: 254,
      dst: block,
      type: this.lastType,
      dev,
      scope: 'link',
      proto: 'kernel',
    });
  }

  private no(errno: Errno): undefined {
    this.outputErrno = errno;
    return undefined;
  }

  private martian(reason: DropReason): 'drop' {
    this.dropReason = reason;
    return 'drop';
  }

  /**
   * fib_validate_source: may a packet with this source come in by this device? Sets `dropReason`. Rules see the way back as
   * that of a packet from `dst` that came in where this one goes out, or by lo when it stays here.
   */
  private sourceValid(src: Ipv4, dst: Ipv4, device: NetDevice, mark: number): boolean {
    if (src === 0) return true;
    const { conf } = device;
    const { fib, ip } = this.netns;
    if (conf.rpFilter === 0 && (conf.acceptLocal || !fib.customRules)) {
      if (conf.acceptLocal || !ip.isLocal(src)) return true;
      this.dropReason = 'martian-source';
      return false;
    }
    const back = fib.customRules
      ? fib.lookupFor({
          dst: src,
          src: dst,
          iif: this.route?.type === 'unicast' ? this.route.dev : undefined,
          oif: undefined,
          mark: conf.srcValidMark ? mark : 0,
        })
      : fib.lookup(src);
    if (back !== undefined && back.type === 'local' && !conf.acceptLocal) {
      this.dropReason = 'martian-source';
      return false;
    }
    if (conf.rpFilter === 0) return true;
    if (back?.dev === device) return true;
    this.dropReason = 'rp-filter';
    if (conf.rpFilter === 1 || back === undefined || device.addresses.length === 0) return false;
    return back.type === 'unicast' || back.type === 'local';
  }

  /** The sentence of a drop that `decideInput` decided. */
  explain(reason: DropReason, dst: Ipv4, src: Ipv4, device: NetDevice): string {
    const from = formatIp(src);
    switch (reason) {
      case 'martian-source':
        return this.netns.ip.isLocal(src)
          ? `${from} is an address of this host itself, so a packet from it cannot come in by ${device.name}`
          : `a packet from ${from} cannot come in by ${device.name}`;
      case 'martian-destination':
        return `a packet to ${formatIp(dst)} must not come in by ${device.name}`;
      case 'rp-filter': {
        const back = this.netns.fib.lookup(src);
        const way = back === undefined ? 'no route leads back' : `the way back is ${back.text()}`;
        return `rp_filter is ${device.conf.rpFilter} on ${device.name}: to ${from} ${way}, not by ${device.name}`;
      }
      default:
        return `${formatIp(dst)} cannot be reached`;
    }
  }
}

/** 0.0.0.0/8 (RFC 1122 section 3.2.1.3). */
export function isZeronet(address: Ipv4): boolean {
  return address >>> 24 === 0;
}
