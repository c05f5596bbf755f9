/** The clock that controllers wait on; `SimClock` is one. */
export interface ControlClock {
  /** Nanoseconds since the clock was made. */
  readonly nowNs: number;
  /** Calls `run` after `delayNs` (0 or more). */
  schedule(delayNs: number, run: () => void): { cancel(): void };
}

/** Nanoseconds of a second, for delays that the API gives in seconds. */
export const SECOND_NS = 1_000_000_000;

/** Simulated time as the API writes it. */
export class WallTime {
  private readonly clock: ControlClock;
  private readonly startMs: number;

  /** `startMs`: what the wall showed, in milliseconds since 1970, when the clock stood at 0. */
  constructor(clock: ControlClock, startMs: number) {
    this.clock = clock;
    this.startMs = startMs;
  }

  /** Milliseconds since 1970. */
  get nowMs(): number {
    return this.startMs + this.clock.nowNs / 1e6;
  }

  /** The time now, RFC 3339 to the second. */
  now(): string {
    return rfc3339(this.nowMs);
  }

  /** Nanoseconds from now until a number of seconds after a time; negative when that has passed. */
  untilNs(since: string, seconds: number): number {
    // Times in the API are cut to the second, so the moment lies up to a second early.
    return (Date.parse(since) + seconds * 1000 - this.nowMs) * 1e6;
  }
}

/** A time as the API writes it: UTC, to the second. */
export function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
