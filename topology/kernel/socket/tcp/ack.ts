import type { TcpSegment } from '../../../wire/packet.js';
import type { Connection } from './connection.js';
import { sinceEchoNs } from './handshake.js';
import { retransmitOldest, sendAck, transmit } from './output.js';
import { after, before, seqAdd, seqDiff } from './seq.js';
import { armRetransmit, stopRetransmit } from './timers.js';

/** Duplicates that mean a segment was lost (RFC 5681 section 3.2). */
const LOST_AFTER = 3;

/** Takes in acknowledgement and window; false when it acknowledges what was never sent. */
export function processAck(connection: Connection, segment: TcpSegment): boolean {
  const { ack } = segment;
  if (after(ack, connection.sndNxt)) {
    sendAck(connection);
    return false;
  }
  connection.probes = 0;
  const moved = after(ack, connection.sndUna);
  const duplicate = isDuplicate(connection, segment);
  updateWindow(connection, segment);
  if (moved) acknowledged(connection, segment);
  else if (duplicate) duplicateAck(connection);
  if (connection.probeTimer !== undefined && connection.sndWnd >= connection.mss) {
    connection.probeTimer.cancel();
    connection.probeTimer = undefined;
  }
  return true;
}

/** RFC 5681 section 2: no data, nothing new, the same window, and something in flight. */
function isDuplicate(connection: Connection, segment: TcpSegment): boolean {
  return (
    segment.ack === connection.sndUna &&
    segment.payload.length === 0 &&
    connection.sndUna !== connection.sndNxt &&
    scaledWindow(connection, segment) === connection.sndWnd
  );
}

function scaledWindow(connection: Connection, segment: TcpSegment): number {
  return segment.window << (connection.agreed?.sendScale ?? 0);
}

/** tcp_ack_update_window: an old segment must not bring back an old window. */
function updateWindow(connection: Connection, segment: TcpSegment): void {
  if (before(segment.ack, connection.sndUna)) return;
  const window = scaledWindow(connection, segment);
  const newer =
    after(segment.ack, connection.sndUna) ||
    after(segment.seq, connection.sndWl1) ||
    (segment.seq === connection.sndWl1 && window > connection.sndWnd);
  if (!newer) return;
  connection.sndWl1 = segment.seq;
  connection.sndWnd = window;
}

function acknowledged(connection: Connection, segment: TcpSegment): void {
  const { ack } = segment;
  const bytes = seqDiff(ack, connection.sndUna);
  const flying = connection.inFlight;
  measure(connection, segment);
  connection.sendBuffer.drop(bytes);
  connection.sndUna = ack;
  if (before(connection.sendNext, ack)) connection.sendNext = ack;
  connection.retransmits = 0;
  connection.softError = undefined;
  connection.rtt.reset();
  if (connection.recoverSeq === undefined) {
    connection.dupAcks = 0;
    grow(connection, bytes, flying);
  } else recover(connection, bytes);
  if (connection.sndUna === connection.sndNxt) stopRetransmit(connection);
  else armRetransmit(connection);
  if (connection.writable) connection.wake();
}

function measure(connection: Connection, segment: TcpSegment): void {
  const { timedSeq } = connection;
  if (timedSeq !== undefined && !before(segment.ack, timedSeq)) {
    connection.rtt.sample(connection.clock.nowNs - connection.timedAtNs);
    connection.timedSeq = undefined;
    return;
  }
  const { timestamp } = segment.options;
  // After a retransmission only the echo tells which copy was acknowledged (RFC 7323 section 4).
  if (timedSeq === undefined && connection.retransmits > 0 && timestamp !== undefined) {
    connection.rtt.sample(sinceEchoNs(connection.clock.nowNs, connection.tsOffset, timestamp.echo));
  }
}

/** Slow start, then congestion avoidance (RFC 5681 section 3.1), while the window is what limits. */
function grow(connection: Connection, bytes: number, flying: number): void {
  const { mss, cwndBytes } = connection;
  if (cwndBytes < connection.ssthreshBytes) {
    if (flying * 2 >= cwndBytes) connection.cwndBytes += bytes;
  } else if (flying + mss >= cwndBytes) {
    connection.cwndBytes += Math.max(Math.round((mss * mss) / cwndBytes), 1);
  }
}

/** NewReno, RFC 6582 section 3.2. */
function recover(connection: Connection, bytes: number): void {
  const { recoverSeq, mss } = connection;
  if (recoverSeq === undefined || !before(connection.sndUna, recoverSeq)) {
    connection.recoverSeq = undefined;
    connection.dupAcks = 0;
    connection.cwndBytes = Math.max(connection.ssthreshBytes, mss);
    return;
  }
  connection.cwndBytes = Math.max(connection.cwndBytes - bytes + mss, mss);
  retransmitOldest(connection);
}

function duplicateAck(connection: Connection): void {
  const { mss } = connection;
  connection.dupAcks++;
  if (connection.recoverSeq !== undefined) {
    connection.cwndBytes += mss;
    transmit(connection);
    return;
  }
  if (connection.dupAcks !== LOST_AFTER || connection.retransmits > 0) return;
  connection.ssthreshBytes = Math.max(connection.inFlight / 2, 2 * mss);
  connection.recoverSeq = connection.sndNxt;
  connection.cwndBytes = connection.ssthreshBytes + LOST_AFTER * mss;
  retransmitOldest(connection);
  armRetransmit(connection);
}

/** A smaller path MTU: what was sent in larger segments goes out again at once (tcp_simple_retransmit). */
export function pathMtuChanged(connection: Connection): void {
  if (!connection.updateMss() || connection.inFlight === 0) return;
  connection.timedSeq = undefined;
  connection.sendNext = connection.sndUna;
  connection.ssthreshBytes = Math.max(connection.cwndBytes, 2 * connection.mss);
  retransmitOldest(connection);
  transmit(connection);
  armRetransmit(connection);
}

/** Whether a sequence number is one in flight: an ICMP error about another is forged or late. */
export function isInFlight(connection: Connection, seq: number): boolean {
  return !before(seq, connection.sndUna) && before(seq, seqAdd(connection.sndNxt, 1));
}
