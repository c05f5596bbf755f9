import type { Skb } from '../kernel/skb.js';
import { ICMP4, ICMP6, type IcmpMessage, type L3Packet } from '../wire/index.js';

/** What live traffic is told apart by. `dns` is UDP or TCP of port 53; `probe` is what the counter was told of. */
export const TRAFFIC_KINDS = ['tcp', 'udp', 'icmp', 'arp', 'other', 'dns', 'probe'] as const;

/** One of `TRAFFIC_KINDS`. */
export type TrafficKind = (typeof TRAFFIC_KINDS)[number];

/** Which way of a conversation a packet goes; ARP, neighbour discovery and ICMP errors are `related`. */
export type TrafficTone = 'request' | 'reply' | 'related';

const DNS_PORT = 53;

/** The kind of a packet; of what a tunnel packet carries. */
export function kindOf(packet: L3Packet): TrafficKind {
  const inner = carried(packet);
  if (inner.kind === 'arp') return 'arp';
  if (inner.kind !== 'ipv4' && inner.kind !== 'ipv6') return 'other';
  const { body } = inner;
  switch (body.kind) {
    case 'tcp':
    case 'udp':
      return body.srcPort === DNS_PORT || body.dstPort === DNS_PORT ? 'dns' : body.kind;
    case 'icmp':
      return 'icmp';
    case 'opaque':
      return 'other';
  }
}

/**
 * Whether a packet asks or answers.
 *
 * Fidelity: of TCP and UDP the lower of the two ports is taken for the server's, without looking at the connection.
 */
export function toneOf(packet: L3Packet): TrafficTone {
  const inner = carried(packet);
  if (inner.kind !== 'ipv4' && inner.kind !== 'ipv6') return 'related';
  const { body } = inner;
  switch (body.kind) {
    case 'tcp':
    case 'udp':
      return body.srcPort < body.dstPort ? 'reply' : 'request';
    case 'icmp':
      return icmpTone(inner.kind, body);
    case 'opaque':
      return 'request';
  }
}

/** The connection that a TCP packet belongs to, as a number that both directions share; undefined for other packets. */
export function tcpFlowOf({ packet }: Skb, side: 'source' | 'destination'): number | undefined {
  if (packet.kind !== 'ipv4' || packet.body.kind !== 'tcp') return undefined;
  // An address and a port fit into a number together.
  return side === 'source'
    ? packet.src * 0x10000 + packet.body.dstPort
    : packet.dst * 0x10000 + packet.body.srcPort;
}

function icmpTone(family: 'ipv4' | 'ipv6', { type }: IcmpMessage): TrafficTone {
  const [request, reply] =
    family === 'ipv4' ? [ICMP4.echoRequest, ICMP4.echoReply] : [ICMP6.echoRequest, ICMP6.echoReply];
  if (type === request) return 'request';
  return type === reply ? 'reply' : 'related';
}

function carried(packet: L3Packet): L3Packet {
  if (packet.kind !== 'ipv4' || packet.body.kind !== 'udp') return packet;
  const { payload } = packet.body;
  return payload instanceof Uint8Array ? packet : payload.inner.packet;
}
