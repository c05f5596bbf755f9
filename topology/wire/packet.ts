import type { Ipv4, Ipv6, Mac } from '../addr/index.js';

/**
 * Packets as records of typed headers. They are never changed in place: who rewrites a header makes
 * a new record, so a trace may keep the packet before and after. Octets are made by `emitFrame` when
 * someone looks. Checksums and lengths are not kept: `emit` computes them, `parse` verifies them.
 */

/** EtherType numbers (IEEE 802 Numbers, IANA). */
export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;

/** Internet protocol numbers (IANA). */
export const IPPROTO = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 } as const;

/** Ethernet II frame, IEEE 802.3 clause 3; the frame check sequence is not modelled. */
export interface Frame {
  readonly src: Mac;
  readonly dst: Mac;
  readonly etherType: number;
  readonly packet: L3Packet;
}

/** What an Ethernet frame carries. */
export type L3Packet = ArpPacket | Ipv4Packet | Ipv6Packet | OpaqueL3;

/** A network protocol that podnet carries without reading it. */
export interface OpaqueL3 {
  readonly kind: 'opaque-l3';
  readonly octets: Uint8Array;
}

/** Address Resolution Protocol for IPv4 over Ethernet, RFC 826. */
export interface ArpPacket {
  readonly kind: 'arp';
  /** 1 request, 2 reply. */
  readonly op: number;
  readonly senderMac: Mac;
  readonly senderIp: Ipv4;
  readonly targetMac: Mac;
  readonly targetIp: Ipv4;
}

/** Internet Protocol version 4, RFC 791. */
export interface Ipv4Packet {
  readonly kind: 'ipv4';
  readonly src: Ipv4;
  readonly dst: Ipv4;
  readonly ttl: number;
  /** DSCP and ECN octet (RFC 2474, RFC 3168). */
  readonly tos: number;
  readonly id: number;
  readonly df: boolean;
  readonly mf: boolean;
  /** Offset of this fragment's data in octets (a multiple of 8). */
  readonly fragOffset: number;
  readonly proto: number;
  readonly body: L4Body;
}

/** Internet Protocol version 6, RFC 8200. Extension headers other than Fragment are carried opaque. */
export interface Ipv6Packet {
  readonly kind: 'ipv6';
  readonly src: Ipv6;
  readonly dst: Ipv6;
  readonly hopLimit: number;
  readonly trafficClass: number;
  readonly flowLabel: number;
  readonly proto: number;
  /** The Fragment header, present in fragments only. */
  readonly fragment?: { readonly id: number; readonly offset: number; readonly more: boolean };
  readonly body: L4Body;
}

/** What an IP packet carries. Fragments carry `opaque`. */
export type L4Body = UdpDatagram | TcpSegment | IcmpMessage | OpaqueL4;

/** Octets of a transport protocol, or of a fragment of one. */
export interface OpaqueL4 {
  readonly kind: 'opaque';
  readonly octets: Uint8Array;
}

/** User Datagram Protocol, RFC 768. */
export interface UdpDatagram {
  readonly kind: 'udp';
  readonly srcPort: number;
  readonly dstPort: number;
  readonly payload: Uint8Array | VxlanPayload;
  /** Emitted with checksum 0, "not computed", as VXLAN's outer header does (RFC 7348 section 5). */
  readonly noChecksum?: boolean;
}

/** A frame inside a VXLAN tunnel, RFC 7348. */
export interface VxlanPayload {
  readonly kind: 'vxlan';
  readonly vni: number;
  readonly inner: Frame;
}

/** TCP flag bits, RFC 9293 section 3.1. */
export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_PSH = 0x08;
export const TCP_ACK = 0x10;
export const TCP_URG = 0x20;

/** Transmission Control Protocol, RFC 9293. */
export interface TcpSegment {
  readonly kind: 'tcp';
  readonly srcPort: number;
  readonly dstPort: number;
  /** Unsigned 32-bit sequence and acknowledgement numbers. */
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
  readonly options: TcpOptions;
  readonly payload: Uint8Array;
}

/** Octets that arrived beyond a hole: sequence numbers from `left` up to, not including, `right` (RFC 2018). */
export interface SackBlock {
  readonly left: number;
  readonly right: number;
}

/** Options as Linux sends them; emitted in Linux's order and padding. */
export interface TcpOptions {
  readonly mss?: number;
  readonly windowScale?: number;
  readonly sackPermitted?: boolean;
  readonly timestamp?: { readonly value: number; readonly echo: number };
  /** At least one; at most 4, or 3 beside a timestamp. */
  readonly sack?: readonly SackBlock[];
}

/** No options. */
export const NO_TCP_OPTIONS: TcpOptions = {};

/**
 * ICMP (RFC 792) under IPv4, ICMPv6 (RFC 4443, RFC 4861) under IPv6. `rest` is the second word of the
 * header: identifier and sequence of an echo, next-hop MTU, gateway. An error's payload is the octets
 * of the packet it speaks of.
 */
export interface IcmpMessage {
  readonly kind: 'icmp';
  readonly type: number;
  readonly code: number;
  readonly rest: number;
  readonly payload: Uint8Array;
}
