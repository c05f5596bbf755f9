import type { Ip } from '../../../addr/index.js';
import { ICMP4, ICMP6 } from '../../../wire/icmp.js';
import { IPPROTO, type Ipv4Packet, type Ipv6Packet, type L4Body } from '../../../wire/packet.js';

/**
 * What names one direction of a connection. Ports are those of TCP and UDP; under ICMP `srcPort` is the identifier
 * and `dstPort` holds type and code; otherwise both are 0.
 */
export interface TupleFields {
  readonly src: Ip;
  readonly dst: Ip;
  readonly proto: number;
  readonly srcPort: number;
  readonly dstPort: number;
}

/** ICMP type and code as they stand in `dstPort`. */
export function icmpPort(type: number, code: number): number {
  return (type << 8) | code;
}

const ICMP4_ANSWERS: Readonly<Record<number, number>> = {
  [ICMP4.echoRequest]: ICMP4.echoReply,
  [ICMP4.echoReply]: ICMP4.echoRequest,
  [ICMP4.timestampRequest]: ICMP4.timestampReply,
  [ICMP4.timestampReply]: ICMP4.timestampRequest,
  15: 16,
  16: 15,
  17: 18,
  18: 17,
};

const ICMP6_ANSWERS: Readonly<Record<number, number>> = {
  [ICMP6.echoRequest]: ICMP6.echoReply,
  [ICMP6.echoReply]: ICMP6.echoRequest,
  139: 140,
  140: 139,
};

/** The type that answers an ICMP question or is answered by it; undefined for messages without one. */
export function icmpAnswer(proto: number, type: number): number | undefined {
  return proto === IPPROTO.icmp ? ICMP4_ANSWERS[type] : ICMP6_ANSWERS[type];
}

/** True for ICMP of either family. */
export function isIcmpProto(proto: number): boolean {
  return proto === IPPROTO.icmp || proto === IPPROTO.icmpv6;
}

/** `srcPort` of the tuple of a packet. */
export function tupleSrcPort(body: L4Body): number {
  switch (body.kind) {
    case 'udp':
    case 'tcp':
      return body.srcPort;
    case 'icmp':
      return body.rest >>> 16;
    case 'opaque':
      return 0;
  }
}

/** `dstPort` of the tuple of a packet. */
export function tupleDstPort(body: L4Body): number {
  switch (body.kind) {
    case 'udp':
    case 'tcp':
      return body.dstPort;
    case 'icmp':
      return icmpPort(body.type, body.code);
    case 'opaque':
      return 0;
  }
}

/** The tuple of a packet. */
export function tupleOf(packet: Ipv4Packet | Ipv6Packet): TupleFields {
  return {
    src: packet.src,
    dst: packet.dst,
    proto: packet.proto,
    srcPort: tupleSrcPort(packet.body),
    dstPort: tupleDstPort(packet.body),
  };
}

/** The tuple of an answer to packets of this one (nf_ct_invert_tuple). */
export function invertTuple(tuple: TupleFields): TupleFields {
  const { src, dst, proto, srcPort, dstPort } = tuple;
  if (!isIcmpProto(proto)) return { src: dst, dst: src, proto, srcPort: dstPort, dstPort: srcPort };
  const answer = icmpAnswer(proto, dstPort >> 8) ?? dstPort >> 8;
  return { src: dst, dst: src, proto, srcPort, dstPort: icmpPort(answer, dstPort & 0xff) };
}

/** Whether two tuples name the same direction of the same connection. */
export function sameTuple(a: TupleFields, b: TupleFields): boolean {
  return (
    a.srcPort === b.srcPort &&
    a.dstPort === b.dstPort &&
    a.src === b.src &&
    a.dst === b.dst &&
    a.proto === b.proto
  );
}

/** Spreads a tuple over 32 bits. */
export function hashTuple(
  src: Ip,
  dst: Ip,
  proto: number,
  srcPort: number,
  dstPort: number,
): number {
  let mixed = Math.imul(fold(src) ^ proto, 0x9e3779b1);
  mixed = Math.imul((mixed ^ (mixed >>> 15)) + fold(dst), 0x85ebca6b);
  mixed = Math.imul((mixed ^ (mixed >>> 13)) + ((srcPort << 16) | dstPort), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function fold(address: Ip): number {
  if (typeof address === 'number') return address | 0;
  const low = Number(address & 0xffffffffn);
  const middle = Number((address >> 32n) & 0xffffffffn);
  return (low ^ Math.imul(middle, 31) ^ Number(address >> 96n)) | 0;
}
