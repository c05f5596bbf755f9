import { readSysctl } from '../sysctl.js';
import type { Connection } from './connection.js';
import {
  retransmitOldest,
  sendAck,
  sendSyn,
  sendSynAck,
  sendWindowProbe,
  transmit,
} from './output.js';
import { giveUpAfterNs } from './rtt.js';
import { after } from './seq.js';
import { armProbe, armRetransmit } from './timers.js';

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
  if (connection.retransmits === 0) {
    connection.firstRetransmitNs = connection.clock.nowNs;
    connection.ssthreshBytes = Math.max(connection.inFlight / 2, 2 * connection.mss);
  }
  connection.retransmits++;
  connection.cwndBytes = connection.mss;
  connection.recoverSeq = undefined;
  connection.dupAcks = 0;
  connection.updateMss();
  connection.sendNext = connection.sndUna;
  connection.rtt.backOff();
  armRetransmit(connection);
  retransmitOldest(connection);
}

/** SYNs first go out every second, tcp_syn_linear_timeouts times, then at doubling distances. */
function handshakeTimeout(connection: Connection): void {
  const { netns, state } = connection;
  const linear = state === 'SYN-SENT' ? readSysctl(netns, 'net.ipv4.tcp_syn_linear_timeouts') : 0;
  if (connection.retransmits >= readSysctl(netns, 'net.ipv4.tcp_syn_retries') + linear) {
    connection.fail(connection.softError ?? 'ETIMEDOUT');
    return;
  }
  connection.retransmits++;
  connection.synRetransmitted = true;
  if (state === 'SYN-RECV' || connection.retransmits > linear) connection.rtt.backOff();
  armRetransmit(connection);
  if (state === 'SYN-SENT') sendSyn(connection);
  else sendSynAck(connection);
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
export function probeTimeout(connection: Connection): void {
  if (!after(connection.dataEnd, connection.sendNext) || connection.inFlight > 0) return;
  if (connection.probes >= readSysctl(connection.netns, 'net.ipv4.tcp_retries2')) {
    connection.fail(connection.softError ?? 'ETIMEDOUT');
    return;
  }
  connection.probes++;
  if (connection.sndWnd > 0 && connection.sndWnd < connection.mss) {
    // The window will not take a full segment: send what it takes (tcp_write_wakeup).
    const full = connection.mss;
    connection.mss = connection.sndWnd;
    retransmitOldest(connection);
    connection.mss = full;
    armRetransmit(connection);
    return;
  }
  if (connection.sndWnd > 0) {
    transmit(connection);
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
