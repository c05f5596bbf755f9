import { fail, ok, type Result } from '../base/index.js';

/** An IPv4 address as an unsigned 32-bit number: compares with `===`, works as a Map key. */
export type Ipv4 = number & { readonly brand: 'ipv4' };

/** 0.0.0.0. */
export const IPV4_ANY = 0 as Ipv4;
/** 255.255.255.255. */
export const IPV4_BROADCAST = 0xffffffff as Ipv4;
/** 127.0.0.1. */
export const IPV4_LOOPBACK = 0x7f000001 as Ipv4;

/** Reads dotted decimal; refuses leading zeros, prefixes and short forms. */
export function parseIpv4(text: string): Result<Ipv4, string> {
  const match = DOTTED.exec(text);
  if (match === null) {
    return fail(`must be an IPv4 address such as 10.244.1.2, not '${text}'`);
  }
  const [, a, b, c, d] = match;
  return ok(
    ((Number(a) * 0x1000000 + Number(b) * 0x10000 + Number(c) * 0x100 + Number(d)) >>> 0) as Ipv4,
  );
}

const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const DOTTED = new RegExp(`^${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}$`);

/** Writes dotted decimal. */
export function formatIpv4(address: Ipv4): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** Mints an address from a number's low 32 bits. */
export function ipv4(value: number): Ipv4 {
  return (value >>> 0) as Ipv4;
}

/** 127.0.0.0/8 (RFC 1122 section 3.2.1.3). */
export function isLoopback4(address: Ipv4): boolean {
  return address >>> 24 === 127;
}

/** 224.0.0.0/4 (RFC 5771). */
export function isMulticast4(address: Ipv4): boolean {
  return address >>> 28 === 14;
}
