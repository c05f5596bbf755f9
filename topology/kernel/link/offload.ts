import {
  type Ipv4Packet,
  type Ipv6Packet,
  type L4Body,
  l3Bytes,
  TCP_ACK,
  TCP_FIN,
  TCP_PSH,
  type TcpSegment,
} from '../../wire/index.js';
import type { Skb } from '../skb.js';

/**
 * Segments that are joined and cut in software: GRO where frames come out of a tunnel (gro_cells), GSO where such a packet
 * leaves by a device that sends single segments (validate_xmit_skb). TCP hands down such packets too (TSO): bridges and
 * tunnels carry them whole.
 *
 * Fidelity: a segment is joined to the one just before it alone; Linux holds up to eight flows per bucket. Cables, veth
 * pairs and lo carry single segments, as with offloads off.
 */

/** Flags that a joined packet may collect. */
const COLLECTED = TCP_FIN | TCP_PSH;

/** The longest packet that segments are joined to. */
const GRO_MAX_BYTES = 65_536;

/**
 * Appends a segment to the one before it, if they belong together and the first still waits to be handled
 * (tcp_gro_receive); true when it did.
 */
export function joinSegments(held: Skb, next: Skb): boolean {
  const { packet } = held;
  if (!held.held || held.trace !== next.trace) return false;
  if (held.srcMac !== next.srcMac || held.dstMac !== next.dstMac) return false;
  if (packet.kind === 'ipv4')
    return next.packet.kind === 'ipv4' && joinIpv4(held, packet, next.packet);
  if (packet.kind === 'ipv6')
    return next.packet.kind === 'ipv6' && joinIpv6(held, packet, next.packet);
  return false;
}

function joinIpv4(held: Skb, first: Ipv4Packet, next: Ipv4Packet): boolean {
  const alike =
    first.src === next.src &&
    first.dst === next.dst &&
    first.ttl === next.ttl &&
    first.tos === next.tos &&
    first.df === next.df &&
    !next.mf &&
    next.fragOffset === 0;
  const body = alike ? joinTcp(held, first, next) : undefined;
  if (body === undefined) return false;
  held.packet = { ...first, body };
  return true;
}

function joinIpv6(held: Skb, first: Ipv6Packet, next: Ipv6Packet): boolean {
  const alike =
    first.src === next.src &&
    first.dst === next.dst &&
    first.hopLimit === next.hopLimit &&
    first.trafficClass === next.trafficClass &&
    first.flowLabel === next.flowLabel &&
    next.fragment === undefined;
  const body = alike ? joinTcp(held, first, next) : undefined;
  if (body === undefined) return false;
  held.packet = { ...first, body };
  return true;
}

function joinTcp(
  held: Skb,
  { body: first }: Ipv4Packet | Ipv6Packet,
  { body: next }: Ipv4Packet | Ipv6Packet,
): TcpSegment | undefined {
  if (first.kind !== 'tcp' || next.kind !== 'tcp') return undefined;
  const whole = l3Bytes(held.packet);
  const headers = whole - first.payload.length;
  const mss = held.segmentBytes - headers;
  const fits =
    first.srcPort === next.srcPort &&
    first.dstPort === next.dstPort &&
    (first.seq + first.payload.length) >>> 0 === next.seq &&
    first.ack === next.ack &&
    first.window === next.window &&
    (first.flags & ~COLLECTED) === (next.flags & ~COLLECTED) &&
    next.payload.length > 0 &&
    next.payload.length <= mss &&
    whole + next.payload.length < GRO_MAX_BYTES &&
    sameOptions(first, next);
  if (!fits) return undefined;
  held.gsoBytes = headers + mss;
  const payload = new Uint8Array(first.payload.length + next.payload.length);
  payload.set(first.payload);
  payload.set(next.payload, first.payload.length);
  return { ...first, flags: first.flags | (next.flags & COLLECTED), payload };
}

/** Segments with SACK blocks differ from what is held; timestamps must be the same. */
function sameOptions({ options: a }: TcpSegment, { options: b }: TcpSegment): boolean {
  return (
    a.sack === undefined &&
    b.sack === undefined &&
    a.timestamp?.value === b.timestamp?.value &&
    a.timestamp?.echo === b.timestamp?.echo
  );
}

/** Whether more may be joined: data of full segments, and nothing that ends it (the last check of tcp_gro_receive). */
export function mayGrow({ packet, segmentBytes }: Skb): boolean {
  if (packet.kind !== 'ipv4' && packet.kind !== 'ipv6') return false;
  const { body } = packet;
  if (body.kind !== 'tcp' || body.payload.length === 0 || body.flags !== TCP_ACK) return false;
  const mss = segmentBytes - (l3Bytes(packet) - body.payload.length);
  return body.payload.length % mss === 0;
}

/** Size in octets of the largest segment of a packet to be sent, headers included; 0 when it is a single one. */
export function gsoBytesOf(body: L4Body, gsoSize: number | undefined, packetBytes: number): number {
  if (gsoSize === undefined || body.kind !== 'tcp' || body.payload.length <= gsoSize) return 0;
  return packetBytes - body.payload.length + gsoSize;
}

/** How many segments a joined packet is cut into (gso_segs). */
export function segmentCount({ packet, gsoBytes }: Skb): number {
  if ((packet.kind !== 'ipv4' && packet.kind !== 'ipv6') || packet.body.kind !== 'tcp') return 1;
  const bytes = packet.body.payload.length;
  return Math.ceil(bytes / (gsoBytes - (l3Bytes(packet) - bytes)));
}

/** The segments of a joined packet (tcp_gso_segment): FIN and PSH stay with the last. */
export function cutSegments(skb: Skb): readonly Skb[] {
  const { packet } = skb;
  if ((packet.kind !== 'ipv4' && packet.kind !== 'ipv6') || packet.body.kind !== 'tcp')
    return [skb];
  const { body } = packet;
  const mss = skb.gsoBytes - (l3Bytes(packet) - body.payload.length);
  const segments: Skb[] = [];
  for (let at = 0; at < body.payload.length; at += mss) {
    const payload = body.payload.subarray(at, at + mss);
    const last = at + mss >= body.payload.length;
    const flags = last ? body.flags : body.flags & ~COLLECTED;
    const segment = { ...body, seq: (body.seq + at) >>> 0, flags, payload };
    const piece = at === 0 ? skb : skb.clone();
    piece.gsoBytes = 0;
    piece.packet =
      packet.kind === 'ipv4'
        ? { ...packet, id: (packet.id + segments.length) & 0xffff, body: segment }
        : { ...packet, body: segment };
    segments.push(piece);
  }
  return segments;
}
