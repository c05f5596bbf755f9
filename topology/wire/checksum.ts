import type { Ipv4, Ipv6 } from '../addr/index.js';
import { get16 } from './octets.js';

/**
 * The Internet checksum, RFC 1071. A *sum* here is a partial sum of 16-bit words, not yet folded;
 * sums of parts that begin on an even octet of the whole may be added. Exact up to 8 GiB of octets.
 */
export function sumOctets(octets: Uint8Array, from = 0, to = octets.length): number {
  let sum = 0;
  let at = from;
  for (; at + 1 < to; at += 2) sum += get16(octets, at);
  if (at < to) sum += (octets[at] ?? 0) << 8;
  return sum;
}

/** Folds a sum to 16 bits and complements it: the number that goes in the header. */
export function foldChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}

/** The sum of IPv4's pseudo header (RFC 9293 section 3.1); `lengthBytes` is of header and payload. */
export function pseudoSum4(src: Ipv4, dst: Ipv4, proto: number, lengthBytes: number): number {
  return (
    (src >>> 16) + (src & 0xffff) + (dst >>> 16) + (dst & 0xffff) + proto + (lengthBytes & 0xffff)
  );
}

/** The sum of IPv6's pseudo header, RFC 8200 section 8.1. */
export function pseudoSum6(src: Ipv6, dst: Ipv6, proto: number, lengthBytes: number): number {
  return words6(src) + words6(dst) + proto + (lengthBytes >>> 16) + (lengthBytes & 0xffff);
}

/**
 * The checksum after one 16-bit word of what it covers changed, without reading the rest
 * (RFC 1624, equation 3).
 */
export function updateChecksum(checksum: number, before: number, after: number): number {
  return foldChecksum((~checksum & 0xffff) + (~before & 0xffff) + after);
}

function words6(address: Ipv6): number {
  let sum = 0;
  for (let rest: bigint = address; rest > 0n; rest >>= 16n) sum += Number(rest & 0xffffn);
  return sum;
}
