import { invariant } from './invariant.js';

/** Nanoseconds in the usual units, to write delays in words. */
export const MICROSECOND = 1_000;
export const MILLISECOND = 1_000_000;
export const SECOND = 1_000_000_000;

/** A scheduled call; `cancel` after it ran does nothing. */
export interface Timer {
  readonly atNs: number;
  cancel(): void;
}

class Entry implements Timer {
  readonly atNs: number;
  readonly order: number;
  run: (() => void) | undefined;
  private readonly owner: SimClock;

  constructor(atNs: number, order: number, run: () => void, owner: SimClock) {
    this.atNs = atNs;
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
  return a.atNs < b.atNs || (a.atNs === b.atNs && a.order < b.order);
}

/**
 * Simulated time: the only time there is in podnet.
 *
 * Due calls run in order of time, then of creation. A call scheduled for now runs after the
 * current one. Times are whole nanoseconds since the clock was made; numbers stay exact for 104 days
 * and within two nanoseconds for a year.
 *
 * Fidelity: Linux's timer wheel rounds timers up to a bucket and runs those of one bucket last armed first
 * (enqueue_timer); which of two machines acts first in one instant may differ from it, what each does not.
 */
export class SimClock {
  private heap: Entry[] = [];
  private order = 0;
  private cancelled = 0;
  private time = 0;

  /** Nanoseconds since the clock was made. */
  get nowNs(): number {
    return this.time;
  }

  /** Number of calls still to come. */
  get pending(): number {
    return this.heap.length - this.cancelled;
  }

  /** Calls `run` after `delayNs` (0 or more) of simulated time. */
  schedule(delayNs: number, run: () => void): Timer {
    invariant(delayNs >= 0, `a delay must be 0 or more, not ${delayNs}`);
    return this.at(this.time + Math.round(delayNs), run);
  }

  /** Calls `run` at a moment that has not passed. */
  at(atNs: number, run: () => void): Timer {
    invariant(atNs >= this.time, `the moment ${atNs} ns has passed; it is ${this.time} ns`);
    const entry = new Entry(atNs, this.order++, run, this);
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
