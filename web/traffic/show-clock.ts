/**
 * The clock that packets are shown by: real time that stands still while the cluster's clock does. Stepping the cluster
 * lets it run until what the step sent has been seen.
 */
export class ShowClock {
  private lostMs = 0;
  private frozenAtMs: number | undefined;
  private pausedAtNs: number | undefined;
  private runsUntilMs = 0;

  /** Milliseconds that were shown. */
  get nowMs(): number {
    const nowMs = performance.now() - this.lostMs;
    if (this.frozenAtMs !== undefined) return this.frozenAtMs;
    if (this.pausedAtNs !== undefined && nowMs >= this.runsUntilMs) this.freeze(Math.max(nowMs, 0));
    return nowMs;
  }

  /** Whether the cluster's clock stands still. */
  get paused(): boolean {
    return this.pausedAtNs !== undefined;
  }

  /** Whether nothing moves now. */
  get frozen(): boolean {
    return this.frozenAtMs !== undefined;
  }

  /** Says whether the cluster's clock stands still, and where. */
  setPaused(paused: boolean, atNs: number): void {
    if (!paused) {
      this.pausedAtNs = undefined;
      this.thaw();
    } else if (this.pausedAtNs === undefined) {
      const nowMs = this.nowMs;
      this.pausedAtNs = atNs;
      this.freeze(nowMs);
    }
  }

  /** Traffic up to a simulated time has come: while paused, by a step when that is later than the pause. */
  stepped(toNs: number, busyUntilMs: number): void {
    if (this.pausedAtNs === undefined || toNs <= this.pausedAtNs) return;
    this.runsUntilMs = busyUntilMs;
    this.thaw();
  }

  private freeze(atMs: number): void {
    this.frozenAtMs = atMs;
  }

  private thaw(): void {
    if (this.frozenAtMs === undefined) return;
    this.lostMs = performance.now() - this.frozenAtMs;
    this.frozenAtMs = undefined;
  }
}
