import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, type TcpSegment } from '../../../wire/packet.js';
import { processAck } from './ack.js';
import type { Connection } from './connection.js';
import type { Arrival } from './flow.js';
import { agree, sinceEchoNs } from './handshake.js';
import { armKeepalive } from './keepalive.js';
import { ownSynOptions, sendAck, sendSynAck } from './output.js';
import { after, before, seqAdd, seqDiff } from './seq.js';
import { armDelayedAck, armRetransmit, DELAYED_ACK_NS, stopRetransmit } from './timers.js';
import { transmit } from './write.js';

/** Immediate acknowledgements at the start of a transfer, at most (TCP_MAX_QUICKACKS). */
const MAX_QUICK_ACKS = 16;

/** Treats a segment as RFC 9293 section 3.10.7 says, with RFC 5961's care about RST and SYN. */
export function receiveSegment(connection: Connection, arrival: Arrival): void {
  const { segment } = arrival;
  if (connection.state === 'CLOSED') return;
  if (connection.state === 'SYN-SENT') {
    receiveInSynSent(connection, arrival);
    return;
  }
  if (!isAcceptable(connection, arrival)) return;
  if ((segment.flags & TCP_ACK) === 0) {
    drop(connection, arrival, 'it carries no acknowledgement');
    return;
  }
  if (connection.state === 'SYN-RECV') {
    if (segment.ack !== connection.sndNxt) {
      connection.layer.answerReset(arrival);
      return;
    }
    establish(connection, segment);
  }
  if (!processAck(connection, segment)) {
    drop(connection, arrival, 'it acknowledges what was never sent');
    return;
  }
  if (!advanceClosing(connection)) return;
  if (receivesAfterClose(connection, segment)) {
    drop(
      connection,
      arrival,
      'it carries data for a program that has closed the connection; answered with RST',
    );
    connection.layer.answerReset(arrival);
    connection.destroy();
    return;
  }
  receiveText(connection, segment);
  transmit(connection);
  acknowledge(connection);
}

/** Segments for a connection whose SYN is not answered yet. */
function receiveInSynSent(connection: Connection, arrival: Arrival): void {
  const { segment } = arrival;
  const { flags } = segment;
  const hasAck = (flags & TCP_ACK) !== 0;
  if (hasAck && segment.ack !== connection.sndNxt) {
    if ((flags & TCP_RST) === 0) connection.layer.answerReset(arrival);
    return;
  }
  if ((flags & TCP_RST) !== 0) {
    if (hasAck) connection.fail('ECONNREFUSED');
    return;
  }
  const remote = connection.sock.remoteAddress;
  if ((flags & TCP_SYN) === 0 || remote === undefined) return;
  connection.rcvNxt = seqAdd(segment.seq, 1);
  connection.rcvWup = connection.rcvNxt;
  connection.sndWnd = segment.window;
  connection.maxWindow = segment.window;
  connection.sndWl1 = segment.seq;
  connection.settle(agree(ownSynOptions(connection), segment.options, remote));
  if (!hasAck) {
    // Simultaneous open: both ends sent a SYN (RFC 9293 section 3.5, figure 7).
    connection.state = 'SYN-RECV';
    connection.retransmits = 0;
    armRetransmit(connection);
    sendSynAck(connection);
    return;
  }
  connection.sndUna = segment.ack;
  measureHandshake(connection, segment);
  stopRetransmit(connection);
  connection.retransmits = 0;
  connection.softError = undefined;
  connection.state = 'ESTAB';
  connection.lastAckNs = connection.clock.nowNs;
  if (connection.sock.keepAlive) armKeepalive(connection);
  sendAck(connection);
  connection.wake();
}

/** The peer acknowledged this end's SYN. */
export function establish(connection: Connection, segment: TcpSegment): void {
  connection.state = connection.writeClosed ? 'FIN-WAIT-1' : 'ESTAB';
  connection.sndUna = segment.ack;
  connection.sndWl1 = segment.seq;
  connection.sndWnd = segment.window << (connection.agreed?.sendScale ?? 0);
  connection.maxWindow = connection.sndWnd;
  measureHandshake(connection, segment);
  stopRetransmit(connection);
  connection.retransmits = 0;
  connection.softError = undefined;
  connection.lastAckNs = connection.clock.nowNs;
  if (connection.sock.keepAlive) armKeepalive(connection);
  connection.wake();
}

function measureHandshake(connection: Connection, segment: TcpSegment): void {
  const { timestamp } = segment.options;
  const now = connection.clock.nowNs;
  if (!connection.synRetransmitted) connection.rtt.sample(now - connection.timedAtNs);
  else if (timestamp !== undefined && connection.agreed?.timestamps === true) {
    connection.rtt.sample(sinceEchoNs(now, connection.tsOffset, timestamp.echo));
  }
}

/** The checks of tcp_validate_incoming: timestamps, window, RST, SYN. What fails is answered or dropped here. */
function isAcceptable(connection: Connection, arrival: Arrival): boolean {
  const { segment } = arrival;
  const { flags, options } = segment;
  const reset = (flags & TCP_RST) !== 0;
  const end = segmentEnd(segment);
  if (connection.agreed?.timestamps === true && options.timestamp !== undefined && !reset) {
    // PAWS, RFC 7323 section 5; a bare acknowledgement may be late.
    if (before(options.timestamp.value, connection.tsRecent) && end !== segment.seq) {
      drop(connection, arrival, 'its timestamp is older than one already seen');
      sendAck(connection);
      return false;
    }
    if (
      !after(segment.seq, connection.rcvWup) &&
      !before(options.timestamp.value, connection.tsRecent)
    ) {
      connection.tsRecent = options.timestamp.value;
    }
  }
  const windowEnd = seqAdd(connection.rcvWup, connection.rcvWnd);
  const inWindow =
    !before(end, connection.rcvWup) &&
    !after(segment.seq, after(windowEnd, connection.rcvNxt) ? windowEnd : connection.rcvNxt);
  if (!inWindow) {
    drop(connection, arrival, 'it lies outside the receive window');
    if (!reset) {
      // tcp_send_dupack
      const known = before(segment.seq, connection.rcvNxt) && end !== segment.seq;
      if (known) {
        const right = before(end, connection.rcvNxt) ? end : connection.rcvNxt;
        connection.duplicate = { left: segment.seq, right };
      }
      sendAck(connection);
    }
    return false;
  }
  if (reset) {
    receiveReset(connection, arrival);
    return false;
  }
  if ((flags & TCP_SYN) === 0) return true;
  // The SYN-ACK that crosses this end's own in a simultaneous open.
  const crossing =
    connection.state === 'SYN-RECV' &&
    (flags & TCP_ACK) !== 0 &&
    end === connection.rcvNxt &&
    segment.ack === connection.sndNxt;
  if (crossing) return true;
  drop(
    connection,
    arrival,
    'a SYN does not belong into an established connection; answered with a challenge ACK',
  );
  sendAck(connection);
  return false;
}

function receiveReset(connection: Connection, arrival: Arrival): void {
  if (arrival.segment.seq !== connection.rcvNxt) {
    drop(
      connection,
      arrival,
      'the RST is not at the next sequence number; answered with a challenge ACK',
    );
    sendAck(connection);
    return;
  }
  connection.fail(connection.state === 'CLOSE-WAIT' ? 'EPIPE' : 'ECONNRESET');
}

/** Sequence number after the segment, SYN and FIN counted. */
function segmentEnd(segment: TcpSegment): number {
  const controls =
    ((segment.flags & TCP_SYN) !== 0 ? 1 : 0) + ((segment.flags & TCP_FIN) !== 0 ? 1 : 0);
  return seqAdd(segment.seq, segment.payload.length + controls);
}

/** The steps that an acknowledged FIN allows; false when the connection is no more. */
function advanceClosing(connection: Connection): boolean {
  if (!connection.finAcked) return true;
  switch (connection.state) {
    case 'FIN-WAIT-1':
      connection.state = 'FIN-WAIT-2';
      return true;
    case 'CLOSING':
      connection.becomeTimeWait('TIME-WAIT');
      connection.wake();
      return false;
    case 'LAST-ACK':
      connection.destroy();
      connection.wake();
      return false;
    default:
      return true;
  }
}

/** Data that nobody will read any more (TCPABORTONDATA). */
function receivesAfterClose(connection: Connection, segment: TcpSegment): boolean {
  if (!connection.orphan || segment.payload.length === 0) return false;
  if (connection.state !== 'FIN-WAIT-1' && connection.state !== 'FIN-WAIT-2') return false;
  return after(seqAdd(segment.seq, segment.payload.length), connection.rcvNxt);
}

function receiveText(connection: Connection, segment: TcpSegment): void {
  switch (connection.state) {
    case 'ESTAB':
    case 'FIN-WAIT-1':
    case 'FIN-WAIT-2':
      break;
    default:
      // The peer's FIN was taken: what comes again is acknowledged again.
      if (segment.payload.length > 0 || (segment.flags & TCP_FIN) !== 0) acknowledgeNow(connection);
      return;
  }
  const { payload, seq } = segment;
  const fin = (segment.flags & TCP_FIN) !== 0;
  if (payload.length === 0 && !fin) {
    if (connection.orphan && connection.state === 'FIN-WAIT-2')
      connection.becomeTimeWait('FIN-WAIT-2');
    return;
  }
  const end = seqAdd(seq, payload.length);
  if (after(seq, connection.rcvNxt)) {
    connection.receiveBuffer.hold(seq, payload, fin);
    acknowledgeNow(connection);
    return;
  }
  const known = seqDiff(connection.rcvNxt, seq);
  if (!after(end, connection.rcvNxt) && !(fin && end === connection.rcvNxt)) {
    // A duplicate: the peer missed the acknowledgement.
    connection.duplicate = { left: seq, right: segmentEnd(segment) };
    connection.quickAcks = MAX_QUICK_ACKS;
    acknowledgeNow(connection);
    return;
  }
  const filling = connection.receiveBuffer.hasHole;
  connection.receiveBuffer.append(known === 0 ? payload : payload.subarray(known));
  noteDataReceived(connection, payload.length);
  const filled = connection.receiveBuffer.fill(end);
  connection.rcvNxt = filled.next;
  connection.ackPending = true;
  connection.wake();
  if (fin || filled.fin) receiveFin(connection);
  else if (filling) acknowledgeNow(connection);
}

function noteDataReceived(connection: Connection, bytes: number): void {
  if (bytes === 0) return;
  if (connection.ackDelayNs === 0) {
    connection.ackDelayNs = DELAYED_ACK_NS;
    const segments = Math.floor(connection.rcvWnd / (2 * connection.receiveSpace.mss));
    connection.quickAcks = Math.min(Math.max(segments, 2), MAX_QUICK_ACKS);
  }
  connection.receiveSpace.mss = Math.max(
    connection.receiveSpace.mss,
    Math.min(bytes, connection.advMss),
  );
  connection.lastDataNs = connection.clock.nowNs;
}

function receiveFin(connection: Connection): void {
  connection.rcvNxt = seqAdd(connection.rcvNxt, 1);
  connection.finReceived = true;
  connection.wake();
  switch (connection.state) {
    case 'ESTAB':
      connection.state = 'CLOSE-WAIT';
      // The program is likely to close too: let the acknowledgement ride on its FIN.
      connection.pingPong = true;
      return;
    case 'FIN-WAIT-1':
      connection.state = 'CLOSING';
      sendAck(connection);
      return;
    case 'FIN-WAIT-2':
      sendAck(connection);
      connection.becomeTimeWait('TIME-WAIT');
      return;
    default:
      return;
  }
}

function acknowledgeNow(connection: Connection): void {
  connection.ackPending = false;
  sendAck(connection);
}

/** At once for more than a full segment and at the start, else after the delay (__tcp_ack_snd_check). */
function acknowledge(connection: Connection): void {
  if (!connection.ackPending || connection.state === 'CLOSED') return;
  const unacknowledged = seqDiff(connection.rcvNxt, connection.rcvWup);
  const quick = connection.quickAcks > 0 && !connection.pingPong;
  if (quick || unacknowledged > connection.receiveSpace.mss) sendAck(connection);
  else armDelayedAck(connection);
}

function drop(connection: Connection, arrival: Arrival, why: string): void {
  connection.netns.drop(arrival.skb, 'tcp-invalid', 'socket', `the segment is ignored: ${why}`);
}
