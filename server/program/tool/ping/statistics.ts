/** Round trips of a ping, and the line that sums them up. */

/** Nanoseconds as ping shows milliseconds: three digits. */
export function milliseconds(ns: number): string {
  const micros = Math.floor(ns / 1000);
  return `${Math.floor(micros / 1000)}.${String(micros % 1000).padStart(3, '0')}`;
}

/** A round trip in a line of a reply: fewer digits the longer it took (ping_common.c, gather_statistics). */
export function tripTime(ns: number): string {
  const micros = Math.floor(ns / 1000);
  if (micros >= 100_000) return String(Math.floor((micros + 500) / 1000));
  if (micros >= 10_000) return (Math.floor((micros + 50) / 100) / 10).toFixed(1);
  if (micros >= 1000) return (Math.floor((micros + 5) / 10) / 100).toFixed(2);
  return milliseconds(ns);
}

/** Sums of round trips, in microseconds as ping keeps them. */
export class TripStatistics {
  private readonly micros: number[] = [];
  private ewma = 0;

  add(ns: number): void {
    const micros = Math.floor(ns / 1000);
    this.micros.push(micros);
    this.ewma = this.micros.length === 1 ? micros * 8 : this.ewma + micros - this.ewma / 8;
  }

  get count(): number {
    return this.micros.length;
  }

  get maxNs(): number {
    return Math.max(0, ...this.micros) * 1000;
  }

  get minNs(): number {
    return Math.min(...this.micros) * 1000;
  }

  get averageNs(): number {
    return Math.floor(this.sum / this.count) * 1000;
  }

  get ewmaNs(): number {
    return (this.ewma / 8) * 1000;
  }

  /** sqrt of the mean square less the square of the mean. */
  get deviationNs(): number {
    const mean = this.sum / this.count;
    const squares = this.micros.reduce((sum, each) => sum + each * each, 0) / this.count;
    return Math.floor(Math.sqrt(Math.max(0, squares - mean * mean))) * 1000;
  }

  private get sum(): number {
    return this.micros.reduce((sum, each) => sum + each, 0);
  }
}
