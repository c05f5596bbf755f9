import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../../wire/packet.js';
import type { Direction } from './connection.js';

/** States of a TCP connection as conntrack tells them apart (net/netfilter/nf_conntrack_proto_tcp.c). */
export type TcpState =
  | 'NONE'
  | 'SYN_SENT'
  | 'SYN_RECV'
  | 'ESTABLISHED'
  | 'FIN_WAIT'
  | 'CLOSE_WAIT'
  | 'LAST_ACK'
  | 'TIME_WAIT'
  | 'CLOSE'
  | 'SYN_SENT2';

/** What decides about a segment: the first of RST, SYN, FIN, ACK that is set. */
export type SegmentKind = 'syn' | 'synack' | 'fin' | 'ack' | 'rst' | 'none';

/** What a segment makes of a connection: a state, nothing at all, or a segment that does not belong. */
export type TcpTransition = TcpState | 'ignore' | 'invalid';

/** The states in the order of the kernel's tables. */
export const TCP_STATES: readonly TcpState[] = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
];

const SHORT: Readonly<Record<string, TcpTransition>> = {
  SS: 'SYN_SENT',
  SR: 'SYN_RECV',
  ES: 'ESTABLISHED',
  FW: 'FIN_WAIT',
  CW: 'CLOSE_WAIT',
  LA: 'LAST_ACK',
  TW: 'TIME_WAIT',
  CL: 'CLOSE',
  S2: 'SYN_SENT2',
  '..': 'ignore',
  '--': 'invalid',
};

type Row = Readonly<Record<TcpState, TcpTransition>>;

/** One row of the tables: the next state for each present state, in the order of `TCP_STATES`. */
function row(text: string): Row {
  const next = text.split(' ').map((short) => SHORT[short] ?? 'invalid');
  const entries = TCP_STATES.map((state, index) => [state, next[index] ?? 'invalid'] as const);
  return Object.fromEntries(entries) as Row;
}

const NOTHING = row('-- -- -- -- -- -- -- -- -- --');

//                    NO SS SR ES FW CW LA TW CL S2
const ORIGINAL: Readonly<Record<SegmentKind, Row>> = {
  syn: /*     */ row('SS SS .. .. .. .. .. SS SS S2'),
  synack: /*  */ row('-- -- SR -- -- -- -- -- -- SR'),
  fin: /*     */ row('-- -- FW FW LA LA LA TW CL --'),
  ack: /*     */ row('ES -- ES ES CW CW TW TW CL --'),
  rst: /*     */ row('-- CL CL CL CL CL CL CL CL CL'),
  none: NOTHING,
};

const REPLY: Readonly<Record<SegmentKind, Row>> = {
  syn: /*     */ row('-- S2 -- -- -- -- -- SS -- S2'),
  synack: /*  */ row('-- SR .. .. .. .. .. .. .. SR'),
  fin: /*     */ row('-- -- FW FW LA LA LA TW CL --'),
  ack: /*     */ row('-- .. SR ES CW CW TW TW CL ..'),
  rst: /*     */ row('-- CL CL CL CL CL CL CL CL CL'),
  none: NOTHING,
};

/** Reads the flags as conntrack does. */
export function segmentKind(flags: number): SegmentKind {
  if ((flags & TCP_RST) !== 0) return 'rst';
  if ((flags & TCP_SYN) !== 0) return (flags & TCP_ACK) !== 0 ? 'synack' : 'syn';
  if ((flags & TCP_FIN) !== 0) return 'fin';
  return (flags & TCP_ACK) !== 0 ? 'ack' : 'none';
}

/** Whether the flags can stand together (tcp_valid_flags): SYN with FIN or RST, and none at all, cannot. */
export function validFlags(flags: number): boolean {
  const kinds = flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK);
  const core = kinds & ~TCP_ACK;
  if (core === 0) return kinds === TCP_ACK;
  if (core === TCP_FIN) return (kinds & TCP_ACK) !== 0;
  return core === TCP_SYN || core === TCP_RST;
}

/** What a segment does to a connection in `state`. */
export function transition(
  direction: Direction,
  kind: SegmentKind,
  state: TcpState,
): TcpTransition {
  return (direction === 'original' ? ORIGINAL : REPLY)[kind][state];
}
