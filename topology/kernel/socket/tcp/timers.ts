import { MILLISECOND } from '../../../base/index.js';
import { readSysctl } from '../sysctl.js';
import type { Connection } from './connection.js';
import { MAX_RTO_NS, MIN_RTO_NS } from './rtt.js';

/** How long an acknowledgement may wait for company (TCP_DELACK_MIN). */
export const DELAYED_ACK_NS = 40 * MILLISECOND;
/** Least delay of the reorder timer and the loss probe (TCP_TIMEOUT_MIN). */
export const TIMEOUT_MIN_NS = 2 * MILLISECOND;

/** What the timer for unacknowledged data waits for: one at a time (icsk_pending). */
export type LossTimer = 'retransmit' | 'probe' | 'reorder';

/**
 * Starts the timer for unacknowledged data anew (inet_csk_reset_xmit_timer); for a retransmission after the timeout of
 * RFC 6298 unless another time is given.
 */
export function armLoss(
  connection: Connection,
  what: LossTimer,
  delayNs: number = connection.rtt.rtoNs,
): void {
  connection.lossTimer = what;
  connection.retransmitTimer.arm(Math.max(delayNs, 0));
}

/** Starts the retransmission timer anew (RFC 6298 section 5). */
export function armRetransmit(connection: Connection): void {
  armLoss(connection, 'retransmit');
}

/** Nothing is in flight: the timer stays where it is and does nothing when it fires (inet_csk_clear_xmit_timer). */
export function stopRetransmit(connection: Connection): void {
  connection.lossTimer = undefined;
}

/**
 * Sets the retransmission timer (tcp_rearm_rto): from now, or from when the oldest packet left if a probe or the reorder
 * timer ran in between.
 */
export function rearmRetransmit(connection: Connection): void {
  const { sendQueue, rtt, lossTimer } = connection;
  if (sendQueue.packetsOut === 0) {
    stopRetransmit(connection);
    return;
  }
  const delayNs =
    lossTimer === 'probe' || lossTimer === 'reorder'
      ? Math.max(sinceOldest(connection), MILLISECOND)
      : rtt.rtoNs;
  armLoss(connection, 'retransmit', delayNs);
}

/** How far in the future the timeout of the oldest packet is (tcp_rto_delta_us). */
function sinceOldest({ sendQueue, rtt, clock }: Connection): number {
  return rtt.rtoNs - (clock.nowNs - (sendQueue.sent[0]?.sentNs ?? clock.nowNs));
}

/** After an acknowledgement (tcp_set_xmit_timer). */
export function setLossTimer(connection: Connection): void {
  if (!armProbeOfTail(connection, connection.rtt.rtoNs)) rearmRetransmit(connection);
}

/** After new data was sent, `had` segments being under way before (tcp_event_new_data_sent, tcp_write_xmit). */
export function newDataSent(connection: Connection, had: number): void {
  if (armProbeOfTail(connection, sinceOldest(connection))) return;
  if (had === 0 || connection.lossTimer === 'probe') rearmRetransmit(connection);
}

/** Schedules a tail loss probe, RFC 8985 section 7.2 (tcp_schedule_loss_probe); false when none is due. */
function armProbeOfTail(connection: Connection, timeoutNs: number): boolean {
  const { sendQueue, rtt, caState } = connection;
  if (sendQueue.packetsOut === 0 || connection.agreed?.sack !== true || caState !== 'open') {
    return false;
  }
  const early = readSysctl(connection.netns, 'net.ipv4.tcp_early_retrans');
  if (early !== 3 && early !== 4) return false;
  const { smoothedNs } = rtt;
  const probeNs =
    smoothedNs === undefined
      ? rtt.rtoNs
      : 2 * smoothedNs + (sendQueue.packetsOut === 1 ? MIN_RTO_NS : TIMEOUT_MIN_NS);
  armLoss(connection, 'probe', timeoutNs > 0 ? Math.min(probeNs, timeoutNs) : probeNs);
  return true;
}

/** Starts the persist timer when the window keeps data back (RFC 9293 section 3.8.6.1). */
export function armProbe(connection: Connection): void {
  connection.probeTimer ??= connection.clock.timer(() => connection.timeout('persist'));
  if (connection.probeTimer.armed) return;
  connection.probeTimer.arm(Math.min(connection.rtt.rtoNs * 2 ** connection.probes, MAX_RTO_NS));
}

/** Starts the delayed acknowledgement timer unless it runs. */
export function armDelayedAck(connection: Connection): void {
  if (connection.ackTimed) return;
  connection.ackTimed = true;
  connection.delayedAckTimer.arm(DELAYED_ACK_NS);
}
