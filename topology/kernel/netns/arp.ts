import {
  formatIp,
  formatMac,
  type Ipv4,
  isLoopback4,
  isMulticast4,
  MAC_BROADCAST,
  MAC_ZERO,
  type Mac,
} from '../../addr/index.js';
import { MILLISECOND, type Rng } from '../../base/index.js';
import { ARP_OP, type ArpPacket, ETHERTYPE } from '../../wire/index.js';
import type { NetDevice } from '../link/device.js';
import { Skb } from '../skb.js';
import { onLink, selectAddress } from './address.js';
import type { NetNamespace } from './namespace.js';
import { SCOPE } from './scope.js';

/** Longest wait before a broadcast request is answered for another (`proxy_delay`). */
const PROXY_DELAY_NS = 800 * MILLISECOND;

/** One ARP message to send. */
interface ArpMessage {
  readonly op: number;
  readonly device: NetDevice;
  readonly senderIp: Ipv4;
  readonly targetIp: Ipv4;
  readonly targetMac: Mac;
  readonly to: Mac;
  readonly cause: Skb | undefined;
}

/**
 * Address resolution (RFC 826, net/ipv4/arp.c): answers for every address of the namespace on any device (the
 * weak host model) unless `arp_ignore` says otherwise, and proxies where `proxy_arp` does.
 */
export class Arp {
  private readonly netns: NetNamespace;
  private readonly delays: Rng;

  constructor(netns: NetNamespace) {
    this.netns = netns;
    this.delays = netns.host.rng.fork(`${netns.inode}/proxy-arp`);
  }

  /** Asks who has an address: everyone, or one MAC address that had it before. */
  solicit(device: NetDevice, target: Ipv4, known: Mac | undefined, cause: Skb | undefined): void {
    const senderIp = this.senderFor(device, target, cause);
    this.send({
      op: ARP_OP.request,
      device,
      senderIp,
      targetIp: target,
      targetMac: MAC_ZERO,
      to: known ?? MAC_BROADCAST,
      cause,
    });
  }

  /** Tells everyone on a link which MAC address has an address now (`arping -A`, arp_notify). */
  announce(device: NetDevice, address: Ipv4): void {
    const to = MAC_BROADCAST;
    this.send({
      op: ARP_OP.request,
      device,
      senderIp: address,
      targetIp: address,
      targetMac: MAC_ZERO,
      to,
      cause: undefined,
    });
  }

  /** Handles a message that came in (arp_rcv, arp_process). */
  receive(skb: Skb, device: NetDevice, arp: ArpPacket): void {
    if (skb.pktType === 'otherhost') {
      this.netns.drop(skb, 'other-host', 'arp', 'the ARP frame is addressed to another host');
      return;
    }
    if (device.noArp) {
      this.ignore(skb, `${device.name} does not use ARP`);
      return;
    }
    const { senderIp, targetIp } = arp;
    const known = arp.op === ARP_OP.request || arp.op === ARP_OP.reply;
    const loopback = isLoopback4(targetIp) && !device.conf.routeLocalnet;
    if (!known || isMulticast4(targetIp) || loopback) {
      this.netns.drop(
        skb,
        'malformed',
        'arp',
        `an ARP message about ${formatIp(targetIp)} is not valid`,
      );
      return;
    }
    if (arp.op === ARP_OP.request && senderIp === 0) {
      this.answerProbe(skb, device, arp);
      return;
    }
    if (arp.op === ARP_OP.request && this.answer(skb, device, arp)) return;
    this.learn(skb, device, arp);
  }

  /** True when the request was for this host (or one it proxies for) and needs nothing more. */
  private answer(skb: Skb, device: NetDevice, arp: ArpPacket): boolean {
    const { senderIp, targetIp } = arp;
    const decided = this.netns.router.arpDecision(targetIp, senderIp, device);
    if (decided === undefined) {
      if (skb.trace !== undefined) {
        const text = `a packet from ${formatIp(senderIp)} may not come in by ${device.name} (rp_filter or martian source), so this ARP request is not answered`;
        this.netns.step(skb, 'arp', 'refuse', text);
      }
      return false;
    }
    if (decided.type === 'local') {
      if (this.ignored(device, senderIp, targetIp)) {
        this.ignore(
          skb,
          `${formatIp(targetIp)} is an address of this host, but arp_ignore on ${device.name} forbids to answer here`,
        );
        return true;
      }
      this.noteSender(device, arp);
      this.stepAnswer(
        skb,
        `${formatIp(targetIp)} is an address of this host, so ${device.name} answers with its own MAC address ${formatMac(device.mac)}`,
      );
      this.reply(skb, device, arp);
      return true;
    }
    if (!device.conf.forwarding || decided.dev === device || decided.type !== 'unicast')
      return false;
    const entered = device.proxied?.has(targetIp) === true;
    if (!device.conf.proxyArp && !entered) return false;
    this.noteSender(device, arp);
    this.stepAnswer(
      skb,
      `${entered ? 'a proxy entry is there' : 'proxy_arp is on'}: ${device.name} answers for ${formatIp(targetIp)}, which it reaches by ${decided.dev?.name ?? '?'}`,
    );
    if (skb.pktType === 'host') this.reply(skb, device, arp);
    else {
      // Others may be nearer (pneigh_enqueue).
      const delayNs = this.delays.below(PROXY_DELAY_NS);
      this.netns.host.clock.timer(() => this.reply(skb, device, arp)).arm(delayNs);
    }
    return true;
  }

  /** Duplicate address detection (RFC 5227): asked by someone who has no address yet. */
  private answerProbe(skb: Skb, device: NetDevice, arp: ArpPacket): void {
    if (!this.netns.ip.isLocal(arp.targetIp) || this.ignored(device, arp.senderIp, arp.targetIp)) {
      this.ignore(skb, `nobody here has ${formatIp(arp.targetIp)}`);
      return;
    }
    this.reply(skb, device, arp);
  }

  private learn(skb: Skb, device: NetDevice, arp: ArpPacket): void {
    const { neighbors } = this.netns;
    let entry = neighbors.find(device, arp.senderIp);
    const gratuitous = arp.senderIp === arp.targetIp;
    if (entry === undefined && device.conf.arpAccept > 0 && gratuitous) {
      entry = neighbors.create(device, arp.senderIp);
    }
    if (entry === undefined) {
      const text =
        skb.trace === undefined
          ? ''
          : `${formatIp(arp.targetIp)} is not an address of this host, and nothing here waits for ${formatIp(arp.senderIp)}`;
      this.ignore(skb, text);
      return;
    }
    const asserts = arp.op === ARP_OP.reply && skb.pktType === 'host';
    if (skb.trace !== undefined) {
      const text = `${formatIp(arp.senderIp)} has the MAC address ${formatMac(arp.senderMac)}: ${device.name} remembers it`;
      this.netns.step(skb, 'arp', 'learn', text);
    }
    neighbors.update(entry, arp.senderMac, {
      state: asserts ? 'reachable' : 'stale',
      override: gratuitous || neighbors.mayOverride(entry),
      admin: false,
    });
  }

  /** Who asks may be believed as to its own address (neigh_event_ns). */
  private noteSender(device: NetDevice, arp: ArpPacket): void {
    const entry = this.netns.neighbors.create(device, arp.senderIp);
    this.netns.neighbors.update(entry, arp.senderMac, {
      state: 'stale',
      override: true,
      admin: false,
    });
  }

  private ignored(device: NetDevice, senderIp: Ipv4, targetIp: Ipv4): boolean {
    const level = device.conf.arpIgnore;
    if (level === 0) return false;
    if (level === 8) return true;
    const own = device.addresses.find((address) => address.address === targetIp);
    if (own === undefined) return true;
    if (level === 1) return false;
    return !onLink(device, targetIp, senderIp);
  }

  private reply(skb: Skb, device: NetDevice, arp: ArpPacket): void {
    this.send({
      op: ARP_OP.reply,
      device,
      senderIp: arp.targetIp,
      targetIp: arp.senderIp,
      targetMac: arp.senderMac,
      to: arp.senderMac,
      cause: skb,
    });
  }

  private send(message: ArpMessage): void {
    const { device, cause } = message;
    const packet: ArpPacket = {
      kind: 'arp',
      op: message.op,
      senderMac: device.mac,
      senderIp: message.senderIp,
      targetMac: message.targetMac,
      targetIp: message.targetIp,
    };
    const skb = new Skb(packet, ETHERTYPE.arp);
    skb.srcMac = device.mac;
    skb.dstMac = message.to;
    skb.dev = device;
    if (cause !== undefined) skb.causedBy(cause);
    if (skb.trace !== undefined && message.op === ARP_OP.request) {
      const whom =
        message.to === MAC_BROADCAST
          ? 'asks the whole segment'
          : `asks ${formatMac(message.to)} alone`;
      const text = `${device.name} ${whom}: who has ${formatIp(message.targetIp)}? tell ${formatIp(message.senderIp)}`;
      this.netns.step(skb, 'arp', 'request', text);
    }
    device.transmit(skb);
  }

  /** `arp_announce` 0: the source of the packet that waits when it is ours, else an address of the device. */
  private senderFor(device: NetDevice, target: Ipv4, cause: Skb | undefined): Ipv4 {
    const packet = cause?.packet;
    const level = device.conf.arpAnnounce;
    if (packet?.kind === 'ipv4' && level < 2 && this.netns.ip.isLocal(packet.src)) {
      if (level === 0 || onLink(device, packet.src, target)) return packet.src;
    }
    return selectAddress(device, target, SCOPE.link) ?? (0 as Ipv4);
  }

  private stepAnswer(skb: Skb, text: string): void {
    if (skb.trace !== undefined) this.netns.step(skb, 'arp', 'reply', text);
  }

  private ignore(skb: Skb, text: string): void {
    this.netns.drop(skb, 'arp-ignored', 'arp', text);
  }
}
