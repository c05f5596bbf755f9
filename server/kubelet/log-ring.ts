import type { OutputStream } from '../program/index.js';

/** What one write put into a container's log: a line, or a part of one. */
export interface LogChunk {
  readonly atNs: number;
  readonly stream: OutputStream;
  readonly octets: Uint8Array;
}

/** A line of a container's log without its end. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, as `kubectl logs --timestamps` prints it. */
  readonly time: string;
  readonly stream: OutputStream;
  readonly text: string;
}

const LIMIT_BYTES = 64 * 1024;
const NEWLINE = 10;
const SWEEP_AT = 1024;

/**
 * The newest 64 KiB that a container wrote, with times.
 *
 * Fidelity: the kubelet keeps files of 10 MiB and rotates five of them.
 */
export class LogRing {
  private kept: LogChunk[] = [];
  private bytes = 0;
  private dropped = 0;
  private readonly nowNs: () => number;
  private readonly epochMs: number;
  private readonly listeners = new Set<(chunk: LogChunk) => void>();

  /** `epochMs` is the wall time, in milliseconds since 1970, of simulated time 0. */
  constructor(nowNs: () => number, epochMs: number) {
    this.nowNs = nowNs;
    this.epochMs = epochMs;
  }

  /** Adds what was written, cut at line ends. */
  write(stream: OutputStream, octets: Uint8Array): void {
    let start = 0;
    while (start < octets.length) {
      const end = octets.indexOf(NEWLINE, start);
      const stop = end === -1 ? octets.length : end + 1;
      this.add({ atNs: this.nowNs(), stream, octets: octets.slice(start, stop) });
      start = stop;
    }
  }

  /** What is kept, oldest first. */
  chunks(): readonly LogChunk[] {
    return this.kept.slice(this.dropped);
  }

  /** What is kept as lines, oldest first; a line has the time of its first part. */
  lines(): readonly LogLine[] {
    const decoder = new TextDecoder();
    const lines: LogLine[] = [];
    const open = new Map<OutputStream, { readonly time: string; text: string }>();
    for (const { atNs, octets, stream } of this.chunks()) {
      const part = decoder.decode(octets);
      const line = open.get(stream) ?? { time: formatNanoseconds(this.epochMs, atNs), text: '' };
      line.text += part;
      if (part.endsWith('\n')) {
        open.delete(stream);
        lines.push({ time: line.time, stream, text: line.text.slice(0, -1) });
      } else open.set(stream, line);
    }
    for (const [stream, line] of open) lines.push({ ...line, stream });
    return lines;
  }

  /** Calls back with each later write; returns the call that ends it. */
  follow(listener: (chunk: LogChunk) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Everything that is kept as one text, as `kubectl logs` prints it. */
  text(): string {
    const decoder = new TextDecoder();
    return this.chunks()
      .map(({ octets }) => decoder.decode(octets))
      .join('');
  }

  /** The end of the log, up to so many characters, for terminationMessagePolicy FallbackToLogsOnError. */
  tail(limit: number): string {
    return this.text().slice(-limit);
  }

  private add(chunk: LogChunk): void {
    this.kept.push(chunk);
    this.bytes += chunk.octets.length;
    while (this.bytes > LIMIT_BYTES && this.dropped < this.kept.length - 1) {
      this.bytes -= this.kept[this.dropped]?.octets.length ?? 0;
      this.dropped++;
    }
    if (this.dropped > SWEEP_AT) {
      this.kept = this.kept.slice(this.dropped);
      this.dropped = 0;
    }
    for (const listener of this.listeners) listener(chunk);
  }
}

function formatNanoseconds(epochMs: number, atNs: number): string {
  const seconds = Math.floor(atNs / 1e9);
  const rest = String(Math.round(atNs - seconds * 1e9)).padStart(9, '0');
  return `${new Date(epochMs + seconds * 1000).toISOString().slice(0, 19)}.${rest}Z`;
}
