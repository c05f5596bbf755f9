import type { TrafficDrop, TrafficKind } from '../../server/contract/traffic.js';
import type { Leg } from './timetable.js';

/** Packets that ended at one place for one reason, as they are marked there. */
export interface DropMark {
  readonly key: string;
  readonly vertex: string;
  readonly edge: string | undefined;
  readonly reason: string;
  readonly text: string;
  readonly kind: TrafficKind;
  count: number;
  /** When the mark appears: a packet that is followed arrives first. */
  fromMs: number;
  /** When the newest of them was dropped. */
  lastMs: number;
  /** Where the packet came from, when it was followed. */
  leg: Leg | undefined;
}

/** How long a mark is seen after the last drop, in milliseconds; it fades all the while. */
export const MARK_MS = 7000;
const MOST_MARKS = 40;

/** Marks of drops, by place and reason. */
export class DropMarks {
  private readonly marks = new Map<string, DropMark>();

  /** Adds a drop; `leg` is where its packet was seen last. */
  add(drop: TrafficDrop, leg: Leg | undefined, nowMs: number): void {
    const key = `${drop.edge ?? drop.vertex} ${drop.reason} ${drop.kind}`;
    const seenMs = Math.max(nowMs, leg?.endMs ?? 0);
    const known = this.marks.get(key);
    if (known !== undefined && known.lastMs + MARK_MS > nowMs) {
      known.count += drop.count;
      known.lastMs = Math.max(known.lastMs, seenMs);
      known.leg = leg ?? known.leg;
      return;
    }
    const { vertex, edge, reason, text, kind, count } = drop;
    this.marks.delete(key);
    this.marks.set(key, {
      key,
      vertex,
      edge,
      reason,
      text,
      kind,
      count,
      fromMs: seenMs,
      lastMs: seenMs,
      leg,
    });
    if (this.marks.size > MOST_MARKS) this.marks.delete(this.marks.keys().next().value ?? '');
  }

  /** Marks that are seen now, with how strongly: from 1 down to 0. */
  *at(nowMs: number): Iterable<readonly [mark: DropMark, strength: number]> {
    for (const [key, mark] of this.marks) {
      if (mark.lastMs + MARK_MS <= nowMs) this.marks.delete(key);
      else if (mark.fromMs <= nowMs)
        yield [mark, Math.min(1, 1.25 - (nowMs - mark.lastMs) / MARK_MS)];
    }
  }

  /** Whether any mark is seen, or will be. */
  get any(): boolean {
    return this.marks.size > 0;
  }

  clear(): void {
    this.marks.clear();
  }
}
