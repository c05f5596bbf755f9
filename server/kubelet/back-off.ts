const SECOND = 1_000_000_000;

/** Limits of a back-off, in nanoseconds. */
export interface BackOffLimits {
  readonly initialNs: number;
  readonly maxNs: number;
}

/** Of container restarts and image pulls: 10 s, doubled up to 300 s. */
export const KUBELET_BACK_OFF: BackOffLimits = { initialNs: 10 * SECOND, maxNs: 300 * SECOND };

/** Of volume mounts: 500 ms, doubled up to 2 min 2 s. */
export const MOUNT_BACK_OFF: BackOffLimits = { initialNs: SECOND / 2, maxNs: 122 * SECOND };

/**
 * An exponential back-off for one thing, after client-go's `flowcontrol.Backoff`: it is forgotten when nothing was
 * added for twice its longest delay (10 minutes for restarts).
 */
export class BackOff {
  private readonly limits: BackOffLimits;
  private delayNs = 0;
  private updatedNs = 0;

  constructor(limits: BackOffLimits) {
    this.limits = limits;
  }

  /** The present delay; 0 before the first failure and after the back-off was forgotten. */
  delayAt(nowNs: number): number {
    return this.hasExpired(nowNs) ? 0 : this.delayNs;
  }

  /** Nanoseconds still to wait when the last failure was at `sinceNs`; 0 when free to go. */
  remainingSince(sinceNs: number, nowNs: number): number {
    const delayNs = this.delayAt(nowNs);
    return Math.max(0, sinceNs + delayNs - nowNs);
  }

  /** Notes another attempt: the next wait is twice as long. */
  next(nowNs: number): void {
    const { initialNs, maxNs } = this.limits;
    const delayNs = this.delayAt(nowNs);
    this.delayNs = delayNs === 0 ? initialNs : Math.min(delayNs * 2, maxNs);
    this.updatedNs = nowNs;
  }

  /** Forgets all failures. */
  reset(): void {
    this.delayNs = 0;
  }

  private hasExpired(nowNs: number): boolean {
    return nowNs - this.updatedNs > this.limits.maxNs * 2;
  }
}

/** A delay as Go prints a `time.Duration`: `10s`, `1m20s`, `5m0s`, `1.5s`, `500ms`. */
export function formatDuration(ns: number): string {
  if (ns === 0) return '0s';
  if (ns < SECOND) return `${trim(ns / 1_000_000)}ms`;
  const seconds = ns / SECOND;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${trim(seconds % 60)}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}

function trim(value: number): string {
  return String(Number(value.toFixed(3)));
}
