import { fail, ok, type Result } from '../base/index.js';
import { foldChecksum, sumOctets } from './checksum.js';
import { truncated, type WireError } from './error.js';
import { get16, put16 } from './octets.js';
import type { UdpDatagram } from './packet.js';

/**
 * User Datagram Protocol, RFC 768.
 *
 * Fidelity: UDP-Lite (RFC 3828) is not modelled.
 */
export const UDP_HEADER_BYTES = 8;

const SRC_PORT = 0;
const DST_PORT = 2;
const LENGTH = 4;
const CHECKSUM = 6;

/** A datagram whose payload has not been read further. */
export type PlainUdpDatagram = UdpDatagram & { readonly payload: Uint8Array };

/** Where a datagram stands in the octets, and the sum of its pseudo header. */
export interface UdpPlace {
  readonly at: number;
  /** Octets of header and payload. */
  readonly lengthBytes: number;
  readonly pseudoSum: number;
}

/** Writes the header of a datagram whose payload already stands after it. */
export function writeUdpHeader(octets: Uint8Array, udp: UdpDatagram, place: UdpPlace): void {
  const { at, lengthBytes, pseudoSum } = place;
  put16(octets, at + SRC_PORT, udp.srcPort);
  put16(octets, at + DST_PORT, udp.dstPort);
  put16(octets, at + LENGTH, lengthBytes);
  put16(octets, at + CHECKSUM, 0);
  if (udp.noChecksum === true) return;
  const checksum = foldChecksum(pseudoSum + sumOctets(octets, at, at + lengthBytes));
  // "If the computed checksum is zero, it is transmitted as all ones" (RFC 768).
  put16(octets, at + CHECKSUM, checksum === 0 ? 0xffff : checksum);
}

/**
 * Reads a datagram; octets after its own length field are padding and are ignored. `pseudoSum` gets
 * the length from the header. Failures: `wire/truncated`, `wire/bad-length`, `wire/bad-checksum`.
 */
export function parseUdp(
  octets: Uint8Array,
  pseudoSum: (lengthBytes: number) => number,
): Result<PlainUdpDatagram, WireError> {
  if (octets.length < UDP_HEADER_BYTES) {
    return fail(truncated('udp', UDP_HEADER_BYTES, octets.length));
  }
  const lengthBytes = get16(octets, LENGTH);
  if (lengthBytes < UDP_HEADER_BYTES) {
    return fail({ code: 'wire/bad-length', layer: 'udp', field: 'length', value: lengthBytes });
  }
  if (lengthBytes > octets.length) return fail(truncated('udp', lengthBytes, octets.length));
  const datagram = {
    kind: 'udp',
    srcPort: get16(octets, SRC_PORT),
    dstPort: get16(octets, DST_PORT),
    payload: octets.slice(UDP_HEADER_BYTES, lengthBytes),
  } as const;
  const found = get16(octets, CHECKSUM);
  if (found === 0) return ok({ ...datagram, noChecksum: true });
  const sum = pseudoSum(lengthBytes) + sumOctets(octets, 0, lengthBytes);
  if (foldChecksum(sum) !== 0) {
    const computed = foldChecksum(sum - found);
    const expected = computed === 0 ? 0xffff : computed;
    return fail({ code: 'wire/bad-checksum', layer: 'udp', found, expected });
  }
  return ok(datagram);
}
