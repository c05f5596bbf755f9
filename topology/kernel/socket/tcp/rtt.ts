import { JIFFY_NS, MICROSECOND, MILLISECOND, SECOND } from '../../../base/index.js';

/** RTO before anything was measured (RFC 6298 section 2.1). */
export const INITIAL_RTO_NS = SECOND;
/** TCP_RTO_MIN and TCP_RTO_MAX of Linux. */
export const MIN_RTO_NS = 200 * MILLISECOND;
export const MAX_RTO_NS = 120 * SECOND;

/** A time in whole jiffies, rounded up (usecs_to_jiffies). */
function inJiffies(ns: number): number {
  return Math.ceil(ns / JIFFY_NS) * JIFFY_NS;
}

/**
 * Round-trip time and the retransmission timeout drawn from it (RFC 6298 with Linux's floor: the variance part is at
 * least 200 ms, so the timeout is the round trip, at least a microsecond, plus 200 ms or more, in jiffies: 204 ms).
 */
export class RttEstimator {
  /** Smoothed round trip, undefined until measured. */
  smoothedNs: number | undefined = undefined;
  rtoNs = INITIAL_RTO_NS;
  private varianceNs = 0;

  /** Takes in one measurement. */
  sample(measuredNs: number): void {
    const rttNs = Math.max(measuredNs, MICROSECOND);
    if (this.smoothedNs === undefined) {
      this.smoothedNs = rttNs;
      this.varianceNs = rttNs / 2;
    } else {
      const error = Math.abs(this.smoothedNs - rttNs);
      this.varianceNs += (error - this.varianceNs) / 4;
      this.smoothedNs += (rttNs - this.smoothedNs) / 8;
    }
    this.reset();
  }

  /** Undoes the doubling of the timeout: something new was acknowledged. */
  reset(): void {
    if (this.smoothedNs === undefined) {
      this.rtoNs = INITIAL_RTO_NS;
      return;
    }
    const spread = Math.max(4 * this.varianceNs, MIN_RTO_NS);
    this.rtoNs = Math.min(inJiffies(this.smoothedNs + spread), MAX_RTO_NS);
  }

  /** Doubles the timeout after a retransmission. */
  backOff(): void {
    this.rtoNs = Math.min(this.rtoNs * 2, MAX_RTO_NS);
  }
}

/**
 * How long after the first retransmission a connection gives up for `retries` (tcp_model_timeout): as if every timeout
 * had doubled from 200 ms, so 924.6 s for 15.
 */
export function giveUpAfterNs(retries: number): number {
  const doublings = 9;
  if (retries <= doublings) return (2 ** (retries + 1) - 1) * MIN_RTO_NS;
  return (2 ** (doublings + 1) - 1) * MIN_RTO_NS + (retries - doublings) * MAX_RTO_NS;
}
