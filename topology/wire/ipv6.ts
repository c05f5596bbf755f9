import { fail, ok, type Result } from '../base/index.js';
import { truncated, type WireError } from './error.js';
import { get16, get32, getIpv6, put16, put32, putIpv6 } from './octets.js';
import type { Ipv6Packet } from './packet.js';

/**
 * Internet Protocol version 6, RFC 8200: the fixed header and the Fragment header.
 *
 * Fidelity: other extension headers are carried as an opaque body under their own number.
 */
export const IPV6_HEADER_BYTES = 40;

/** Size of the Fragment header, RFC 8200 section 4.5. */
export const IPV6_FRAGMENT_HEADER_BYTES = 8;

/** Next Header number of the Fragment header. */
export const IPV6_FRAGMENT_PROTO = 44;

/** Every link must carry packets of this size, RFC 8200 section 5. */
export const IPV6_MIN_MTU_BYTES = 1280;

const PAYLOAD_LENGTH = 4;
const NEXT_HEADER = 6;
const HOP_LIMIT = 7;
const SRC = 8;
const DST = 24;

/** A packet without its body. */
export type Ipv6Header = Omit<Ipv6Packet, 'body'>;

/** Header, and where in the octets the body lies. */
export interface Ipv6Layout {
  readonly header: Ipv6Header;
  readonly bodyAt: number;
  readonly end: number;
}

/** Octets of the fixed header and, in a fragment, of the Fragment header. */
export function ipv6HeaderBytes(header: Pick<Ipv6Packet, 'fragment'>): number {
  return header.fragment === undefined
    ? IPV6_HEADER_BYTES
    : IPV6_HEADER_BYTES + IPV6_FRAGMENT_HEADER_BYTES;
}

/** Writes the headers; `totalBytes` counts headers and body. */
export function writeIpv6Header(
  octets: Uint8Array,
  at: number,
  header: Ipv6Header,
  totalBytes: number,
): void {
  const { fragment } = header;
  put32(
    octets,
    at,
    0x60000000 | ((header.trafficClass & 255) << 20) | (header.flowLabel & 0xfffff),
  );
  put16(octets, at + PAYLOAD_LENGTH, totalBytes - IPV6_HEADER_BYTES);
  octets[at + NEXT_HEADER] = fragment === undefined ? header.proto : IPV6_FRAGMENT_PROTO;
  octets[at + HOP_LIMIT] = header.hopLimit;
  putIpv6(octets, at + SRC, header.src);
  putIpv6(octets, at + DST, header.dst);
  if (fragment === undefined) return;
  octets[at + IPV6_HEADER_BYTES] = header.proto;
  octets[at + IPV6_HEADER_BYTES + 1] = 0;
  put16(octets, at + IPV6_HEADER_BYTES + 2, (fragment.offset & 0xfff8) | (fragment.more ? 1 : 0));
  put32(octets, at + IPV6_HEADER_BYTES + 4, fragment.id);
}

/** Reads the headers and finds the body. Failures: `wire/truncated`, `wire/bad-field` (version). */
export function parseIpv6Header(octets: Uint8Array): Result<Ipv6Layout, WireError> {
  const read = readIpv6Header(octets);
  if (!read.ok) return read;
  if (read.value.end > octets.length) {
    return fail(truncated('ipv6', read.value.end, octets.length));
  }
  return read;
}

/** Reads headers whose body may be cut short, as in a quote. */
export function readIpv6Header(octets: Uint8Array): Result<Ipv6Layout, WireError> {
  if (octets.length < IPV6_HEADER_BYTES) {
    return fail(truncated('ipv6', IPV6_HEADER_BYTES, octets.length));
  }
  const first = get32(octets, 0);
  if (first >>> 28 !== 6) {
    const value = first >>> 28;
    return fail({ code: 'wire/bad-field', layer: 'ipv6', field: 'version', value, must: '6' });
  }
  const end = IPV6_HEADER_BYTES + get16(octets, PAYLOAD_LENGTH);
  const nextHeader = octets[NEXT_HEADER] ?? 0;
  const base = {
    kind: 'ipv6',
    src: getIpv6(octets, SRC),
    dst: getIpv6(octets, DST),
    hopLimit: octets[HOP_LIMIT] ?? 0,
    trafficClass: (first >>> 20) & 255,
    flowLabel: first & 0xfffff,
  } as const;
  if (nextHeader !== IPV6_FRAGMENT_PROTO) {
    return ok({ header: { ...base, proto: nextHeader }, bodyAt: IPV6_HEADER_BYTES, end });
  }
  const bodyAt = IPV6_HEADER_BYTES + IPV6_FRAGMENT_HEADER_BYTES;
  if (octets.length < bodyAt) return fail(truncated('ipv6', bodyAt, octets.length));
  if (end < bodyAt) {
    const value = end - IPV6_HEADER_BYTES;
    return fail({ code: 'wire/bad-length', layer: 'ipv6', field: 'payload length', value });
  }
  const word = get16(octets, IPV6_HEADER_BYTES + 2);
  const fragment = {
    id: get32(octets, IPV6_HEADER_BYTES + 4),
    offset: word & 0xfff8,
    more: (word & 1) === 1,
  };
  const proto = octets[IPV6_HEADER_BYTES] ?? 0;
  return ok({ header: { ...base, proto, fragment }, bodyAt, end });
}

/** True for a piece of a packet; an atomic fragment (RFC 6946) is whole. */
export function isIpv6Fragment(header: Ipv6Header): boolean {
  return header.fragment !== undefined && (header.fragment.more || header.fragment.offset > 0);
}
