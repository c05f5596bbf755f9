import type { Ipv4, Ipv6 } from '../addr/index.js';
import { formatIpv4, formatIpv6 } from '../addr/index.js';
import { fail, ok, type Result } from '../base/index.js';
import { readName, writeName } from './dns-name.js';
import { truncated, type WireError } from './error.js';
import { get16, get32, getIpv4, getIpv6, putIpv6 } from './octets.js';
import { decodeUtf8, encodeUtf8 } from './text.js';

/**
 * Domain Name System messages: RFC 1035, RFC 3596 (AAAA), RFC 2782 (SRV), RFC 6891 (EDNS).
 *
 * Fidelity: records of other types are carried as octets; classes other than IN are kept by number but
 * not read further.
 */
export const DNS_HEADER_BYTES = 12;

/** Largest message over UDP without EDNS, RFC 1035 section 4.2.1. */
export const DNS_UDP_BYTES = 512;

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

/** Response codes (IANA), and their names as dig prints them. */
export const DNS_RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
} as const;

/** What is asked. */
export interface DnsQuestion {
  /** Absolute, without the final dot; the root is '.'. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

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

/** A query or an answer. */
export interface DnsMessage {
  readonly id: number;
  /** QR: true in an answer. */
  readonly response: boolean;
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  readonly rcode: number;
  readonly questions: readonly DnsQuestion[];
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

/** A recursive query for one name, as a stub resolver sends it. */
export function dnsQuery(id: number, name: string, type: number): DnsMessage {
  return {
    id,
    response: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    rcode: DNS_RCODE.NOERROR,
    questions: [{ name, type, class: DNS_CLASS_IN }],
    answers: [],
    authorities: [],
    additionals: [],
  };
}

/** The name of a response code, or `RCODE<n>`. */
export function dnsRcodeName(rcode: number): string {
  return nameIn(DNS_RCODE, rcode) ?? `RCODE${rcode}`;
}

/** The name of a record type, or `TYPE<n>` (RFC 3597 section 5). */
export function dnsTypeName(type: number): string {
  return nameIn(DNS_TYPE, type) ?? `TYPE${type}`;
}

/** Gives the octets of a message, names compressed (not in SRV, RFC 2782). Names must be `isDnsName`. */
export function emitDns(message: DnsMessage): Uint8Array {
  const octets: number[] = [];
  const flags =
    (message.response ? 0x8000 : 0) |
    ((message.opcode & 15) << 11) |
    (message.authoritative ? 0x0400 : 0) |
    (message.truncated ? 0x0200 : 0) |
    (message.recursionDesired ? 0x0100 : 0) |
    (message.recursionAvailable ? 0x0080 : 0) |
    (message.authenticData ? 0x0020 : 0) |
    (message.checkingDisabled ? 0x0010 : 0) |
    (message.rcode & 15);
  const { questions, answers, authorities, additionals } = message;
  push16(octets, message.id, flags, questions.length, answers.length);
  push16(octets, authorities.length, additionals.length);
  const known = new Map<string, number>();
  for (const question of questions) {
    writeName(octets, question.name, known);
    push16(octets, question.type, question.class);
  }
  for (const record of [...answers, ...authorities, ...additionals]) {
    writeRecord(octets, record, known);
  }
  return Uint8Array.from(octets);
}

/**
 * A message that fits: records are left out from the end and TC is set when answers are (RFC 2181
 * section 9). The OPT record stays.
 */
export function fitDns(message: DnsMessage, limitBytes: number): Uint8Array {
  const whole = emitDns(message);
  if (whole.length <= limitBytes) return whole;
  const opt = message.additionals.filter((record) => record.type === 'OPT');
  const answers = [...message.answers];
  for (;;) {
    const octets = emitDns({
      ...message,
      answers,
      authorities: [],
      additionals: opt,
      truncated: true,
    });
    if (octets.length <= limitBytes || answers.length === 0) return octets;
    answers.pop();
  }
}

/** Reads a message. Failures: `wire/truncated`, `wire/bad-length` (record data), `wire/bad-field` (name). */
export function parseDns(octets: Uint8Array): Result<DnsMessage, WireError> {
  if (octets.length < DNS_HEADER_BYTES) {
    return fail(truncated('dns', DNS_HEADER_BYTES, octets.length));
  }
  const flags = get16(octets, 2);
  const questions: DnsQuestion[] = [];
  let at = DNS_HEADER_BYTES;
  for (let left = get16(octets, 4); left > 0; left--) {
    const name = readName(octets, at);
    if (name === undefined) return fail(badName(at));
    if (name.next + 4 > octets.length) return fail(truncated('dns', name.next + 4, octets.length));
    const type = get16(octets, name.next);
    questions.push({ name: name.name, type, class: get16(octets, name.next + 2) });
    at = name.next + 4;
  }
  const sections: DnsRecord[][] = [[], [], []];
  for (const [index, section] of sections.entries()) {
    for (let left = get16(octets, 6 + 2 * index); left > 0; left--) {
      const read = readRecord(octets, at);
      if (!read.ok) return read;
      section.push(read.value.record);
      at = read.value.next;
    }
  }
  const [answers = [], authorities = [], additionals = []] = sections;
  return ok({
    id: get16(octets, 0),
    response: (flags & 0x8000) !== 0,
    opcode: (flags >>> 11) & 15,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    authenticData: (flags & 0x0020) !== 0,
    checkingDisabled: (flags & 0x0010) !== 0,
    rcode: flags & 15,
    questions,
    answers,
    authorities,
    additionals,
  });
}

/** A message in tcpdump's words: `4242+ A? api.default.svc.cluster.local.`, `4242* 1/0/0 A 10.96.0.7`. */
export function describeDns(message: DnsMessage): string {
  if (!message.response) {
    const asked = message.questions.map((q) => `${dnsTypeName(q.type)}? ${dotted(q.name)}`);
    const extra = message.additionals.length > 0 ? [`[${message.additionals.length}au]`] : [];
    return [`${message.id}${message.recursionDesired ? '+' : ''}`, ...extra, ...asked].join(' ');
  }
  const rcodes = ['', ' FormErr', ' ServFail', ' NXDomain', ' NotImp', ' Refused'];
  const rcode = rcodes[message.rcode] ?? ` Resp${message.rcode}`;
  const marks = [
    message.authoritative ? '*' : '',
    message.recursionAvailable ? '' : '-',
    message.truncated ? '|' : '',
  ].join('');
  const { answers, authorities, additionals } = message;
  const counts = `${answers.length}/${authorities.length}/${additionals.length}`;
  const shown = answers.map(describeRecord).join(', ');
  return `${message.id}${rcode}${marks} ${counts}${shown === '' ? '' : ` ${shown}`}`;
}

function describeRecord(record: DnsRecord): string {
  switch (record.type) {
    case 'A':
      return `A ${formatIpv4(record.address)}`;
    case 'AAAA':
      return `AAAA ${formatIpv6(record.address)}`;
    case 'CNAME':
    case 'PTR':
    case 'NS':
      return `${record.type} ${dotted(record.target)}`;
    case 'SRV':
      return `SRV ${dotted(record.target)}:${record.port} ${record.priority} ${record.weight}`;
    case 'MX':
      return `MX ${dotted(record.exchange)} ${record.preference}`;
    case 'TXT':
      return `TXT ${record.texts.map((text) => `"${text}"`).join(' ')}`;
    case 'SOA':
    case 'OPT':
      return record.type;
    case 'other':
      return dnsTypeName(record.typeCode);
  }
}

function dotted(name: string): string {
  return name === '.' ? name : `${name}.`;
}

function nameIn(table: Readonly<Record<string, number>>, value: number): string | undefined {
  return Object.keys(table).find((name) => table[name] === value);
}

function push16(octets: number[], ...values: readonly number[]): void {
  for (const value of values) octets.push((value >>> 8) & 255, value & 255);
}

function push32(octets: number[], ...values: readonly number[]): void {
  for (const value of values) push16(octets, value >>> 16, value & 0xffff);
}

function badName(at: number): WireError {
  const must = 'a domain name';
  return { code: 'wire/bad-field', layer: 'dns', field: 'name at offset', value: at, must };
}

function writeRecord(octets: number[], record: DnsRecord, known: Map<string, number>): void {
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

function readRecord(
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
