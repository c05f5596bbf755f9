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
import { type GsoPacket, payloadBytes } from './send-queue.js';
import { seqAdd, seqDiff } from './seq.js';

const NOTHING = new Uint8Array(0);

/** A segment to be sent. */
interface Outgoing {
  readonly seq: number;
  readonly flags: number;
  readonly payload?: Uint8Array;
  readonly options?: TcpOptions;
  readonly window?: number;
  readonly gsoSize?: number;
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
    gsoSize: out.gsoSize,
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
 * An acknowledgement tells what lies beyond a hole, and first what came twice (RFC 2883, tcp_established_options).
 *
 * Fidelity: Linux tells it in segments with data too.
 */
function ackOptions(connection: Connection): TcpOptions {
  const options = segmentOptions(connection);
  const { duplicate, receiveBuffer } = connection;
  if (connection.agreed?.sack !== true || (duplicate === undefined && !receiveBuffer.hasHole)) {
    return options;
  }
  connection.duplicate = undefined;
  const most = options.timestamp === undefined ? 4 : 3;
  const held = receiveBuffer.sackBlocks();
  const blocks = duplicate === undefined ? held : [duplicate, ...held];
  return { ...options, sack: blocks.slice(0, most) };
}

/** Chooses the window to offer and notes it; a window once offered is not taken back. */
function nextWindowField(connection: Connection): number {
  const scaled = connection.agreed?.sendScale !== undefined;
  const offered = Math.max(
    seqDiff(seqAdd(connection.rcvWup, connection.rcvWnd), connection.rcvNxt),
    0,
  );
  const unit = scaled ? 1 << WINDOW_SCALE : 1;
  let window = Math.ceil(connection.receiveSpace.free() / unit) * unit;
  if (window < offered) window = Math.ceil(offered / unit) * unit;
  if (!scaled) window = Math.min(window, MAX_WINDOW);
  connection.rcvWnd = window;
  connection.rcvWup = connection.rcvNxt;
  return scaled ? Math.min(window >>> WINDOW_SCALE, MAX_WINDOW) : window;
}

function noteAckSent(connection: Connection): void {
  connection.ackPending = false;
  if (connection.quickAcks > 0) connection.quickAcks--;
  connection.ackTimed = false;
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

/**
 * Hands a packet of the queue to IP whole; a device that carries single segments cuts it. One of several segments ends
 * with PSH (__tcp_transmit_skb).
 */
export function emitPacket(connection: Connection, packet: GsoPacket): void {
  const { sendQueue, sndUna } = connection;
  const bytes = payloadBytes(packet);
  const push = packet.psh || bytes > packet.mss;
  const flags = TCP_ACK | (push ? TCP_PSH : 0) | (packet.fin ? TCP_FIN : 0);
  const from = seqDiff(packet.seq, sndUna);
  const payload = bytes > 0 ? sendQueue.buffer.read(from, bytes) : NOTHING;
  emit(connection, { seq: packet.seq, flags, payload, gsoSize: packet.mss });
}
