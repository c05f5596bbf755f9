import { Address6 } from 'ip-address';
import { fail, ok, type Result } from '../base/index.js';

/** An IPv6 address as an unsigned 128-bit bigint. */
export type Ipv6 = bigint & { readonly brand: 'ipv6' };

/** ::. */
export const IPV6_ANY = 0n as Ipv6;
/** ::1. */
export const IPV6_LOOPBACK = 1n as Ipv6;

/** Reads any RFC 4291 spelling; refuses zones and prefixes. */
export function parseIpv6(text: string): Result<Ipv6, string> {
  if (text.includes('/') || text.includes('%') || !Address6.isValid(text)) {
    return fail(`must be an IPv6 address such as fd00::1, not '${text}'`);
  }
  return ok(new Address6(text).bigInt() as Ipv6);
}

/** Writes the form of RFC 5952. */
export function formatIpv6(address: Ipv6): string {
  return Address6.fromBigInt(address).correctForm();
}
