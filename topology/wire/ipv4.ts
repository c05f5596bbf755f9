import { fail, ok, type Result } from '../base/index.js';
import { foldChecksum, sumOctets } from './checksum.js';
import { truncated, type WireError } from './error.js';
import { get16, getIpv4, put16, put32 } from './octets.js';
import type { Ipv4Packet } from './packet.js';

/**
 * Internet Protocol version 4, RFC 791.
 *
 * Fidelity: options are not kept; they are skipped when read and never written.
 */
export const IPV4_HEADER_BYTES = 20;

/** The largest packet, RFC 791. */
export const IPV4_MAX_BYTES = 65535;

const VERSION_IHL = 0;
const TOS = 1;
const TOTAL_LENGTH = 2;
const ID = 4;
const FRAGMENT = 6;
const TTL = 8;
const PROTO = 9;
const CHECKSUM = 10;
const SRC = 12;
const DST = 16;

const DF = 0x4000;
const MF = 0x2000;
const OFFSET_MASK = 0x1fff;

/** A packet without its body. */
export type Ipv4Header = Omit<Ipv4Packet, 'body'>;

/** Header, and where in the octets the body lies. */
export interface Ipv4Layout {
  readonly header: Ipv4Header;
  readonly bodyAt: number;
  /** End of the body by the total length; may lie past the octets when `lenient`. */
  readonly end: number;
}

/** Writes the 20 octets of the header, checksum included. */
export function writeIpv4Header(
  octets: Uint8Array,
  at: number,
  header: Ipv4Header,
  totalBytes: number,
): void {
  octets[at + VERSION_IHL] = 0x45;
  octets[at + TOS] = header.tos;
  put16(octets, at + TOTAL_LENGTH, totalBytes);
  put16(octets, at + ID, header.id);
  const bits = (header.df ? DF : 0) | (header.mf ? MF : 0);
  put16(octets, at + FRAGMENT, bits | ((header.fragOffset >>> 3) & OFFSET_MASK));
  octets[at + TTL] = header.ttl;
  octets[at + PROTO] = header.proto;
  put16(octets, at + CHECKSUM, 0);
  put32(octets, at + SRC, header.src);
  put32(octets, at + DST, header.dst);
  put16(octets, at + CHECKSUM, foldChecksum(sumOctets(octets, at, at + IPV4_HEADER_BYTES)));
}

/**
 * Reads the header and finds the body. Failures: `wire/truncated`, `wire/bad-length`,
 * `wire/bad-field` (version), `wire/bad-checksum`.
 */
export function parseIpv4Header(octets: Uint8Array): Result<Ipv4Layout, WireError> {
  const read = readIpv4Header(octets);
  if (!read.ok) return read;
  const { bodyAt, end } = read.value;
  if (end > octets.length) return fail(truncated('ipv4', end, octets.length));
  const found = get16(octets, CHECKSUM);
  const expected = foldChecksum(sumOctets(octets, 0, bodyAt) - found);
  if (found !== expected) {
    return fail({ code: 'wire/bad-checksum', layer: 'ipv4', found, expected });
  }
  return read;
}

/** Reads a header whose body may be cut short and whose checksum is not looked at, as in a quote. */
export function readIpv4Header(octets: Uint8Array): Result<Ipv4Layout, WireError> {
  if (octets.length < IPV4_HEADER_BYTES) {
    return fail(truncated('ipv4', IPV4_HEADER_BYTES, octets.length));
  }
  const first = octets[VERSION_IHL] ?? 0;
  if (first >>> 4 !== 4) {
    const value = first >>> 4;
    return fail({ code: 'wire/bad-field', layer: 'ipv4', field: 'version', value, must: '4' });
  }
  const bodyAt = (first & 15) * 4;
  if (bodyAt < IPV4_HEADER_BYTES) {
    return fail({ code: 'wire/bad-length', layer: 'ipv4', field: 'header length', value: bodyAt });
  }
  if (octets.length < bodyAt) return fail(truncated('ipv4', bodyAt, octets.length));
  const end = get16(octets, TOTAL_LENGTH);
  if (end < bodyAt) {
    return fail({ code: 'wire/bad-length', layer: 'ipv4', field: 'total length', value: end });
  }
  const fragment = get16(octets, FRAGMENT);
  const header: Ipv4Header = {
    kind: 'ipv4',
    src: getIpv4(octets, SRC),
    dst: getIpv4(octets, DST),
    ttl: octets[TTL] ?? 0,
    tos: octets[TOS] ?? 0,
    id: get16(octets, ID),
    df: (fragment & DF) !== 0,
    mf: (fragment & MF) !== 0,
    fragOffset: (fragment & OFFSET_MASK) << 3,
    proto: octets[PROTO] ?? 0,
  };
  return ok({ header, bodyAt, end });
}

/** True for a piece of a packet, the first one included. */
export function isIpv4Fragment(header: Ipv4Header): boolean {
  return header.mf || header.fragOffset > 0;
}
