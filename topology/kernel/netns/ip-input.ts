import { formatIp } from '../../addr/index.js';
import {
  ICMP4,
  ICMP4_UNREACHABLE,
  IPPROTO,
  type Ipv4Packet,
  isIpv4Fragment,
} from '../../wire/index.js';
import type { NetDevice } from '../link/device.js';
import type { Skb } from '../skb.js';
import type { NetNamespace } from './namespace.js';

/** Receives packets (ip_rcv): PREROUTING, the routing decision, then local delivery, forwarding or an error. */
export class IpInput {
  /** Whether PREROUTING changed the destination of the packet handled now. */
  translated = false;
  private readonly netns: NetNamespace;

  constructor(netns: NetNamespace) {
    this.netns = netns;
  }

  /** A frame has come up to the protocols (ptype_base). */
  receive(skb: Skb, device: NetDevice): void {
    const { packet } = skb;
    switch (packet.kind) {
      case 'ipv4':
        this.receiveIpv4(skb, packet, device);
        return;
      case 'arp':
        this.netns.arp.receive(skb, device, packet);
        return;
      case 'ipv6':
        this.netns.input6.receive(skb, packet, device);
        return;
      default:
        this.netns.drop(
          skb,
          'no-handler',
          'device',
          `${device.name}: no protocol has this EtherType`,
        );
    }
  }

  private receiveIpv4(skb: Skb, packet: Ipv4Packet, device: NetDevice): void {
    const { netns } = this;
    if (skb.pktType === 'otherhost') {
      const why =
        skb.trace === undefined
          ? ''
          : `the frame is addressed to another host, so ${device.name} ignores it`;
      netns.drop(skb, 'other-host', 'ip', why);
      return;
    }
    // Packets over lo were routed when they were sent.
    const looped = device.kind === 'loopback';
    // A bridged packet has passed PREROUTING on its port already (ip_sabotage_in).
    if (netns.netfilter.active && skb.physIn === undefined) {
      if (netns.netfilter.tracks('ipv4') && !netns.defragment(skb, 'PREROUTING')) return;
      if (netns.netfilter.run('PREROUTING', skb, device, undefined) !== 'accept') return;
    }
    if (looped) {
      this.deliverLocal(skb, device);
      return;
    }
    const now = skb.packet;
    this.translated = now !== packet && now.kind === 'ipv4' && now.dst !== packet.dst;
    this.decide(skb, now.kind === 'ipv4' ? now : packet, device);
  }

  private decide(skb: Skb, packet: Ipv4Packet, device: NetDevice): void {
    const { netns } = this;
    const { router } = netns;
    const decision = router.decideInput(packet.dst, packet.src, device, skb.mark);
    switch (decision) {
      case 'forward': {
        const route = router.route;
        if (route === undefined) return;
        if (skb.trace !== undefined) {
          netns.step(
            skb,
            'route',
            'lookup',
            `${formatIp(packet.dst)} matches route ${route.text()}`,
          );
        }
        netns.forwarding.forward(skb, packet, route, device);
        return;
      }
      case 'local':
        if (skb.trace !== undefined) {
          const text = `${formatIp(packet.dst)} is an address of ${netns.title}, so the packet is delivered here`;
          netns.step(skb, 'route', 'local', text);
        }
        this.deliverLocal(skb, device);
        return;
      case 'broadcast':
        if (skb.trace !== undefined) {
          netns.step(
            skb,
            'route',
            'local',
            `${formatIp(packet.dst)} is for everyone on ${device.name}`,
          );
        }
        if (skb.pktType === 'host') skb.pktType = 'broadcast';
        this.deliverLocal(skb, device);
        return;
      case 'error':
        this.routeError(skb, packet, device);
        return;
      default:
        netns.drop(
          skb,
          router.dropReason,
          'route',
          skb.trace === undefined
            ? ''
            : router.explain(router.dropReason, packet.dst, packet.src, device),
        );
    }
  }

  /** ip_error: no route, or one that refuses; silent while forwarding is off. */
  private routeError(skb: Skb, packet: Ipv4Packet, device: NetDevice): void {
    const { netns } = this;
    const { route, error, dropReason } = netns.router;
    const to = formatIp(packet.dst);
    let text = '';
    if (skb.trace !== undefined) {
      if (dropReason === 'forwarding-disabled') {
        text = `${to} is not an address of ${netns.title}, and net.ipv4.ip_forward is 0 here: the packet is ignored and nobody is told`;
      } else if (route === undefined) text = `no route matches ${to}`;
      else text = `${to} matches route ${route.text()}`;
    }
    netns.drop(skb, dropReason, 'route', text);
    if (!device.conf.forwarding || error === undefined || error === 'EINVAL') return;
    if (!netns.icmp.allowRouteError(packet.src)) return;
    const code =
      error === 'EHOSTUNREACH'
        ? ICMP4_UNREACHABLE.host
        : error === 'EACCES'
          ? 13
          : ICMP4_UNREACHABLE.net;
    netns.icmp.sendError(skb, ICMP4.destUnreachable, code, 0);
  }

  /** ip_local_deliver: joins fragments, INPUT, then the protocol. */
  deliverLocal(skb: Skb, device: NetDevice): void {
    const { netns } = this;
    let { packet } = skb;
    if (packet.kind !== 'ipv4') return;
    if (isIpv4Fragment(packet)) {
      if (!netns.defragment(skb, 'INPUT')) return;
      packet = skb.packet;
      if (packet.kind !== 'ipv4') return;
    }
    if (netns.netfilter.active) {
      if (netns.netfilter.run('INPUT', skb, device, undefined) !== 'accept') return;
      packet = skb.packet;
      if (packet.kind !== 'ipv4') return;
    }
    const { body } = packet;
    if (body.kind === 'udp' || body.kind === 'tcp') {
      if (body.kind === 'udp' && netns.vxlans.listens(body.dstPort)) {
        this.deliverVxlan(skb, packet);
        return;
      }
      netns.sockets.deliver(skb, packet);
      return;
    }
    if (body.kind === 'icmp' && packet.proto === IPPROTO.icmp) {
      netns.icmp.receive(skb, packet, body, device);
      return;
    }
    if (skb.pktType === 'host')
      netns.icmp.sendError(skb, ICMP4.destUnreachable, ICMP4_UNREACHABLE.proto, 0);
    const text = skb.trace === undefined ? '' : `no protocol has the number ${packet.proto} here`;
    netns.drop(skb, 'no-protocol', 'ip', text);
  }

  private deliverVxlan(skb: Skb, packet: Ipv4Packet): void {
    const { netns } = this;
    const { body } = packet;
    if (body.kind !== 'udp') return;
    const { payload } = body;
    if (payload instanceof Uint8Array) {
      netns.drop(skb, 'malformed', 'vxlan', 'the UDP packet carries no VXLAN header');
      return;
    }
    const vxlan = netns.vxlans.find(body.dstPort, payload.vni);
    if (vxlan === undefined) {
      const text = skb.trace === undefined ? '' : `no VXLAN device here has VNI ${payload.vni}`;
      netns.drop(skb, 'vxlan-unknown-vni', 'vxlan', text);
      return;
    }
    vxlan.receive(skb, packet, payload.inner);
  }
}
