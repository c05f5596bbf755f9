import type { SackBlock } from '../../../wire/packet.js';
import type { Connection } from './connection.js';
import { type GsoPacket, payloadBytes, segmentCount } from './send-queue.js';
import { after, before, seqDiff } from './seq.js';

/** What SACK blocks told. */
export interface Tagged {
  /** Segments told for the first time. */
  readonly segments: number;
  /** The first block reports a duplicate (D-SACK, RFC 2883). */
  readonly duplicate: boolean;
  /** Round trip of the oldest packet told that was sent once. */
  readonly rttNs: number | undefined;
}

const NOTHING_TOLD: Tagged = { segments: 0, duplicate: false, rttNs: undefined };

/** Notes what the peer holds beyond holes (tcp_sacktag_write_queue, RFC 2018). */
export function tagBlocks(
  connection: Connection,
  blocks: readonly SackBlock[],
  ack: number,
): Tagged {
  const [first, second] = blocks;
  if (first === undefined) return NOTHING_TOLD;
  const duplicate =
    before(first.left, ack) ||
    (second !== undefined && !before(first.left, second.left) && !after(first.right, second.right));
  const { sendQueue, clock } = connection;
  const told = sendQueue.sackedOut;
  let rttNs: number | undefined;
  for (const [index, block] of blocks.entries()) {
    if ((index === 0 && duplicate) || !isValid(connection, block)) continue;
    for (let at = 0; at < sendQueue.sent.length; at++) {
      const packet = sendQueue.sent[at];
      if (packet === undefined || !before(packet.seq, block.right)) break;
      if (packet.sacked || !after(packet.end, block.left)) continue;
      if (!matches(connection, packet, block)) continue;
      if (!packet.everRetransmitted) rttNs ??= clock.nowNs - packet.sentNs;
      connection.rack.advance(packet, clock.nowNs);
      sendQueue.markSacked(packet);
    }
  }
  return { segments: sendQueue.sackedOut - told, duplicate, rttNs };
}

/** RFC 2018 section 5: blocks of what is under way (tcp_is_sackblock_valid). */
function isValid({ sndUna, sndNxt }: Connection, { left, right }: SackBlock): boolean {
  return before(left, right) && !after(right, sndNxt) && !before(left, sndUna);
}

/** Whether a block covers a packet; one it covers in part is cut between segments (tcp_match_skb_to_sack). */
function matches({ sendQueue }: Connection, packet: GsoPacket, block: SackBlock): boolean {
  const starts = !after(block.left, packet.seq);
  if (starts && !before(block.right, packet.end)) return true;
  if (segmentCount(packet) === 1) return false;
  const { mss } = packet;
  if (!starts) {
    const bytes = Math.ceil(Math.max(seqDiff(block.left, packet.seq), mss) / mss) * mss;
    if (bytes < payloadBytes(packet)) sendQueue.splitSent(packet, bytes);
    // The second half is looked at next.
    return false;
  }
  const bytes = seqDiff(block.right, packet.seq);
  if (bytes < mss) return false;
  sendQueue.splitSent(packet, bytes - (bytes % mss));
  return true;
}
