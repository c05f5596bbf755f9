import { DATA_TYPES } from '../../command/nft/datatype.js';
import type { NftType, NftValue } from '../../nft.js';

const INITIAL = 0xdeadbeef;

/** Bob Jenkins' lookup3 as the kernel has it (include/linux/jhash.h). */
export function jhash(octets: readonly number[], seed: number): number {
  let a = (INITIAL + octets.length + seed) | 0;
  let b = a;
  let c = a;
  let at = 0;
  const word = (from: number): number =>
    (octets[from] ?? 0) |
    ((octets[from + 1] ?? 0) << 8) |
    ((octets[from + 2] ?? 0) << 16) |
    ((octets[from + 3] ?? 0) << 24);
  for (; octets.length - at > 12; at += 12) {
    a = (a + word(at)) | 0;
    b = (b + word(at + 4)) | 0;
    c = (c + word(at + 8)) | 0;
    a = (a - c) ^ rotate(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rotate(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 4);
    b = (b + a) | 0;
  }
  if (at === octets.length) return c >>> 0;
  a = (a + word(at)) | 0;
  b = (b + word(at + 4)) | 0;
  c = (c + word(at + 8)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

/** Values as registers hold them: those of the network in network order, a concatenation's padded to four octets. */
export function octetsOf(
  values: readonly NftValue[],
  types: readonly NftType[],
): readonly number[] {
  return values.flatMap((value, at) => {
    const type = types[at] ?? 'integer';
    const size = Math.ceil(DATA_TYPES[type].bits / 8);
    const octets = type === 'ifname' ? textOctets(`${value}`, size) : numberOctets(value, size);
    if (type === 'mark') octets.reverse();
    while (values.length > 1 && octets.length % 4 !== 0) octets.push(0);
    return octets;
  });
}

function textOctets(text: string, size: number): number[] {
  return Array.from({ length: size }, (_, at) => (at < text.length ? text.charCodeAt(at) : 0));
}

function numberOctets(value: NftValue, size: number): number[] {
  const wide = BigInt(value);
  return Array.from({ length: size }, (_, at) =>
    Number((wide >> BigInt((size - 1 - at) * 8)) & 255n),
  );
}
