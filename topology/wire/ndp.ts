import type { Ipv6, Mac } from '../addr/index.js';
import { ICMP6 } from './icmp.js';
import { concatOctets, getIpv6, getMac, NO_OCTETS, putIpv6, putMac } from './octets.js';
import type { IcmpMessage } from './packet.js';

/**
 * Neighbor Discovery for IPv6, RFC 4861: solicitations, advertisements and redirects as ICMPv6 messages. The
 * first word of each is `rest`, what follows is the payload.
 *
 * Fidelity: router solicitations and advertisements are not written or read.
 */

/** Hop limit of every message: one that came from further away has less (RFC 4861 section 7.1). */
export const NDP_HOP_LIMIT = 255;

/** Types of options (RFC 4861 section 4.6; the nonce is RFC 3971's). */
const OPTION = { sourceMac: 1, targetMac: 2, redirected: 4, nonce: 14 } as const;

const ROUTER = 0x80000000;
const SOLICITED = 0x40000000;
const OVERRIDE = 0x20000000;

/** A neighbour solicitation or advertisement. */
export interface NeighborMessage {
  readonly target: Ipv6;
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
  /** The source's or target's link-layer address, whichever this message carries. */
  readonly mac: Mac | undefined;
  /** Tells one's own probe from another's (RFC 7527); 48 bits. */
  readonly nonce: number | undefined;
}

/** A redirect: `target` is the better first hop to `dst`, or `dst` itself. */
export interface RedirectMessage {
  readonly target: Ipv6;
  readonly dst: Ipv6;
  readonly mac: Mac | undefined;
  /** The packet that was redirected, cut short; empty when the message carries none. */
  readonly quoted: Uint8Array;
}

/** A solicitation: who has `target`? Carries the asker's MAC address or a nonce. */
export function neighborSolicitation(
  target: Ipv6,
  told: { readonly mac?: Mac | undefined; readonly nonce?: number | undefined },
): IcmpMessage {
  const parts = [addressOctets(target)];
  if (told.mac !== undefined) parts.push(sixOctetOption(OPTION.sourceMac, told.mac));
  if (told.nonce !== undefined) parts.push(sixOctetOption(OPTION.nonce, told.nonce));
  return message(ICMP6.neighborSolicitation, 0, parts);
}

/** An advertisement: `target` is here. */
export function neighborAdvertisement(told: Omit<NeighborMessage, 'nonce'>): IcmpMessage {
  const { target, mac } = told;
  const flags =
    (told.router ? ROUTER : 0) + (told.solicited ? SOLICITED : 0) + (told.override ? OVERRIDE : 0);
  const parts = [addressOctets(target)];
  if (mac !== undefined) parts.push(sixOctetOption(OPTION.targetMac, mac));
  return message(ICMP6.neighborAdvertisement, flags, parts);
}

/** A redirect about a packet; of `quoted` as many whole words go in as the smallest MTU lets through. */
export function redirect(told: RedirectMessage): IcmpMessage {
  const parts = [addressOctets(told.target), addressOctets(told.dst)];
  if (told.mac !== undefined) parts.push(sixOctetOption(OPTION.targetMac, told.mac));
  const room = 1280 - 40 - 40 - (told.mac === undefined ? 0 : 8);
  const length = Math.min(room, told.quoted.length + 8) & ~7;
  const option = new Uint8Array(length);
  option[0] = OPTION.redirected;
  option[1] = length >> 3;
  option.set(told.quoted.subarray(0, length - 8), 8);
  parts.push(option);
  return message(ICMP6.redirect, 0, parts);
}

/** Reads a solicitation or an advertisement; undefined when it is malformed. */
export function readNeighborMessage(icmp: IcmpMessage): NeighborMessage | undefined {
  const { payload, rest } = icmp;
  if (payload.length < 16) return undefined;
  const options = readOptions(payload, 16);
  if (options === undefined) return undefined;
  const asks = icmp.type === ICMP6.neighborSolicitation;
  const mac = options.get(asks ? OPTION.sourceMac : OPTION.targetMac);
  const nonce = options.get(OPTION.nonce);
  return {
    target: getIpv6(payload, 0),
    router: !asks && (rest & ROUTER) !== 0,
    solicited: !asks && (rest & SOLICITED) !== 0,
    override: !asks && (rest & OVERRIDE) !== 0,
    mac: mac === undefined ? undefined : getMac(mac, 2),
    nonce: nonce === undefined ? undefined : getMac(nonce, 2),
  };
}

/** Reads a redirect; undefined when it is malformed. */
export function readRedirect(icmp: IcmpMessage): RedirectMessage | undefined {
  const { payload } = icmp;
  if (payload.length < 32) return undefined;
  const options = readOptions(payload, 32);
  if (options === undefined) return undefined;
  const mac = options.get(OPTION.targetMac);
  return {
    target: getIpv6(payload, 0),
    dst: getIpv6(payload, 16),
    mac: mac === undefined ? undefined : getMac(mac, 2),
    quoted: options.get(OPTION.redirected)?.slice(8) ?? NO_OCTETS,
  };
}

function message(type: number, rest: number, parts: readonly Uint8Array[]): IcmpMessage {
  return { kind: 'icmp', type, code: 0, rest, payload: concatOctets(parts) };
}

function addressOctets(address: Ipv6): Uint8Array {
  const octets = new Uint8Array(16);
  putIpv6(octets, 0, address);
  return octets;
}

function sixOctetOption(type: number, value: number): Uint8Array {
  const octets = new Uint8Array(8);
  octets[0] = type;
  octets[1] = 1;
  putMac(octets, 2, value as Mac);
  return octets;
}

/** The first option of each type, header included; undefined when one has no length or reaches past the end. */
function readOptions(octets: Uint8Array, from: number): Map<number, Uint8Array> | undefined {
  const found = new Map<number, Uint8Array>();
  for (let at = from; at < octets.length; ) {
    const length = (octets[at + 1] ?? 0) * 8;
    if (length === 0 || at + length > octets.length) return undefined;
    const type = octets[at] ?? 0;
    if (!found.has(type)) found.set(type, octets.subarray(at, at + length));
    at += length;
  }
  return found;
}
