import { invariant } from './invariant.js';
import { bucketOf, JIFFY_NS } from './timer-wheel.js';

/** Nanoseconds in the usual units, to write delays in words. */
export const MICROSECOND = 1_000;
export const MILLISECOND = 1_000_000;
export const SECOND = 1_000_000_000;

/** A scheduled call; `cancel` after it ran does nothing. */
export interface Timer {
  readonly atNs: number;
  cancel(): void;
}

/** Rank of a call that is not the timer wheel's: after all those of its instant that are. */
const PLAIN = 0;
/** Ranks of the timer wheel's calls: the levels, and before them those of pinned timers. */
const FIRST_LEVEL = -1;
const PINNED = -16;

class Entry implements Timer {
  readonly atNs: number;
  readonly rank: number;
  readonly order: number;
  run: (() => void) | undefined;
  private readonly owner: SimClock;

  constructor(atNs: number, rank: number, order: number, run: () => void, owner: SimClock) {
    this.atNs = atNs;
    this.rank = rank;
    this.order = order;
    this.run = run;
    this.owner = owner;
  }

  cancel(): void {
    if (this.run === undefined) return;
    this.run = undefined;
    this.owner.noteCancelled();
  }
}

function before(a: Entry, b: Entry): boolean {
  if (a.atNs !== b.atNs) return a.atNs < b.atNs;
  return a.rank === b.rank ? a.order < b.order : a.rank < b.rank;
}

/**
 * A timer of the kernel (struct timer_list), made once and armed as often as needed. It fires when its bucket of the
 * timer wheel is due: up to a jiffy late if armed for less than 252 ms, up to 32 ms below 2 s, up to 256 ms below 16 s and
 * so on (`bucketOf`). Arming it again while its bucket stays the same costs nothing and keeps its place there.
 */
export class WheelTimer {
  private readonly owner: SimClock;
  private readonly pinned: boolean;
  private readonly fire: () => void;
  private entry: Entry | undefined = undefined;
  private expires = 0;

  /** Made by SimClock.timer. */
  constructor(owner: SimClock, run: () => void, pinned: boolean) {
    this.owner = owner;
    this.pinned = pinned;
    this.fire = () => {
      this.entry = undefined;
      this.owner.wheelTurned();
      run();
    };
  }

  /** Whether it is going to fire (timer_pending). */
  get armed(): boolean {
    return this.entry !== undefined;
  }

  /** The moment it was armed for, in nanoseconds: the jiffy, not that of its bucket; meaningful while it is armed. */
  get expiresNs(): number {
    return this.expires * JIFFY_NS;
  }

  /** Starts it, or starts it anew (mod_timer): `delayNs` (0 or more) are counted in jiffies, rounded up. */
  arm(delayNs: number): void {
    const { owner, entry } = this;
    const expires = owner.jiffies + Math.ceil(delayNs / JIFFY_NS);
    if (entry !== undefined && expires === this.expires) return;
    this.expires = expires;
    const { level, dueJiffy } = bucketOf(expires, owner.wheelJiffy);
    const rank = FIRST_LEVEL - level + (this.pinned ? PINNED : 0);
    const atNs = dueJiffy * JIFFY_NS;
    if (entry !== undefined) {
      if (entry.atNs === atNs && entry.rank === rank) return;
      entry.cancel();
    }
    this.entry = owner.enqueue(atNs, rank, this.fire);
  }

  /** Stops it (timer_delete); nothing happens when it is not armed. */
  cancel(): void {
    this.entry?.cancel();
    this.entry = undefined;
  }
}

/**
 * Simulated time: the only time there is in podnet.
 *
 * Two kinds of calls wait on it. Those of `schedule` and `at` are exact; due at one instant they run in order of creation,
 * and one scheduled for now runs after the current one. The timers of the emulated kernel (`timer`) fire as
 * those of Linux's timer wheel (kernel/time/timer.c): when their bucket is due, before all else of that
 * instant; pinned ones first, then the more distant levels before the nearer, then the last armed before the first.
 *
 * Times are whole nanoseconds since the clock was made; numbers stay exact for 104 days and within two nanoseconds
 * for a year.
 *
 * Fidelity: all machines share one wheel and one tick, as namespaces of one single-processor machine do, and jiffies
 * start at 0. Real machines' ticks are apart, so their timers differ by less than a bucket.
 */
export class SimClock {
  /** Called when a call is scheduled before all others: whoever sleeps until the next one may have to wake. */
  onEarlier: (() => void) | undefined = undefined;
  private heap: Entry[] = [];
  private order = 0;
  private cancelled = 0;
  private time = 0;
  private turnedTo = 0;

  /** Nanoseconds since the clock was made. */
  get nowNs(): number {
    return this.time;
  }

  /** Number of calls still to come. */
  get pending(): number {
    return this.heap.length - this.cancelled;
  }

  /** The present tick. */
  get jiffies(): number {
    return Math.floor(this.time / JIFFY_NS);
  }

  /** Makes a timer on the wheel that is not armed yet; `pinned` ones (TIMER_PINNED) fire before the others of their tick. */
  timer(run: () => void, pinned = false): WheelTimer {
    return new WheelTimer(this, run, pinned);
  }

  /** When a timer would fire that is armed now for `delayNs`, in nanoseconds: for what expires without a timer. */
  wheelAtNs(delayNs: number): number {
    const expires = this.jiffies + Math.ceil(delayNs / JIFFY_NS);
    return bucketOf(expires, this.wheelJiffy).dueJiffy * JIFFY_NS;
  }

  /** Calls `run` after `delayNs` (0 or more) of simulated time. */
  schedule(delayNs: number, run: () => void): Timer {
    invariant(delayNs >= 0, `a delay must be 0 or more, not ${delayNs}`);
    return this.at(this.time + Math.round(delayNs), run);
  }

  /** Calls `run` at a moment that has not passed. */
  at(atNs: number, run: () => void): Timer {
    invariant(atNs >= this.time, `the moment ${atNs} ns has passed; it is ${this.time} ns`);
    const entry = new Entry(atNs, PLAIN, this.order++, run, this);
    this.push(entry);
    return entry;
  }

  /** The moment of the next call, or undefined when none is scheduled. */
  nextAtNs(): number | undefined {
    this.dropCancelledHead();
    return this.heap[0]?.atNs;
  }

  /** Moves to the next call and runs it; false when there was none. */
  step(): boolean {
    this.dropCancelledHead();
    const entry = this.pop();
    if (entry === undefined) return false;
    this.time = entry.atNs;
    const run = entry.run;
    entry.run = undefined;
    run?.();
    return true;
  }

  /** Runs every call due at or before `atNs`, then stands at `atNs`. */
  advanceTo(atNs: number): void {
    for (let next = this.nextAtNs(); next !== undefined && next <= atNs; next = this.nextAtNs()) {
      this.step();
    }
    if (atNs > this.time) this.time = atNs;
  }

  /** Runs every call due within `byNs` from now, then stands there. */
  advance(byNs: number): void {
    this.advanceTo(this.time + byNs);
  }

  /** Used by timers of the wheel: the jiffy after the last that it ran (timer_base.clk). */
  get wheelJiffy(): number {
    return Math.max(this.jiffies, this.turnedTo);
  }

  /** Used by a timer of the wheel that fires. */
  wheelTurned(): void {
    this.turnedTo = this.jiffies + 1;
  }

  /** Used by a timer of the wheel: puts it at the head of its bucket (enqueue_timer). */
  enqueue(atNs: number, rank: number, run: () => void): Entry {
    this.order++;
    const entry = new Entry(atNs, rank, -this.order, run, this);
    this.push(entry);
    return entry;
  }

  /** Used by a timer that was cancelled; sweeps when most entries are dead. */
  noteCancelled(): void {
    this.cancelled++;
    if (this.cancelled > 1024 && this.cancelled * 2 > this.heap.length) this.sweep();
  }

  private dropCancelledHead(): void {
    while (this.heap.length > 0 && this.heap[0]?.run === undefined) {
      this.pop();
      this.cancelled--;
    }
  }

  private sweep(): void {
    const live = this.heap.filter((entry) => entry.run !== undefined);
    live.sort((a, b) => (before(a, b) ? -1 : 1));
    this.heap = live;
    this.cancelled = 0;
  }

  private push(entry: Entry): void {
    const heap = this.heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!before(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
    if (index === 0) this.onEarlier?.();
  }

  private pop(): Entry | undefined {
    const heap = this.heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const leftEntry = heap[left] as Entry;
      const rightEntry = heap[right];
      const child = rightEntry !== undefined && before(rightEntry, leftEntry) ? right : left;
      const below = heap[child] as Entry;
      if (!before(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}
