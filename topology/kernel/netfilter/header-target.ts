import type { Ipv4Packet, Ipv6Packet } from '../../wire/packet.js';
import type { Target } from '../ops.js';
import type { PacketFacts } from './match/facts.js';

/** Targets that rewrite a field of the IP header. */
export type HeaderTarget = Target & { target: 'TTL' | 'TOS' | 'DSCP' };

/** Rewrites TTL, TOS or DSCP as `-j TTL`, `-j HL`, `-j TOS` and `-j DSCP` do (xt_HL.c, xt_DSCP.c). */
export function changeHeader(facts: PacketFacts, target: HeaderTarget): void {
  const { packet } = facts.skb;
  if (packet.kind !== 'ipv4' && packet.kind !== 'ipv6') return;
  if (target.target === 'TTL') {
    const present = packet.kind === 'ipv4' ? packet.ttl : packet.hopLimit;
    facts.skb.packet = withTtl(packet, nextTtl(present, target));
    return;
  }
  const present = packet.kind === 'ipv4' ? packet.tos : packet.trafficClass;
  const tos =
    target.target === 'TOS'
      ? ((present & ~target.mask) ^ target.value) & 0xff
      : (target.dscp << 2) | (present & 0x03);
  facts.skb.packet = packet.kind === 'ipv4' ? { ...packet, tos } : { ...packet, trafficClass: tos };
}

function nextTtl(present: number, target: Target & { target: 'TTL' }): number {
  switch (target.how) {
    case 'set':
      return target.ttl;
    case 'inc':
      return Math.min(255, present + target.ttl);
    case 'dec':
      return Math.max(0, present - target.ttl);
  }
}

function withTtl(packet: Ipv4Packet | Ipv6Packet, ttl: number): Ipv4Packet | Ipv6Packet {
  return packet.kind === 'ipv4' ? { ...packet, ttl } : { ...packet, hopLimit: ttl };
}
