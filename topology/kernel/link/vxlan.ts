import {
  formatIp,
  formatMac,
  type Ip,
  isIpv4,
  MAC_BROADCAST,
  MAC_ZERO,
  type Mac,
} from '../../addr/index.js';
import { SECOND } from '../../base/index.js';
import { ETHERTYPE, type Frame, IPPROTO, type Ipv4Packet } from '../../wire/index.js';
import type { NetNamespace } from '../netns/namespace.js';
import type { Skb } from '../skb.js';
import type { NetDevice } from './device.js';
import type { Driver } from './driver.js';
import { cutSegments, joinSegments, mayGrow } from './offload.js';

/** Where frames to one address go. */
export interface VxlanRemote {
  readonly mac: Mac;
  /** Tunnel ends; more than one only for the all-zeros entry, which floods. */
  readonly remotes: Ip[];
  readonly permanent: boolean;
  seenNs: number;
}

const AGEING_NS = 300 * SECOND;

/** What encapsulation adds over IPv4: Ethernet, IP, UDP and VXLAN headers. */
const VXLAN_HEADROOM_BYTES = 50;

/**
 * A tunnel device (drivers/net/vxlan, RFC 7348): frames travel as UDP between tunnel ends (VTEPs), found by
 * destination MAC in its forwarding database.
 *
 * Fidelity: IPv4 underlay without multicast group; no VNI filtering, no metadata mode.
 */
export class Vxlan implements Driver {
  readonly vni: number;
  readonly dstPort: number;
  readonly local: Ip | undefined;
  readonly learning: boolean;
  readonly fdb = new Map<Mac, VxlanRemote>();
  /** The namespace that carries the tunnel: where the device was made, even after it was moved. */
  readonly underlay: NetNamespace;
  private readonly lowerIfindex: number | undefined;
  private own: NetDevice | undefined = undefined;
  /** The last segment taken out, while more may be joined to it. */
  private held: Skb | undefined = undefined;

  constructor(init: {
    readonly vni: number;
    readonly dstPort: number;
    readonly local: Ip | undefined;
    readonly learning: boolean;
    readonly underlay: NetNamespace;
    readonly lower: NetDevice | undefined;
  }) {
    this.vni = init.vni;
    this.dstPort = init.dstPort;
    this.local = init.local;
    this.learning = init.learning;
    this.underlay = init.underlay;
    this.lowerIfindex = init.lower?.ifindex;
  }

  get mtuLimitBytes(): number | undefined {
    const { lowerIfindex } = this;
    const lower =
      lowerIfindex === undefined ? undefined : this.underlay.deviceByIndex(lowerIfindex);
    return lower === undefined ? undefined : lower.mtuBytes - VXLAN_HEADROOM_BYTES;
  }

  /** Ties the tunnel to its device; once, when made. */
  attach(device: NetDevice): void {
    this.own = device;
  }

  linkChanged(device: NetDevice): void {
    device.setCarrier(device.up);
    if (device.up) this.underlay.vxlans.add(this);
    else this.underlay.vxlans.remove(this);
  }

  removed(): void {
    this.underlay.vxlans.remove(this);
  }

  xmit(device: NetDevice, skb: Skb): boolean {
    const { netns } = device;
    const dst = skb.dstMac ?? MAC_BROADCAST;
    const entry = this.find(dst, netns.nowNs) ?? this.fdb.get(MAC_ZERO);
    if (entry === undefined || entry.remotes.length === 0) {
      device.dropOnSend(skb);
      const why =
        skb.trace === undefined
          ? ''
          : `${device.name} has no forwarding entry that says which node owns ${formatMac(dst)} (bridge fdb show dev ${device.name})`;
      netns.drop(skb, 'vxlan-no-fdb', 'vxlan', why);
      return true;
    }
    for (let index = entry.remotes.length - 1; index > 0; index--) {
      const remote = entry.remotes[index];
      if (remote !== undefined) this.encapsulate(device, skb.clone(), remote);
    }
    const first = entry.remotes[0];
    if (first !== undefined) this.encapsulate(device, skb, first);
    return true;
  }

  /** A packet of this tunnel arrived (vxlan_rcv); `inner` was checked to have this VNI. */
  receive(skb: Skb, outer: Ipv4Packet, inner: Frame): void {
    const device = this.own;
    if (device === undefined) return;
    const { netns } = device;
    if (inner.src === device.mac) {
      const why = skb.trace === undefined ? '' : `the inner frame comes from ${device.name} itself`;
      netns.drop(skb, 'martian-source', 'vxlan', why);
      return;
    }
    if (this.learning) this.learn(inner.src, outer.src, netns.nowNs);
    skb.txHash = 0;
    skb.scrub();
    skb.decapsulated = true;
    skb.packet = inner.packet;
    skb.etherType = inner.etherType;
    skb.srcMac = inner.src;
    skb.dstMac = inner.dst;
    if (skb.trace !== undefined) {
      const text = `the UDP packet from ${formatIp(outer.src)} carries a frame of VNI ${this.vni}: ${device.name} takes it out`;
      this.underlay.step(skb, 'vxlan', 'decapsulate', text);
    }
    if (this.held !== undefined && joinSegments(this.held, skb)) {
      if (skb.trace !== undefined) {
        const text = `${device.name} joins the segment to the one before it, which waits (GRO)`;
        netns.step(skb, 'vxlan', 'join', text);
      }
      if (!mayGrow(this.held)) this.held = undefined;
      return;
    }
    skb.held = mayGrow(skb);
    this.held = skb.held ? skb : undefined;
    device.enqueue(skb);
  }

  private encapsulate(device: NetDevice, skb: Skb, remote: Ip): void {
    if (skb.gsoBytes > 0) {
      for (const segment of cutSegments(skb)) this.encapsulate(device, segment, remote);
      return;
    }
    const { underlay } = this;
    if (!isIpv4(remote) || skb.srcMac === undefined || skb.dstMac === undefined) return;
    const inner: Frame = {
      src: skb.srcMac,
      dst: skb.dstMac,
      etherType: skb.etherType,
      packet: skb.packet,
    };
    const srcPort = sourcePort(mix(flowHash(inner), skb.txHash), underlay.localPorts);
    const local = this.local !== undefined && isIpv4(this.local) ? this.local : undefined;
    const route = underlay.router.outputRoute(remote, local, this.lower(), 0);
    if (route === undefined || route.dev === device) {
      device.dropOnSend(skb);
      const why =
        skb.trace === undefined
          ? ''
          : `the node itself has no route to the tunnel end ${formatIp(remote)}`;
      underlay.drop(skb, 'no-route', 'vxlan', why);
      return;
    }
    skb.scrub();
    skb.etherType = ETHERTYPE.ipv4;
    skb.pktType = 'outgoing';
    const packet: Ipv4Packet = {
      kind: 'ipv4',
      src: underlay.router.chosenSource,
      dst: remote,
      ttl: 64,
      tos: 0,
      id: underlay.output.nextId(),
      df: false,
      mf: false,
      fragOffset: 0,
      proto: IPPROTO.udp,
      body: {
        kind: 'udp',
        srcPort,
        dstPort: this.dstPort,
        payload: { kind: 'vxlan', vni: this.vni, inner },
        noChecksum: true,
      },
    };
    skb.packet = packet;
    // The outer Ethernet header is put on by the device that sends it.
    skb.srcMac = undefined;
    skb.dstMac = undefined;
    if (skb.trace !== undefined) {
      const text = `${device.name} knows that ${formatMac(inner.dst)} belongs to ${formatIp(remote)}, and wraps the frame in UDP to port ${this.dstPort} there with VNI ${this.vni}`;
      device.netns.step(skb, 'vxlan', 'encapsulate', text);
    }
    underlay.output.localOut(skb, packet, route);
  }

  /** The forwarding database without what has aged out, in order of arrival. */
  entries(nowNs: number): VxlanRemote[] {
    return Array.from(this.fdb.values()).filter(
      (entry) => entry.permanent || nowNs - entry.seenNs <= AGEING_NS,
    );
  }

  private lower(): NetDevice | undefined {
    return this.lowerIfindex === undefined
      ? undefined
      : this.underlay.deviceByIndex(this.lowerIfindex);
  }

  private find(mac: Mac, nowNs: number): VxlanRemote | undefined {
    const entry = this.fdb.get(mac);
    if (entry === undefined || entry.permanent || nowNs - entry.seenNs <= AGEING_NS) return entry;
    this.fdb.delete(mac);
    return undefined;
  }

  private learn(mac: Mac, remote: Ip, nowNs: number): void {
    const entry = this.fdb.get(mac);
    if (entry?.permanent === true) return;
    this.fdb.set(mac, { mac, remotes: [remote], permanent: false, seenNs: nowNs });
  }
}

/** VXLAN devices that are up in a namespace, by UDP port and VNI. */
export class VxlanPorts {
  private readonly devices = new Map<number, Vxlan>();
  private readonly ports = new Map<number, number>();

  add(vxlan: Vxlan): void {
    const key = keyOf(vxlan.dstPort, vxlan.vni);
    if (this.devices.has(key)) return;
    this.devices.set(key, vxlan);
    this.ports.set(vxlan.dstPort, (this.ports.get(vxlan.dstPort) ?? 0) + 1);
  }

  remove(vxlan: Vxlan): void {
    const key = keyOf(vxlan.dstPort, vxlan.vni);
    if (this.devices.get(key) !== vxlan) return;
    this.devices.delete(key);
    const left = (this.ports.get(vxlan.dstPort) ?? 1) - 1;
    if (left === 0) this.ports.delete(vxlan.dstPort);
    else this.ports.set(vxlan.dstPort, left);
  }

  /** Whether the kernel has a tunnel socket on this UDP port. */
  listens(port: number): boolean {
    return this.ports.has(port);
  }

  find(port: number, vni: number): Vxlan | undefined {
    return this.devices.get(keyOf(port, vni));
  }
}

function keyOf(port: number, vni: number): number {
  return port * 0x1000000 + vni;
}

/** Spreads the flows of a tunnel over `ip_local_port_range`, so that the underlay may balance them (udp_flow_src_port). */
function sourcePort(hash: number, [low, high]: readonly [number, number]): number {
  return low + Math.floor((hash * (high - low)) / 0x100000000);
}

function flowHash(frame: Frame): number {
  const { packet } = frame;
  if (packet.kind !== 'ipv4') return mix(mix(frame.src, frame.dst), frame.etherType);
  const addresses = mix(packet.src, packet.dst);
  const { body } = packet;
  if (body.kind !== 'udp' && body.kind !== 'tcp') return mix(addresses, packet.proto);
  return mix(addresses, body.srcPort * 0x10000 + body.dstPort + packet.proto);
}

function mix(a: number, b: number): number {
  let mixed = Math.imul((a ^ (a / 0x100000000)) | 0, 0x9e3779b1) ^ ((b ^ (b / 0x100000000)) | 0);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}
