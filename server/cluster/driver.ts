import type { SimClock } from '../../topology/index.js';

/** How long one burst may run before the event loop gets its turn, in real milliseconds. */
const BURST_MS = 12;
/** How often a paced clock is moved on, in real milliseconds. */
const TICK_MS = 8;
/** How long at most a paced clock with nothing to do is left alone, in real milliseconds: what reads it may be so far behind. */
const IDLE_MS = 100;
/** How far a paced clock may lag behind before it stops trying to catch up, in real milliseconds. */
const MAX_LAG_MS = 250;

/**
 * Moves the simulated clock on. The clock never passes an instant while a program still has work in it: after
 * the events of an instant, pending promise callbacks run to the end, and what they schedule for the same instant runs
 * too.
 */
export class Driver {
  private readonly clock: SimClock;
  private readonly onState: () => void;
  private readonly onError: (error: unknown) => void;
  private timer: NodeJS.Timeout | undefined;
  /** Set while the timer waits longer than a tick because nothing is due. */
  private asleep: (() => void) | undefined;
  private running: Promise<void> = Promise.resolve();
  private simSpeed: number;
  private stopped = true;

  constructor(options: {
    readonly clock: SimClock;
    readonly speed: number;
    readonly onState?: () => void;
    /** Told of what an event threw while the clock was paced; commands that run it get the error themselves. */
    readonly onError?: (error: unknown) => void;
  }) {
    this.clock = options.clock;
    this.simSpeed = options.speed;
    this.onState = options.onState ?? (() => {});
    this.onError = options.onError ?? (() => {});
    this.clock.onEarlier = () => this.asleep?.();
  }

  /** True while the clock stands still. */
  get paused(): boolean {
    return this.stopped;
  }

  /** Simulated seconds per real second. */
  get speed(): number {
    return this.simSpeed;
  }

  setSpeed(speed: number): void {
    this.simSpeed = speed;
    this.asleep?.();
    this.onState();
  }

  /** Lets the clock run at its speed. */
  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.tick(performance.now());
    this.onState();
  }

  /** Stands still after the present instant. */
  pause(): void {
    if (this.stopped) return;
    this.stopped = true;
    clearTimeout(this.timer);
    this.asleep = undefined;
    this.onState();
  }

  /** Runs the events of the next instant, whether paused or not; false when nothing is scheduled. */
  step(): Promise<boolean> {
    return this.exclusively(() => this.instant());
  }

  /** Runs as fast as it goes until `done` says so or the clock has reached `untilNs`. */
  runUntil(untilNs: number, done: () => boolean = () => false): Promise<void> {
    return this.exclusively(async () => {
      while (!done()) {
        const nextNs = this.clock.nextAtNs();
        if (nextNs === undefined || nextNs > untilNs) break;
        await this.instant();
      }
      if (!done() && this.clock.nowNs < untilNs) this.clock.advanceTo(untilNs);
    });
  }

  /** Ends the pacing and waits until nothing runs any more. */
  async stop(): Promise<void> {
    this.pause();
    await this.running;
  }

  private tick(lastMs: number): void {
    const turn = (): void => {
      this.asleep = undefined;
      const nowMs = performance.now();
      const elapsedMs = Math.min(nowMs - lastMs, MAX_LAG_MS);
      const targetNs = this.clock.nowNs + Math.round(elapsedMs * 1e6 * this.simSpeed);
      // A mistake in one event must not stop the clock for all.
      this.burst(targetNs, nowMs + BURST_MS)
        .catch((error: unknown) => this.onError(error))
        .then(() => {
          if (!this.stopped) this.tick(nowMs);
        });
    };
    const delayMs = this.idleMs();
    this.timer = setTimeout(turn, delayMs);
    if (delayMs === TICK_MS) return;
    this.asleep = () => {
      this.asleep = undefined;
      clearTimeout(this.timer);
      this.timer = setTimeout(turn, TICK_MS);
    };
  }

  /** How long nothing is due, in real milliseconds, within the bounds of a tick and of idleness. */
  private idleMs(): number {
    const nextNs = this.clock.nextAtNs();
    if (nextNs === undefined) return IDLE_MS;
    const dueMs = (nextNs - this.clock.nowNs) / 1e6 / this.simSpeed;
    return Math.min(Math.max(Math.ceil(dueMs), TICK_MS), IDLE_MS);
  }

  private burst(targetNs: number, deadlineMs: number): Promise<void> {
    return this.exclusively(async () => {
      for (;;) {
        const nextNs = this.clock.nextAtNs();
        if (this.stopped || nextNs === undefined || nextNs > targetNs) break;
        if (performance.now() > deadlineMs) return;
        await this.instant();
      }
      if (!this.stopped && this.clock.nowNs < targetNs) this.clock.advanceTo(targetNs);
    });
  }

  /** One instant: its events, and what programs make of them until nobody has more to do in it. */
  private async instant(): Promise<boolean> {
    const atNs = this.clock.nextAtNs();
    if (atNs === undefined) return false;
    while (this.clock.nextAtNs() === atNs) {
      while (this.clock.nextAtNs() === atNs) this.clock.step();
      await microtasksDone();
    }
    return true;
  }

  /** One run at a time: the clock has a single hand. */
  private exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.running.then(work);
    this.running = result.then(
      () => {},
      () => {},
    );
    return result;
  }
}

/** Resolves when every promise callback that is ready now, and those they make ready, has run. */
function microtasksDone(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
