import type { Connection } from './connection.js';
import { emitPacket } from './output.js';
import { type GsoPacket, payloadBytes, segmentCount } from './send-queue.js';
import { after, seqDiff } from './seq.js';
import { armLoss, rearmRetransmit } from './timers.js';
import { forceTransmit } from './write.js';

/** Sends at most `segments` segments of a packet again (__tcp_retransmit_skb); gives the packet they are, undefined when the window is shut. */
function resend(
  connection: Connection,
  packet: GsoPacket,
  segments: number,
): GsoPacket | undefined {
  const { sendQueue, mss } = connection;
  connection.updateMss();
  let window = seqDiff(connection.windowEnd, packet.seq);
  if (window <= 0) {
    if (packet.seq !== connection.sndUna) return undefined;
    window = connection.mss;
  }
  let bytes = connection.mss * segments;
  if (bytes > window) bytes = window > mss ? window - (window % mss) : window;
  if (payloadBytes(packet) > bytes) sendQueue.splitSent(packet, bytes);
  sendQueue.resegment(packet, connection.mss);
  if (payloadBytes(packet) < Math.min(window, connection.mss)) {
    collapse(connection, packet, Math.min(window, connection.mss));
  }
  emitPacket(connection, packet);
  return packet;
}

/** Joins small packets after this one with it, as far as they fit into a segment (tcp_retrans_try_collapse). */
function collapse({ sendQueue, windowEnd }: Connection, packet: GsoPacket, space: number): void {
  for (;;) {
    const next = sendQueue.sent[sendQueue.sent.indexOf(packet) + 1];
    if (next === undefined || next.sacked || segmentCount(next) > 1) return;
    if (payloadBytes(packet) + payloadBytes(next) > space || after(next.end, windowEnd)) return;
    sendQueue.collapse(packet, next);
  }
}

/** Sends the oldest packet again, one segment of it. */
export function retransmitHead(connection: Connection): void {
  const head = connection.sendQueue.sent[0];
  if (head === undefined) return;
  const again = resend(connection, head, 1);
  if (again !== undefined) connection.sendQueue.markRetransmitted(again, connection.clock.nowNs);
}

/** Sends lost packets again, as far as the congestion window goes (tcp_xmit_retransmit_queue). */
export function retransmitLost(connection: Connection): void {
  const { sendQueue, clock } = connection;
  for (let index = 0; index < sendQueue.sent.length; index++) {
    const room = connection.cwnd - sendQueue.inFlight;
    if (room <= 0 || sendQueue.retransOut >= sendQueue.lostOut) return;
    const packet = sendQueue.sent[index];
    if (packet === undefined || !packet.lost || packet.retransmitted) continue;
    const again = resend(connection, packet, room);
    if (again === undefined) return;
    sendQueue.markRetransmitted(again, clock.nowNs);
    if (connection.caState === 'recovery') connection.prrOut += segmentCount(again);
    if (index === 0 && connection.lossTimer !== 'reorder') armLoss(connection, 'retransmit');
  }
}

/**
 * The tail loss probe, RFC 8985 section 7.3 (tcp_send_loss_probe): new data if there is any, else the last segment once
 * more, so that the peer tells by SACK what it lacks.
 */
export function sendLossProbe(connection: Connection): void {
  const { sendQueue } = connection;
  if (connection.probeHighSeq === undefined && probe(connection)) {
    connection.probeHighSeq = connection.sndNxt;
    // The timeout counts from the probe.
    connection.lossTimer = undefined;
  }
  if (sendQueue.packetsOut > 0) rearmRetransmit(connection);
}

function probe(connection: Connection): boolean {
  const { sendQueue, clock } = connection;
  const next = sendQueue.unsent[0];
  connection.probeResent = false;
  if (
    next !== undefined &&
    seqDiff(connection.windowEnd, next.seq) >= Math.min(payloadBytes(next), connection.mss)
  ) {
    forceTransmit(connection, connection.mss);
    return true;
  }
  let last = sendQueue.sent.at(-1);
  if (last === undefined) return false;
  const count = segmentCount(last);
  if (count > 1) last = sendQueue.splitSent(last, (count - 1) * last.mss);
  const again = resend(connection, last, 1);
  if (again === undefined) return false;
  again.everRetransmitted = true;
  again.sentNs = clock.nowNs;
  connection.probeResent = true;
  return true;
}

/** A smaller path MTU: what was sent in larger segments counts as lost and goes out again at once (tcp_simple_retransmit). */
export function retransmitTooBig(connection: Connection): void {
  const { sendQueue, mss } = connection;
  let found = false;
  for (const packet of sendQueue.sent) {
    if (Math.min(payloadBytes(packet), packet.mss) <= mss) continue;
    if (sendQueue.markLost(packet)) found = true;
  }
  if (!found) return;
  if (connection.caState !== 'loss') {
    connection.highSeq = connection.sndNxt;
    // tcp_current_ssthresh: the window itself is not to blame.
    connection.ssthresh = Math.max(connection.cwnd, connection.ssthresh);
    connection.caState = 'loss';
  }
  retransmitLost(connection);
}
