import { fail, ok, type Result } from '../base/index.js';
import { readName, writeName } from './dns-name.js';
import {
  badName,
  DNS_CLASS_IN,
  type DnsRecord,
  push16,
  readRecord,
  writeRecord,
} from './dns-record.js';
import { truncated, type WireError } from './error.js';
import { get16 } from './octets.js';

/**
 * Domain Name System messages: RFC 1035 section 4, RFC 6891 (EDNS).
 */
export const DNS_HEADER_BYTES = 12;

/** Largest message over UDP without EDNS, RFC 1035 section 4.2.1. */
export const DNS_UDP_BYTES = 512;

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
  return Object.entries(DNS_RCODE).find(([, code]) => code === rcode)?.[0] ?? `RCODE${rcode}`;
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
