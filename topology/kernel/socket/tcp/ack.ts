import type { SackBlock, TcpSegment } from '../../../wire/packet.js';
import type { Connection } from './connection.js';
import { sinceEchoNs } from './handshake.js';
import { sendAck } from './output.js';
import { type AckNews, alertLoss, reduceWindow } from './recovery.js';
import { retransmitLost, retransmitTooBig } from './retransmit.js';
import { tagBlocks } from './sack.js';
import { after, before, seqAdd } from './seq.js';
import { setLossTimer } from './timers.js';

const NO_BLOCKS: readonly SackBlock[] = [];

/** Takes in acknowledgement and window (tcp_ack); false when it acknowledges what was never sent. */
export function processAck(connection: Connection, segment: TcpSegment): boolean {
  const { ack } = segment;
  const { sendQueue } = connection;
  if (after(ack, connection.sndNxt)) {
    sendAck(connection);
    return false;
  }
  if (before(ack, connection.sndUna)) return true;
  connection.probes = 0;
  connection.lastAckNs = connection.clock.nowNs;
  const una = connection.sndUna;
  const advanced = after(ack, una);
  const hadOut = sendQueue.packetsOut;
  const opened = updateWindow(connection, segment);
  if (connection.sndWnd >= connection.mss) connection.probeTimer?.cancel();
  if (hadOut === 0 && !advanced) return true;
  const flying = sendQueue.inFlight;
  const lost = sendQueue.lostOut;
  const blocks = connection.agreed?.sack === true ? (segment.options.sack ?? NO_BLOCKS) : NO_BLOCKS;
  const tagged = tagBlocks(connection, blocks, ack);
  connection.timerDue = false;
  const acked = advanced ? acknowledged(connection, segment, una) : 0;
  if (tagged.rttNs !== undefined && !advanced) connection.rtt.sample(tagged.rttNs);
  const plain = segment.payload.length === 0 && !opened && !advanced;
  const news: AckNews = {
    advanced,
    delivered: acked + tagged.segments,
    duplicate: plain && !tagged.duplicate,
    dubious: plain || tagged.segments > 0 || tagged.duplicate,
  };
  if (connection.probeHighSeq !== undefined) probeAcknowledged(connection, ack, news);
  let resend = false;
  if (news.dubious || connection.caState !== 'open') resend = alertLoss(connection, news);
  if (connection.timerDue) setLossTimer(connection);
  if (connection.caState === 'recovery') {
    reduceWindow(connection, news, Math.max(sendQueue.lostOut - lost, 0));
  } else if (advanced) grow(connection, acked, flying);
  if (resend) retransmitLost(connection);
  if (advanced && connection.writable) connection.wake();
  return true;
}

/** tcp_ack_update_window: an old segment must not bring back an old window; true when the window changed. */
function updateWindow(connection: Connection, segment: TcpSegment): boolean {
  const window = segment.window << (connection.agreed?.sendScale ?? 0);
  const newer =
    after(segment.ack, connection.sndUna) ||
    after(segment.seq, connection.sndWl1) ||
    (segment.seq === connection.sndWl1 && window > connection.sndWnd);
  if (!newer) return false;
  connection.sndWl1 = segment.seq;
  const changed = connection.sndWnd !== window;
  connection.sndWnd = window;
  connection.maxWindow = Math.max(connection.maxWindow, window);
  return changed;
}

/** Forgets what was acknowledged (tcp_clean_rtx_queue); gives how many segments were new to this end. */
function acknowledged(connection: Connection, segment: TcpSegment, una: number): number {
  const { sendQueue, clock, rack } = connection;
  const { ack, options } = segment;
  const before = sendQueue.packetsOut - sendQueue.sackedOut;
  let rttNs: number | undefined;
  let again = false;
  sendQueue.acknowledge(ack, una, (packet) => {
    if (packet.everRetransmitted) again = true;
    else if (!packet.sacked) rttNs ??= clock.nowNs - packet.sentNs;
    if (!packet.sacked) rack.advance(packet, clock.nowNs);
  });
  connection.sndUna = ack;
  connection.retransmits = 0;
  connection.softError = undefined;
  connection.timerDue = true;
  if (again) {
    // Only the echo tells which copy was acknowledged (RFC 7323 section 4).
    const { timestamp } = options;
    rttNs =
      connection.agreed?.timestamps === true && timestamp !== undefined
        ? sinceEchoNs(clock.nowNs, connection.tsOffset, timestamp.echo)
        : undefined;
  }
  if (rttNs === undefined) connection.rtt.reset();
  else connection.rtt.sample(rttNs);
  return before - (sendQueue.packetsOut - sendQueue.sackedOut);
}

/** tcp_process_tlp_ack: whether the loss probe repaired a loss, which costs as one. */
function probeAcknowledged(connection: Connection, ack: number, news: AckNews): void {
  const { probeHighSeq } = connection;
  if (probeHighSeq === undefined || before(ack, probeHighSeq)) return;
  if (!connection.probeResent) connection.probeHighSeq = undefined;
  else if (after(ack, probeHighSeq)) {
    connection.ssthresh = Math.max(connection.cwnd >>> 1, 2);
    connection.cwnd = connection.ssthresh;
    connection.probeHighSeq = undefined;
  } else if (!news.advanced && news.delivered === 0) connection.probeHighSeq = undefined;
}

/** Slow start, then congestion avoidance (RFC 5681 section 3.1), while the window is what limits. */
function grow(connection: Connection, segments: number, flying: number): void {
  if (connection.cwnd < connection.ssthresh) {
    if (flying * 2 >= connection.cwnd || connection.caState === 'loss') connection.cwnd += segments;
    return;
  }
  if (flying < connection.cwnd - 1) return;
  connection.cwndCount += segments;
  if (connection.cwndCount < connection.cwnd) return;
  connection.cwndCount -= connection.cwnd;
  connection.cwnd++;
}

/**
 * The path MTU became smaller (tcp_v4_mtu_reduced): what was sent in larger segments goes out again. While a program is
 * writing, the kernel waits until it is done (TCP_MTU_REDUCED_DEFERRED).
 */
export function pathMtuChanged(connection: Connection, mtuBytes: number): void {
  if (connection.lock.owned) {
    connection.lock.deferMtu(mtuBytes);
    return;
  }
  const { remoteAddress } = connection.sock;
  if (remoteAddress === undefined) return;
  connection.netns.ip.learnPathMtu(remoteAddress, mtuBytes);
  connection.updateMss();
  retransmitTooBig(connection);
}

/** Whether a sequence number is one in flight: an ICMP error about another is forged or late. */
export function isInFlight(connection: Connection, seq: number): boolean {
  return !before(seq, connection.sndUna) && before(seq, seqAdd(connection.sndNxt, 1));
}
