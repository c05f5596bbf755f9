import { fail, ok, type Result } from '../base/index.js';
import { truncated, type WireError } from './error.js';
import { get16, getIpv4, getMac, put16, put32, putMac } from './octets.js';
import { type ArpPacket, ETHERTYPE } from './packet.js';

/**
 * Address Resolution Protocol, RFC 826.
 *
 * Fidelity: only Ethernet and IPv4 (hardware type 1, protocol 0x0800) are read.
 */
export const ARP_BYTES = 28;

/** Operations, RFC 826. */
export const ARP_OP = { request: 1, reply: 2 } as const;

const HARDWARE_ETHERNET = 1;
const HARDWARE_TYPE = 0;
const PROTOCOL_TYPE = 2;
const HARDWARE_LENGTH = 4;
const PROTOCOL_LENGTH = 5;
const OP = 6;
const SENDER_MAC = 8;
const SENDER_IP = 14;
const TARGET_MAC = 18;
const TARGET_IP = 24;

/** Writes the 28 octets of a packet at an offset. */
export function writeArp(octets: Uint8Array, at: number, arp: ArpPacket): void {
  put16(octets, at + HARDWARE_TYPE, HARDWARE_ETHERNET);
  put16(octets, at + PROTOCOL_TYPE, ETHERTYPE.ipv4);
  octets[at + HARDWARE_LENGTH] = 6;
  octets[at + PROTOCOL_LENGTH] = 4;
  put16(octets, at + OP, arp.op);
  putMac(octets, at + SENDER_MAC, arp.senderMac);
  put32(octets, at + SENDER_IP, arp.senderIp);
  putMac(octets, at + TARGET_MAC, arp.targetMac);
  put32(octets, at + TARGET_IP, arp.targetIp);
}

/** Gives the octets of a packet. */
export function emitArp(arp: ArpPacket): Uint8Array {
  const octets = new Uint8Array(ARP_BYTES);
  writeArp(octets, 0, arp);
  return octets;
}

/** Reads a packet; octets after the 28th are Ethernet padding and are ignored. */
export function parseArp(octets: Uint8Array): Result<ArpPacket, WireError> {
  if (octets.length < ARP_BYTES) return fail(truncated('arp', ARP_BYTES, octets.length));
  const formats: readonly [string, number, number][] = [
    ['hardware type', get16(octets, HARDWARE_TYPE), HARDWARE_ETHERNET],
    ['protocol type', get16(octets, PROTOCOL_TYPE), ETHERTYPE.ipv4],
    ['hardware length', octets[HARDWARE_LENGTH] ?? 0, 6],
    ['protocol length', octets[PROTOCOL_LENGTH] ?? 0, 4],
  ];
  for (const [field, value, must] of formats) {
    if (value !== must) {
      return fail({ code: 'wire/bad-field', layer: 'arp', field, value, must: `${must}` });
    }
  }
  return ok({
    kind: 'arp',
    op: get16(octets, OP),
    senderMac: getMac(octets, SENDER_MAC),
    senderIp: getIpv4(octets, SENDER_IP),
    targetMac: getMac(octets, TARGET_MAC),
    targetIp: getIpv4(octets, TARGET_IP),
  });
}
