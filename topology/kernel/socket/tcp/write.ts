import type { Connection } from './connection.js';
import { emitPacket } from './output.js';
import { type GsoPacket, payloadBytes, segmentCount } from './send-queue.js';
import { after, seqAdd, seqDiff, seqMax } from './seq.js';
import { armProbe, newDataSent } from './timers.js';

/** Most octets of a GSO packet: gso_max_size of a device less the longest headers (sk_setup_caps). */
const GSO_MAX_BYTES = 65_215;
/** TCP_MSS_DEFAULT: a peer's window up to this is not halved. */
const SMALL_WINDOW = 536;
/** net.ipv4.tcp_tso_win_divisor: the part of the window that is worth sending at once. */
const TSO_WIN_DIVISOR = 3;

/** What a packet may wait for: Nagle's rule, or nothing. */
type Nagle = 'nagle' | 'push';

/** Takes octets to be sent into packets and sends what may go (tcp_sendmsg). */
export function sendMessage(connection: Connection, octets: Uint8Array): void {
  const { sendQueue } = connection;
  connection.updateMss();
  sendQueue.buffer.push(octets);
  let left = octets.length;
  while (left > 0) {
    const goal = sizeGoal(connection);
    let tail = sendQueue.unsent.at(-1);
    if (tail === undefined || payloadBytes(tail) >= goal) {
      tail = sendQueue.append(connection.writeSeq);
    }
    const taken = Math.min(goal - payloadBytes(tail), left);
    tail.end = seqAdd(tail.end, taken);
    connection.writeSeq = tail.end;
    left -= taken;
    if (left === 0) break;
    if (after(connection.writeSeq, seqAdd(connection.pushedSeq, connection.maxWindow >>> 1))) {
      markPush(connection, tail);
      transmit(connection, 'push');
    } else if (tail === sendQueue.unsent[0]) transmit(connection, 'push');
  }
  const tail = sendQueue.unsent.at(-1);
  if (tail === undefined) return;
  markPush(connection, tail);
  transmit(connection);
}

function markPush(connection: Connection, packet: GsoPacket): void {
  packet.psh = true;
  connection.pushedSeq = connection.writeSeq;
}

/** Octets that are put into one packet: whole segments, at most half of the peer's largest window (tcp_xmit_size_goal). */
function sizeGoal(connection: Connection): number {
  const { mss, maxWindow } = connection;
  const half = maxWindow > SMALL_WINDOW ? maxWindow >>> 1 : maxWindow;
  const bytes = Math.min(GSO_MAX_BYTES, Math.max(half, mss));
  return Math.max(Math.floor(bytes / mss), 1) * mss;
}

/** Puts the FIN behind the last octet, in the last packet if that is not sent yet (tcp_send_fin). */
export function queueFin(connection: Connection): void {
  const { sendQueue } = connection;
  const tail = sendQueue.unsent.at(-1) ?? sendQueue.append(connection.writeSeq);
  tail.fin = true;
  tail.end = seqAdd(tail.end, 1);
  connection.finSeq = connection.writeSeq;
  connection.writeSeq = tail.end;
  transmit(connection, 'push');
}

/**
 * Sends what the windows and Nagle's rule allow (tcp_write_xmit). While a program is writing, one packet at a time: the
 * network answers in between.
 */
export function transmit(connection: Connection, nagle: Nagle = 'nagle'): void {
  if (!maySendData(connection)) return;
  connection.updateMss();
  const { sendQueue } = connection;
  const had = sendQueue.packetsOut;
  let sent = false;
  for (let packet = sendQueue.unsent[0]; packet !== undefined; packet = sendQueue.unsent[0]) {
    const limit = sendable(connection, packet, nagle);
    if (limit === undefined) break;
    sendFirst(connection, packet, limit);
    sent = true;
    if (!maySendData(connection)) return;
    if (connection.lock.owned && sendQueue.unsent.length > 0) break;
  }
  if (sent) newDataSent(connection, had);
  if (sendQueue.unsent.length > 0 && sendQueue.packetsOut === 0) armProbe(connection);
}

/** Sends the first octets of what waits, at most `bytes`, whatever the windows say (tcp_write_wakeup, the loss probe). */
export function forceTransmit(connection: Connection, bytes: number): void {
  const packet = connection.sendQueue.unsent[0];
  if (packet === undefined) return;
  const had = connection.sendQueue.packetsOut;
  sendFirst(connection, packet, Math.min(bytes, connection.mss));
  newDataSent(connection, had);
}

function sendFirst(connection: Connection, packet: GsoPacket, limit: number): void {
  const { sendQueue, clock, mss } = connection;
  if (payloadBytes(packet) > limit) sendQueue.splitUnsent(packet, limit);
  packet.mss = mss;
  sendQueue.advance(clock.nowNs);
  connection.sndNxt = seqMax(connection.sndNxt, packet.end);
  const bytes = payloadBytes(packet);
  if (bytes < segmentCount(packet) * mss) connection.sndSmall = packet.end;
  if (connection.caState === 'recovery') connection.prrOut += segmentCount(packet);
  if (bytes > 0) noteDataSent(connection);
  emitPacket(connection, packet);
}

/** How many octets of the first packet may go now; undefined for none of it. */
function sendable(connection: Connection, packet: GsoPacket, nagle: Nagle): number | undefined {
  const { sendQueue, mss, cwnd } = connection;
  const room = cwnd - sendQueue.inFlight;
  // At least two packets in flight (tcp_cwnd_test).
  const quota = Math.min(Math.max(cwnd >>> 1, 1), room);
  if (quota <= 0) {
    // A FIN alone is not data.
    return payloadBytes(packet) === 0 && packet.fin ? 0 : undefined;
  }
  grow(connection, packet, quota * mss);
  const bytes = payloadBytes(packet);
  const window = seqDiff(connection.windowEnd, packet.seq);
  if ((bytes > mss ? mss : seqDiff(packet.end, packet.seq)) > window) return undefined;
  if (bytes <= mss) {
    return isSmallAllowed(connection, packet, bytes, nagle) ? bytes : undefined;
  }
  if (shouldDefer(connection, packet, room, window)) return undefined;
  const needed = Math.min(bytes, window, quota * mss);
  const partial = needed % mss;
  if (needed === bytes && (partial === 0 || isSmallAllowed(connection, packet, partial, nagle))) {
    return bytes;
  }
  return needed - partial;
}

/** Fills a packet up with octets of the next one (tcp_grow_skb). */
function grow({ sendQueue }: Connection, packet: GsoPacket, bytes: number): void {
  for (;;) {
    const next = sendQueue.unsent[1];
    const missing = bytes - payloadBytes(packet);
    if (next === undefined || missing <= 0) return;
    const moved = Math.min(missing, payloadBytes(next));
    packet.end = seqAdd(packet.end, moved);
    next.seq = seqAdd(next.seq, moved);
    if (payloadBytes(next) > 0) return;
    packet.end = next.end;
    packet.psh ||= next.psh;
    packet.fin ||= next.fin;
    sendQueue.unsent.splice(1, 1);
  }
}

/** Nagle's rule as Minshall changed it: one small segment at a time (RFC 1122 section 4.2.3.4, tcp_nagle_test). */
function isSmallAllowed(
  connection: Connection,
  packet: GsoPacket,
  bytes: number,
  nagle: Nagle,
): boolean {
  if (nagle === 'push' || packet.fin || bytes >= connection.mss || connection.sock.noDelay) {
    return true;
  }
  if (packet !== connection.sendQueue.unsent.at(-1)) return true;
  return connection.sendQueue.packetsOut === 0 || !after(connection.sndSmall, connection.sndUna);
}

/**
 * Whether to wait for a larger part of the window than one or two segments (tcp_tso_should_defer).
 *
 * Fidelity: Linux defers only within a millisecond of the last write and half a round trip of the oldest packet.
 */
function shouldDefer(
  connection: Connection,
  packet: GsoPacket,
  room: number,
  window: number,
): boolean {
  const { sendQueue, mss, cwnd, caState, clock } = connection;
  if (caState === 'recovery' || caState === 'loss') return false;
  const first = sendQueue.sent[0];
  if (first === undefined || packet.fin) return false;
  if (clock.nowNs - first.sentNs > (connection.rtt.smoothedNs ?? 0)) return false;
  const limit = Math.min(window, room * mss);
  if (limit >= GSO_MAX_BYTES) return false;
  const bytes = payloadBytes(packet);
  if (packet !== sendQueue.unsent.at(-1) && limit >= bytes) return false;
  if (limit >= Math.min(connection.sndWnd, cwnd * mss) / TSO_WIN_DIVISOR) return false;
  return limit <= bytes;
}

function maySendData(connection: Connection): boolean {
  switch (connection.state) {
    case 'ESTAB':
    case 'CLOSE-WAIT':
    case 'FIN-WAIT-1':
    case 'LAST-ACK':
    case 'CLOSING':
      return true;
    default:
      return false;
  }
}

/** An answer within the delay makes the connection a dialogue: acknowledgements then ride on data (pingpong). */
function noteDataSent(connection: Connection): void {
  const since = connection.clock.nowNs - connection.lastDataNs;
  if (connection.ackDelayNs > 0 && since < connection.ackDelayNs) connection.pingPong = true;
}
