import { emitIpv4Packet, emitIpv6Packet } from '../../../wire/frame.js';
import type { Skb } from '../../skb.js';

const NOTHING = new Uint8Array(0);

/** A packet from its IP header on; nothing for what is not IP. */
export function packetOctets({ packet }: Skb): Uint8Array {
  if (packet.kind === 'ipv4') return emitIpv4Packet(packet);
  return packet.kind === 'ipv6' ? emitIpv6Packet(packet) : NOTHING;
}
