import {
  IPV4_BROADCAST,
  type Ip,
  type Ipv6,
  isIpv4,
  isLoopback4,
  isMulticast4,
  isMulticast6,
} from '../../addr/index.js';
import type { Device, IpLayer, RouteQuery, RouteResult, SendRequest } from '../contract.js';
import type { Errno } from '../errno.js';
import type { NetDevice } from '../link/device.js';
import type { Skb } from '../skb.js';
import { selectAddress } from './address.js';
import { selectSource6 } from './ipv6-source.js';
import type { NetNamespace } from './namespace.js';
import { SCOPE } from './scope.js';

/** What sockets and netfilter ask of the IP layer: a face of the routers, outputs and ICMPs of both families. */
export class NamespaceIp implements IpLayer {
  private readonly netns: NetNamespace;

  constructor(netns: NetNamespace) {
    this.netns = netns;
  }

  route(query: RouteQuery): RouteResult | undefined {
    return this.netns.fib.lookupFor({
      dst: query.dst,
      src: query.src,
      iif: this.own(query.iif),
      oif: this.own(query.oif),
      mark: query.mark ?? 0,
    });
  }

  chooseSource(
    query: RouteQuery,
  ): { ok: true; src: Ip; route: RouteResult } | { ok: false; errno: Errno } {
    const { dst, src } = query;
    if (!isIpv4(dst)) return this.chooseSource6(query, dst);
    const { router, fib } = this.netns;
    if (src !== undefined && !isIpv4(src)) return { ok: false, errno: 'ENETUNREACH' };
    const oif = this.own(query.oif);
    let route = router.outputRoute(dst, src, oif, query.mark ?? 0);
    // connect() asks again once the source is known: rules may look at it (ip_route_connect).
    if (route !== undefined && src === undefined && fib.customRules) {
      route = router.outputRoute(dst, router.chosenSource, oif, query.mark ?? 0);
    }
    if (route === undefined) return { ok: false, errno: router.outputErrno };
    return { ok: true, src: router.chosenSource, route };
  }

  private chooseSource6(query: RouteQuery, dst: Ipv6): ReturnType<IpLayer['chooseSource']> {
    const { router6 } = this.netns;
    const { src, oif, mark } = query;
    if (src !== undefined && isIpv4(src)) return { ok: false, errno: 'ENETUNREACH' };
    const route = router6.outputRoute(dst, src, this.own(oif), mark ?? 0);
    if (route === undefined) return { ok: false, errno: router6.outputErrno };
    return { ok: true, src: router6.chosenSource, route };
  }

  send(request: SendRequest): Errno | undefined {
    return isIpv4(request.dst) ? this.netns.output.send(request) : this.netns.output6.send(request);
  }

  sendIcmpError(about: Skb, type: number, code: number, rest?: number): void {
    const { icmp, icmpv6 } = this.netns;
    if (about.packet.kind === 'ipv6') icmpv6.sendError(about, type, code, rest ?? 0);
    else icmp.sendError(about, type, code, rest ?? 0);
  }

  isLocal(address: Ip): boolean {
    if (this.netns.localAddresses.has(address)) return true;
    return (
      isIpv4(address) && isLoopback4(address) && this.netns.fib.lookup(address)?.type === 'local'
    );
  }

  addrType(address: Ip, dev?: Device): ReturnType<IpLayer['addrType']> {
    if (isIpv4(address)) {
      if (address === IPV4_BROADCAST || address === 0) return 'broadcast';
      if (isMulticast4(address)) return 'multicast';
    } else if (isMulticast6(address)) return 'multicast';
    const found = this.netns.fib.lookup(address);
    if (found === undefined || found.type === 'throw') return 'unicast';
    if (dev !== undefined && found.dev !== undefined && found.dev.ifindex !== dev.ifindex) {
      return 'unicast';
    }
    return found.type === 'anycast' ? 'unicast' : found.type;
  }

  primaryAddress(dev: Device, family: 'ipv4' | 'ipv6', towards?: Ip): Ip | undefined {
    const own = this.own(dev);
    if (own === undefined) return undefined;
    if (family === 'ipv6') {
      if (towards !== undefined && !isIpv4(towards)) return selectSource6(this.netns, towards, own);
      return own.addresses6.find((each) => !each.tentative)?.address;
    }
    const near = towards !== undefined && isIpv4(towards) ? towards : undefined;
    return selectAddress(own, near, SCOPE.global);
  }

  pathMtu(dst: Ip): number | undefined {
    const learned = this.netns.exceptions.mtuOf(dst);
    const route = this.netns.fib.lookup(dst);
    if (route === undefined) return learned;
    if (route.type !== 'unicast' && route.type !== 'local') return learned;
    const { output, output6 } = this.netns;
    return isIpv4(dst) ? output.mtuTo(dst, route) : output6.mtuTo(dst, route);
  }

  learnPathMtu(dst: Ip, mtuBytes: number): void {
    const { netns } = this;
    const v4 = isIpv4(dst);
    if (v4 && netns.sysctl('net.ipv4.ip_no_pmtu_disc') !== 0) return;
    const route = netns.fib.lookup(dst);
    if (route === undefined) return;
    const known = v4 ? netns.output.mtuTo(dst, route) : netns.output6.mtuTo(dst, route);
    if (mtuBytes < known) netns.exceptions.learnMtu(dst, mtuBytes);
  }

  private own(device: Device | undefined): NetDevice | undefined {
    return device === undefined ? undefined : this.netns.deviceByIndex(device.ifindex);
  }
}
