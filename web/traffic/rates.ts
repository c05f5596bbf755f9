import type { LaneTraffic, TrafficKind, TrafficSlice } from '../../server/contract/traffic.js';

/** How much passes, per second of simulated time. */
export interface Rate {
  readonly packets: number;
  readonly bits: number;
}

/** Packets and octets of one kind since the page began to listen, and how much passes now. */
export interface KindRate extends Rate {
  readonly kind: TrafficKind;
  readonly totalPackets: number;
  readonly totalOctets: number;
}

/** Seconds of simulated time that are remembered. */
export const HISTORY_SECONDS = 60;
/** How fast a rate follows, in seconds of real time. */
const FOLLOWS_SECONDS = 1.5;
/** Below this many packets per second nothing is said to pass. */
const NOTHING = 0.05;
/** Lanes that are remembered; those that were silent longest go first. */
const MOST_LANES = 4000;
const SECOND_NS = 1e9;

interface Tally {
  packets: number;
  octets: number;
  totalPackets: number;
  totalOctets: number;
}

interface Lane {
  readonly kinds: Map<TrafficKind, Tally>;
  /** When `packets` and `octets` of the kinds held, in simulated nanoseconds. */
  atNs: number;
  /** Packets by second, in a ring; `second` is the newest. */
  readonly history: Float64Array;
  second: number;
}

/** Rates of the lanes of a graph: means that fade, totals, and the last minute second by second. */
export class Rates {
  private readonly lanes = new Map<string, Lane>();
  private speed = 1;
  private nowNs = 0;

  /** The newest simulated time that is known. */
  get atNs(): number {
    return this.nowNs;
  }

  /** Adds what passed in a slice; `speed` is simulated seconds per real second. */
  add(slice: TrafficSlice, speed: number): void {
    this.speed = speed;
    // A guess may have run ahead of a server that is behind.
    this.nowNs = slice.toNs;
    for (const lane of slice.lanes) this.count(lane, slice);
    if (this.lanes.size > MOST_LANES) this.forgetSilent();
  }

  /** Simulated time went on without traffic. */
  passTime(nowNs: number): void {
    this.nowNs = Math.max(this.nowNs, nowNs);
  }

  /** Rate of a direction of an edge, of the kinds that `shown` agrees to. */
  rateOf(edge: string, forward: boolean, shown: (kind: TrafficKind) => boolean): Rate {
    const lane = this.lanes.get(nameOf(edge, forward));
    if (lane === undefined) return { packets: 0, bits: 0 };
    const fade = this.fade(lane);
    let packets = 0;
    let octets = 0;
    for (const [kind, tally] of lane.kinds) {
      if (!shown(kind)) continue;
      packets += tally.packets * fade;
      octets += tally.octets * fade;
    }
    return packets < NOTHING ? { packets: 0, bits: 0 } : { packets, bits: octets * 8 };
  }

  /** By kind, in both directions of an edge. */
  kindsOf(edge: string, forward: boolean): readonly KindRate[] {
    const lane = this.lanes.get(nameOf(edge, forward));
    if (lane === undefined) return [];
    const fade = this.fade(lane);
    return [...lane.kinds].map(([kind, { packets, octets, totalPackets, totalOctets }]) => ({
      kind,
      packets: packets * fade < NOTHING ? 0 : packets * fade,
      bits: packets * fade < NOTHING ? 0 : octets * fade * 8,
      totalPackets,
      totalOctets,
    }));
  }

  /** Packets in each of the last sixty seconds, the newest last. */
  historyOf(edge: string, forward: boolean): readonly number[] {
    const lane = this.lanes.get(nameOf(edge, forward));
    const newest = Math.floor(this.nowNs / SECOND_NS);
    return Array.from({ length: HISTORY_SECONDS }, (_, index) => {
      const second = newest - HISTORY_SECONDS + 1 + index;
      if (lane === undefined || second > lane.second || second <= lane.second - HISTORY_SECONDS)
        return 0;
      return lane.history[mod(second)] ?? 0;
    });
  }

  /** Lanes that something passes on now, as edge and direction. */
  *active(): Iterable<readonly [edge: string, forward: boolean]> {
    for (const [name, lane] of this.lanes) {
      if (this.nowNs - lane.atNs > 10 * FOLLOWS_SECONDS * SECOND_NS * Math.max(1, this.speed))
        continue;
      yield [name.slice(1), name.startsWith('>')];
    }
  }

  clear(): void {
    this.lanes.clear();
    this.nowNs = 0;
  }

  private count({ edge, forward, counts }: LaneTraffic, slice: TrafficSlice): void {
    const name = nameOf(edge, forward);
    const lane = this.lanes.get(name) ?? emptyLane(slice.fromNs);
    // The newest stands last, so that silent lanes are found at the front.
    this.lanes.delete(name);
    this.lanes.set(name, lane);
    const passedNs = Math.max(1, slice.toNs - slice.fromNs);
    const before = this.fadeOver(Math.max(0, slice.fromNs - lane.atNs));
    const during = this.fadeOver(passedNs);
    const perSecond = ((1 - during) * SECOND_NS) / passedNs;
    let packets = 0;
    for (const tally of lane.kinds.values()) {
      tally.packets *= before * during;
      tally.octets *= before * during;
    }
    for (const [kind, [seen, octets]] of entriesOf(counts)) {
      const tally = lane.kinds.get(kind) ?? {
        packets: 0,
        octets: 0,
        totalPackets: 0,
        totalOctets: 0,
      };
      lane.kinds.set(kind, tally);
      tally.packets += seen * perSecond;
      tally.octets += octets * perSecond;
      tally.totalPackets += seen;
      tally.totalOctets += octets;
      packets += seen;
    }
    lane.atNs = slice.toNs;
    remember(lane, slice, packets);
  }

  private fade(lane: Lane): number {
    return this.fadeOver(Math.max(0, this.nowNs - lane.atNs));
  }

  /** Where time runs fast, means run with it: they follow what a person sees. */
  private fadeOver(passedNs: number): number {
    return Math.exp(-passedNs / (FOLLOWS_SECONDS * SECOND_NS * this.speed));
  }

  private forgetSilent(): void {
    for (const name of this.lanes.keys()) {
      if (this.lanes.size <= MOST_LANES) return;
      this.lanes.delete(name);
    }
  }
}

function emptyLane(atNs: number): Lane {
  return {
    kinds: new Map(),
    atNs,
    history: new Float64Array(HISTORY_SECONDS),
    second: Math.floor(atNs / SECOND_NS),
  };
}

/** Puts packets into the seconds of a slice, in equal shares where it has several. */
function remember(lane: Lane, { fromNs, toNs }: TrafficSlice, packets: number): void {
  const newest = Math.floor(toNs / SECOND_NS);
  const oldest = Math.max(Math.floor(fromNs / SECOND_NS), newest - HISTORY_SECONDS + 1);
  for (
    let second = Math.max(lane.second + 1, newest - HISTORY_SECONDS + 1);
    second <= newest;
    second += 1
  )
    lane.history[mod(second)] = 0;
  lane.second = Math.max(lane.second, newest);
  const share = packets / (newest - oldest + 1);
  for (let second = oldest; second <= newest; second += 1)
    lane.history[mod(second)] = (lane.history[mod(second)] ?? 0) + share;
}

function mod(second: number): number {
  return second % HISTORY_SECONDS;
}

function nameOf(edge: string, forward: boolean): string {
  return `${forward ? '>' : '<'}${edge}`;
}

function entriesOf(
  counts: LaneTraffic['counts'],
): readonly (readonly [TrafficKind, readonly [number, number]])[] {
  return Object.entries(counts) as [TrafficKind, readonly [number, number]][];
}
