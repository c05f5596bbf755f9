import { fail, ok, type Result } from '../base/index.js';
import { foldChecksum, sumOctets } from './checksum.js';
import { truncated, type WireError } from './error.js';
import { get16, get32, put16, put32 } from './octets.js';
import type { IcmpMessage } from './packet.js';

/** Internet Control Message Protocol: RFC 792, and RFC 4443 and RFC 4861 under IPv6. */
export const ICMP_HEADER_BYTES = 8;

const TYPE = 0;
const CODE = 1;
const CHECKSUM = 2;
const REST = 4;

/** Types under IPv4 (IANA ICMP parameters). */
export const ICMP4 = {
  echoReply: 0,
  destUnreachable: 3,
  sourceQuench: 4,
  redirect: 5,
  echoRequest: 8,
  routerAdvertisement: 9,
  routerSolicitation: 10,
  timeExceeded: 11,
  parameterProblem: 12,
  timestampRequest: 13,
  timestampReply: 14,
} as const;

/** Codes of destination-unreachable under IPv4. */
export const ICMP4_UNREACHABLE = {
  net: 0,
  host: 1,
  proto: 2,
  port: 3,
  fragNeeded: 4,
  sourceRouteFailed: 5,
  netProhibited: 9,
  hostProhibited: 10,
  adminProhibited: 13,
} as const;

/** Codes of time-exceeded, both families. */
export const ICMP_TIME_EXCEEDED = { inTransit: 0, reassembly: 1 } as const;

/** Types under IPv6. */
export const ICMP6 = {
  destUnreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
  echoRequest: 128,
  echoReply: 129,
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighborSolicitation: 135,
  neighborAdvertisement: 136,
  redirect: 137,
} as const;

/** Codes of destination-unreachable under IPv6. */
export const ICMP6_UNREACHABLE = {
  noRoute: 0,
  adminProhibited: 1,
  beyondScope: 2,
  address: 3,
  port: 4,
} as const;

/** A type, or one code of a type, under the name that `iptables -p icmp -h` gives it. */
export interface IcmpName {
  readonly name: string;
  readonly type: number;
  /** Absent: any code. */
  readonly code?: number;
}

/** Names of iptables' `--icmp-type`; the first of equal rows is the one it prints. */
export const ICMP4_NAMES: readonly IcmpName[] = [
  { name: 'echo-reply', type: 0 },
  { name: 'pong', type: 0 },
  { name: 'destination-unreachable', type: 3 },
  { name: 'network-unreachable', type: 3, code: 0 },
  { name: 'host-unreachable', type: 3, code: 1 },
  { name: 'protocol-unreachable', type: 3, code: 2 },
  { name: 'port-unreachable', type: 3, code: 3 },
  { name: 'fragmentation-needed', type: 3, code: 4 },
  { name: 'source-route-failed', type: 3, code: 5 },
  { name: 'network-unknown', type: 3, code: 6 },
  { name: 'host-unknown', type: 3, code: 7 },
  { name: 'network-prohibited', type: 3, code: 9 },
  { name: 'host-prohibited', type: 3, code: 10 },
  { name: 'TOS-network-unreachable', type: 3, code: 11 },
  { name: 'TOS-host-unreachable', type: 3, code: 12 },
  { name: 'communication-prohibited', type: 3, code: 13 },
  { name: 'host-precedence-violation', type: 3, code: 14 },
  { name: 'precedence-cutoff', type: 3, code: 15 },
  { name: 'source-quench', type: 4 },
  { name: 'redirect', type: 5 },
  { name: 'network-redirect', type: 5, code: 0 },
  { name: 'host-redirect', type: 5, code: 1 },
  { name: 'TOS-network-redirect', type: 5, code: 2 },
  { name: 'TOS-host-redirect', type: 5, code: 3 },
  { name: 'echo-request', type: 8 },
  { name: 'ping', type: 8 },
  { name: 'router-advertisement', type: 9 },
  { name: 'router-solicitation', type: 10 },
  { name: 'time-exceeded', type: 11 },
  { name: 'ttl-exceeded', type: 11 },
  { name: 'ttl-zero-during-transit', type: 11, code: 0 },
  { name: 'ttl-zero-during-reassembly', type: 11, code: 1 },
  { name: 'parameter-problem', type: 12 },
  { name: 'ip-header-bad', type: 12, code: 0 },
  { name: 'required-option-missing', type: 12, code: 1 },
  { name: 'timestamp-request', type: 13 },
  { name: 'timestamp-reply', type: 14 },
  { name: 'address-mask-request', type: 17 },
  { name: 'address-mask-reply', type: 18 },
];

/** Names of ip6tables' `--icmpv6-type`. */
export const ICMP6_NAMES: readonly IcmpName[] = [
  { name: 'destination-unreachable', type: 1 },
  { name: 'no-route', type: 1, code: 0 },
  { name: 'communication-prohibited', type: 1, code: 1 },
  { name: 'beyond-scope', type: 1, code: 2 },
  { name: 'address-unreachable', type: 1, code: 3 },
  { name: 'port-unreachable', type: 1, code: 4 },
  { name: 'failed-policy', type: 1, code: 5 },
  { name: 'reject-route', type: 1, code: 6 },
  { name: 'packet-too-big', type: 2 },
  { name: 'time-exceeded', type: 3 },
  { name: 'ttl-exceeded', type: 3 },
  { name: 'ttl-zero-during-transit', type: 3, code: 0 },
  { name: 'ttl-zero-during-reassembly', type: 3, code: 1 },
  { name: 'parameter-problem', type: 4 },
  { name: 'bad-header', type: 4, code: 0 },
  { name: 'unknown-header-type', type: 4, code: 1 },
  { name: 'unknown-option', type: 4, code: 2 },
  { name: 'echo-request', type: 128 },
  { name: 'ping', type: 128 },
  { name: 'echo-reply', type: 129 },
  { name: 'pong', type: 129 },
  { name: 'router-solicitation', type: 133 },
  { name: 'router-advertisement', type: 134 },
  { name: 'neighbour-solicitation', type: 135 },
  { name: 'neighbor-solicitation', type: 135 },
  { name: 'neighbour-advertisement', type: 136 },
  { name: 'neighbor-advertisement', type: 136 },
  { name: 'redirect', type: 137 },
];

/** The second header word of an echo: identifier and sequence number. */
export function echoRest(id: number, seq: number): number {
  return (((id & 0xffff) << 16) | (seq & 0xffff)) >>> 0;
}

/** Whether a message speaks of another packet, which it quotes. */
export function isIcmpError(family: 'ipv4' | 'ipv6', type: number): boolean {
  if (family === 'ipv6') return type < 128;
  return type === 3 || type === 4 || type === 5 || type === 11 || type === 12;
}

/** Writes the message; `pseudoSum` is 0 under IPv4 (RFC 792), the pseudo header's under IPv6. */
export function writeIcmp(
  octets: Uint8Array,
  at: number,
  icmp: IcmpMessage,
  pseudoSum: number,
): void {
  octets[at + TYPE] = icmp.type;
  octets[at + CODE] = icmp.code;
  put16(octets, at + CHECKSUM, 0);
  put32(octets, at + REST, icmp.rest);
  octets.set(icmp.payload, at + ICMP_HEADER_BYTES);
  const end = at + ICMP_HEADER_BYTES + icmp.payload.length;
  put16(octets, at + CHECKSUM, foldChecksum(pseudoSum + sumOctets(octets, at, end)));
}

/** Reads a message that fills the octets. Failures: `wire/truncated`, `wire/bad-checksum`. */
export function parseIcmp(octets: Uint8Array, pseudoSum: number): Result<IcmpMessage, WireError> {
  if (octets.length < ICMP_HEADER_BYTES) {
    return fail(truncated('icmp', ICMP_HEADER_BYTES, octets.length));
  }
  const sum = pseudoSum + sumOctets(octets);
  if (foldChecksum(sum) !== 0) {
    const found = get16(octets, CHECKSUM);
    const expected = foldChecksum(sum - found);
    return fail({ code: 'wire/bad-checksum', layer: 'icmp', found, expected });
  }
  return ok({
    kind: 'icmp',
    type: octets[TYPE] ?? 0,
    code: octets[CODE] ?? 0,
    rest: get32(octets, REST),
    payload: octets.slice(ICMP_HEADER_BYTES),
  });
}
