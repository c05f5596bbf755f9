import type { PacketCrossing, TrafficSlice } from '../../server/contract/traffic.js';

/** Where an edge leads from and to. */
export type EndsOf = (edge: string) => { readonly from: string; readonly to: string } | undefined;

/** One packet on its way along one edge. Times are milliseconds of the page's own clock. */
export interface Leg {
  readonly id: number;
  readonly edge: string;
  readonly forward: boolean;
  readonly kind: PacketCrossing['kind'];
  readonly tone: PacketCrossing['tone'];
  /** The leg that the packet came by; undefined when it began here or its past is not known. */
  readonly before: Leg | undefined;
  /** Where the packet began, as far as it is known. */
  readonly first: Pick<Leg, 'edge' | 'forward'>;
  readonly startMs: number;
  readonly endMs: number;
  /** When the packet goes on from where this leg ends; undefined while nothing is known. */
  leavesMs: number | undefined;
  /** The packet was dropped where this leg ends. */
  dropped: boolean;
}

/** How a slice is played. */
export interface Playing {
  /** When the slice arrived. */
  readonly nowMs: number;
  /** Simulated seconds per real second. */
  readonly speed: number;
}

/** Slowest and fastest way along one edge, and how long what happens at once may take to be shown, in milliseconds. */
const SLOWEST_MS = 260;
const FASTEST_MS = 55;
const CONVERSATION_MS = 2400;
/** Packets of one lane follow each other at least this share of a leg. */
const APART = 0.4;
/** What lags more than this is not shown packet by packet. */
const MOST_LAG_MS = 6000;
/** An answer comes from what arrived so recently, in simulated nanoseconds. */
const CAUSE_NS = 20e6;
/** How long legs are remembered after their end, and most of them. */
const REMEMBERED_MS = 2500;
const MOST_LEGS = 2400;
/** Arrivals that a place remembers. */
const MOST_ARRIVALS = 24;

interface Arrival {
  readonly id: number;
  readonly atNs: number;
  readonly related: boolean;
}

/**
 * Plans when each packet is seen where. Simulated packets take microseconds, so ways are stretched to what an eye can
 * follow; what stays true is the order: nothing leaves a place before that has arrived which it may follow from.
 */
export class Timetable {
  private readonly endsOf: EndsOf;
  private readonly legs = new Map<number, Leg>();
  /** Packets that arrived and did not go on, by place. */
  private readonly arrivals = new Map<string, Arrival[]>();
  private readonly crossingNs = new Map<number, number>();
  private readonly lastStart = new Map<string, number>();
  private lastEndMs = 0;

  constructor(endsOf: EndsOf) {
    this.endsOf = endsOf;
  }

  /** When the last planned packet arrives. */
  get busyUntilMs(): number {
    return this.lastEndMs;
  }

  /** Plans the crossings of a slice. */
  add(slice: TrafficSlice, { nowMs, speed }: Playing): void {
    this.forget(nowMs);
    const order = this.ordered(slice.crossings);
    const longest = order.reduce((most, { depth }) => Math.max(most, depth), 1);
    const slow = Math.min(5, Math.max(1, 1 / speed));
    const legMs = slow * Math.min(SLOWEST_MS, Math.max(FASTEST_MS, CONVERSATION_MS / longest));
    const spanNs = Math.max(1, slice.toNs - slice.fromNs);
    for (const { crossing, causes } of order) {
      const share = Math.min(1, Math.max(0, (crossing.atNs - slice.fromNs) / spanNs));
      this.plan(crossing, { causes, dueMs: nowMs + share * slice.realMs, legMs });
    }
    for (const { crossing = 0 } of slice.drops) {
      const leg = this.legs.get(crossing);
      if (leg !== undefined) leg.dropped = true;
    }
  }

  /** Legs that are under way or whose packet waits at their end, oldest first. */
  *at(nowMs: number): Iterable<Leg> {
    for (const leg of this.legs.values()) {
      if (leg.startMs <= nowMs && nowMs < this.goneMs(leg)) yield leg;
    }
  }

  /** Where a packet that was followed ended: the leg by its crossing. */
  legOf(crossing: number): Leg | undefined {
    return this.legs.get(crossing);
  }

  clear(): void {
    this.legs.clear();
    this.arrivals.clear();
    this.crossingNs.clear();
    this.lastStart.clear();
    this.lastEndMs = 0;
  }

  /** When a packet is not to be seen at the end of a leg any more. */
  private goneMs({ endMs, leavesMs }: Leg): number {
    return leavesMs ?? endMs + LINGER_MS;
  }

  private ordered(crossings: readonly PacketCrossing[]): readonly {
    readonly crossing: PacketCrossing;
    readonly causes: readonly number[];
    readonly depth: number;
  }[] {
    const depths = new Map<number, number>();
    const ordered = [];
    for (const crossing of crossings) {
      const { from, to } = this.placesOf(crossing);
      const causes = this.causesOf(crossing, from);
      const depth = 1 + causes.reduce((most, id) => Math.max(most, depths.get(id) ?? 0), 0);
      depths.set(crossing.id, depth);
      this.arrive(crossing, from, to);
      ordered.push({ crossing, causes, depth });
    }
    return ordered;
  }

  private placesOf({ edge, forward }: PacketCrossing): {
    readonly from: string;
    readonly to: string;
  } {
    const ends = this.endsOf(edge) ?? { from: '', to: '' };
    return forward ? ends : { from: ends.to, to: ends.from };
  }

  /** What must have arrived before: the packet itself; where it begins, others; while it waited for ARP, that. */
  private causesOf({ after, atNs }: PacketCrossing, from: string): readonly number[] {
    const here = this.arrivals.get(from) ?? [];
    if (after === 0) {
      const recent = here.filter((a) => a.atNs <= atNs && a.atNs >= atNs - CAUSE_NS);
      return recent.map(({ id }) => id);
    }
    const sinceNs = this.crossingNs.get(after) ?? atNs;
    const answers = here.filter((a) => a.related && a.atNs > sinceNs && a.atNs <= atNs);
    return [after, ...answers.map(({ id }) => id)];
  }

  private arrive({ id, after, atNs, tone }: PacketCrossing, from: string, to: string): void {
    this.crossingNs.set(id, atNs);
    const left = this.arrivals.get(from);
    const gone = left?.findIndex((arrival) => arrival.id === after) ?? -1;
    if (gone >= 0) left?.splice(gone, 1);
    const here = this.arrivals.get(to) ?? [];
    if (here.length === 0) this.arrivals.set(to, here);
    here.push({ id, atNs, related: tone === 'related' });
    if (here.length > MOST_ARRIVALS) here.shift();
  }

  private plan(
    { id, after, edge, forward, kind, tone }: PacketCrossing,
    how: { readonly causes: readonly number[]; readonly dueMs: number; readonly legMs: number },
  ): void {
    const { causes, dueMs, legMs } = how;
    const lane = `${forward ? '>' : '<'}${edge}`;
    let startMs = Math.max(dueMs, (this.lastStart.get(lane) ?? 0) + APART * legMs);
    for (const cause of causes) startMs = Math.max(startMs, this.legs.get(cause)?.endMs ?? 0);
    if (startMs - dueMs > MOST_LAG_MS || this.legs.size >= MOST_LEGS) return;
    const before = this.legs.get(after);
    if (before !== undefined) before.leavesMs = Math.min(before.leavesMs ?? startMs, startMs);
    const endMs = startMs + legMs;
    this.lastStart.set(lane, startMs);
    this.lastEndMs = Math.max(this.lastEndMs, endMs + LINGER_MS);
    this.legs.set(id, {
      id,
      edge,
      forward,
      kind,
      tone,
      before,
      first: before?.first ?? { edge, forward },
      startMs,
      endMs,
      leavesMs: undefined,
      dropped: false,
    });
  }

  private forget(nowMs: number): void {
    for (const [id, leg] of this.legs) {
      if (leg.endMs + REMEMBERED_MS < nowMs && (leg.leavesMs ?? 0) < nowMs) {
        this.legs.delete(id);
        this.crossingNs.delete(id);
      }
    }
    for (const id of this.crossingNs.keys()) {
      if (this.crossingNs.size <= 2 * MOST_LEGS) break;
      this.crossingNs.delete(id);
    }
    if (this.legs.size > 0) return;
    this.arrivals.clear();
    this.crossingNs.clear();
    this.lastStart.clear();
  }
}

/** How long a packet that arrived is seen before it fades. */
export const LINGER_MS = 160;
