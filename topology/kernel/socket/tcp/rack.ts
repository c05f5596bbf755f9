import { MICROSECOND } from '../../../base/index.js';
import type { Connection } from './connection.js';
import type { GsoPacket } from './send-queue.js';
import { after } from './seq.js';
import { armLoss, TIMEOUT_MIN_NS } from './timers.js';

/** Duplicates beyond which a hole is a loss (net.ipv4.tcp_reordering). */
export const REORDERING = 3;
/**
 * A round trip counts as at least this: on the simulated clock most take no time at all, on no machine do they.
 */
const ROUND_TRIP_FLOOR_NS = 8 * MICROSECOND;

/** RACK, RFC 8985: what was sent before something that arrived, and a reordering window ago, is lost. */
export class Rack {
  /** Sending time and end of the packet sent last among those that arrived. */
  private sentNs = 0;
  private end = 0;
  private rttNs = 0;
  private minRttNs = Number.POSITIVE_INFINITY;
  /** Something new arrived since losses were looked for. */
  private advanced = false;

  /** A packet arrived (tcp_rack_advance). */
  advance(packet: GsoPacket, nowNs: number): void {
    const rttNs = Math.max(nowNs - packet.sentNs, ROUND_TRIP_FLOOR_NS);
    if (!packet.everRetransmitted) this.minRttNs = Math.min(this.minRttNs, rttNs);
    // It may be the first copy that arrived.
    else if (rttNs < this.minRttNs) return;
    this.advanced = true;
    this.rttNs = rttNs;
    if (this.isSentAfter(packet)) {
      this.sentNs = packet.sentNs;
      this.end = packet.end;
    }
  }

  /** Whether something arrived since this was asked last. */
  takeAdvanced(): boolean {
    const { advanced } = this;
    this.advanced = false;
    return advanced;
  }

  /** Marks what is lost; gives how long until something more would be, 0 for nothing (tcp_rack_detect_loss). */
  detect(connection: Connection): number {
    const { sendQueue, clock } = connection;
    const windowNs = this.reorderWindowNs(connection);
    let waitNs = 0;
    for (const packet of sendQueue.sent) {
      if (packet.sacked || (packet.lost && !packet.retransmitted)) continue;
      if (!this.wasSentBefore(packet)) continue;
      const remainingNs = this.rttNs + windowNs - (clock.nowNs - packet.sentNs);
      if (remainingNs <= 0) sendQueue.markLost(packet);
      else waitNs = Math.max(waitNs, remainingNs);
    }
    return waitNs;
  }

  /** tcp_rack_skb_timeout without a window: a packet sent so recently may still arrive. */
  mayArrive(packet: GsoPacket, nowNs: number): boolean {
    return this.rttNs - (nowNs - packet.sentNs) > 0;
  }

  /**
   * RFC 8985 section 6.2, step 4 (tcp_rack_reo_wnd).
   *
   * Fidelity: reordering is not measured, so the window stays a quarter of the least round trip; duplicates that were
   * reported do not widen it.
   */
  private reorderWindowNs({ caState, sendQueue, rtt }: Connection): number {
    if (caState === 'recovery' || caState === 'loss') return 0;
    if (sendQueue.sackedOut >= REORDERING) return 0;
    return Math.min(this.minRttNs / 4, Math.max(rtt.smoothedNs ?? 0, ROUND_TRIP_FLOOR_NS));
  }

  private isSentAfter(packet: GsoPacket): boolean {
    if (packet.sentNs !== this.sentNs) return packet.sentNs > this.sentNs;
    return after(packet.end, this.end);
  }

  private wasSentBefore(packet: GsoPacket): boolean {
    if (packet.sentNs !== this.sentNs) return packet.sentNs < this.sentNs;
    return after(this.end, packet.end);
  }
}

/** Looks for losses after an acknowledgement; true when the reorder timer runs now (tcp_rack_mark_lost). */
export function markLost(connection: Connection): boolean {
  if (!connection.rack.takeAdvanced()) return false;
  const waitNs = connection.rack.detect(connection);
  if (waitNs > 0) armLoss(connection, 'reorder', waitNs + TIMEOUT_MIN_NS);
  return waitNs > 0;
}
