import { IPV4_BROADCAST, type Ip, isIpv4, isLoopback4, isMulticast4 } from '../../addr/index.js';
import type { Device, IpLayer, RouteQuery, RouteResult, SendRequest } from '../contract.js';
import type { Errno } from '../errno.js';
import type { NetDevice } from '../link/device.js';
import type { Skb } from '../skb.js';
import { selectAddress } from './address.js';
import type { NetNamespace } from './namespace.js';
import { SCOPE } from './scope.js';

/** What sockets and netfilter ask of the IP layer: a face of `Router`, `IpOutput` and `Icmp`. */
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
    const { router } = this.netns;
    const { dst, src } = query;
    if (!isIpv4(dst) || (src !== undefined && !isIpv4(src)))
      return { ok: false, errno: 'ENETUNREACH' };
    const route = router.outputRoute(dst, src, this.own(query.oif), query.mark ?? 0);
    if (route === undefined) return { ok: false, errno: router.outputErrno };
    return { ok: true, src: router.chosenSource, route };
  }

  send(request: SendRequest): Errno | undefined {
    return this.netns.output.send(request);
  }

  sendIcmpError(about: Skb, type: number, code: number, rest?: number): void {
    this.netns.icmp.sendError(about, type, code, rest ?? 0);
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
    }
    const found = this.netns.fib.lookup(address);
    if (found === undefined || found.type === 'throw') return 'unicast';
    if (dev !== undefined && found.dev !== undefined && found.dev.ifindex !== dev.ifindex) {
      return 'unicast';
    }
    return found.type;
  }

  primaryAddress(dev: Device, family: 'ipv4' | 'ipv6', towards?: Ip): Ip | undefined {
    const own = this.own(dev);
    if (own === undefined) return undefined;
    if (family === 'ipv6') return own.addresses.find((each) => !isIpv4(each.address))?.address;
    const near = towards !== undefined && isIpv4(towards) ? towards : undefined;
    return selectAddress(own, near, SCOPE.global);
  }

  pathMtu(dst: Ip): number | undefined {
    if (!isIpv4(dst)) return undefined;
    const learned = this.netns.exceptions.mtuOf(dst);
    const route = this.netns.fib.lookup(dst);
    if (route === undefined) return learned;
    const { type } = route;
    return type === 'unicast' || type === 'local' ? this.netns.output.mtuTo(dst, route) : learned;
  }

  private own(device: Device | undefined): NetDevice | undefined {
    return device === undefined ? undefined : this.netns.deviceByIndex(device.ifindex);
  }
}
