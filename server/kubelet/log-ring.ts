import type { OutputStream } from '../program/index.js';

/** What one write put into a container's log: a line, or a part of one. */
export interface LogChunk {
  readonly atNs: number;
  readonly stream: OutputStream;
  readonly octets: Uint8Array;
}

const LIMIT_BYTES = 512 * 1024;
const NEWLINE = 10;
const SWEEP_AT = 1024;

/**
 * The newest 512 KiB that a container wrote, with times.
 *
 * Fidelity: the kubelet keeps files of 10 MiB and rotates five of them.
 */
export class LogRing {
  private kept: LogChunk[] = [];
  private bytes = 0;
  private dropped = 0;
  /** Chunks that came before those in `kept`. */
  private swept = 0;
  private readonly nowNs: () => number;
  private readonly epochMs: number;
  private readonly followers = new Set<{
    readonly listener: (chunk: LogChunk) => void;
    readonly ended: () => void;
  }>();
  private ended = false;

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

  /** Number of the chunk that comes next. */
  get end(): number {
    return this.swept + this.kept.length;
  }

  /** Whether the container has ended. */
  get isEnded(): boolean {
    return this.ended;
  }

  /** What is kept of the chunks from a number on. */
  chunksFrom(number: number): readonly LogChunk[] {
    return this.kept.slice(Math.max(this.dropped, number - this.swept));
  }

  /** Calls back with each later write, and at the end of the container; returns the call that stops it. */
  follow(listener: (chunk: LogChunk) => void, ended: () => void = () => {}): () => void {
    if (this.ended) {
      ended();
      return () => undefined;
    }
    const follower = { listener, ended };
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }

  /** Nothing more comes: the container has ended. */
  close(): void {
    this.ended = true;
    const followers = [...this.followers];
    this.followers.clear();
    for (const { ended } of followers) ended();
  }

  /** RFC 3339 with nanoseconds of a time of the simulated clock. */
  timeOf(atNs: number): string {
    return formatNanoseconds(this.epochMs, atNs);
  }

  /** Simulated time some seconds ago. */
  agoNs(seconds: number): number {
    return this.nowNs() - seconds * 1e9;
  }

  /** Simulated time of a wall time in milliseconds since 1970. */
  atWall(ms: number): number {
    return (ms - this.epochMs) * 1e6;
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
      this.swept += this.dropped;
      this.dropped = 0;
    }
    for (const { listener } of this.followers) listener(chunk);
  }
}

function formatNanoseconds(epochMs: number, atNs: number): string {
  const seconds = Math.floor(atNs / 1e9);
  const rest = String(Math.round(atNs - seconds * 1e9)).padStart(9, '0');
  return `${new Date(epochMs + seconds * 1000).toISOString().slice(0, 19)}.${rest}Z`;
}
