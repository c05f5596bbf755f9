import { SECOND } from '../../../base/index.js';
import { readSysctl } from '../sysctl.js';
import type { Connection } from './connection.js';
import { sendReset, sendWindowProbe } from './output.js';

/** Starts waiting for silence, for a connection whose program set SO_KEEPALIVE (tcp_reset_keepalive_timer). */
export function armKeepalive(connection: Connection, delayNs = idleNs(connection)): void {
  connection.keepaliveTimer ??= connection.clock.timer(() => connection.timeout('keepalive'));
  connection.keepaliveTimer.arm(delayNs);
}

/** Stops it. */
export function stopKeepalive(connection: Connection): void {
  connection.keepaliveTimer?.cancel();
}

/**
 * The keepalive timer ran out (tcp_keepalive_timer, RFC 9293 section 3.8.4): a silent peer is asked for a sign of life, and
 * after so many questions without answer the connection fails with ETIMEDOUT and an RST.
 */
export function keepaliveTimeout(connection: Connection): void {
  const { sock, sendQueue, netns, clock } = connection;
  if (!sock.keepAlive || connection.state === 'CLOSED' || connection.state === 'SYN-SENT') return;
  const idle = idleNs(connection);
  if (sendQueue.packetsOut > 0 || sendQueue.unsent.length > 0) {
    armKeepalive(connection, idle);
    return;
  }
  const silentNs = clock.nowNs - Math.max(connection.lastDataNs, connection.lastAckNs);
  if (silentNs < idle) {
    armKeepalive(connection, idle - silentNs);
    return;
  }
  const most = sock.keepCount ?? readSysctl(netns, 'net.ipv4.tcp_keepalive_probes');
  if (connection.probes >= most) {
    sendReset(connection);
    connection.fail(connection.softError ?? 'ETIMEDOUT');
    return;
  }
  connection.probes++;
  const seconds = sock.keepIntervalSeconds ?? readSysctl(netns, 'net.ipv4.tcp_keepalive_intvl');
  armKeepalive(connection, seconds * SECOND);
  sendWindowProbe(connection);
}

function idleNs({ sock, netns }: Connection): number {
  return (sock.keepIdleSeconds ?? readSysctl(netns, 'net.ipv4.tcp_keepalive_time')) * SECOND;
}
