import { type Ip, type Ipv4, isIpv4, isMulticast4, MAC_BROADCAST } from '../../addr/index.js';
import {
  bodyBytes,
  fragmentIpv4,
  ICMP4,
  ICMP4_UNREACHABLE,
  IPV4_HEADER_BYTES,
  type Ipv4Packet,
  l3Bytes,
} from '../../wire/index.js';
import type { SendRequest } from '../contract.js';
import type { Errno } from '../errno.js';
import type { NetDevice } from '../link/device.js';
import { gsoBytesOf, segmentCount } from '../link/offload.js';
import type { Skb } from '../skb.js';
import type { NetNamespace } from './namespace.js';
import type { RouteEntry } from './route.js';
import { type FragmentWay, fragmentSkbs, sendFragments } from './send-fragments.js';
import { SendSteps } from './send-steps.js';

/** The largest IPv4 packet. */
const MAX_BYTES = 65535;

/** Sends packets (ip_output.c): source and route, OUTPUT, POSTROUTING, fragments, next hop. */
export class IpOutput {
  private readonly netns: NetNamespace;
  private readonly steps: SendSteps;
  private ident: number;

  constructor(netns: NetNamespace) {
    this.netns = netns;
    this.steps = new SendSteps(netns);
    this.ident = netns.host.rng.fork(`${netns.inode}/ip-id`).below(0x10000);
  }

  /** Identification of the next packet that may be fragmented. */
  nextId(): number {
    this.ident = (this.ident + 1) & 0xffff;
    return this.ident;
  }

  /** Every segment of the packet gets an identification of its own (ip_select_ident_segs). */
  private reserveIds(skb: Skb, gsoBytes: number): void {
    skb.gsoBytes = gsoBytes;
    this.ident = (this.ident + segmentCount(skb) - 1) & 0xffff;
  }

  send(request: SendRequest): Errno | undefined {
    const { netns } = this;
    const { dst, src } = request;
    if (!isIpv4(dst) || (src !== undefined && !isIpv4(src))) return 'ENETUNREACH';
    const { router } = netns;
    const oif = request.oif === undefined ? undefined : netns.deviceByIndex(request.oif.ifindex);
    const route = router.outputRoute(dst, src, oif, request.mark ?? 0);
    if (route === undefined) return this.unroutable(request, dst, router.outputErrno);
    const type = router.outputType;
    if (type === 'broadcast' && request.broadcastAllowed !== true) return 'EACCES';
    const destination = router.chosenDestination;
    const lengthBytes = IPV4_HEADER_BYTES + bodyBytes(request.body);
    const mtuBytes =
      request.pmtudisc === 'probe'
        ? (route.dev?.mtuBytes ?? MAX_BYTES)
        : this.mtuTo(destination, route);
    const gsoBytes = gsoBytesOf(request.body, request.gsoSize, lengthBytes);
    const fits = (gsoBytes === 0 ? lengthBytes : gsoBytes) <= mtuBytes;
    const pmtudisc = request.pmtudisc ?? 'want';
    if (lengthBytes > MAX_BYTES || (!fits && (pmtudisc === 'do' || pmtudisc === 'probe')))
      return 'EMSGSIZE';
    const df = pmtudisc === 'do' || pmtudisc === 'probe' || (pmtudisc === 'want' && fits);
    const packet: Ipv4Packet = {
      kind: 'ipv4',
      src: router.chosenSource,
      dst: destination,
      ttl: request.ttl ?? (type === 'multicast' ? 1 : netns.defaultTtl),
      tos: request.tos ?? 0,
      id: df && request.owner === undefined ? 0 : this.nextId(),
      df,
      mf: false,
      fragOffset: 0,
      proto: request.proto,
      body: request.body,
    };
    const skb = this.steps.begin(packet, request);
    if (gsoBytes > 0) this.reserveIds(skb, gsoBytes);
    if (skb.trace !== undefined) this.steps.routed(skb, packet, route);
    return this.localOut(skb, packet, route);
  }

  /**
   * OUTPUT, a second routing decision when that changed where the packet goes, then out (ip_local_out). To be
   * called right after `router.outputRoute`, which classified the destination.
   */
  localOut(skb: Skb, packet: Ipv4Packet, route: RouteEntry): Errno | undefined {
    const { netns } = this;
    let type = netns.router.outputType;
    let way: RouteEntry | undefined = route;
    let now = packet;
    if (netns.netfilter.active) {
      skb.dev = type === 'local' ? netns.loopback : route.dev;
      const { mark } = skb;
      const verdict = netns.netfilter.run('OUTPUT', skb, undefined, skb.dev);
      if (verdict === 'drop') return 'EPERM';
      if (verdict === 'stolen' || skb.packet.kind !== 'ipv4') return undefined;
      now = skb.packet;
      if (now.dst !== packet.dst || (skb.mark !== mark && netns.fib.customRules)) {
        way = this.reroute(skb, now);
        if (way === undefined) return netns.router.outputErrno;
        type = netns.router.outputType;
      }
    }
    if (type === 'broadcast' || type === 'multicast') return this.outputGroup(skb, now, way);
    return this.output(skb, now, way);
  }

  /** POSTROUTING, fragmentation, next hop: common to packets of this host and to forwarded ones (ip_output). */
  output(skb: Skb, packet: Ipv4Packet, route: RouteEntry): Errno | undefined {
    const { netns } = this;
    const local = route.type === 'local';
    const dev = local ? netns.loopback : route.dev;
    if (dev === undefined) return 'ENETUNREACH';
    const forwarded = skb.iif !== undefined;
    let mtuBytes = forwarded ? route.mtuBytes : this.mtuFor(skb, packet.dst, route);
    if (skb.fragMaxBytes > 0 && skb.fragMaxBytes < mtuBytes) mtuBytes = skb.fragMaxBytes;
    let nextHop: Ip = route.via ?? packet.dst;
    if (local) nextHop = packet.dst;
    else if (!forwarded) nextHop = netns.exceptions.gatewayOf(packet.dst) ?? nextHop;
    skb.dev = dev;
    let now = packet;
    if (netns.netfilter.active) {
      if (netns.netfilter.run('POSTROUTING', skb, undefined, dev) !== 'accept') return 'EPERM';
      if (skb.packet.kind !== 'ipv4') return undefined;
      now = skb.packet;
    }
    if (skb.segmentBytes > mtuBytes) return this.fragment(skb, now, { dev, nextHop, mtuBytes });
    netns.neighbors.output(skb, dev, nextHop);
    return undefined;
  }

  /** MTU for a packet of this host: what was learned does not bind a socket that probes (ip_skb_dst_mtu). */
  private mtuFor(skb: Skb, dst: Ipv4, route: RouteEntry): number {
    return skb.owner?.pmtudisc === 'probe'
      ? (route.dev?.mtuBytes ?? MAX_BYTES)
      : this.mtuTo(dst, route);
  }

  /** MTU towards a destination for packets of this host: what was learned, the route's, the device's. */
  mtuTo(dst: Ipv4, route: RouteEntry): number {
    const learned = this.netns.exceptions.mtuOf(dst);
    const { mtuBytes } = route;
    return learned === undefined ? mtuBytes : Math.min(learned, mtuBytes);
  }

  private fragment(
    skb: Skb,
    packet: Ipv4Packet,
    way: FragmentWay & { readonly mtuBytes: number },
  ): Errno | undefined {
    const { netns } = this;
    const { dev, mtuBytes } = way;
    if (packet.df) {
      const text =
        skb.trace === undefined
          ? ''
          : `the packet has ${l3Bytes(packet)} octets, ${dev.name} takes ${mtuBytes}, and DF forbids to fragment it`;
      netns.drop(skb, 'mtu-exceeded', 'ip', text);
      netns.icmp.sendError(skb, ICMP4.destUnreachable, ICMP4_UNREACHABLE.fragNeeded, mtuBytes);
      return 'EMSGSIZE';
    }
    if (skb.trace !== undefined) {
      const text = `the packet has ${l3Bytes(packet)} octets and ${dev.name} takes ${mtuBytes}: it is sent in fragments`;
      netns.step(skb, 'ip', 'fragment', text);
    }
    const fragments = fragmentSkbs(skb, fragmentIpv4(packet, mtuBytes));
    sendFragments(netns, fragments, way);
    return undefined;
  }

  /** Broadcast and multicast leave by the device, and this host hears itself (ip_mc_output). */
  private outputGroup(skb: Skb, packet: Ipv4Packet, route: RouteEntry): Errno | undefined {
    const { netns } = this;
    const { dev } = route;
    if (dev === undefined) return 'ENETUNREACH';
    skb.dev = dev;
    if (!isMulticast4(packet.dst) && dev.kind !== 'loopback') this.hearOneself(skb.clone(), dev);
    if (netns.netfilter.active) {
      if (netns.netfilter.run('POSTROUTING', skb, undefined, dev) !== 'accept') return 'EPERM';
    }
    // What is heard here is whole (ip_mc_output clones before ip_finish_output cuts).
    const mtuBytes = this.mtuTo(packet.dst, route);
    if (skb.segmentBytes > mtuBytes && skb.packet.kind === 'ipv4') {
      const broadcast = !isMulticast4(packet.dst);
      return this.fragment(skb, skb.packet, { dev, nextHop: packet.dst, mtuBytes, broadcast });
    }
    if (isMulticast4(packet.dst)) netns.neighbors.output(skb, dev, packet.dst);
    else {
      skb.srcMac = dev.mac;
      skb.dstMac = MAC_BROADCAST;
      dev.transmit(skb);
    }
    return undefined;
  }

  private hearOneself(skb: Skb, dev: NetDevice): void {
    const { netns } = this;
    skb.pktType = 'broadcast';
    netns.host.clock.schedule(0, () => netns.input.deliverLocal(skb, dev));
  }

  /** The destination or mark changed in OUTPUT: asks the tables again (ip_route_me_harder). */
  private reroute(skb: Skb, packet: Ipv4Packet): RouteEntry | undefined {
    const { netns } = this;
    const src = netns.ip.isLocal(packet.src) ? packet.src : undefined;
    const route = netns.router.outputRoute(packet.dst, src, undefined, skb.mark);
    this.steps.rerouted(skb, packet.dst, route);
    return route;
  }

  private unroutable(request: SendRequest, dst: Ipv4, errno: Errno): Errno {
    return this.steps.unroutable(request, errno, () => ({
      kind: 'ipv4',
      src: request.src !== undefined && isIpv4(request.src) ? request.src : (0 as Ipv4),
      dst,
      ttl: request.ttl ?? this.netns.defaultTtl,
      tos: 0,
      id: 0,
      df: true,
      mf: false,
      fragOffset: 0,
      proto: request.proto,
      body: request.body,
    }));
  }
}
