import { Address6 } from 'ip-address';
import { fail, ok, type Result } from '../base/index.js';
import { formatIpv4, ipv4 } from './ipv4.js';
import type { Mac } from './mac.js';

/** An IPv6 address as an unsigned 128-bit bigint. */
export type Ipv6 = bigint & { readonly brand: 'ipv6' };

/** ::. */
export const IPV6_ANY = 0n as Ipv6;
/** ::1. */
export const IPV6_LOOPBACK = 1n as Ipv6;

/** ff02::1, every node of a link (RFC 4291 section 2.7.1). */
export const IPV6_ALL_NODES = 0xff020000000000000000000000000001n as Ipv6;
/** ff02::2, every router of a link. */
export const IPV6_ALL_ROUTERS = 0xff020000000000000000000000000002n as Ipv6;

/** Reads any RFC 4291 spelling; refuses zones and prefixes. */
export function parseIpv6(text: string): Result<Ipv6, string> {
  if (text.includes('/') || text.includes('%') || !Address6.isValid(text)) {
    return fail(`must be an IPv6 address such as fd00::1, not '${text}'`);
  }
  return ok(new Address6(text).bigInt() as Ipv6);
}

/** Writes the form of RFC 5952; the last 32 bits of a mapped IPv4 address in dotted decimal. */
export function formatIpv6(address: Ipv6): string {
  if (isMapped6(address)) return `::ffff:${formatIpv4(ipv4(Number(address & 0xffffffffn)))}`;
  return Address6.fromBigInt(address).correctForm();
}

/** ff00::/8 (RFC 4291 section 2.7). */
export function isMulticast6(address: Ipv6): boolean {
  return address >> 120n === 0xffn;
}

/** fe80::/10 (RFC 4291 section 2.5.6). */
export function isLinkLocal6(address: Ipv6): boolean {
  return address >> 118n === 0x3fan;
}

/** ::ffff:0:0/96, an IPv4 address in an IPv6 socket (RFC 4291 section 2.5.5.2). */
export function isMapped6(address: Ipv6): boolean {
  return address >> 32n === 0xffffn;
}

/** Scopes of addresses as multicast addresses number them (RFC 4291 section 2.7, RFC 4007). */
export const SCOPE6 = { reserved: 0, interface: 1, link: 2, site: 5, global: 14 } as const;

/**
 * How far an address reaches, a number of `SCOPE6`. Unique local addresses are global, and the loopback
 * address counts as link-local (RFC 6724 section 3.1, ipv6_addr_src_scope).
 */
export function scopeOf6(address: Ipv6): number {
  if (isMulticast6(address)) return Number((address >> 112n) & 0xfn);
  if (isLinkLocal6(address) || address === IPV6_LOOPBACK) return SCOPE6.link;
  return address >> 118n === 0x3fbn ? SCOPE6.site : SCOPE6.global;
}

/** Whether an address means something only together with a link: ones of link scope and below. */
export function needsLink6(address: Ipv6): boolean {
  return address !== 0n && scopeOf6(address) <= SCOPE6.link;
}

/** The group that everyone with this address has joined: ff02::1:ff00:0/104 (RFC 4291 section 2.7.1). */
export function solicitedNode6(address: Ipv6): Ipv6 {
  return (SOLICITED_NODE | (address & 0xffffffn)) as Ipv6;
}

const SOLICITED_NODE = 0xff0200000000000000000001ff000000n;

/** Whether a group is of the form that `solicitedNode6` gives. */
export function isSolicitedNode6(group: Ipv6): boolean {
  return group >> 24n === SOLICITED_NODE >> 24n;
}

/** The Ethernet address of a group: 33:33 and its last 32 bits (RFC 2464 section 7). */
export function multicastMac6(group: Ipv6): Mac {
  return (0x333300000000 + Number(group & 0xffffffffn)) as Mac;
}

/** The link-local address of an Ethernet address: a modified EUI-64 identifier (RFC 4291 appendix A). */
export function linkLocalOf(mac: Mac): Ipv6 {
  const octets = BigInt(mac);
  const high = (octets >> 24n) ^ 0x020000n;
  return ((0xfe80n << 112n) | (high << 40n) | (0xfffen << 24n) | (octets & 0xffffffn)) as Ipv6;
}

/** How many leading bits two addresses share, 0 to 128 (ipv6_addr_diff). */
export function commonPrefix6(a: Ipv6, b: Ipv6): number {
  const difference = a ^ b;
  return difference === 0n ? 128 : 128 - difference.toString(2).length;
}
