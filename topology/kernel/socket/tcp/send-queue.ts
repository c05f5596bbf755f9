import { SendBuffer } from './send-buffer.js';
import { after, seqAdd, seqDiff } from './seq.js';

/**
 * A run of octets that TCP hands to the device at once (an sk_buff of the write or retransmit queue, a GSO packet when
 * larger than a segment). It leaves as segments of `mss` octets; PSH and FIN belong to the last of them.
 */
export interface GsoPacket {
  seq: number;
  /** After the last octet, the FIN counted. */
  end: number;
  psh: boolean;
  fin: boolean;
  /** Payload of its full segments; 0 until it was sent. */
  mss: number;
  /** When it was last sent. */
  sentNs: number;
  /** TCPCB_SACKED_ACKED: the peer has it. */
  sacked: boolean;
  /** TCPCB_LOST. */
  lost: boolean;
  /** TCPCB_SACKED_RETRANS: a copy is under way. */
  retransmitted: boolean;
  /** TCPCB_EVER_RETRANS: an acknowledgement does not tell which copy arrived. */
  everRetransmitted: boolean;
}

/** Octets of a packet, without its FIN. */
export function payloadBytes(packet: GsoPacket): number {
  return seqDiff(packet.end, packet.seq) - (packet.fin ? 1 : 0);
}

/** How many segments a packet leaves as (tcp_skb_pcount). */
export function segmentCount(packet: GsoPacket): number {
  const bytes = payloadBytes(packet);
  return bytes <= packet.mss ? 1 : Math.ceil(bytes / packet.mss);
}

/**
 * What a connection has to send: the octets, the packets that are under way (the retransmit queue with its SACK
 * scoreboard) and those that are not sent yet (the write queue). Counts are of segments, RFC 6675's and Linux's.
 */
export class SendQueue {
  readonly buffer = new SendBuffer();
  /** By sequence number. */
  readonly sent: GsoPacket[] = [];
  readonly unsent: GsoPacket[] = [];
  packetsOut = 0;
  sackedOut = 0;
  lostOut = 0;
  retransOut = 0;

  /** Segments thought to be in the network (tcp_packets_in_flight). */
  get inFlight(): number {
    return this.packetsOut - this.sackedOut - this.lostOut + this.retransOut;
  }

  /** A new packet without octets at the end of the write queue. */
  append(seq: number): GsoPacket {
    const packet: GsoPacket = {
      seq,
      end: seq,
      psh: false,
      fin: false,
      mss: 0,
      sentNs: 0,
      sacked: false,
      lost: false,
      retransmitted: false,
      everRetransmitted: false,
    };
    this.unsent.push(packet);
    return packet;
  }

  /** The first unsent packet is under way now. */
  advance(nowNs: number): void {
    const packet = this.unsent.shift();
    if (packet === undefined) return;
    packet.sentNs = nowNs;
    this.sent.push(packet);
    this.count(packet, 1);
  }

  /** Cuts an unsent packet after `bytes`; flags stay with the second half (tso_fragment). */
  splitUnsent(packet: GsoPacket, bytes: number): void {
    this.unsent.splice(1, 0, cut(packet, bytes));
  }

  /** Cuts a packet that is under way after `bytes` (tcp_fragment); gives the second half. */
  splitSent(packet: GsoPacket, bytes: number): GsoPacket {
    this.count(packet, -1);
    const rest = cut(packet, bytes);
    this.sent.splice(this.sent.indexOf(packet) + 1, 0, rest);
    this.count(packet, 1);
    this.count(rest, 1);
    return rest;
  }

  /** Cuts its segments anew for another MSS. */
  resegment(packet: GsoPacket, mss: number): void {
    this.count(packet, -1);
    packet.mss = mss;
    this.count(packet, 1);
  }

  /** Joins a packet under way with the one after it (tcp_collapse_retrans). */
  collapse(packet: GsoPacket, next: GsoPacket): void {
    this.count(packet, -1);
    this.count(next, -1);
    this.sent.splice(this.sent.indexOf(next), 1);
    packet.end = next.end;
    packet.psh ||= next.psh;
    packet.fin ||= next.fin;
    packet.everRetransmitted ||= next.everRetransmitted;
    this.count(packet, 1);
  }

  /** The peer has it beyond a hole (tcp_sacktag_one). */
  markSacked(packet: GsoPacket): void {
    this.count(packet, -1);
    packet.sacked = true;
    packet.lost = false;
    packet.retransmitted = false;
    this.count(packet, 1);
  }

  /** It, or the copy under way, is lost (tcp_mark_skb_lost); false when it is not or that was known. */
  markLost(packet: GsoPacket): boolean {
    if (packet.sacked || (packet.lost && !packet.retransmitted)) return false;
    this.count(packet, -1);
    packet.lost = true;
    packet.retransmitted = false;
    this.count(packet, 1);
    return true;
  }

  /** A copy was sent. */
  markRetransmitted(packet: GsoPacket, nowNs: number): void {
    this.count(packet, -1);
    packet.retransmitted = true;
    packet.everRetransmitted = true;
    packet.sentNs = nowNs;
    this.count(packet, 1);
  }

  /** Forgets packets acknowledged up to `ack`, and the octets of one acknowledged in part (tcp_clean_rtx_queue). */
  acknowledge(ack: number, una: number, each: (packet: GsoPacket) => void): void {
    for (let first = this.sent[0]; first !== undefined; first = this.sent[0]) {
      if (after(first.end, ack)) {
        if (after(ack, first.seq)) {
          this.count(first, -1);
          first.seq = ack;
          this.count(first, 1);
        }
        break;
      }
      this.count(first, -1);
      this.sent.shift();
      each(first);
    }
    this.buffer.drop(seqDiff(ack, una));
  }

  /** Without SACK, duplicates stand for segments that arrived (tcp_add_reno_sack, tcp_limit_reno_sacked). */
  countDuplicate(): void {
    const holes = Math.min(Math.max(this.lostOut, 1), this.packetsOut);
    this.sackedOut = Math.min(this.sackedOut + 1, this.packetsOut - holes);
  }

  /** Forgets everything. */
  clear(): void {
    this.buffer.clear();
    this.sent.length = 0;
    this.unsent.length = 0;
    this.packetsOut = 0;
    this.sackedOut = 0;
    this.lostOut = 0;
    this.retransOut = 0;
  }

  private count(packet: GsoPacket, sign: 1 | -1): void {
    const segments = sign * segmentCount(packet);
    this.packetsOut += segments;
    if (packet.sacked) this.sackedOut += segments;
    if (packet.lost) this.lostOut += segments;
    if (packet.retransmitted) this.retransOut += segments;
  }
}

function cut(packet: GsoPacket, bytes: number): GsoPacket {
  const rest = { ...packet, seq: seqAdd(packet.seq, bytes) };
  packet.end = rest.seq;
  packet.psh = false;
  packet.fin = false;
  return rest;
}
