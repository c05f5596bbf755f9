import type { Ip } from '../addr/index.js';
import { fail, ok, type Result } from '../base/index.js';
import { foldChecksum, sumOctets, updateChecksum } from './checksum.js';
import { truncated, type WireError } from './error.js';
import { emitIpv4Packet, emitIpv6Packet } from './frame.js';
import { readIpv4Header } from './ipv4.js';
import { readIpv6Header } from './ipv6.js';
import { get16, put16, put32, putIpv6 } from './octets.js';
import { IPPROTO, type Ipv4Packet, type Ipv6Packet } from './packet.js';

/**
 * The packet that an ICMP error speaks of, as octets in its payload, most often cut short.
 */

/** Room for a quote under IPv4: the error as a whole has at most 576 octets (RFC 1812 section 4.3.2.3). */
export const QUOTE_BYTES_4 = 576 - 20 - 8;

/** Room for a quote under IPv6: the error has at most 1280 octets (RFC 4443 section 2.4). */
export const QUOTE_BYTES_6 = 1280 - 40 - 8;

/** The first octets of a packet, as many as an ICMP error about it may carry. */
export function quoteOf(packet: Ipv4Packet | Ipv6Packet, maxBytes?: number): Uint8Array {
  return packet.kind === 'ipv4'
    ? emitIpv4Packet(packet).slice(0, maxBytes ?? QUOTE_BYTES_4)
    : emitIpv6Packet(packet).slice(0, maxBytes ?? QUOTE_BYTES_6);
}

/** What can be told of a packet from a quote. */
export interface Quote {
  readonly family: 'ipv4' | 'ipv6';
  readonly src: Ip;
  readonly dst: Ip;
  readonly proto: number;
  /** Total length that the packet claimed. */
  readonly lengthBytes: number;
  /** Ports of UDP, TCP and SCTP; absent in later fragments. */
  readonly ports?: { readonly src: number; readonly dst: number };
  /** TCP's sequence number. */
  readonly seq?: number;
  /** ICMP: type, code and identifier. */
  readonly icmp?: { readonly type: number; readonly code: number; readonly id: number };
}

/** Reads a quote. Failures: those of the IP header, and `wire/truncated` before the ports. */
export function readQuote(octets: Uint8Array): Result<Quote, WireError> {
  const read = layoutOf(octets);
  if (!read.ok) return read;
  const { quote, bodyAt, later } = read.value;
  if (later) return ok(quote);
  if (octets.length < bodyAt + 8) {
    return fail(truncated(quote.family, bodyAt + 8, octets.length));
  }
  if (hasPorts(quote.proto)) {
    const ports = { src: get16(octets, bodyAt), dst: get16(octets, bodyAt + 2) };
    if (quote.proto !== IPPROTO.tcp) return ok({ ...quote, ports });
    const seq = get16(octets, bodyAt + 4) * 0x10000 + get16(octets, bodyAt + 6);
    return ok({ ...quote, ports, seq });
  }
  if (isIcmp(quote)) {
    const type = octets[bodyAt] ?? 0;
    const icmp = { type, code: octets[bodyAt + 1] ?? 0, id: get16(octets, bodyAt + 4) };
    return ok({ ...quote, icmp });
  }
  return ok(quote);
}

/** What a NAT changes in a quote; absent fields stay. */
export interface QuoteRewrite {
  readonly src?: Ip;
  readonly dst?: Ip;
  readonly srcPort?: number;
  readonly dstPort?: number;
  /** Identifier of an ICMP echo. */
  readonly icmpId?: number;
}

/**
 * Rewrites a quote as the NAT of Linux does on an ICMP error's way back: addresses, ports and the
 * checksums that cover them, as far as the quote reaches. Octets that are no quote come back as given.
 */
export function rewriteQuote(octets: Uint8Array, change: QuoteRewrite): Uint8Array {
  const read = layoutOf(octets);
  if (!read.ok) return octets;
  const { quote, bodyAt, later } = read.value;
  const changed = octets.slice();
  const addressAt = quote.family === 'ipv4' ? 12 : 8;
  const addressBytes = quote.family === 'ipv4' ? 4 : 16;
  putIp(changed, addressAt, change.src);
  putIp(changed, addressAt + addressBytes, change.dst);
  if (quote.family === 'ipv4') {
    put16(changed, 10, 0);
    put16(changed, 10, foldChecksum(sumOctets(changed, 0, bodyAt)));
  }
  if (later) return changed;
  if (hasPorts(quote.proto) && octets.length >= bodyAt + 4) {
    if (change.srcPort !== undefined) put16(changed, bodyAt, change.srcPort);
    if (change.dstPort !== undefined) put16(changed, bodyAt + 2, change.dstPort);
  }
  if (isIcmp(quote) && change.icmpId !== undefined && octets.length >= bodyAt + 6) {
    put16(changed, bodyAt + 4, change.icmpId);
  }
  const checksumAt = bodyAt + checksumOffset(quote);
  if (checksumAt < bodyAt || octets.length < checksumAt + 2) return changed;
  let checksum = get16(octets, checksumAt);
  if (quote.proto === IPPROTO.udp && checksum === 0) return changed;
  // ICMP under IPv4 covers no addresses.
  const coversAddresses = quote.proto !== IPPROTO.icmp;
  const ranges = coversAddresses
    ? [
        [addressAt, addressAt + 2 * addressBytes],
        [bodyAt, bodyAt + 6],
      ]
    : [[bodyAt, bodyAt + 6]];
  for (const [from = 0, to = 0] of ranges) {
    for (let at = from; at < to; at += 2) {
      if (at === checksumAt) continue;
      checksum = updateChecksum(checksum, get16(octets, at), get16(changed, at));
    }
  }
  put16(changed, checksumAt, checksum);
  return changed;
}

interface Layout {
  readonly quote: Quote;
  readonly bodyAt: number;
  /** A fragment other than the first: no transport header in it. */
  readonly later: boolean;
}

function layoutOf(octets: Uint8Array): Result<Layout, WireError> {
  if ((octets[0] ?? 0) >>> 4 === 6) {
    const read = readIpv6Header(octets);
    if (!read.ok) return read;
    const { header, bodyAt, end } = read.value;
    const { src, dst, proto } = header;
    const quote: Quote = { family: 'ipv6', src, dst, proto, lengthBytes: end };
    return ok({ quote, bodyAt, later: (header.fragment?.offset ?? 0) > 0 });
  }
  const read = readIpv4Header(octets);
  if (!read.ok) return read;
  const { header, bodyAt, end } = read.value;
  const { src, dst, proto } = header;
  const quote: Quote = { family: 'ipv4', src, dst, proto, lengthBytes: end };
  return ok({ quote, bodyAt, later: header.fragOffset > 0 });
}

function putIp(octets: Uint8Array, at: number, address: Ip | undefined): void {
  if (address === undefined) return;
  if (typeof address === 'number') put32(octets, at, address);
  else putIpv6(octets, at, address);
}

function hasPorts(proto: number): boolean {
  return proto === IPPROTO.udp || proto === IPPROTO.tcp || proto === IPPROTO.sctp;
}

function isIcmp(quote: Quote): boolean {
  return quote.proto === (quote.family === 'ipv4' ? IPPROTO.icmp : IPPROTO.icmpv6);
}

/** Where the checksum stands in the transport header; -1 when there is none that NAT keeps. */
function checksumOffset(quote: Quote): number {
  if (quote.proto === IPPROTO.udp) return 6;
  if (quote.proto === IPPROTO.tcp) return 16;
  return isIcmp(quote) ? 2 : -1;
}
