import {
  formatIp,
  formatMac,
  IPV6_ALL_NODES,
  IPV6_ANY,
  type Ipv6,
  isMulticast6,
  isSolicitedNode6,
  type Mac,
  solicitedNode6,
} from '../../addr/index.js';
import { MILLISECOND, type Rng } from '../../base/index.js';
import {
  ETHERTYPE,
  ICMP6,
  type IcmpMessage,
  IPPROTO,
  type Ipv6Packet,
  NDP_HOP_LIMIT,
  type NeighborMessage,
  neighborAdvertisement,
  neighborSolicitation,
  readNeighborMessage,
} from '../../wire/index.js';
import type { NetDevice } from '../link/device.js';
import { Skb } from '../skb.js';
import { findAddress6, type Ipv6Address, isAnycast6, linkLocalAddress } from './ipv6-address.js';
import { selectSource6 } from './ipv6-source.js';
import type { NetNamespace } from './namespace.js';

/** Longest wait before a solicitation is answered for another (`proxy_delay`). */
const PROXY_DELAY_NS = 800 * MILLISECOND;

/** One message to send. */
export interface NdpMessage {
  readonly message: IcmpMessage;
  readonly device: NetDevice;
  readonly src: Ipv6;
  readonly dst: Ipv6;
  readonly cause: Skb | undefined;
}

/**
 * Neighbour discovery (RFC 4861, net/ipv6/ndisc.c): solicitations and advertisements. An address is answered for
 * on its own device alone, unlike ARP, or where `proxy_ndp` has an entry for it.
 */
export class Ndp {
  private readonly netns: NetNamespace;
  private readonly delays: Rng;

  constructor(netns: NetNamespace) {
    this.netns = netns;
    this.delays = netns.host.rng.fork(`${netns.inode}/proxy-ndp`);
  }

  /**
   * Asks who has an address: the group of those whose addresses end like it, or its last known owner alone. The
   * source is that of the packet that waits when the device has it, else the link-local address; without either
   * nobody is asked (ndisc_solicit).
   */
  solicit(device: NetDevice, target: Ipv6, known: Mac | undefined, cause: Skb | undefined): void {
    const src = sourceOf(device, cause) ?? linkLocalAddress(device);
    if (src === undefined) {
      if (cause?.trace !== undefined) {
        const text = `${device.name} has no link-local address to ask from, so nobody is asked who has ${formatIp(target)}`;
        this.netns.step(cause, 'ndp', 'skip', text);
      }
      return;
    }
    const dst = known === undefined ? solicitedNode6(target) : target;
    const message = neighborSolicitation(target, { mac: device.mac });
    this.send({ message, device, src, dst, cause }, (skb) => {
      const whom = known === undefined ? `asks the group ${formatIp(dst)}` : 'asks it alone';
      const text = `${device.name} ${whom}: who has ${formatIp(target)}? tell ${formatIp(src)}`;
      this.netns.step(skb, 'ndp', 'solicit', text);
    });
  }

  /** Duplicate address detection: asks, from no address, who has one that is to be used here. */
  probeDuplicate(device: NetDevice, own: Ipv6Address): void {
    const message = neighborSolicitation(own.address, { nonce: own.nonce });
    const dst = solicitedNode6(own.address);
    this.send({ message, device, src: IPV6_ANY, dst, cause: undefined });
  }

  /** Whether a proxy entry makes a device answer for an address. */
  proxies(device: NetDevice, address: Ipv6): boolean {
    return device.proxied?.has(address) === true;
  }

  /** A solicitation or advertisement (ndisc_rcv). */
  receive(skb: Skb, packet: Ipv6Packet, message: IcmpMessage, device: NetDevice): void {
    const read = readNeighborMessage(message);
    const valid =
      packet.hopLimit === NDP_HOP_LIMIT &&
      message.code === 0 &&
      read !== undefined &&
      !isMulticast6(read.target);
    if (!valid) {
      const text =
        packet.hopLimit === NDP_HOP_LIMIT
          ? 'the neighbour discovery message is malformed'
          : `a neighbour discovery message with hop limit ${packet.hopLimit} does not come from this link`;
      this.netns.drop(skb, 'malformed', 'ndp', text);
      return;
    }
    if (message.type === ICMP6.neighborSolicitation) this.solicited(skb, packet, read, device);
    else this.advertised(skb, packet, read, device);
  }

  /** Sends a message through OUTPUT and POSTROUTING to a neighbour or group on a device (ndisc_send_skb). */
  send(what: NdpMessage, explain?: (skb: Skb) => void): void {
    const { netns } = this;
    const { device, src, dst, message } = what;
    const packet: Ipv6Packet = {
      kind: 'ipv6',
      src,
      dst,
      hopLimit: NDP_HOP_LIMIT,
      trafficClass: 0,
      flowLabel: 0,
      proto: IPPROTO.icmpv6,
      body: message,
    };
    const skb = new Skb(packet, ETHERTYPE.ipv6);
    skb.dev = device;
    if (what.cause !== undefined) skb.causedBy(what.cause);
    if (skb.trace !== undefined) explain?.(skb);
    if (netns.netfilter.active) {
      if (netns.netfilter.run('OUTPUT', skb, undefined, device) !== 'accept') return;
      if (netns.netfilter.run('POSTROUTING', skb, undefined, device) !== 'accept') return;
    }
    netns.neighbors.output(skb, device, dst);
  }

  /** ndisc_recv_ns. */
  private solicited(skb: Skb, packet: Ipv6Packet, ns: NeighborMessage, device: NetDevice): void {
    const { target } = ns;
    const probe = packet.src === IPV6_ANY;
    if (probe && (!isSolicitedNode6(packet.dst) || ns.mac !== undefined)) {
      this.netns.drop(skb, 'malformed', 'ndp', 'a probe for duplicates is not valid like this');
      return;
    }
    const own = findAddress6(device, target);
    if (own === undefined) {
      this.solicitedForOther(skb, packet, ns, device);
      return;
    }
    if (own.tentative) {
      // One's own probe may come back from the link.
      if (probe && ns.nonce !== own.nonce) this.netns.addrconf.duplicate(device, own, skb);
      this.ignore(
        skb,
        () =>
          `${formatIp(target)} is not yet known to be unique, so ${device.name} does not answer for it`,
      );
      return;
    }
    this.answer(skb, packet, ns, { device, own: true });
  }

  /** The address is no own one: anycast, or one that this router answers for. */
  private solicitedForOther(
    skb: Skb,
    packet: Ipv6Packet,
    ns: NeighborMessage,
    device: NetDevice,
  ): void {
    const { netns } = this;
    const { conf6 } = device;
    const proxies =
      conf6.forwarding &&
      (netns.conf6All.proxyNdp || conf6.proxyNdp) &&
      this.proxies(device, ns.target);
    if (!proxies && !isAnycast6(device, ns.target)) {
      this.ignore(skb, () => `${device.name} does not have ${formatIp(ns.target)}`);
      return;
    }
    const reply = (): void => this.answer(skb, packet, ns, { device, own: false });
    // Others may be nearer (pneigh_enqueue).
    if (skb.pktType === 'host' || !isMulticast6(packet.dst)) reply();
    else netns.host.clock.timer(reply).arm(this.delays.below(PROXY_DELAY_NS));
  }

  private answer(
    skb: Skb,
    packet: Ipv6Packet,
    ns: NeighborMessage,
    at: { readonly device: NetDevice; readonly own: boolean },
  ): void {
    const { netns } = this;
    const { device, own } = at;
    const { target } = ns;
    const probe = packet.src === IPV6_ANY;
    const group = isMulticast6(packet.dst);
    if (!probe && !this.noteSender(packet.src, ns.mac, device)) {
      if (group) return;
    }
    const dst = probe ? IPV6_ALL_NODES : packet.src;
    const src = own ? target : selectSource6(netns, dst, device);
    if (src === undefined) return;
    const message = neighborAdvertisement({
      target,
      router: device.conf6.forwarding,
      solicited: !probe,
      override: own && group,
      mac: group ? device.mac : undefined,
    });
    if (skb.trace !== undefined) {
      const text = own
        ? `${formatIp(target)} is an address of ${device.name}, which answers with its own MAC address ${formatMac(device.mac)}`
        : `${device.name} answers for ${formatIp(target)} (proxy_ndp or anycast)`;
      netns.step(skb, 'ndp', 'advertise', text);
    }
    this.send({ message, device, src, dst, cause: skb });
  }

  /** Who asks may be believed as to its own address; false when it did not tell its MAC address and none is known. */
  private noteSender(src: Ipv6, mac: Mac | undefined, device: NetDevice): boolean {
    const { neighbors } = this.netns;
    const known = neighbors.find(device, src);
    if (mac === undefined) return known !== undefined;
    const entry = known ?? neighbors.create(device, src);
    neighbors.update(entry, mac, { state: 'stale', override: true, admin: false });
    return true;
  }

  /** ndisc_recv_na. */
  private advertised(skb: Skb, packet: Ipv6Packet, na: NeighborMessage, device: NetDevice): void {
    const { netns } = this;
    const { target } = na;
    if (isMulticast6(packet.dst) && na.solicited) {
      const text = 'an answer to everyone cannot be one to a question';
      netns.drop(skb, 'malformed', 'ndp', text);
      return;
    }
    const own = findAddress6(device, target);
    if (own !== undefined) {
      if (own.tentative) netns.addrconf.duplicate(device, own, skb);
      this.ignore(skb, () => `${formatIp(target)} is an address of this host itself`);
      return;
    }
    const entry = netns.neighbors.find(device, target);
    if (entry === undefined || entry.state === 'failed') {
      this.ignore(skb, () => `nothing here waits for ${formatIp(target)}`);
      return;
    }
    const mac = na.mac ?? entry.mac;
    if (mac === undefined) {
      this.ignore(skb, () => `the answer does not tell the MAC address of ${formatIp(target)}`);
      return;
    }
    // A proxy that hears its own answer must not believe it.
    if (mac === device.mac && netns.conf6All.proxyNdp && this.proxies(device, target)) {
      this.ignore(skb, () => `the answer about ${formatIp(target)} is this host's own`);
      return;
    }
    if (skb.trace !== undefined) {
      const text = `${formatIp(target)} has the MAC address ${formatMac(mac)}: ${device.name} remembers it`;
      netns.step(skb, 'ndp', 'learn', text);
    }
    entry.router = na.router;
    netns.neighbors.update(entry, mac, {
      state: na.solicited ? 'reachable' : 'stale',
      override: na.override,
      weak: true,
      admin: false,
    });
  }

  private ignore(skb: Skb, why: () => string): void {
    this.netns.drop(skb, 'ndp-ignored', 'ndp', skb.trace === undefined ? '' : why());
  }
}

/** The source of the packet that waits, when the device it leaves by has it. */
function sourceOf(device: NetDevice, cause: Skb | undefined): Ipv6 | undefined {
  const packet = cause?.packet;
  if (packet?.kind !== 'ipv6') return undefined;
  const own = findAddress6(device, packet.src);
  return own === undefined || own.tentative ? undefined : own.address;
}
