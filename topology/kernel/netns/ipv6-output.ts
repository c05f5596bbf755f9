import { IPV6_ANY, type Ipv6, isIpv4, isMulticast6, needsLink6 } from '../../addr/index.js';
import type { Rng } from '../../base/index.js';
import {
  bodyBytes,
  fragmentIpv6,
  ICMP6,
  IPPROTO,
  IPV6_HEADER_BYTES,
  IPV6_MIN_MTU_BYTES,
  type Ipv6Packet,
  l3Bytes,
} from '../../wire/index.js';
import type { SendRequest } from '../contract.js';
import type { Errno } from '../errno.js';
import type { NetDevice } from '../link/device.js';
import { gsoBytesOf } from '../link/offload.js';
import type { Skb } from '../skb.js';
import { isMember6 } from './ipv6-address.js';
import { via6 } from './ipv6-router.js';
import type { NetNamespace } from './namespace.js';
import type { RouteEntry } from './route.js';
import { fragmentSkbs, sendFragments } from './send-fragments.js';
import { SendSteps } from './send-steps.js';

/** The largest packet: 40 octets of header, 65535 of payload. */
const MAX_BYTES = 40 + 65535;

/**
 * Sends IPv6 packets (net/ipv6/ip6_output.c): source and route, OUTPUT, POSTROUTING, fragments, next hop.
 *
 * Fidelity: the flow label is 0, as with `net.ipv6.auto_flowlabels=0`.
 */
export class Ipv6Output {
  private readonly netns: NetNamespace;
  private readonly steps: SendSteps;
  private readonly chance: Rng;

  constructor(netns: NetNamespace) {
    this.netns = netns;
    this.steps = new SendSteps(netns);
    this.chance = netns.host.rng.fork(`${netns.inode}/frag-id`);
  }

  /** Names the fragments of one packet (ipv6_select_ident). */
  fragmentId(): number {
    return this.chance.uint32();
  }

  send(request: SendRequest): Errno | undefined {
    const { netns } = this;
    const { dst, src } = request;
    if (isIpv4(dst) || (src !== undefined && isIpv4(src))) return 'ENETUNREACH';
    const { router6 } = netns;
    const oif = this.deviceFor(request);
    const route = router6.outputRoute(dst, src, oif, request.mark ?? 0);
    if (route === undefined) return this.unroutable(request, dst, router6.outputErrno);
    const destination = router6.chosenDestination;
    const lengthBytes = IPV6_HEADER_BYTES + bodyBytes(request.body);
    const pmtudisc = request.pmtudisc ?? 'want';
    const unlearned = pmtudisc === 'probe' || pmtudisc === 'dont';
    const mtuBytes = unlearned ? route.mtuBytes : this.mtuTo(destination, route);
    const mustFit = pmtudisc === 'do' || pmtudisc === 'probe';
    const gsoBytes = gsoBytesOf(request.body, request.gsoSize, lengthBytes);
    const fits = (gsoBytes === 0 ? lengthBytes : gsoBytes) <= mtuBytes;
    if (lengthBytes > MAX_BYTES || (mustFit && !fits)) return 'EMSGSIZE';
    const group = isMulticast6(destination);
    const packet: Ipv6Packet = {
      kind: 'ipv6',
      src: router6.chosenSource,
      dst: destination,
      hopLimit: request.ttl ?? (group ? 1 : (route.dev?.conf6.hopLimit ?? 64)),
      trafficClass: request.tos ?? 0,
      flowLabel: 0,
      proto: request.proto,
      body: request.body,
    };
    const skb = this.steps.begin(packet, request);
    skb.gsoBytes = gsoBytes;
    if (skb.trace !== undefined) this.steps.routed(skb, packet, route);
    return this.localOut(skb, packet, route);
  }

  /** OUTPUT, a second routing decision when that changed where the packet goes, then out (ip6_local_out). */
  localOut(skb: Skb, packet: Ipv6Packet, route: RouteEntry): Errno | undefined {
    const { netns } = this;
    let way: RouteEntry | undefined = route;
    let now = packet;
    if (netns.netfilter.active) {
      skb.dev = outDevice(netns, route);
      const { mark } = skb;
      const verdict = netns.netfilter.run('OUTPUT', skb, undefined, skb.dev);
      if (verdict === 'drop') return 'EPERM';
      if (verdict === 'stolen' || skb.packet.kind !== 'ipv6') return undefined;
      now = skb.packet;
      if (now.dst !== packet.dst || (skb.mark !== mark && netns.fib.customRules6)) {
        way = this.reroute(skb, now);
        if (way === undefined) return netns.router6.outputErrno;
      }
    }
    return this.output(skb, now, way);
  }

  /** POSTROUTING, fragmentation, next hop: common to packets of this host and to forwarded ones (ip6_output). */
  output(skb: Skb, packet: Ipv6Packet, route: RouteEntry): Errno | undefined {
    const { netns } = this;
    const dev = outDevice(netns, route);
    if (dev === undefined) return 'ENETUNREACH';
    const local = dev.kind === 'loopback';
    const learned = local ? undefined : netns.exceptions.gatewayOf(packet.dst);
    const nextHop = local ? packet.dst : ((learned ?? via6(route) ?? packet.dst) as Ipv6);
    skb.dev = dev;
    const group = isMulticast6(packet.dst);
    if (group && !local && isMember6(dev, packet.dst)) this.hearOneself(skb.clone(), dev);
    let now = packet;
    if (netns.netfilter.active) {
      if (netns.netfilter.run('POSTROUTING', skb, undefined, dev) !== 'accept') return 'EPERM';
      if (skb.packet.kind !== 'ipv6') return undefined;
      now = skb.packet;
    }
    const mtuBytes = skb.owner?.pmtudisc === 'probe' ? dev.mtuBytes : this.mtuTo(packet.dst, route);
    const { fragMaxBytes } = skb;
    const lengthBytes = skb.segmentBytes;
    if (lengthBytes > mtuBytes || (fragMaxBytes > 0 && lengthBytes > fragMaxBytes)) {
      return this.fragment(skb, now, { dev, nextHop, mtuBytes });
    }
    netns.neighbors.output(skb, dev, nextHop);
    return undefined;
  }

  /** MTU towards a destination: what was learned, the route's, the device's. */
  mtuTo(dst: Ipv6, route: RouteEntry): number {
    const learned = this.netns.exceptions.mtuOf(dst);
    const { mtuBytes } = route;
    return learned === undefined ? mtuBytes : Math.min(learned, mtuBytes);
  }

  /**
   * ip6_fragment: what this host's programs send, and what was joined from fragments here, may be split again;
   * in fragments no larger than those that came.
   */
  private fragment(
    skb: Skb,
    packet: Ipv6Packet,
    way: { readonly dev: NetDevice; readonly nextHop: Ipv6; readonly mtuBytes: number },
  ): Errno | undefined {
    const { netns } = this;
    const { dev, mtuBytes } = way;
    const { fragMaxBytes } = skb;
    const own = skb.iif === undefined && packet.proto !== IPPROTO.tcp;
    if ((!own && fragMaxBytes === 0) || fragMaxBytes > mtuBytes) {
      const text =
        skb.trace === undefined
          ? ''
          : `the packet has ${l3Bytes(packet)} octets, ${dev.name} takes ${mtuBytes}, and only its source may fragment an IPv6 packet`;
      netns.drop(skb, 'mtu-exceeded', 'ip', text);
      netns.icmpv6.sendError(skb, ICMP6.packetTooBig, 0, mtuBytes);
      return 'EMSGSIZE';
    }
    const room = fragMaxBytes === 0 ? mtuBytes : Math.max(fragMaxBytes, IPV6_MIN_MTU_BYTES);
    if (skb.trace !== undefined) {
      const text = `the packet has ${l3Bytes(packet)} octets and ${dev.name} takes ${room}: it is sent in fragments`;
      netns.step(skb, 'ip', 'fragment', text);
    }
    const pieces = fragmentIpv6(packet, room, this.fragmentId());
    sendFragments(netns, fragmentSkbs(skb, pieces), way);
    return undefined;
  }

  /** A group that this host has joined itself: it hears what it sends (ip6_dev_loopback_xmit). */
  private hearOneself(skb: Skb, dev: NetDevice): void {
    const { netns } = this;
    skb.pktType = 'multicast';
    netns.host.clock.schedule(0, () => netns.input6.deliverLocal(skb, dev));
  }

  /** An address that means something on one link alone is answered on the link that it came from. */
  private deviceFor(request: SendRequest): NetDevice | undefined {
    const { dst, cause } = request;
    if (request.oif !== undefined) return this.netns.deviceByIndex(request.oif.ifindex);
    if (cause?.iif === undefined || isIpv4(dst) || !needsLink6(dst)) return undefined;
    return this.netns.deviceByIndex(cause.iif.ifindex);
  }

  /** The destination or mark changed in OUTPUT: asks the tables again (ip6_route_me_harder). */
  private reroute(skb: Skb, packet: Ipv6Packet): RouteEntry | undefined {
    const { netns } = this;
    const route = netns.router6.outputRoute(packet.dst, packet.src, undefined, skb.mark);
    this.steps.rerouted(skb, packet.dst, route);
    return route;
  }

  private unroutable(request: SendRequest, dst: Ipv6, errno: Errno): Errno {
    const { src } = request;
    return this.steps.unroutable(request, errno, () => ({
      kind: 'ipv6',
      src: src === undefined || isIpv4(src) ? IPV6_ANY : src,
      dst,
      hopLimit: request.ttl ?? 64,
      trafficClass: 0,
      flowLabel: 0,
      proto: request.proto,
      body: request.body,
    }));
  }
}

/** What is for this host itself goes over lo. */
function outDevice(netns: NetNamespace, route: RouteEntry): NetDevice | undefined {
  return route.type === 'local' || route.type === 'anycast' ? netns.loopback : route.dev;
}
