import { TCP_RST, type TcpSegment } from '../../../wire/packet.js';
import type { Connection, Direction } from './connection.js';
import type { FollowContext, FollowResult } from './follow.js';
import {
  type SegmentKind,
  segmentKind,
  type TcpState,
  transition,
  validFlags,
} from './tcp-state.js';
import { before, inWindow, segmentEnd, TcpConnState } from './tcp-window.js';

/**
 * How conntrack follows a TCP connection segment by segment (nf_conntrack_tcp_packet and tcp_new of
 * net/netfilter/nf_conntrack_proto_tcp.c).
 *
 * Fidelity: challenge acknowledgements (RFC 5961) that answer a SYN are not remembered.
 */

/** Whether a segment may begin a connection; sets up what is kept of it. */
export function beginTcp(connection: Connection, segment: TcpSegment, loose: boolean): boolean {
  if (!validFlags(segment.flags)) return false;
  const first = transition('original', segmentKind(segment.flags), 'NONE');
  if (first === 'ignore' || first === 'invalid') return false;
  const tcp = new TcpConnState();
  const { original, reply } = tcp;
  const { window } = segment;
  original.end = segmentEnd(segment);
  original.maxWindow = window === 0 ? 1 : window;
  original.maxEnd = original.end;
  if (first === 'SYN_SENT') original.readOptions(segment);
  else {
    if (!loose) return false;
    // Picked up in the middle: nothing is known of scaling, so nothing is refused.
    original.maxEnd = (original.end + original.maxWindow) >>> 0;
    original.sackPermitted = true;
    reply.sackPermitted = true;
    original.liberal = true;
    reply.liberal = true;
  }
  connection.tcp = tcp;
  return true;
}

/** Moves a connection on by one segment. */
export function followTcp(
  context: FollowContext,
  connection: Connection,
  direction: Direction,
  segment: TcpSegment,
): FollowResult {
  const { table, timeouts } = context;
  const { tcp } = connection;
  if (tcp === undefined || !validFlags(segment.flags)) return 'invalid';
  const kind = segmentKind(segment.flags);
  const before = tcp.state;
  const step = transition(direction, kind, before);
  if (step === 'invalid') return 'invalid';
  if (step === 'SYN_SENT' && (before === 'TIME_WAIT' || before === 'CLOSE')) {
    const aborted = tcp.lastDirection === direction && tcp.lastKind === 'rst';
    if (tcp.original.closeInit || tcp.reply.closeInit || aborted) {
      table.remove(connection);
      return 'repeat';
    }
  }
  let next: TcpState;
  if (
    step === 'ignore' ||
    (step === 'SYN_SENT' && (before === 'TIME_WAIT' || before === 'CLOSE'))
  ) {
    if (!acceptsIgnoredSyn(tcp, direction, kind, segment)) {
      noteIgnored(tcp, direction, kind, segment);
      return 'ok';
    }
    tcp.state = 'SYN_SENT';
    next = 'SYN_RECV';
  } else next = step;
  let answersIgnored = false;
  if (kind === 'rst' && next === 'CLOSE') {
    const verdict = resetVerdict(context, connection, direction, segment);
    if (verdict === 'invalid') return 'invalid';
    if (verdict === 'challenge') next = before;
    const early =
      (connection.seenReply && tcp.lastKind === 'syn') ||
      (!connection.assured && tcp.lastKind === 'ack');
    answersIgnored = early && segment.ack === tcp.lastEnd;
  }
  if (!answersIgnored) {
    const place = inWindow(tcp, direction, kind, segment, timeouts.beLiberal);
    if (place === 'invalid') return 'invalid';
    if (place === 'ignore') return 'ok';
  }
  tcp.lastKind = kind;
  tcp.lastDirection = direction;
  const old = tcp.state;
  tcp.state = next;
  if (old !== next && next === 'FIN_WAIT') tcp.peer(direction).closeInit = true;
  return setTimeout(context, connection, { kind, old, next, segment });
}

/** A SYN-ACK that answers a SYN which was let through without being followed: the connection is a new one. */
function acceptsIgnoredSyn(
  tcp: TcpConnState,
  direction: Direction,
  kind: SegmentKind,
  segment: TcpSegment,
): boolean {
  if (kind !== 'synack' || tcp.lastKind !== 'syn' || tcp.lastDirection === direction) return false;
  if (segment.ack !== tcp.lastEnd) return false;
  const other = tcp.peer(tcp.lastDirection);
  other.reset();
  other.end = tcp.lastEnd;
  other.maxEnd = tcp.lastEnd;
  other.maxWindow = tcp.lastWindow === 0 ? 1 : tcp.lastWindow;
  other.scale = tcp.lastScale;
  other.hasScale = tcp.lastHasScale;
  other.sackPermitted = tcp.lastSackPermitted;
  tcp.peer(direction).reset();
  return true;
}

function noteIgnored(
  tcp: TcpConnState,
  direction: Direction,
  kind: SegmentKind,
  segment: TcpSegment,
): void {
  tcp.lastKind = kind;
  tcp.lastDirection = direction;
  tcp.lastSeq = segment.seq;
  tcp.lastEnd = segmentEnd(segment);
  tcp.lastWindow = segment.window;
  if (kind !== 'syn' || direction !== 'original') return;
  const { options } = segment;
  tcp.lastScale = options.windowScale ?? 0;
  tcp.lastHasScale = options.windowScale !== undefined;
  tcp.lastSackPermitted = options.sackPermitted === true;
}

/**
 * Whether a reset is believed: 'invalid' when its sequence number lies before what the other end acknowledged,
 * 'challenge' when it is not the very number that is expected, so that the connection stays until that is clear.
 */
function resetVerdict(
  { timeouts }: FollowContext,
  connection: Connection,
  direction: Direction,
  { seq }: TcpSegment,
): 'believed' | 'invalid' | 'challenge' {
  const { tcp } = connection;
  if (tcp === undefined) return 'believed';
  const other = tcp.peer(direction === 'original' ? 'reply' : 'original');
  if (!other.acked) return 'believed';
  const established = tcp.state === 'ESTABLISHED' && connection.assured;
  if (seq === 0 && !established) return 'believed';
  if (before(seq, other.maxAck) && !timeouts.ignoreInvalidReset) return 'invalid';
  if (!established || seq === other.maxAck) return 'believed';
  // The reset follows data of the same train.
  const train = tcp.lastKind === 'ack' && tcp.lastDirection === direction && seq === tcp.lastEnd;
  return train ? 'believed' : 'challenge';
}

function setTimeout(
  { table, timeouts, nowNs }: FollowContext,
  connection: Connection,
  {
    kind,
    old,
    next,
    segment,
  }: {
    readonly kind: SegmentKind;
    readonly old: TcpState;
    readonly next: TcpState;
    readonly segment: TcpSegment;
  },
): FollowResult {
  const { tcp } = connection;
  if (tcp === undefined) return 'ok';
  const usualNs = timeouts.tcpNs[next];
  const { tcpRetransmittedNs, tcpUnacknowledgedNs } = timeouts;
  const waiting = tcp.original.unacknowledged || tcp.reply.unacknowledged;
  let timeoutNs = usualNs;
  if (tcp.retransmissions >= timeouts.maxRetransmissions && usualNs > tcpRetransmittedNs) {
    timeoutNs = tcpRetransmittedNs;
  } else if (kind === 'rst') timeoutNs = timeouts.tcpNs.CLOSE;
  else if (waiting && usualNs > tcpUnacknowledgedNs) timeoutNs = tcpUnacknowledgedNs;
  else if (tcp.lastWindow === 0 && usualNs > tcpRetransmittedNs) timeoutNs = tcpRetransmittedNs;
  if (!connection.seenReply) {
    if ((segment.flags & TCP_RST) !== 0) {
      // A reset as the only answer: no connection came about, so nothing is kept of it.
      table.remove(connection);
      return 'ok';
    }
    // A SYN sent again does not prolong the entry.
    if (kind === 'syn' && old === 'SYN_SENT') return 'ok';
    if (next === 'ESTABLISHED' && timeoutNs > tcpUnacknowledgedNs) timeoutNs = tcpUnacknowledgedNs;
  } else if (
    !connection.assured &&
    (old === 'SYN_RECV' || old === 'ESTABLISHED') &&
    next === 'ESTABLISHED'
  ) {
    connection.assured = true;
  }
  table.expireAt(connection, nowNs + timeoutNs);
  return 'ok';
}
