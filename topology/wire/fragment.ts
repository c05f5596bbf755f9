import { fail, ok, type Result } from '../base/index.js';
import { truncated, type WireError } from './error.js';
import { emitBody, parseBody } from './frame.js';
import { IPV4_HEADER_BYTES } from './ipv4.js';
import { IPV6_FRAGMENT_HEADER_BYTES, IPV6_HEADER_BYTES } from './ipv6.js';
import { concatOctets } from './octets.js';
import type { Ipv4Packet, Ipv6Packet } from './packet.js';
import { l3Bytes } from './size.js';

/**
 * Fragmentation and reassembly, RFC 791 section 2.3 and RFC 8200 section 4.5. Pure: who keeps fragments
 * until a set is complete, and for how long, is the kernel's matter.
 */

/** Splits a packet for an MTU; gives it back alone when it fits. DF is the caller's to look at. */
export function fragmentIpv4(packet: Ipv4Packet, mtuBytes: number): readonly Ipv4Packet[] {
  if (l3Bytes(packet) <= mtuBytes) return [packet];
  const whole = emitBody(packet);
  const pieces = split(whole, mtuBytes - IPV4_HEADER_BYTES);
  return pieces.map(({ offset, octets, last }) => ({
    ...packet,
    fragOffset: packet.fragOffset + offset,
    mf: !last || packet.mf,
    body: { kind: 'opaque', octets },
  }));
}

/** Splits an IPv6 packet, as its source alone may; `id` names the set. */
export function fragmentIpv6(
  packet: Ipv6Packet,
  mtuBytes: number,
  id: number,
): readonly Ipv6Packet[] {
  if (l3Bytes(packet) <= mtuBytes) return [packet];
  const whole = emitBody(packet);
  const pieces = split(whole, mtuBytes - IPV6_HEADER_BYTES - IPV6_FRAGMENT_HEADER_BYTES);
  return pieces.map(({ offset, octets, last }) => ({
    ...packet,
    fragment: { id, offset, more: !last },
    body: { kind: 'opaque', octets },
  }));
}

/** Why fragments do not make a packet. */
export type ReassemblyError = { readonly code: 'wire/incomplete' } | WireError;

/**
 * Joins the fragments of one packet, in any order; of octets that overlap the first by offset count.
 * The header is the first fragment's. Failures: `wire/incomplete` while a piece is missing, or those of
 * the body once it is whole.
 */
export function reassembleIpv4(
  fragments: readonly Ipv4Packet[],
): Result<Ipv4Packet, ReassemblyError> {
  const pieces = fragments.map((packet) => ({
    offset: packet.fragOffset,
    more: packet.mf,
    octets: emitBody(packet),
  }));
  const whole = join(pieces);
  const first = fragments.find((packet) => packet.fragOffset === 0);
  if (whole === undefined || first === undefined) return fail({ code: 'wire/incomplete' });
  if (whole.length + IPV4_HEADER_BYTES > 0xffff) {
    return fail({ code: 'wire/bad-length', layer: 'ipv4', field: 'length', value: whole.length });
  }
  const header = { ...first, mf: false, fragOffset: 0 };
  const body = parseBody(whole, header);
  return body.ok ? ok({ ...header, body: body.value }) : body;
}

/** As `reassembleIpv4`, for IPv6. */
export function reassembleIpv6(
  fragments: readonly Ipv6Packet[],
): Result<Ipv6Packet, ReassemblyError> {
  const pieces = fragments.map((packet) => ({
    offset: packet.fragment?.offset ?? 0,
    more: packet.fragment?.more ?? false,
    octets: emitBody(packet),
  }));
  const whole = join(pieces);
  const first = fragments.find((packet) => (packet.fragment?.offset ?? 0) === 0);
  if (whole === undefined || first === undefined) return fail({ code: 'wire/incomplete' });
  if (whole.length > 0xffff) return fail(truncated('ipv6', whole.length, 0xffff));
  const { fragment: _, ...header } = first;
  const body = parseBody(whole, header);
  return body.ok ? ok({ ...header, body: body.value }) : body;
}

interface Piece {
  readonly offset: number;
  readonly octets: Uint8Array;
}

function split(whole: Uint8Array, room: number): (Piece & { readonly last: boolean })[] {
  // Every fragment but the last carries a multiple of 8 octets.
  const step = Math.max(8, room - (room % 8));
  const pieces: (Piece & { readonly last: boolean })[] = [];
  for (let offset = 0; offset < whole.length; ) {
    const rest = whole.length - offset;
    const take = rest <= room ? rest : step;
    pieces.push({ offset, octets: whole.slice(offset, offset + take), last: take === rest });
    offset += take;
  }
  return pieces;
}

function join(pieces: readonly (Piece & { readonly more: boolean })[]): Uint8Array | undefined {
  const ordered = [...pieces].sort((a, b) => a.offset - b.offset);
  const parts: Uint8Array[] = [];
  let end = 0;
  let complete = false;
  for (const { offset, octets, more } of ordered) {
    if (offset > end) return undefined;
    const fresh = octets.subarray(end - offset);
    parts.push(fresh);
    end += fresh.length;
    if (!more) complete = true;
  }
  return complete ? concatOctets(parts) : undefined;
}
