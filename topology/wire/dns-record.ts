import type { Ipv4, Ipv6 } from '../addr/index.js';
import { fail, ok, type Result } from '../base/index.js';
import { readName, writeName } from './dns-name.js';
import { truncated, type WireError } from './error.js';
import { get16, get32, getIpv4, getIpv6, putIpv6 } from './octets.js';
import { decodeUtf8, encodeUtf8 } from './text.js';

/**
 * Resource records: RFC 1035, RFC 3596 (AAAA), RFC 2782 (SRV), RFC 6891 (OPT).
 *
 * Fidelity: records of other types are carried as octets; classes other than IN are kept by number but
 * not read further.
 */

/** Record types (IANA DNS parameters). */
export const DNS_TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  ANY: 255,
} as const;

/** Class of the Internet. */
export const DNS_CLASS_IN = 1;

interface Common {
  readonly name: string;
  /** Seconds. */
  readonly ttl: number;
}

/** A resource record of class IN, the EDNS pseudo record, or one that is not read. */
export type DnsRecord =
  | (Common & { readonly type: 'A'; readonly address: Ipv4 })
  | (Common & { readonly type: 'AAAA'; readonly address: Ipv6 })
  | (Common & { readonly type: 'CNAME' | 'PTR' | 'NS'; readonly target: string })
  | (Common & {
      readonly type: 'SRV';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    })
  | (Common & { readonly type: 'MX'; readonly preference: number; readonly exchange: string })
  | (Common & { readonly type: 'TXT'; readonly texts: readonly string[] })
  | (Common & {
      readonly type: 'SOA';
      readonly mname: string;
      readonly rname: string;
      readonly serial: number;
      readonly refresh: number;
      readonly retry: number;
      readonly expire: number;
      readonly minimum: number;
    })
  | {
      readonly type: 'OPT';
      readonly udpPayloadBytes: number;
      readonly extendedRcode: number;
      readonly version: number;
      readonly dnssecOk: boolean;
      readonly options: Uint8Array;
    }
  | (Common & {
      readonly type: 'other';
      readonly typeCode: number;
      readonly class: number;
      readonly octets: Uint8Array;
    });

/** The name of a record type, or `TYPE<n>` (RFC 3597 section 5). */
export function dnsTypeName(type: number): string {
  return Object.entries(DNS_TYPE).find(([, code]) => code === type)?.[0] ?? `TYPE${type}`;
}

/** Appends a record; `known` maps suffixes of names to offsets, for compression. */
export function writeRecord(octets: number[], record: DnsRecord, known: Map<string, number>): void {
  if (record.type === 'OPT') {
    octets.push(0);
    push16(octets, DNS_TYPE.OPT, record.udpPayloadBytes);
    octets.push(record.extendedRcode, record.version);
    push16(octets, record.dnssecOk ? 0x8000 : 0, record.options.length);
    octets.push(...record.options);
    return;
  }
  writeName(octets, record.name, known);
  const typeCode = record.type === 'other' ? record.typeCode : DNS_TYPE[record.type];
  push16(octets, typeCode, record.type === 'other' ? record.class : DNS_CLASS_IN);
  push32(octets, record.ttl);
  const lengthAt = octets.length;
  push16(octets, 0);
  writeData(octets, record, known);
  const length = octets.length - lengthAt - 2;
  octets[lengthAt] = length >>> 8;
  octets[lengthAt + 1] = length & 255;
}

/** Reads a record and tells where the next one begins. Failures: `wire/truncated`, `wire/bad-length`, `wire/bad-field`. */
export function readRecord(
  octets: Uint8Array,
  start: number,
): Result<{ readonly record: DnsRecord; readonly next: number }, WireError> {
  const owner = readName(octets, start);
  if (owner === undefined) return fail(badName(start));
  const at = owner.next;
  if (at + 10 > octets.length) return fail(truncated('dns', at + 10, octets.length));
  const dataAt = at + 10;
  const next = dataAt + get16(octets, at + 8);
  if (next > octets.length) return fail(truncated('dns', next, octets.length));
  const typeCode = get16(octets, at);
  const klass = get16(octets, at + 2);
  if (typeCode === DNS_TYPE.OPT) {
    const record: DnsRecord = {
      type: 'OPT',
      udpPayloadBytes: klass,
      extendedRcode: octets[at + 4] ?? 0,
      version: octets[at + 5] ?? 0,
      dnssecOk: (get16(octets, at + 6) & 0x8000) !== 0,
      options: octets.slice(dataAt, next),
    };
    return ok({ record, next });
  }
  const common = { name: owner.name, ttl: get32(octets, at + 4) };
  const known = klass === DNS_CLASS_IN;
  const record = known ? readData(octets.subarray(0, next), dataAt, typeCode, common) : undefined;
  if (record !== undefined) return ok({ record, next });
  if (known && READ_TYPES.has(typeCode)) {
    const field = `data of ${dnsTypeName(typeCode)}`;
    return fail({ code: 'wire/bad-length', layer: 'dns', field, value: next - dataAt });
  }
  const rest = octets.slice(dataAt, next);
  return ok({ record: { ...common, type: 'other', typeCode, class: klass, octets: rest }, next });
}

/** Appends numbers of 16 bits in network order. */
export function push16(octets: number[], ...values: readonly number[]): void {
  for (const value of values) octets.push((value >>> 8) & 255, value & 255);
}

/** Appends numbers of 32 bits in network order. */
export function push32(octets: number[], ...values: readonly number[]): void {
  for (const value of values) push16(octets, value >>> 16, value & 0xffff);
}

/** A name that is none, at an offset of the message. */
export function badName(at: number): WireError {
  const must = 'a domain name';
  return { code: 'wire/bad-field', layer: 'dns', field: 'name at offset', value: at, must };
}

function writeData(
  octets: number[],
  record: Exclude<DnsRecord, { type: 'OPT' }>,
  known: Map<string, number>,
): void {
  switch (record.type) {
    case 'A':
      push32(octets, record.address);
      return;
    case 'AAAA': {
      const address = new Uint8Array(16);
      putIpv6(address, 0, record.address);
      octets.push(...address);
      return;
    }
    case 'CNAME':
    case 'PTR':
    case 'NS':
      writeName(octets, record.target, known);
      return;
    case 'SRV':
      push16(octets, record.priority, record.weight, record.port);
      writeName(octets, record.target);
      return;
    case 'MX':
      push16(octets, record.preference);
      writeName(octets, record.exchange, known);
      return;
    case 'TXT':
      for (const text of record.texts) {
        const piece = encodeUtf8(text).subarray(0, 255);
        octets.push(piece.length, ...piece);
      }
      return;
    case 'SOA':
      writeName(octets, record.mname, known);
      writeName(octets, record.rname, known);
      push32(octets, record.serial, record.refresh, record.retry, record.expire, record.minimum);
      return;
    case 'other':
      octets.push(...record.octets);
  }
}

const READ_TYPES: ReadonlySet<number> = new Set([1, 2, 5, 6, 12, 15, 16, 28, 33]);

/** `octets` end where the data ends; undefined when the data does not fill it exactly. */
function readData(
  octets: Uint8Array,
  at: number,
  typeCode: number,
  common: Common,
): DnsRecord | undefined {
  const length = octets.length - at;
  const name = (from: number) => {
    const read = from <= octets.length ? readName(octets, from) : undefined;
    return read?.next === octets.length ? read.name : undefined;
  };
  switch (typeCode) {
    case DNS_TYPE.A:
      return length === 4 ? { ...common, type: 'A', address: getIpv4(octets, at) } : undefined;
    case DNS_TYPE.AAAA:
      return length === 16 ? { ...common, type: 'AAAA', address: getIpv6(octets, at) } : undefined;
    case DNS_TYPE.CNAME:
    case DNS_TYPE.PTR:
    case DNS_TYPE.NS: {
      const target = name(at);
      const type = typeCode === 5 ? 'CNAME' : typeCode === 12 ? 'PTR' : 'NS';
      return target === undefined ? undefined : { ...common, type, target };
    }
    case DNS_TYPE.SRV: {
      const target = name(at + 6);
      if (target === undefined) return undefined;
      const [priority, weight, port] = [0, 2, 4].map((offset) => get16(octets, at + offset));
      return {
        ...common,
        type: 'SRV',
        priority: priority ?? 0,
        weight: weight ?? 0,
        port: port ?? 0,
        target,
      };
    }
    case DNS_TYPE.MX: {
      const exchange = name(at + 2);
      if (exchange === undefined) return undefined;
      return { ...common, type: 'MX', preference: get16(octets, at), exchange };
    }
    case DNS_TYPE.TXT:
      return readTexts(octets, at, common);
    case DNS_TYPE.SOA:
      return readSoa(octets, at, common);
    default:
      return undefined;
  }
}

function readTexts(octets: Uint8Array, start: number, common: Common): DnsRecord | undefined {
  const texts: string[] = [];
  for (let at = start; at < octets.length; ) {
    const end = at + 1 + (octets[at] ?? 0);
    if (end > octets.length) return undefined;
    texts.push(decodeUtf8(octets.subarray(at + 1, end)));
    at = end;
  }
  return { ...common, type: 'TXT', texts };
}

function readSoa(octets: Uint8Array, at: number, common: Common): DnsRecord | undefined {
  const mname = readName(octets, at);
  const rname = mname === undefined ? undefined : readName(octets, mname.next);
  if (mname === undefined || rname === undefined) return undefined;
  if (rname.next + 20 !== octets.length) return undefined;
  return {
    ...common,
    type: 'SOA',
    mname: mname.name,
    rname: rname.name,
    serial: get32(octets, rname.next),
    refresh: get32(octets, rname.next + 4),
    retry: get32(octets, rname.next + 8),
    expire: get32(octets, rname.next + 12),
    minimum: get32(octets, rname.next + 16),
  };
}
