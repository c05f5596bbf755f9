import type { Mac } from '../addr/index.js';
import { l3Bytes } from '../wire/index.js';
import type { L3Packet } from '../wire/packet.js';
import type { ConntrackRef, Device, SocketOwner } from './contract.js';
import type { PacketTrace } from './trace.js';

/** How a received frame is addressed, seen from the receiving device (PACKET_* of if_packet.h). */
export type PacketType = 'host' | 'broadcast' | 'multicast' | 'otherhost' | 'outgoing';

/**
 * A packet under way inside one kernel, after Linux's sk_buff: headers in an immutable record, and
 * what the kernel notes about it. An Skb belongs to whoever handles it; a copy is made with `clone`.
 */
export class Skb {
  packet: L3Packet;
  srcMac: Mac | undefined = undefined;
  dstMac: Mac | undefined = undefined;
  etherType: number;
  /** The device it is on now. */
  dev: Device | undefined = undefined;
  /** The device it came in by (skb_iif), kept while it is forwarded. */
  iif: Device | undefined = undefined;
  pktType: PacketType = 'outgoing';
  /** Bridge ports it came in and goes out by, for br_netfilter's physdev. */
  physIn: Device | undefined = undefined;
  physOut: Device | undefined = undefined;
  /** Set while a frame that was translated on a bridge waits for its new receiver's MAC: the source it must keep. */
  bridgedDnatSrc: Mac | undefined = undefined;
  /**
   * Where br_netfilter routed an IPv6 packet that NAT changed on its bridge port: ipv6_rcv takes the device of that
   * route for the one it came in by.
   */
  bridgeRouted: Device | undefined = undefined;
  /** Size of the largest fragment it was joined from (IPCB frag_max_size); 0 when it came whole. */
  fragMaxBytes = 0;
  /** Size of the largest segment it was joined from (gso_size and headers); 0 for a single one. */
  gsoBytes = 0;
  /** Waits to be handled where segments are joined (GRO). */
  held = false;
  /** Came out of a tunnel, and so lost the departure time that TCP gives (skb_clear_delivery_time). */
  decapsulated = false;
  mark = 0;
  /** What its sender wants flows to be told apart by (skb->hash); outlives the sender's namespace. */
  txHash = 0;
  /** Its connection, once conntrack has seen it in this namespace. */
  ct: ConntrackRef | undefined = undefined;
  /** The local socket that sent it. */
  owner: SocketOwner | undefined = undefined;
  trace: PacketTrace | undefined = undefined;
  packetId = 0;
  parentId: number | undefined = undefined;
  /** Kept for who counts live traffic: the crossing that it noted last, 0 for none, -1 for a packet that it does not follow. */
  crossing = 0;

  constructor(packet: L3Packet, etherType: number) {
    this.packet = packet;
    this.etherType = etherType;
  }

  /** Octets of the IP packet, or of its largest segment when it was joined from several: what an MTU must carry. */
  get segmentBytes(): number {
    return this.gsoBytes > 0 ? this.gsoBytes : l3Bytes(this.packet);
  }

  /** A copy for another receiver; in a trace it is a packet of its own that names this one as parent. */
  clone(): Skb {
    const copy = new Skb(this.packet, this.etherType);
    copy.srcMac = this.srcMac;
    copy.dstMac = this.dstMac;
    copy.dev = this.dev;
    copy.iif = this.iif;
    copy.pktType = this.pktType;
    copy.physIn = this.physIn;
    copy.physOut = this.physOut;
    copy.bridgedDnatSrc = this.bridgedDnatSrc;
    copy.bridgeRouted = this.bridgeRouted;
    copy.fragMaxBytes = this.fragMaxBytes;
    copy.gsoBytes = this.gsoBytes;
    copy.decapsulated = this.decapsulated;
    copy.mark = this.mark;
    copy.txHash = this.txHash;
    copy.ct = this.ct;
    copy.trace = this.trace;
    copy.crossing = this.crossing;
    if (this.trace !== undefined) {
      copy.packetId = this.trace.nextPacketId();
      copy.parentId = this.packetId;
    }
    return copy;
  }

  /** Makes this packet part of the trace of the packet that caused it. */
  causedBy(cause: Skb): void {
    if (cause.trace === undefined) return;
    this.trace = cause.trace;
    this.packetId = cause.trace.nextPacketId();
    this.parentId = cause.packetId;
  }

  /** Forgets what one namespace noted, as a packet does when it crosses a veth (skb_scrub_packet). */
  scrub(): void {
    this.mark = 0;
    this.bridgedDnatSrc = undefined;
    this.bridgeRouted = undefined;
    this.fragMaxBytes = 0;
    this.ct = undefined;
    this.owner = undefined;
    this.physIn = undefined;
    this.physOut = undefined;
    this.iif = undefined;
  }
}
