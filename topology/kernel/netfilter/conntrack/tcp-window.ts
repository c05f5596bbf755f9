import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, type TcpSegment } from '../../../wire/packet.js';
import type { Direction } from './connection.js';
import type { SegmentKind, TcpState } from './tcp-state.js';

/**
 * Which segments of a connection lie in its window (tcp_in_window of net/netfilter/nf_conntrack_proto_tcp.c, after
 * Guido van Rooij, "Real Stateful TCP Packet Filtering in IP Filter").
 */

/** Acknowledgements may lag by a window, and by this much at least (MAXACKWINCONST). */
const MAX_ACK_WINDOW = 66_000;

/** What one end of a connection sent and may send (struct ip_ct_tcp_state). Sequence numbers are 32 bits. */
export class TcpPeer {
  /** Highest sequence number sent, plus one. */
  end = 0;
  /** Highest sequence number that the other end allows, plus one. */
  maxEnd = 0;
  /** Largest window that this end offered; 0 when nothing of it was seen. */
  maxWindow = 0;
  /** Highest acknowledgement that this end sent, once `acked`. */
  maxAck = 0;
  acked = false;
  /** Window scale that it announced. */
  scale = 0;
  hasScale = false;
  sackPermitted = false;
  /** It sent the first FIN (IP_CT_TCP_FLAG_CLOSE_INIT). */
  closeInit = false;
  /** Nothing it sends is refused: its connection was picked up in the middle (IP_CT_TCP_FLAG_BE_LIBERAL). */
  liberal = false;
  /** It sent something that was not acknowledged yet (IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED). */
  unacknowledged = false;

  /** Forgets everything. */
  reset(): void {
    this.end = 0;
    this.maxEnd = 0;
    this.maxWindow = 0;
    this.maxAck = 0;
    this.acked = false;
    this.scale = 0;
    this.hasScale = false;
    this.sackPermitted = false;
    this.closeInit = false;
    this.liberal = false;
    this.unacknowledged = false;
  }

  /** Reads the options of a SYN (tcp_options). */
  readOptions({ options }: TcpSegment): void {
    this.hasScale = options.windowScale !== undefined;
    this.scale = Math.min(options.windowScale ?? 0, 14);
    this.sackPermitted = options.sackPermitted === true;
  }
}

/** What conntrack keeps of one TCP connection (struct ip_ct_tcp). */
export class TcpConnState {
  state: TcpState = 'NONE';
  readonly original = new TcpPeer();
  readonly reply = new TcpPeer();
  /** The last segment that was let through, for telling retransmissions and answers. */
  lastKind: SegmentKind = 'none';
  lastDirection: Direction = 'original';
  lastSeq = 0;
  lastAck = 0;
  lastEnd = 0;
  lastWindow = 0;
  lastScale = 0;
  lastHasScale = false;
  lastSackPermitted = false;
  /** How often the same acknowledgement came in a row. */
  retransmissions = 0;

  peer(direction: Direction): TcpPeer {
    return direction === 'original' ? this.original : this.reply;
  }
}

/** Whether a comes before b, of sequence numbers. */
export function before(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** Whether a comes after b, of sequence numbers. */
export function after(a: number, b: number): boolean {
  return before(b, a);
}

/** The sequence number behind a segment (segment_seq_plus_len). */
export function segmentEnd({ seq, payload, flags }: TcpSegment): number {
  const control = ((flags & TCP_SYN) !== 0 ? 1 : 0) + ((flags & TCP_FIN) !== 0 ? 1 : 0);
  return (seq + payload.length + control) >>> 0;
}

/** A segment's place: in the window, harmless but not to be followed, or not of this connection. */
export type WindowVerdict = 'accept' | 'ignore' | 'invalid';

function highestSack({ options }: TcpSegment, ack: number): number {
  let highest = ack;
  for (const { right } of options.sack ?? []) if (after(right, highest)) highest = right;
  return highest;
}

/** Looks whether a segment lies in the window of its connection, and moves the window on. */
export function inWindow(
  tcp: TcpConnState,
  direction: Direction,
  kind: SegmentKind,
  segment: TcpSegment,
  liberal: boolean,
): WindowVerdict {
  const sender = tcp.peer(direction);
  const receiver = tcp.peer(direction === 'original' ? 'reply' : 'original');
  const { flags } = segment;
  const isSyn = (flags & TCP_SYN) !== 0;
  const hasAck = (flags & TCP_ACK) !== 0;
  let { seq, ack, window } = segment;
  let sack = receiver.sackPermitted ? highestSack(segment, ack) : ack;
  let end = segmentEnd(segment);
  if (sender.maxWindow === 0) {
    if (isSyn) {
      initSender(tcp, direction, segment, end);
      // Both ends open at once: the answer is yet to come.
      if (!hasAck) return 'accept';
    } else {
      const scaled = window * 2 ** sender.scale;
      sender.end = end;
      sender.maxWindow = scaled === 0 ? 1 : scaled;
      sender.maxEnd = (end + sender.maxWindow) >>> 0;
      if (receiver.maxWindow === 0) {
        receiver.end = sack;
        receiver.maxEnd = sack;
      } else if (sack === (receiver.end + 1) >>> 0) {
        receiver.end = sack;
      }
    }
  } else if (
    isSyn &&
    after(end, sender.end) &&
    (tcp.state === 'SYN_SENT' || tcp.state === 'SYN_RECV')
  ) {
    // RFC 9293: a SYN that is sent anew begins anew.
    initSender(tcp, direction, segment, end);
    if (direction === 'reply' && !hasAck) return 'accept';
  }
  if (!hasAck || ((flags & TCP_RST) !== 0 && ack === 0)) {
    ack = receiver.end;
    sack = receiver.end;
  }
  // A reset that answers a SYN has sequence number 0.
  if ((flags & TCP_RST) !== 0 && seq === 0 && tcp.state === 'SYN_SENT') {
    seq = sender.end;
    end = sender.end;
  }
  const outside = placeOf(sender, receiver, { seq, end, sack });
  if (outside !== 'accept') return liberal || sender.liberal ? 'accept' : outside;
  if (!isSyn) window *= 2 ** sender.scale;
  const offered = window + ((sack - ack) >>> 0);
  if (sender.maxWindow < offered) sender.maxWindow = offered;
  if (after(end, sender.end)) {
    sender.end = end;
    sender.unacknowledged = true;
  }
  if (hasAck && (!sender.acked || after(ack, sender.maxAck))) {
    sender.maxAck = ack;
    sender.acked = true;
  }
  if (receiver.maxWindow !== 0 && after(end, sender.maxEnd)) {
    receiver.maxWindow += (end - sender.maxEnd) >>> 0;
  }
  if (after((sack + window) >>> 0, (receiver.maxEnd - 1) >>> 0)) {
    receiver.maxEnd = (sack + window + (window === 0 ? 1 : 0)) >>> 0;
  }
  if (ack === receiver.end) receiver.unacknowledged = false;
  if (kind === 'ack') noteRetransmission(tcp, direction, { segment, ack, end });
  return 'accept';
}

function noteRetransmission(
  tcp: TcpConnState,
  direction: Direction,
  {
    segment,
    ack,
    end,
  }: { readonly segment: TcpSegment; readonly ack: number; readonly end: number },
): void {
  const { seq, window } = segment;
  if (
    tcp.lastDirection === direction &&
    tcp.lastSeq === seq &&
    tcp.lastAck === ack &&
    tcp.lastEnd === end &&
    tcp.lastWindow === window
  ) {
    tcp.retransmissions++;
    return;
  }
  tcp.lastDirection = direction;
  tcp.lastSeq = seq;
  tcp.lastAck = ack;
  tcp.lastEnd = end;
  tcp.lastWindow = window;
  tcp.retransmissions = 0;
}

interface Place {
  readonly seq: number;
  readonly end: number;
  readonly sack: number;
}

function placeOf(sender: TcpPeer, receiver: TcpPeer, { seq, end, sack }: Place): WindowVerdict {
  const ackFloor = (receiver.end - Math.max(sender.maxWindow, MAX_ACK_WINDOW) - 1) >>> 0;
  const windowFloor = (sender.end - receiver.maxWindow - 1) >>> 0;
  if (!before(seq, (sender.maxEnd + 1) >>> 0)) {
    const overshot = (end - sender.maxEnd + 1) >>> 0;
    const inReceiver = receiver.maxWindow !== 0 && after(end, windowFloor);
    const little =
      inReceiver &&
      after(sack, ackFloor) &&
      overshot <= receiver.maxWindow &&
      before(sack, (receiver.end + 1) >>> 0);
    return little ? 'ignore' : 'invalid';
  }
  // It acknowledges what was never sent.
  if (!before(sack, (receiver.end + 1) >>> 0)) return 'invalid';
  // Data that was acknowledged long ago, sent again.
  if (receiver.maxWindow !== 0 && !after(end, windowFloor)) return 'ignore';
  return after(sack, ackFloor) ? 'accept' : 'ignore';
}

/** What the SYN of an end says about it (tcp_init_sender). */
function initSender(
  tcp: TcpConnState,
  direction: Direction,
  segment: TcpSegment,
  end: number,
): void {
  const sender = tcp.peer(direction);
  const { window } = segment;
  sender.end = end;
  sender.maxEnd = end;
  sender.maxWindow = window === 0 ? 1 : window;
  sender.readOptions(segment);
  // RFC 7323: windows are scaled only when both ends said so.
  if (direction === 'reply' && !(tcp.original.hasScale && tcp.reply.hasScale)) {
    tcp.original.scale = 0;
    tcp.reply.scale = 0;
  }
}
