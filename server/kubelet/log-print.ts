/** A container's log as `kubectl logs` asks for it (PodLogOptions). Octets are printed as they were written. */
import type { OutputStream } from '../program/index.js';
import type { LogChunk, LogRing } from './log-ring.js';

/** Which part of a log, and how. */
export interface LogOptions {
  readonly timestamps?: boolean;
  /** That many lines from the end. */
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  /** RFC 3339. */
  readonly sinceTime?: string;
  /** Octets after which it is cut off. */
  readonly limitBytes?: number;
}

/** Receives a followed log. */
export interface LogSink {
  /** False when the reader is slow: what follows waits until `resume`. */
  write(octets: Uint8Array): boolean;
  /** The container has ended, or the limit is reached. */
  end(): void;
}

/** A log that is being followed. */
export interface LogFollower {
  stop(): void;
  /** The reader has caught up. What the ring has dropped meanwhile is missed, as with files that were rotated away. */
  resume(): void;
}

const NEWLINE = 10;
const EVERYTHING = Number.POSITIVE_INFINITY;

/** What is there. */
export function printLog(log: LogRing, options: LogOptions): Uint8Array {
  const pieces: Uint8Array[] = [];
  const printer = new Printer(log, options, (octets) => pieces.push(octets));
  for (const chunk of selected(log.chunks(), log, options)) printer.print(chunk);
  return new Uint8Array(Buffer.concat(pieces));
}

/** What is there, then what comes, as fast as the reader takes it. */
export function followLog(log: LogRing, options: LogOptions, sink: LogSink): LogFollower {
  let queue = selected(log.chunks(), log, options);
  let at = 0;
  let next = log.end;
  let isBlocked = false;
  let isOver = false;
  const printer = new Printer(log, options, (octets) => {
    isBlocked = !sink.write(octets) || isBlocked;
  });
  const finish = (): void => {
    if (isOver) return;
    isOver = true;
    unfollow();
    sink.end();
  };
  const pump = (): void => {
    while (!isBlocked && !isOver) {
      if (at === queue.length) {
        queue = log.chunksFrom(next);
        at = 0;
        next = log.end;
        if (queue.length === 0) break;
      }
      const chunk = queue[at];
      at += 1;
      if (chunk !== undefined) printer.print(chunk);
      if (printer.isFull) finish();
    }
    if (!isBlocked && log.isEnded) finish();
  };
  let unfollow = (): void => undefined;
  const stop = log.follow(pump, pump);
  unfollow = stop;
  if (options.limitBytes === 0) finish();
  pump();
  return {
    stop: () => {
      isOver = true;
      unfollow();
    },
    resume: () => {
      isBlocked = false;
      pump();
    },
  };
}

/** Prints chunks: a time before each line that was begun, and no more than the limit. */
class Printer {
  private readonly log: LogRing;
  private readonly timestamps: boolean;
  private readonly write: (octets: Uint8Array) => void;
  private readonly open = new Set<OutputStream>();
  private left: number;

  constructor(log: LogRing, options: LogOptions, write: (octets: Uint8Array) => void) {
    this.log = log;
    this.timestamps = options.timestamps === true;
    this.left = options.limitBytes ?? EVERYTHING;
    this.write = write;
  }

  /** Whether the limit is reached. */
  get isFull(): boolean {
    return this.left <= 0;
  }

  print({ atNs, octets, stream }: LogChunk): void {
    if (this.timestamps && !this.open.has(stream)) {
      this.put(new TextEncoder().encode(`${this.log.timeOf(atNs)} `));
    }
    if (octets.at(-1) === NEWLINE) this.open.delete(stream);
    else this.open.add(stream);
    this.put(octets);
  }

  private put(octets: Uint8Array): void {
    const part = octets.subarray(0, Math.max(0, this.left));
    this.left -= part.length;
    if (part.length > 0) this.write(part);
  }
}

/** The chunks that are asked: those of lines that began late enough, and of so many from the end. */
function selected(
  chunks: readonly LogChunk[],
  log: LogRing,
  options: LogOptions,
): readonly LogChunk[] {
  const { tailLines = EVERYTHING } = options;
  const fromNs = firstNs(log, options);
  if (tailLines === EVERYTHING && fromNs === Number.NEGATIVE_INFINITY) return chunks;
  const lines: { readonly atNs: number; readonly parts: LogChunk[] }[] = [];
  const open = new Map<OutputStream, { readonly atNs: number; readonly parts: LogChunk[] }>();
  for (const chunk of chunks) {
    let line = open.get(chunk.stream);
    if (line === undefined) {
      line = { atNs: chunk.atNs, parts: [] };
      lines.push(line);
    }
    line.parts.push(chunk);
    if (chunk.octets.at(-1) === NEWLINE) open.delete(chunk.stream);
    else open.set(chunk.stream, line);
  }
  const late = lines.filter(({ atNs }) => atNs >= fromNs);
  return late.slice(Math.max(0, late.length - tailLines)).flatMap(({ parts }) => parts);
}

function firstNs(log: LogRing, { sinceSeconds, sinceTime }: LogOptions): number {
  if (sinceSeconds !== undefined) return log.agoNs(sinceSeconds);
  const ms = Date.parse(sinceTime ?? '');
  return Number.isNaN(ms) ? Number.NEGATIVE_INFINITY : log.atWall(ms);
}
