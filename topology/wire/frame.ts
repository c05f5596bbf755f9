import { fail, ok, type Result } from '../base/index.js';
import { parseArp, writeArp } from './arp.js';
import { pseudoSum4, pseudoSum6 } from './checksum.js';
import type { WireError } from './error.js';
import { ETHERNET_HEADER_BYTES, parseEthernetHeader, writeEthernetHeader } from './ethernet.js';
import { parseIcmp, writeIcmp } from './icmp.js';
import { IPV4_HEADER_BYTES, isIpv4Fragment, parseIpv4Header, writeIpv4Header } from './ipv4.js';
import { ipv6HeaderBytes, isIpv6Fragment, parseIpv6Header, writeIpv6Header } from './ipv6.js';
import {
  ETHERTYPE,
  type Frame,
  IPPROTO,
  type Ipv4Packet,
  type Ipv6Packet,
  type L3Packet,
  type L4Body,
  type UdpDatagram,
} from './packet.js';
import { bodyBytes, frameBytes, l3Bytes } from './size.js';
import { parseTcp, writeTcp } from './tcp.js';
import { parseUdp, UDP_HEADER_BYTES, writeUdpHeader } from './udp.js';
import { parseVxlanHeader, VXLAN_HEADER_BYTES, VXLAN_PORTS, writeVxlanHeader } from './vxlan.js';

/**
 * Frames and packets as octets: the protocols put together. `parse(emit(p))` equals `p` for every
 * record whose numbers fit their fields and whose body is of the kind its number says.
 */

/** How octets are read. */
export interface ParseOptions {
  /** UDP destination ports that carry VXLAN; default 4789 and 8472. */
  readonly vxlanPorts?: ReadonlySet<number>;
  /** Tunnels inside tunnels that are still read, default 4; a deeper one stays octets. */
  readonly nestedTunnels?: number;
}

/** Sum of the pseudo header for a body of this many octets. */
type PseudoSum = (lengthBytes: number) => number;

/** Gives the octets of a frame, lengths and checksums filled in. */
export function emitFrame(frame: Frame): Uint8Array {
  const octets = new Uint8Array(frameBytes(frame));
  writeFrame(octets, 0, frame);
  return octets;
}

/** Gives the octets of an IPv4 packet. */
export function emitIpv4Packet(packet: Ipv4Packet): Uint8Array {
  const octets = new Uint8Array(l3Bytes(packet));
  writeIpv4(octets, 0, packet);
  return octets;
}

/** Gives the octets of an IPv6 packet. */
export function emitIpv6Packet(packet: Ipv6Packet): Uint8Array {
  const octets = new Uint8Array(l3Bytes(packet));
  writeIpv6(octets, 0, packet);
  return octets;
}

/** Gives the octets of what an IP packet carries; the addresses are needed for checksums. */
export function emitBody(packet: Ipv4Packet | Ipv6Packet): Uint8Array {
  const octets = new Uint8Array(bodyBytes(packet.body));
  writeBody(octets, 0, packet.body, pseudoSumOf(packet));
  return octets;
}

/** Reads a frame. Never throws; failures are those of the layers inside. */
export function parseFrame(
  octets: Uint8Array,
  options: ParseOptions = {},
): Result<Frame, WireError> {
  const header = parseEthernetHeader(octets);
  if (!header.ok) return header;
  const rest = octets.subarray(ETHERNET_HEADER_BYTES);
  const packet = parseL3(header.value.etherType, rest, options);
  return packet.ok ? ok({ ...header.value, packet: packet.value }) : packet;
}

/** Reads an IPv4 packet; octets after its total length are padding and are ignored. */
export function parseIpv4Packet(
  octets: Uint8Array,
  options: ParseOptions = {},
): Result<Ipv4Packet, WireError> {
  const read = parseIpv4Header(octets);
  if (!read.ok) return read;
  const { header, bodyAt, end } = read.value;
  const body = isIpv4Fragment(header)
    ? opaque(octets.subarray(bodyAt, end))
    : parseBody(octets.subarray(bodyAt, end), header, options);
  return body.ok ? ok({ ...header, body: body.value }) : body;
}

/** Reads an IPv6 packet; octets after its payload length are padding and are ignored. */
export function parseIpv6Packet(
  octets: Uint8Array,
  options: ParseOptions = {},
): Result<Ipv6Packet, WireError> {
  const read = parseIpv6Header(octets);
  if (!read.ok) return read;
  const { header, bodyAt, end } = read.value;
  const body = isIpv6Fragment(header)
    ? opaque(octets.subarray(bodyAt, end))
    : parseBody(octets.subarray(bodyAt, end), header, options);
  return body.ok ? ok({ ...header, body: body.value }) : body;
}

/** Reads what an unfragmented IP packet carries. */
export function parseBody(
  octets: Uint8Array,
  header: Omit<Ipv4Packet, 'body'> | Omit<Ipv6Packet, 'body'>,
  options: ParseOptions = {},
): Result<L4Body, WireError> {
  const pseudoSum = pseudoSumOf(header);
  switch (header.proto) {
    case IPPROTO.udp:
      return parseUdpBody(octets, pseudoSum, header.kind, options);
    case IPPROTO.tcp:
      return parseTcp(octets, pseudoSum(octets.length));
    case IPPROTO.icmp:
      return header.kind === 'ipv4' ? parseIcmp(octets, pseudoSum(octets.length)) : opaque(octets);
    case IPPROTO.icmpv6:
      return header.kind === 'ipv6' ? parseIcmp(octets, pseudoSum(octets.length)) : opaque(octets);
    default:
      return opaque(octets);
  }
}

function opaque(octets: Uint8Array): Result<L4Body, WireError> {
  return ok({ kind: 'opaque', octets: octets.slice() });
}

function parseL3(
  etherType: number,
  octets: Uint8Array,
  options: ParseOptions,
): Result<L3Packet, WireError> {
  switch (etherType) {
    case ETHERTYPE.arp:
      return parseArp(octets);
    case ETHERTYPE.ipv4:
      return parseIpv4Packet(octets, options);
    case ETHERTYPE.ipv6:
      return parseIpv6Packet(octets, options);
    default:
      return ok({ kind: 'opaque-l3', octets: octets.slice() });
  }
}

function parseUdpBody(
  octets: Uint8Array,
  pseudoSum: PseudoSum,
  family: 'ipv4' | 'ipv6',
  options: ParseOptions,
): Result<UdpDatagram, WireError> {
  const udp = parseUdp(octets, pseudoSum);
  if (!udp.ok) return udp;
  const tunnel = (options.vxlanPorts ?? VXLAN_PORTS).has(udp.value.dstPort);
  if (family === 'ipv6' && udp.value.noChecksum === true && !tunnel) {
    // Zero is allowed under IPv6 for tunnels alone (RFC 6935 section 5).
    const lengthBytes = UDP_HEADER_BYTES + udp.value.payload.length;
    const again = new Uint8Array(lengthBytes);
    const { noChecksum: _, ...plain } = udp.value;
    writeBody(again, 0, plain, pseudoSum);
    const expected = ((again[6] ?? 0) << 8) | (again[7] ?? 0);
    return fail({ code: 'wire/bad-checksum', layer: 'udp', found: 0, expected });
  }
  if (!tunnel) return udp;
  // What is not VXLAN after all stays octets: any program may use the port.
  const header = parseVxlanHeader(udp.value.payload);
  if (!header.ok) return udp;
  const nestedTunnels = (options.nestedTunnels ?? 4) - 1;
  if (nestedTunnels < 0) return udp;
  const innerOctets = udp.value.payload.subarray(VXLAN_HEADER_BYTES);
  const inner = parseFrame(innerOctets, { ...options, nestedTunnels });
  if (!inner.ok) return udp;
  return ok({
    ...udp.value,
    payload: { kind: 'vxlan', vni: header.value.vni, inner: inner.value },
  });
}

function pseudoSumOf(header: Omit<Ipv4Packet, 'body'> | Omit<Ipv6Packet, 'body'>): PseudoSum {
  // ICMP alone has no pseudo header under IPv4 (RFC 792).
  if (header.kind === 'ipv4' && header.proto === IPPROTO.icmp) return () => 0;
  return header.kind === 'ipv4'
    ? (lengthBytes) => pseudoSum4(header.src, header.dst, header.proto, lengthBytes)
    : (lengthBytes) => pseudoSum6(header.src, header.dst, header.proto, lengthBytes);
}

function writeFrame(octets: Uint8Array, at: number, frame: Frame): void {
  writeEthernetHeader(octets, at, frame);
  const { packet } = frame;
  const bodyAt = at + ETHERNET_HEADER_BYTES;
  switch (packet.kind) {
    case 'ipv4':
      writeIpv4(octets, bodyAt, packet);
      return;
    case 'ipv6':
      writeIpv6(octets, bodyAt, packet);
      return;
    case 'arp':
      writeArp(octets, bodyAt, packet);
      return;
    case 'opaque-l3':
      octets.set(packet.octets, bodyAt);
  }
}

function writeIpv4(octets: Uint8Array, at: number, packet: Ipv4Packet): void {
  writeIpv4Header(octets, at, packet, l3Bytes(packet));
  const pseudoSum = pseudoSumOf(packet);
  writeBody(octets, at + IPV4_HEADER_BYTES, packet.body, pseudoSum);
}

function writeIpv6(octets: Uint8Array, at: number, packet: Ipv6Packet): void {
  writeIpv6Header(octets, at, packet, l3Bytes(packet));
  writeBody(octets, at + ipv6HeaderBytes(packet), packet.body, pseudoSumOf(packet));
}

function writeBody(octets: Uint8Array, at: number, body: L4Body, pseudoSum: PseudoSum): void {
  const lengthBytes = bodyBytes(body);
  switch (body.kind) {
    case 'udp':
      writeUdpPayload(octets, at + UDP_HEADER_BYTES, body);
      writeUdpHeader(octets, body, { at, lengthBytes, pseudoSum: pseudoSum(lengthBytes) });
      return;
    case 'tcp':
      writeTcp(octets, body, { at, pseudoSum: pseudoSum(lengthBytes) });
      return;
    case 'icmp':
      writeIcmp(octets, at, body, pseudoSum(lengthBytes));
      return;
    case 'opaque':
      octets.set(body.octets, at);
  }
}

function writeUdpPayload(octets: Uint8Array, at: number, udp: UdpDatagram): void {
  const { payload } = udp;
  if (payload instanceof Uint8Array) {
    octets.set(payload, at);
    return;
  }
  writeVxlanHeader(octets, at, payload.vni);
  writeFrame(octets, at + VXLAN_HEADER_BYTES, payload.inner);
}
