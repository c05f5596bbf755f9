import type { SackBlock } from '../../../wire/packet.js';
import { Fifo } from '../fifo.js';
import { after, before, seqAdd, seqDiff } from './seq.js';

interface Piece {
  readonly seq: number;
  readonly octets: Uint8Array;
  readonly fin: boolean;
  /** Goes up with every arrival. */
  readonly arrival: number;
}

/** What arrived: in order, for the program to read; out of order, until the hole is filled. */
export class ReceiveBuffer {
  private readonly ordered = new Fifo<Uint8Array>();
  private pieces: Piece[] = [];
  private orderedBytes = 0;
  private pieceBytes = 0;
  private arrivals = 0;

  /** Octets that the program may read. */
  get readable(): number {
    return this.orderedBytes;
  }

  /** Octets held in all. */
  get length(): number {
    return this.orderedBytes + this.pieceBytes;
  }

  /** Whether something waits for a hole to be filled. */
  get hasHole(): boolean {
    return this.pieces.length > 0;
  }

  /** Adds octets that continue what is there. */
  append(octets: Uint8Array): void {
    if (octets.length === 0) return;
    this.ordered.push(octets);
    this.orderedBytes += octets.length;
  }

  /** Keeps a segment that came too early. */
  hold(seq: number, octets: Uint8Array, fin: boolean): void {
    const arrival = ++this.arrivals;
    const known = this.pieces.findIndex(
      (piece) => piece.seq === seq && piece.octets.length >= octets.length,
    );
    const again = this.pieces[known];
    if (again !== undefined) {
      this.pieces[known] = { ...again, arrival };
      return;
    }
    const index = this.pieces.findIndex((piece) => after(piece.seq, seq));
    const piece = { seq, octets, fin, arrival };
    if (index < 0) this.pieces.push(piece);
    else this.pieces.splice(index, 0, piece);
    this.pieceBytes += octets.length;
  }

  /** What is held beyond the hole, as joined ranges, that of the latest arrival first (RFC 2018 section 4). */
  sackBlocks(): readonly SackBlock[] {
    const blocks: { left: number; right: number; arrival: number }[] = [];
    for (const { seq, octets, fin, arrival } of this.pieces) {
      const end = seqAdd(seq, octets.length + (fin ? 1 : 0));
      const last = blocks.at(-1);
      if (last === undefined || after(seq, last.right)) {
        blocks.push({ left: seq, right: end, arrival });
        continue;
      }
      if (after(end, last.right)) last.right = end;
      last.arrival = Math.max(last.arrival, arrival);
    }
    return blocks.sort((a, b) => b.arrival - a.arrival).map(({ left, right }) => ({ left, right }));
  }

  /** Moves what is held from `next` on to the readable part; tells where it ends and whether a FIN came with it. */
  fill(next: number): { readonly next: number; readonly fin: boolean } {
    let reached = next;
    let fin = false;
    while (!fin) {
      const piece = this.pieces[0];
      if (piece === undefined || after(piece.seq, reached)) break;
      this.pieces.shift();
      this.pieceBytes -= piece.octets.length;
      const end = seqAdd(piece.seq, piece.octets.length);
      if (!before(end, reached)) {
        this.append(piece.octets.subarray(seqDiff(reached, piece.seq)));
        reached = end;
        fin = piece.fin;
      }
    }
    return { next: reached, fin };
  }

  /** Takes up to `max` readable octets. */
  read(max: number): Uint8Array {
    const first = this.takePart(max);
    const want = Math.min(max, first.length + this.orderedBytes);
    if (want === first.length) return first;
    const octets = new Uint8Array(want);
    octets.set(first);
    let filled = first.length;
    while (filled < want) {
      const part = this.takePart(want - filled);
      octets.set(part, filled);
      filled += part.length;
    }
    return octets;
  }

  /** Forgets all. */
  clear(): void {
    this.ordered.clear();
    this.pieces = [];
    this.orderedBytes = 0;
    this.pieceBytes = 0;
  }

  /** Up to `max` octets of the first chunk. */
  private takePart(max: number): Uint8Array {
    const first = this.ordered.shift() ?? new Uint8Array(0);
    if (first.length > max) this.ordered.unshift(first.subarray(max));
    const part = first.subarray(0, max);
    this.orderedBytes -= part.length;
    return part;
  }
}
