import { readSysctl } from '../sysctl.js';
import type { Connection } from './connection.js';
import { sendAck, sendSyn, sendSynAck, sendWindowProbe } from './output.js';
import { enterLoss } from './recovery.js';
import { retransmitHead } from './retransmit.js';
import { giveUpAfterNs } from './rtt.js';
import { seqDiff } from './seq.js';
import { armProbe, armRetransmit } from './timers.js';
import { forceTransmit } from './write.js';

/** Retries of a connection without program when tcp_orphan_retries is 0. */
const ORPHAN_RETRIES = 8;

/** The retransmission timer ran out (RFC 6298 section 5, tcp_retransmit_timer). */
export function retransmitTimeout(connection: Connection): void {
  if (connection.state === 'SYN-SENT' || connection.state === 'SYN-RECV') {
    handshakeTimeout(connection);
    return;
  }
  if (connection.retransmits > 0 && gaveUp(connection)) {
    connection.fail(connection.softError ?? 'ETIMEDOUT');
    return;
  }
  if (connection.retransmits === 0) connection.firstRetransmitNs = connection.clock.nowNs;
  connection.updateMss();
  enterLoss(connection);
  connection.sock.txHash++;
  connection.retransmits++;
  connection.rtt.backOff();
  retransmitHead(connection);
  if (connection.state !== 'CLOSED') armRetransmit(connection);
}

/** SYNs first go out every second, tcp_syn_linear_timeouts times, then at doubling distances. */
function handshakeTimeout(connection: Connection): void {
  const { netns, state } = connection;
  const linear = state === 'SYN-SENT' ? readSysctl(netns, 'net.ipv4.tcp_syn_linear_timeouts') : 0;
  if (connection.retransmits >= readSysctl(netns, 'net.ipv4.tcp_syn_retries') + linear) {
    connection.fail(connection.softError ?? 'ETIMEDOUT');
    return;
  }
  connection.sock.txHash++;
  connection.retransmits++;
  connection.synRetransmitted = true;
  if (state === 'SYN-RECV' || connection.retransmits > linear) connection.rtt.backOff();
  if (state === 'SYN-SENT') sendSyn(connection);
  else sendSynAck(connection);
  if (connection.state === state) armRetransmit(connection);
}

function gaveUp(connection: Connection): boolean {
  const { netns } = connection;
  let retries = readSysctl(netns, 'net.ipv4.tcp_retries2');
  if (connection.orphan) {
    retries = readSysctl(netns, 'net.ipv4.tcp_orphan_retries') || ORPHAN_RETRIES;
  }
  const elapsed = connection.clock.nowNs - connection.firstRetransmitNs;
  return elapsed >= giveUpAfterNs(retries);
}

/** The persist timer ran out (tcp_probe_timer). */
export function persistTimeout(connection: Connection): void {
  const next = connection.sendQueue.unsent[0];
  if (next === undefined || connection.sendQueue.packetsOut > 0) return;
  if (connection.probes >= readSysctl(connection.netns, 'net.ipv4.tcp_retries2')) {
    connection.fail(connection.softError ?? 'ETIMEDOUT');
    return;
  }
  connection.probes++;
  const window = seqDiff(connection.windowEnd, next.seq);
  if (window > 0) {
    // The window will not take what waits whole: send what it takes (tcp_write_wakeup).
    forceTransmit(connection, window);
    return;
  }
  armProbe(connection);
  sendWindowProbe(connection);
}

/** An acknowledgement waited long enough (tcp_delack_timer). */
export function delayedAckTimeout(connection: Connection): void {
  if (!connection.ackPending || connection.state === 'CLOSED') return;
  connection.pingPong = false;
  sendAck(connection);
}
