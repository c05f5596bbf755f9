import { MILLISECOND } from '../../../base/index.js';
import type { Connection } from './connection.js';
import { MAX_RTO_NS } from './rtt.js';

/** How long an acknowledgement may wait for company (TCP_DELACK_MIN). */
export const DELAYED_ACK_NS = 40 * MILLISECOND;

/** Starts the retransmission timer anew (RFC 6298 section 5). */
export function armRetransmit(connection: Connection): void {
  connection.retransmitTimer?.cancel();
  connection.retransmitTimer = connection.clock.schedule(connection.rtt.rtoNs, () => {
    connection.retransmitTimer = undefined;
    connection.timeout('retransmit');
  });
}

/** Stops it: nothing is in flight. */
export function stopRetransmit(connection: Connection): void {
  connection.retransmitTimer?.cancel();
  connection.retransmitTimer = undefined;
}

/** Starts the persist timer when the window keeps data back (RFC 9293 section 3.8.6.1). */
export function armProbe(connection: Connection): void {
  if (connection.probeTimer !== undefined) return;
  const delayNs = Math.min(connection.rtt.rtoNs * 2 ** connection.probes, MAX_RTO_NS);
  connection.probeTimer = connection.clock.schedule(delayNs, () => {
    connection.probeTimer = undefined;
    connection.timeout('probe');
  });
}

/** Starts the delayed acknowledgement timer unless it runs. */
export function armDelayedAck(connection: Connection): void {
  connection.delayedAckTimer ??= connection.clock.schedule(DELAYED_ACK_NS, () => {
    connection.delayedAckTimer = undefined;
    connection.timeout('delayed-ack');
  });
}
