import type { Ipv4, Ipv6, Mac } from '../addr/index.js';

/** No octets. */
export const NO_OCTETS = new Uint8Array(0);

/** Reads an unsigned 16-bit number, network order; octets past the end read as 0. */
export function get16(octets: Uint8Array, at: number): number {
  return ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
}

/** Reads an unsigned 32-bit number, network order; octets past the end read as 0. */
export function get32(octets: Uint8Array, at: number): number {
  return ((get16(octets, at) << 16) | get16(octets, at + 2)) >>> 0;
}

/** Writes the low 16 bits of a number, network order. */
export function put16(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 8;
  octets[at + 1] = value;
}

/** Writes the low 32 bits of a number, network order. */
export function put32(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 24;
  octets[at + 1] = value >>> 16;
  octets[at + 2] = value >>> 8;
  octets[at + 3] = value;
}

/** Reads an IPv4 address. */
export function getIpv4(octets: Uint8Array, at: number): Ipv4 {
  return get32(octets, at) as Ipv4;
}

/** Reads a MAC address. */
export function getMac(octets: Uint8Array, at: number): Mac {
  return (get16(octets, at) * 0x1_0000_0000 + get32(octets, at + 2)) as Mac;
}

/** Writes a MAC address. */
export function putMac(octets: Uint8Array, at: number, mac: Mac): void {
  put16(octets, at, Math.floor(mac / 0x1_0000_0000));
  put32(octets, at + 2, mac % 0x1_0000_0000);
}

/** Reads an IPv6 address. */
export function getIpv6(octets: Uint8Array, at: number): Ipv6 {
  const high = (BigInt(get32(octets, at)) << 32n) | BigInt(get32(octets, at + 4));
  const low = (BigInt(get32(octets, at + 8)) << 32n) | BigInt(get32(octets, at + 12));
  return ((high << 64n) | low) as Ipv6;
}

/** Writes an IPv6 address. */
export function putIpv6(octets: Uint8Array, at: number, address: Ipv6): void {
  put32(octets, at, Number(address >> 96n));
  put32(octets, at + 4, Number((address >> 64n) & 0xffffffffn));
  put32(octets, at + 8, Number((address >> 32n) & 0xffffffffn));
  put32(octets, at + 12, Number(address & 0xffffffffn));
}

/** Joins pieces into one array. */
export function concatOctets(pieces: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
