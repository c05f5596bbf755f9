import { formatMac, type Ip, isMulticastMac, MAC_BROADCAST, type Mac } from '../../addr/index.js';
import { ETHERNET_HEADER_BYTES, IPV6_MIN_MTU_BYTES, l3Bytes } from '../../wire/index.js';
import type { Device, DeviceStats, TapListener } from '../contract.js';
import type { InterfaceAddress } from '../netns/address.js';
import type { Ipv6Address } from '../netns/ipv6-address.js';
import type { NetNamespace } from '../netns/namespace.js';
import type { Neighbor } from '../netns/neighbor.js';
import type { DeviceConf, DeviceConf6 } from '../netns/sysctl.js';
import type { LinkSpec } from '../ops.js';
import type { PacketType, Skb } from '../skb.js';
import type { BridgePort } from './bridge-port.js';
import type { Driver } from './driver.js';
import type { MacvlanDriver } from './macvlan.js';
import { cutSegments } from './offload.js';

/** What a device is made from. */
export interface NetDeviceInit {
  readonly ifindex: number;
  readonly name: string;
  readonly kind: Device['kind'];
  readonly spec: LinkSpec | undefined;
  readonly netns: NetNamespace;
  readonly mac: Mac;
  readonly mtuBytes: number;
  readonly driver: Driver;
}

/**
 * A network device (struct net_device with its in_device). What differs between kinds is in its driver;
 * what every device does is here: counters, taps, the state of the link, and where a received frame goes.
 */
export class NetDevice implements Device {
  ifindex: number;
  name: string;
  readonly kind: Device['kind'];
  readonly spec: LinkSpec | undefined;
  netns: NetNamespace;
  mac: Mac;
  mtuBytes: number;
  up = false;
  /** Has been up before: only then does it have a queueing discipline. */
  activated = false;
  carrier = false;
  promisc = false;
  /** Packet sockets that asked for every frame; with `promisc`, IFF_PROMISC of the driver. */
  promiscuity = 0;
  peer: NetDevice | undefined = undefined;
  readonly stats: DeviceStats = {
    rxPackets: 0,
    rxBytes: 0,
    rxDropped: 0,
    txPackets: 0,
    txBytes: 0,
    txDropped: 0,
  };
  readonly driver: Driver;
  /** Set while the device is a port of a bridge: its rx_handler. */
  port: BridgePort | undefined = undefined;
  /** macvlan devices on top of this one, in order of creation. */
  uppers: MacvlanDriver[] | undefined = undefined;
  /** IPv4 addresses in order of assignment. */
  addresses: InterfaceAddress[] = [];
  /** IPv6 addresses: the wider scope first, of one scope the latest. */
  addresses6: Ipv6Address[] = [];
  readonly neighbors = new Map<Ip, Neighbor>();
  /** Addresses that it answers for in place of others (`ip neigh add proxy`). */
  proxied: Set<Ip> | undefined = undefined;
  /** Its sysctls with `all` folded in; replaced whole when one of them changes. */
  conf: DeviceConf;
  conf6: DeviceConf6;
  /** Up and with carrier since it went up: IPv6 has given it addresses (IF_READY). */
  ipv6Ready = false;
  /** IFF_NOARP: no address resolution. */
  readonly noArp: boolean;
  /** True after `link.del` or the end of its namespace. */
  gone = false;
  private taps: TapListener[] | undefined = undefined;

  constructor(init: NetDeviceInit) {
    this.ifindex = init.ifindex;
    this.name = init.name;
    this.kind = init.kind;
    this.spec = init.spec;
    this.netns = init.netns;
    this.mac = init.mac;
    this.mtuBytes = init.mtuBytes;
    this.driver = init.driver;
    this.noArp = init.kind === 'loopback' || init.kind === 'dummy';
    this.conf = init.netns.sysctls.confOf(init.name);
    this.conf6 = init.netns.sysctls.conf6Of(init.name);
  }

  get master(): NetDevice | undefined {
    return this.port?.bridge.device;
  }

  /** Whether IPv6 runs here: not switched off, and the device takes the smallest packet that it needs. */
  get ipv6(): boolean {
    return !this.conf6.disableIpv6 && this.mtuBytes >= IPV6_MIN_MTU_BYTES;
  }

  /** dev_set_mtu: IPv6 leaves a device that no longer carries its smallest packet. */
  setMtu(mtuBytes: number): void {
    const { ipv6 } = this;
    this.mtuBytes = mtuBytes;
    if (this.ipv6 !== ipv6) this.netns.addrconf.linkChanged(this);
  }

  /** Whether anyone watches this device. */
  get tapped(): boolean {
    return this.taps !== undefined;
  }

  transmit(skb: Skb): boolean {
    skb.dev = this;
    if (!this.up || !this.carrier) {
      this.refuseToSend(skb);
      return false;
    }
    if (skb.gsoBytes > 0 && !sendsJoined(this)) {
      let sent = true;
      for (const segment of cutSegments(skb)) sent = this.transmit(segment) && sent;
      return sent;
    }
    const stats = this.stats;
    stats.txPackets++;
    stats.txBytes += ETHERNET_HEADER_BYTES + l3Bytes(skb.packet);
    if (this.taps !== undefined) this.showTaps(skb, 'out', 'outgoing');
    if (skb.trace !== undefined) {
      this.netns.step(skb, 'device', 'transmit', this.sendSentence(skb));
    }
    return this.driver.xmit(this, skb);
  }

  /** A frame has arrived from outside (netif_rx): seen by taps now, handled by `receive` in its turn. */
  enqueue(skb: Skb): void {
    skb.dev = this;
    skb.pktType = this.classify(skb);
    if (!this.up) {
      this.stats.rxDropped++;
      const why = skb.trace === undefined ? '' : `${this.name} is down and takes no frames`;
      this.netns.drop(skb, 'link-down', 'device', why);
      return;
    }
    if (stampedEarly(skb)) {
      if (this.taps !== undefined) this.showTaps(skb, 'in', skb.pktType);
      // Devices above are handed the frame with its time of arrival, so their taps are due now too.
      if (this.port !== undefined) this.port.bridge.showEarly(this.port, skb);
      if (this.uppers !== undefined) this.uppers[0]?.showEarly(this, skb);
    }
    this.netns.host.softirq.raise(this, skb);
  }

  /** Handles a queued frame (__netif_receive_skb): called by the softirq. */
  receive(skb: Skb): void {
    skb.dev = this;
    const late = !stampedEarly(skb);
    skb.held = false;
    if (!this.up || this.gone) {
      this.stats.rxDropped++;
      const why =
        skb.trace === undefined ? '' : `${this.name} went down before the frame was handled`;
      this.netns.drop(skb, this.gone ? 'netns-gone' : 'link-down', 'device', why);
      return;
    }
    skb.iif = this;
    const stats = this.stats;
    stats.rxPackets++;
    stats.rxBytes += ETHERNET_HEADER_BYTES + l3Bytes(skb.packet);
    if (this.taps !== undefined && late) this.showTaps(skb, 'in', skb.pktType);
    if (skb.trace !== undefined) {
      this.netns.step(skb, 'device', 'receive', this.receiveSentence(skb));
    }
    if (this.port !== undefined) {
      this.port.bridge.handleFrame(this.port, skb);
      return;
    }
    if (this.uppers !== undefined && this.offerUppers(skb)) return;
    this.netns.input.receive(skb, this);
  }

  /** A frame that arrived by a device below becomes this device's own: a bridge passes it up. */
  receiveFromPort(skb: Skb): void {
    skb.dev = this;
    skb.iif = this;
    const stats = this.stats;
    stats.rxPackets++;
    stats.rxBytes += ETHERNET_HEADER_BYTES + l3Bytes(skb.packet);
    if (skb.trace !== undefined) {
      this.netns.step(skb, 'device', 'receive', this.receiveSentence(skb));
    }
    if (this.uppers !== undefined && this.offerUppers(skb)) return;
    this.netns.input.receive(skb, this);
  }

  /** A frame that the parent received for this device: it goes on without waiting again. */
  receiveFromParent(skb: Skb): void {
    skb.dev = this;
    skb.pktType = this.classify(skb);
    this.receive(skb);
  }

  tap(listener: TapListener): () => void {
    this.taps = [...(this.taps ?? []), listener];
    return () => {
      const rest = this.taps?.filter((other) => other !== listener) ?? [];
      this.taps = rest.length === 0 ? undefined : rest;
    };
  }

  changePromiscuity(by: 1 | -1): void {
    this.promiscuity += by;
  }

  /** Shows a frame to those who watch. */
  showTaps(skb: Skb, direction: 'in' | 'out', type: PacketType): void {
    const taps = this.taps;
    if (taps === undefined) return;
    for (let index = 0; index < taps.length; index++) taps[index]?.(skb, direction, this, type);
  }

  /** A frame handed over by the fabric; only for devices made by `addCable`. */
  receiveFromCable(skb: Skb): void {
    skb.scrub();
    skb.txHash = 0;
    this.enqueue(skb);
  }

  /** The fabric says whether the other end of the cable is alive. */
  setCarrier(up: boolean): void {
    if (this.carrier === up) return;
    this.carrier = up;
    this.netns.carrierChanged(this);
  }

  /** Counts and tells a frame that the device cannot take. */
  dropOnSend(skb: Skb): void {
    this.stats.txDropped++;
    skb.dev = this;
  }

  private classify(skb: Skb): PacketType {
    const dst = skb.dstMac;
    if (dst === this.mac || dst === undefined) return 'host';
    if (dst === MAC_BROADCAST) return 'broadcast';
    if (isMulticastMac(dst)) return 'multicast';
    return this.kind === 'loopback' ? 'host' : 'otherhost';
  }

  private offerUppers(skb: Skb): boolean {
    return this.uppers?.[0]?.handleFrame(this, skb) === true;
  }

  private refuseToSend(skb: Skb): void {
    this.stats.txDropped++;
    const reason = this.up ? 'no-carrier' : 'link-down';
    this.netns.drop(skb, reason, 'device', skb.trace === undefined ? '' : this.refusal());
  }

  private refusal(): string {
    if (!this.up) return `${this.name} is down, so nothing is sent`;
    if (this.kind === 'bridge') return `${this.name} has no carrier: no port of the bridge is up`;
    const { leadsTo } = this.driver;
    return leadsTo === undefined
      ? `${this.name} has no carrier: its other end is down or gone`
      : `${this.name} has no carrier: the cable to ${leadsTo} is unplugged, or what it leads to is off`;
  }

  private sendSentence(skb: Skb): string {
    const to = macText(skb.dstMac);
    if (this.peer !== undefined && this.kind === 'veth') {
      const where = this.peer.netns === this.netns ? '' : ` in ${this.peer.netns.title}`;
      return `${this.name} sends the frame to ${to}; the other end of the veth is ${this.peer.name}${where}`;
    }
    if (this.kind === 'loopback') return `${this.name} hands the packet back to this namespace`;
    const { leadsTo } = this.driver;
    const cable = leadsTo === undefined ? '' : `; its cable leads to ${leadsTo}`;
    return `${this.name} sends the frame to ${to}${cable}`;
  }

  private receiveSentence(skb: Skb): string {
    if (this.kind === 'loopback') return `${this.name} receives what this namespace sent to itself`;
    const from = macText(skb.srcMac);
    switch (skb.pktType) {
      case 'host':
        return `${this.name} receives a frame from ${from} addressed to it`;
      case 'broadcast':
        return `${this.name} receives a broadcast frame from ${from}`;
      case 'multicast':
        return `${this.name} receives a multicast frame from ${from}`;
      default:
        return `${this.name} receives a frame from ${from} addressed to ${macText(skb.dstMac)}`;
    }
  }
}

/**
 * Whether a capture shows the frame at the time it was queued, as Linux stamps it then, or when it is handled:
 * TCP segments carry a time of their own (earliest departure time) instead, and are stamped late; so are those that may
 * still be joined. What came out of a tunnel has lost that time.
 */
function stampedEarly(skb: Skb): boolean {
  return !skb.held && (skb.decapsulated || !carriesTcp(skb.packet));
}

function carriesTcp(packet: Skb['packet']): boolean {
  if (packet.kind !== 'ipv4' && packet.kind !== 'ipv6') return false;
  const { body } = packet;
  if (body.kind === 'tcp') return true;
  if (body.kind !== 'udp' || body.payload instanceof Uint8Array) return false;
  return carriesTcp(body.payload.inner.packet);
}

function macText(mac: Mac | undefined): string {
  if (mac === undefined) return 'nobody';
  return mac === MAC_BROADCAST ? 'everyone (ff:ff:ff:ff:ff:ff)' : formatMac(mac);
}

/** Bridges and tunnels take joined segments as they are; who carries them on cuts them (NETIF_F_GSO_SOFTWARE). */
function sendsJoined({ kind }: NetDevice): boolean {
  return kind === 'bridge' || kind === 'vxlan';
}
