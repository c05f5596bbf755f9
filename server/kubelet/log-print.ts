/** A container's log as `kubectl logs` asks for it (PodLogOptions). */
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
  write(octets: Uint8Array): void;
  /** The container has ended, or the limit is reached. */
  end(): void;
}

/** What is there. */
export function printLog(log: LogRing, options: LogOptions): Uint8Array {
  const { limitBytes = Number.POSITIVE_INFINITY, tailLines, timestamps } = options;
  const fromNs = firstNs(log, options);
  const lines = log.lines().filter(({ atNs }) => atNs >= fromNs);
  const wanted =
    tailLines === undefined ? lines : lines.slice(Math.max(0, lines.length - tailLines));
  const text = wanted
    .map(
      ({ complete, text, time }) => `${timestamps ? `${time} ` : ''}${text}${complete ? '\n' : ''}`,
    )
    .join('');
  return new TextEncoder().encode(text).subarray(0, limitBytes);
}

/** What is there, then what comes; returns the call that stops it. */
export function followLog(log: LogRing, options: LogOptions, sink: LogSink): () => void {
  const { limitBytes = Number.POSITIVE_INFINITY } = options;
  const present = printLog(log, options);
  let left = limitBytes - present.length;
  if (present.length > 0) sink.write(present);
  const open = new Set(log.lines().flatMap(({ complete, stream }) => (complete ? [] : [stream])));
  let stop = (): void => undefined;
  const cut = (): void => {
    stop();
    sink.end();
  };
  const write = (chunk: LogChunk): void => {
    const startsLine = !open.has(chunk.stream);
    if (chunk.octets.at(-1) === NEWLINE) open.delete(chunk.stream);
    else open.add(chunk.stream);
    const stamp = options.timestamps && startsLine ? `${log.timeOf(chunk.atNs)} ` : '';
    for (const piece of [new TextEncoder().encode(stamp), chunk.octets]) {
      const part = piece.subarray(0, left);
      left -= part.length;
      if (part.length > 0) sink.write(part);
    }
    if (left <= 0) cut();
  };
  if (left <= 0) sink.end();
  else stop = log.follow(write, () => sink.end());
  return () => stop();
}

const NEWLINE = 10;

function firstNs(log: LogRing, { sinceSeconds, sinceTime }: LogOptions): number {
  if (sinceSeconds !== undefined) return log.agoNs(sinceSeconds);
  const ms = Date.parse(sinceTime ?? '');
  return Number.isNaN(ms) ? Number.NEGATIVE_INFINITY : log.atWall(ms);
}
