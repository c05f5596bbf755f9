import { TCP_SYN, type TcpSegment } from '../../wire/packet.js';
import type { Target } from '../ops.js';
import type { PacketFacts } from './match/facts.js';

/** Octets of the IP and TCP headers that a segment's MSS leaves out. */
const HEADERS_4 = 40;
const HEADERS_6 = 60;
/** What a SYN without the option stands for (RFC 9293 section 3.7.1; RFC 8200). */
const DEFAULT_MSS_4 = 536;
const DEFAULT_MSS_6 = 1220;

/** Lowers the MSS of a SYN as `-j TCPMSS` does (net/netfilter/xt_TCPMSS.c); gives the new value, or undefined. */
export function clampMss(
  facts: PacketFacts,
  target: Target & { target: 'TCPMSS' },
): number | undefined {
  const { packet } = facts.skb;
  if (packet.kind !== 'ipv4' && packet.kind !== 'ipv6') return undefined;
  const { body } = packet;
  if (body.kind !== 'tcp' || (body.flags & TCP_SYN) === 0) return undefined;
  const v4 = packet.kind === 'ipv4';
  const wanted = target.clampToPmtu ? pathMss(facts) : target.mss;
  if (wanted === undefined) return undefined;
  const present = body.options.mss;
  if (present !== undefined && present <= wanted) return undefined;
  const mss = present === undefined ? Math.min(wanted, v4 ? DEFAULT_MSS_4 : DEFAULT_MSS_6) : wanted;
  const changed: TcpSegment = { ...body, options: { ...body.options, mss } };
  facts.skb.packet = { ...packet, body: changed };
  return mss;
}

/** The smaller MTU of the ways there and back, without headers; undefined when there is no way. */
export function pathMss(facts: PacketFacts): number | undefined {
  const { netns, src, dst } = facts;
  const headers = facts.packet.kind === 'ipv4' ? HEADERS_4 : HEADERS_6;
  const there = netns.ip.route({ dst })?.mtuBytes;
  const back = netns.ip.route({ dst: src })?.mtuBytes;
  const out = netns.ip.pathMtu(dst) ?? there;
  if (out === undefined) return undefined;
  return Math.min(out, back ?? out) - headers;
}
