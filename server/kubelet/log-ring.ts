import type { OutputStream } from '../program/contract.js';

/** A line of a container's log, or a part of one that is not ended yet. */
export interface LogLine {
  readonly atNs: number;
  readonly stream: OutputStream;
  readonly octets: Uint8Array;
}

const LIMIT_BYTES = 64 * 1024;
const NEWLINE = 10;

/**
 * The newest 64 KiB that a container wrote, with times.
 *
 * Fidelity: the kubelet keeps files of 10 MiB and rotates five of them.
 */
export class LogRing {
  private lines: LogLine[] = [];
  private bytes = 0;
  private dropped = 0;
  private readonly nowNs: () => number;
  private readonly listeners = new Set<(line: LogLine) => void>();

  constructor(nowNs: () => number) {
    this.nowNs = nowNs;
  }

  /** Adds what was written, cut at line ends; a rest without line end is kept as a line of its own. */
  write(stream: OutputStream, octets: Uint8Array): void {
    let start = 0;
    while (start < octets.length) {
      const end = octets.indexOf(NEWLINE, start);
      const stop = end === -1 ? octets.length : end + 1;
      this.add({ atNs: this.nowNs(), stream, octets: octets.slice(start, stop) });
      start = stop;
    }
  }

  /** Lines that are kept, oldest first. */
  read(): readonly LogLine[] {
    return this.lines.slice(this.dropped);
  }

  /** Calls back with each later line; returns the call that ends it. */
  follow(listener: (line: LogLine) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Everything that is kept as one text, as `kubectl logs` prints it. */
  text(): string {
    const decoder = new TextDecoder();
    return this.read()
      .map((line) => decoder.decode(line.octets))
      .join('');
  }

  /** The last lines of up to `limitBytes`, for terminationMessagePolicy FallbackToLogsOnError. */
  tail(limitBytes: number): string {
    return this.text().slice(-limitBytes);
  }

  private add(line: LogLine): void {
    this.lines.push(line);
    this.bytes += line.octets.length;
    while (this.bytes > LIMIT_BYTES && this.dropped < this.lines.length - 1) {
      this.bytes -= this.lines[this.dropped]?.octets.length ?? 0;
      this.dropped++;
    }
    if (this.dropped > 1024) {
      this.lines = this.lines.slice(this.dropped);
      this.dropped = 0;
    }
    for (const listener of this.listeners) listener(line);
  }
}
