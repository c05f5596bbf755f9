/** The clock that controllers wait on; `SimClock` is one. */
export interface ControlClock {
  /** Nanoseconds since the clock was made. */
  readonly nowNs: number;
  /** Calls `run` after `delayNs` (0 or more). */
  schedule(delayNs: number, run: () => void): { cancel(): void };
}

/** Nanoseconds of a second, for delays that the API gives in seconds. */
export const SECOND_NS = 1_000_000_000;
