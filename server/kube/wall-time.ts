import { rfc3339 } from './time.js';

/** Simulated time as the API writes it. */
export class WallTime {
  private readonly clock: { readonly nowNs: number };
  private readonly startMs: number;
  private second = Number.NaN;
  private text = '';

  /** `startMs`: what the wall showed, in milliseconds since 1970, when the clock stood at 0. */
  constructor(clock: { readonly nowNs: number }, startMs: number) {
    this.clock = clock;
    this.startMs = startMs;
  }

  /** Milliseconds since 1970. */
  get nowMs(): number {
    return this.startMs + this.clock.nowNs / 1e6;
  }

  /** The time now, RFC 3339 to the second. */
  now(): string {
    const { nowMs } = this;
    const second = Math.floor(nowMs / 1000);
    if (second !== this.second) {
      this.second = second;
      this.text = rfc3339(nowMs);
    }
    return this.text;
  }

  /** Nanoseconds from now until a number of seconds after a time; negative when that has passed. */
  untilNs(since: string, seconds: number): number {
    // Times in the API are cut to the second, so the moment lies up to a second early.
    return (Date.parse(since) + seconds * 1000 - this.nowMs) * 1e6;
  }
}
