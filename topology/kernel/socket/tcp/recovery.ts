import type { Connection } from './connection.js';
import { markLost, REORDERING } from './rack.js';
import { retransmitLost } from './retransmit.js';
import { payloadBytes } from './send-queue.js';
import { after, before } from './seq.js';
import { rearmRetransmit } from './timers.js';

/** What an acknowledgement brought, for the congestion state. */
export interface AckNews {
  /** SND.UNA moved. */
  readonly advanced: boolean;
  /** Segments newly acknowledged or told by SACK. */
  readonly delivered: number;
  /** A pure duplicate, RFC 5681 section 2, that reports no D-SACK. */
  readonly duplicate: boolean;
  /** Neither data nor a new window came with it, and it told nothing new by SACK. */
  readonly dubious: boolean;
}

/** Moves the congestion state on (tcp_fastretrans_alert); true when lost packets are to be sent again. */
export function alertLoss(connection: Connection, news: AckNews): boolean {
  const { sendQueue } = connection;
  const over = !before(connection.sndUna, connection.highSeq);
  if (connection.caState === 'recovery' && over) endRecovery(connection);
  switch (connection.caState) {
    case 'recovery':
      if (!news.advanced) noteDuplicate(connection, news);
      identifyLoss(connection, news);
      return true;
    case 'loss':
      if (over) {
        connection.caState = 'open';
        identifyLoss(connection, news);
        if (sendQueue.lostOut === 0) return true;
        break;
      }
      noteDuplicate(connection, news);
      identifyLoss(connection, news);
      return true;
    default:
      if (news.advanced && connection.agreed?.sack !== true) sendQueue.sackedOut = 0;
      noteDuplicate(connection, news);
      identifyLoss(connection, news);
      if (sendQueue.lostOut === 0) {
        connection.caState = sendQueue.sackedOut > 0 ? 'disorder' : 'open';
        return false;
      }
  }
  enterRecovery(connection);
  return true;
}

function noteDuplicate({ sendQueue, agreed }: Connection, news: AckNews): void {
  if (news.duplicate && agreed?.sack !== true) sendQueue.countDuplicate();
}

/** tcp_identify_packet_loss. */
function identifyLoss(connection: Connection, { advanced }: AckNews): void {
  if (connection.sendQueue.sent.length === 0) return;
  if (connection.agreed?.sack === true) {
    if (markLost(connection)) connection.timerDue = false;
  } else markHead(connection, advanced);
}

/** Without SACK: three duplicates, or a partial acknowledgement in recovery (RFC 6582, tcp_newreno_mark_lost). */
function markHead(connection: Connection, advanced: boolean): void {
  const { sendQueue, caState } = connection;
  const head = sendQueue.sent[0];
  const proven =
    caState === 'recovery' ? advanced : caState !== 'loss' && sendQueue.sackedOut >= REORDERING;
  if (!proven || head === undefined || head.lost) return;
  if (payloadBytes(head) > head.mss) sendQueue.splitSent(head, head.mss);
  sendQueue.markLost(head);
}

/** tcp_enter_recovery, tcp_init_cwnd_reduction. */
function enterRecovery(connection: Connection): void {
  connection.caState = 'recovery';
  connection.highSeq = connection.sndNxt;
  connection.probeHighSeq = undefined;
  connection.priorCwnd = connection.cwnd;
  connection.prrDelivered = 0;
  connection.prrOut = 0;
  connection.ssthresh = reducedWindow(connection);
}

function endRecovery(connection: Connection): void {
  if (connection.agreed?.sack !== true) connection.sendQueue.sackedOut = 0;
  connection.cwnd = connection.ssthresh;
  connection.caState = 'open';
}

function reducedWindow({ cwnd }: Connection): number {
  return Math.max(cwnd >>> 1, 2);
}

/** The retransmission timer ran out: everything that cannot be under way any more is lost (tcp_enter_loss). */
export function enterLoss(connection: Connection): void {
  const { sendQueue, rack, clock, caState } = connection;
  for (const [index, packet] of sendQueue.sent.entries()) {
    const sack = connection.agreed?.sack === true;
    if (index > 0 && sack && rack.mayArrive(packet, clock.nowNs)) continue;
    sendQueue.markLost(packet);
  }
  if (connection.agreed?.sack !== true) sendQueue.sackedOut = 0;
  const again = caState === 'loss' && connection.retransmits > 0;
  if (!again && (caState !== 'recovery' || !after(connection.highSeq, connection.sndUna))) {
    connection.ssthresh = reducedWindow(connection);
  }
  connection.cwnd = sendQueue.inFlight + 1;
  connection.caState = 'loss';
  connection.highSeq = connection.sndNxt;
  connection.probeHighSeq = undefined;
}

/** The reorder timer ran out: what has not come by now is lost (tcp_rack_reo_timeout). */
export function reorderTimeout(connection: Connection): void {
  const { sendQueue } = connection;
  const before = sendQueue.inFlight;
  connection.rack.detect(connection);
  if (sendQueue.inFlight !== before) {
    // The window is reduced by acknowledgements, not by the clock.
    if (connection.caState !== 'recovery') enterRecovery(connection);
    retransmitLost(connection);
  }
  if (connection.lossTimer !== 'retransmit') rearmRetransmit(connection);
}

/** Proportional rate reduction, RFC 6937 (tcp_cwnd_reduction). */
export function reduceWindow(connection: Connection, news: AckNews, newlyLost: number): void {
  const { sendQueue } = connection;
  if (news.delivered <= 0) return;
  const delta = connection.ssthresh - sendQueue.inFlight;
  connection.prrDelivered += news.delivered;
  let count: number;
  if (delta < 0) {
    const share = (connection.ssthresh * connection.prrDelivered) / connection.priorCwnd;
    count = Math.ceil(share) - connection.prrOut;
  } else {
    count = Math.max(connection.prrDelivered - connection.prrOut, news.delivered);
    if (news.advanced && newlyLost === 0) count++;
    count = Math.min(delta, count);
  }
  // A retransmission starts the recovery in any case.
  connection.cwnd = sendQueue.inFlight + Math.max(count, connection.prrOut > 0 ? 0 : 1);
}
