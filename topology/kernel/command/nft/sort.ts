import type { NftElement, NftExpr, NftType, NftValue } from '../../nft.js';
import { DATA_TYPES } from './datatype.js';

/**
 * Elements in the order in which nft lists them: by value. Of concatenations nft compares the octets from the last
 * backwards (src/mergesort.c reads them as one number of the host's byte order).
 */
export function sortElements<T extends NftElement>(elements: readonly T[]): readonly T[] {
  return elements
    .map((element) => ({ element, rank: rankOf(element.key) }))
    .toSorted((a, b) => compare(a.rank, b.rank))
    .map(({ element }) => element);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Sorts after every value. */
const LAST = 1n << 600n;

function rankOf(key: NftExpr): bigint {
  switch (key.expr) {
    case 'value':
      return numberOf(key.value, key.type);
    case 'range':
      return numberOf(key.from.value, key.from.type);
    case 'prefix':
      return numberOf(key.base.value, key.base.type);
    case 'list':
      return key.values.reduce((bits, value) => bits | BigInt(value.value), 0n);
    case 'concat':
      return rankOfConcat(key.parts);
    default:
      return LAST;
  }
}

function rankOfConcat(parts: readonly NftExpr[]): bigint {
  let rank = 0n;
  let shift = 0n;
  for (const part of parts) {
    if (part.expr !== 'value') continue;
    const octets = octetsOf(part.value, part.type);
    for (const octet of octets) {
      rank |= BigInt(octet) << shift;
      shift += 8n;
    }
  }
  return rank;
}

/** Octets of a value in its own order: that of the network, but of the host for marks and names. */
function octetsOf(value: NftValue, type: NftType): readonly number[] {
  const size = Math.ceil(DATA_TYPES[type].bits / 8);
  if (typeof value === 'string') {
    return Array.from({ length: size }, (_, at) => (at < value.length ? value.charCodeAt(at) : 0));
  }
  const wide = BigInt(value);
  const octets = Array.from({ length: size }, (_, at) =>
    Number((wide >> BigInt((size - 1 - at) * 8)) & 255n),
  );
  return type === 'mark' ? octets.reverse() : octets;
}

function numberOf(value: NftValue, type: NftType): bigint {
  if (typeof value !== 'string') return BigInt(value);
  // Names are numbers of the host's byte order, whose first letter counts least.
  return octetsOf(value, type).reduceRight((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
}
