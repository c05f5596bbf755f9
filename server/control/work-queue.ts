import type { ControlClock } from './clock.js';

const BASE_DELAY_NS = 5_000_000;
const MAX_DELAY_NS = 1_000_000_000_000;

/** What to do with a key after it was worked on: nothing, or try again after a while. */
export type SyncOutcome = 'done' | 'retry';

/** How a work queue acts. */
export interface WorkQueueOptions {
  readonly clock: ControlClock;
  /** Brings one object nearer to what is desired. Decides from what is, never from what woke it. */
  readonly sync: (key: string) => SyncOutcome;
}

/**
 * Keys to work on, each once however often it is added, in order of arrival. Work starts in an event of its
 * own at the present instant. A key that failed comes back after 5 ms, 10 ms, … at most 1000 s, as
 * upstream's ItemExponentialFailureRateLimiter has it.
 */
export class WorkQueue {
  private readonly clock: ControlClock;
  private readonly sync: (key: string) => SyncOutcome;
  private waiting = new Set<string>();
  private readonly failures = new Map<string, number>();
  private readonly later = new Map<string, { readonly atNs: number; cancel(): void }>();
  private scheduled: { cancel(): void } | undefined;
  private stopped = false;

  constructor(options: WorkQueueOptions) {
    this.clock = options.clock;
    this.sync = options.sync;
  }

  /** Keys that are to be worked on now. */
  get pending(): number {
    return this.waiting.size;
  }

  add(key: string): void {
    if (this.stopped) return;
    this.waiting.add(key);
    this.scheduled ??= this.clock.schedule(0, () => this.drain());
  }

  /** Adds a key after a while; of several such wishes for one key the earliest counts. */
  addAfter(key: string, delayNs: number): void {
    if (this.stopped) return;
    if (delayNs <= 0) {
      this.add(key);
      return;
    }
    const atNs = this.clock.nowNs + delayNs;
    const planned = this.later.get(key);
    if (planned !== undefined && planned.atNs <= atNs) return;
    planned?.cancel();
    const timer = this.clock.schedule(delayNs, () => {
      this.later.delete(key);
      this.add(key);
    });
    this.later.set(key, { atNs, cancel: () => timer.cancel() });
  }

  stop(): void {
    this.stopped = true;
    this.scheduled?.cancel();
    for (const timer of this.later.values()) timer.cancel();
    this.later.clear();
    this.waiting.clear();
  }

  private drain(): void {
    this.scheduled = undefined;
    const keys = this.waiting;
    this.waiting = new Set();
    for (const key of keys) {
      if (this.stopped) return;
      if (this.sync(key) === 'done') {
        this.failures.delete(key);
        continue;
      }
      const failures = this.failures.get(key) ?? 0;
      this.failures.set(key, failures + 1);
      this.addAfter(key, Math.min(BASE_DELAY_NS * 2 ** failures, MAX_DELAY_NS));
    }
  }
}
