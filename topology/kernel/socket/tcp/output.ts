import {
  IPPROTO,
  NO_TCP_OPTIONS,
  TCP_ACK,
  TCP_FIN,
  TCP_PSH,
  TCP_RST,
  TCP_SYN,
  type TcpOptions,
} from '../../../wire/packet.js';
import type { Connection } from './connection.js';
import {
  initialWindow,
  MAX_WINDOW,
  synAckOptions,
  synOptions,
  timestampAt,
  WINDOW_SCALE,
} from './handshake.js';
import { after, seqAdd, seqDiff, seqMax } from './seq.js';
import { armProbe, armRetransmit } from './timers.js';

const NOTHING = new Uint8Array(0);

/** A segment to be sent. */
interface Outgoing {
  readonly seq: number;
  readonly flags: number;
  readonly payload?: Uint8Array;
  readonly options?: TcpOptions;
  readonly window?: number;
}

/** Hands a segment to IP. What IP says is not TCP's concern: a lost segment is retransmitted. */
function emit(connection: Connection, out: Outgoing): void {
  const { sock } = connection;
  const dst = sock.remoteAddress;
  if (dst === undefined) return;
  const acknowledges = (out.flags & TCP_ACK) !== 0;
  const window = out.window ?? nextWindowField(connection);
  if (acknowledges) noteAckSent(connection);
  connection.netns.ip.send({
    src: sock.address,
    dst,
    proto: IPPROTO.tcp,
    body: {
      kind: 'tcp',
      srcPort: sock.port,
      dstPort: sock.remotePort,
      seq: out.seq,
      ack: acknowledges ? connection.rcvNxt : 0,
      flags: out.flags,
      window,
      options: out.options ?? segmentOptions(connection),
      payload: out.payload ?? NOTHING,
    },
    owner: sock,
    pmtudisc: sock.pmtudisc,
    trace: sock.trace,
    cause: connection.cause,
    ...(sock.tos === 0 ? undefined : { tos: sock.tos }),
    ...(sock.ttl === undefined ? undefined : { ttl: sock.ttl }),
    ...(sock.device === undefined ? undefined : { oif: sock.device }),
  });
}

function segmentOptions(connection: Connection): TcpOptions {
  if (connection.agreed?.timestamps !== true) return NO_TCP_OPTIONS;
  const value = timestampAt(connection.clock.nowNs, connection.tsOffset);
  return { timestamp: { value, echo: connection.tsRecent } };
}

/**
 * An acknowledgement tells what lies beyond a hole (tcp_established_options).
 *
 * Fidelity: Linux tells it in segments with data too, and of duplicates (RFC 2883); a sender here does not use it.
 */
function ackOptions(connection: Connection): TcpOptions {
  const options = segmentOptions(connection);
  if (connection.agreed?.sack !== true || !connection.receiveBuffer.hasHole) return options;
  const most = options.timestamp === undefined ? 4 : 3;
  return { ...options, sack: connection.receiveBuffer.sackBlocks().slice(0, most) };
}

/** Chooses the window to offer and notes it; a window once offered is not taken back. */
function nextWindowField(connection: Connection): number {
  const scaled = connection.agreed?.sendScale !== undefined;
  const offered = Math.max(
    seqDiff(seqAdd(connection.rcvWup, connection.rcvWnd), connection.rcvNxt),
    0,
  );
  const unit = scaled ? 1 << WINDOW_SCALE : 1;
  let window = Math.ceil(connection.freeWindow() / unit) * unit;
  if (window < offered) window = Math.ceil(offered / unit) * unit;
  if (!scaled) window = Math.min(window, MAX_WINDOW);
  connection.rcvWnd = window;
  connection.rcvWup = connection.rcvNxt;
  return scaled ? Math.min(window >>> WINDOW_SCALE, MAX_WINDOW) : window;
}

function noteAckSent(connection: Connection): void {
  connection.ackPending = false;
  if (connection.quickAcks > 0) connection.quickAcks--;
  connection.delayedAckTimer?.cancel();
  connection.delayedAckTimer = undefined;
}

/** Sends the SYN, again or for the first time. */
export function sendSyn(connection: Connection): void {
  emit(connection, {
    seq: connection.iss,
    flags: TCP_SYN,
    window: initialWindow(connection.advMss, false),
    options: ownSynOptions(connection),
  });
}

/** Options of this end's SYN at this moment. */
export function ownSynOptions(connection: Connection): TcpOptions {
  const value = timestampAt(connection.clock.nowNs, connection.tsOffset);
  return synOptions(connection.netns, connection.advMss, value);
}

/** Sends the SYN-ACK of a simultaneous open. */
export function sendSynAck(connection: Connection): void {
  const { agreed } = connection;
  if (agreed === undefined) return;
  const window = initialWindow(connection.advMss, agreed.timestamps);
  connection.rcvWnd = window;
  connection.rcvWup = connection.rcvNxt;
  emit(connection, {
    seq: connection.iss,
    flags: TCP_SYN | TCP_ACK,
    window,
    options: synAckOptions(ownSynOptions(connection), agreed),
  });
}

/** Sends an acknowledgement without data. */
export function sendAck(connection: Connection): void {
  const options = ackOptions(connection);
  emit(connection, { seq: connection.sndNxt, flags: TCP_ACK, options });
}

/** Sends an RST for a connection that is given up (tcp_send_active_reset). */
export function sendReset(connection: Connection): void {
  emit(connection, { seq: connection.sndNxt, flags: TCP_RST | TCP_ACK, options: NO_TCP_OPTIONS });
}

/** A segment the peer answers with its window (tcp_xmit_probe_skb): its sequence number is one too low. */
export function sendWindowProbe(connection: Connection): void {
  emit(connection, { seq: seqAdd(connection.sndUna, -1), flags: TCP_ACK });
}

/** Sends the oldest unacknowledged segment again, whatever the windows say. */
export function retransmitOldest(connection: Connection): void {
  connection.timedSeq = undefined;
  const length = Math.min(connection.sendBuffer.length, connection.mss);
  const last = length === connection.sendBuffer.length;
  const fin = last && connection.finSeq !== undefined;
  if (length === 0 && !fin) return;
  sendData(connection, connection.sndUna, length, fin);
  const end = seqAdd(connection.sndUna, length + (fin ? 1 : 0));
  connection.sendNext = seqMax(connection.sendNext, end);
  connection.sndNxt = seqMax(connection.sndNxt, end);
}

/** Sends what the windows and Nagle's rule allow (tcp_write_xmit), the FIN with the last octets. */
export function transmit(connection: Connection): void {
  if (!maySendData(connection)) return;
  connection.updateMss();
  for (;;) {
    const unsent = seqDiff(connection.dataEnd, connection.sendNext);
    const finDue = connection.writeClosed && unsent >= 0;
    if (unsent <= 0 && !finDue) break;
    const wanted = Math.min(Math.max(unsent, 0), connection.mss);
    const fin = finDue && wanted === unsent;
    if (!fits(connection, wanted) || (!fin && waitsForAck(connection, wanted))) break;
    const seq = connection.sendNext;
    const fresh = seq === connection.sndNxt;
    connection.sendNext = seqAdd(seq, wanted + (fin ? 1 : 0));
    connection.sndNxt = seqMax(connection.sndNxt, connection.sendNext);
    if (fin) connection.finSeq = seqAdd(seq, wanted);
    if (wanted < connection.mss) connection.sndSmall = connection.sendNext;
    if (fresh && connection.timedSeq === undefined) {
      connection.timedSeq = connection.sendNext;
      connection.timedAtNs = connection.clock.nowNs;
    }
    if (wanted > 0) noteDataSent(connection);
    if (connection.retransmitTimer === undefined) armRetransmit(connection);
    sendData(connection, seq, wanted, fin);
    if (!maySendData(connection)) return;
  }
  const waiting = after(connection.dataEnd, connection.sendNext);
  if (waiting && connection.inFlight === 0) armProbe(connection);
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

/** Whether the peer's window and the congestion window take a segment of this size; a FIN alone always fits. */
function fits(connection: Connection, bytes: number): boolean {
  if (bytes === 0) return true;
  const end = seqAdd(connection.sendNext, bytes);
  if (after(end, seqAdd(connection.sndUna, connection.sndWnd))) return false;
  const flying = connection.inFlight;
  return flying === 0 || flying + bytes <= connection.cwndBytes;
}

/** Nagle's rule as Minshall changed it: one small segment at a time (RFC 1122 section 4.2.3.4). */
function waitsForAck(connection: Connection, bytes: number): boolean {
  if (bytes >= connection.mss || connection.sock.noDelay) return false;
  return connection.inFlight > 0 && after(connection.sndSmall, connection.sndUna);
}

function sendData(connection: Connection, seq: number, length: number, fin: boolean): void {
  const from = seqDiff(seq, connection.sndUna);
  const payload = length > 0 ? connection.sendBuffer.read(from, length) : NOTHING;
  const push = length > 0 && from + length === connection.sendBuffer.length;
  const flags = TCP_ACK | (push ? TCP_PSH : 0) | (fin ? TCP_FIN : 0);
  emit(connection, { seq, flags, payload });
}

/** An answer within the delay makes the connection a dialogue: acknowledgements then ride on data (pingpong). */
function noteDataSent(connection: Connection): void {
  const since = connection.clock.nowNs - connection.lastDataNs;
  if (connection.ackDelayNs > 0 && since < connection.ackDelayNs) connection.pingPong = true;
}
