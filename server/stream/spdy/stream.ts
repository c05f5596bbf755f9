import { Duplex } from 'node:stream';
import type { SpdyFrame } from './frame.js';
import type { Headers } from './header-block.js';

const CANCEL = 5;
const STREAM_ALREADY_CLOSED = 9;
/** Most octets of one data frame that is sent. */
const MAX_DATA_BYTES = 16 * 1024;
/** Octets read that are told together. */
const UPDATE_BYTES = 32 * 1024;
/** What a stream holds before the whole connection waits for its reader, in octets: beyond what a window allows. */
const MAX_HELD_BYTES = 1024 * 1024;

/** What a stream needs of its connection. */
export interface SpdyLine {
  send(frame: SpdyFrame): void;
  /** Runs once sending may go on. */
  wait(run: () => void): void;
  /** Octets that the connection takes now. */
  sessionRoom(): number;
  sent(bytes: number): void;
  /** Whether the peer's windows count. */
  controlsFlow(): boolean;
  /** The stream is over. */
  done(): void;
}

/** A stream of a SPDY connection. */
export class SpdyStream {
  readonly id: number;
  readonly headers: Headers;
  /** Its octets. Ending the writable half sends FIN, destroying it RST_STREAM. */
  readonly duplex: Duplex;
  private readonly line: SpdyLine;
  private window: number;
  private unacknowledgedBytes = 0;
  private inputEnded = false;
  private outputEnded = false;
  private isDone = false;
  private isStarted = false;
  private onStart: (() => void) | undefined;
  private onRoom: (() => void) | undefined;

  constructor(options: {
    readonly id: number;
    readonly headers: Headers;
    readonly window: number;
    readonly line: SpdyLine;
  }) {
    this.id = options.id;
    this.headers = options.headers;
    this.window = options.window;
    this.line = options.line;
    this.duplex = new Duplex({
      readableHighWaterMark: UPDATE_BYTES,
      writableHighWaterMark: UPDATE_BYTES,
      read: () => this.consumed(),
      write: (chunk: Buffer, _encoding, done) => this.write(chunk, done),
      final: (done) => this.whenStarted(() => this.finish(done)),
      destroy: (error, done) => {
        this.reset(CANCEL);
        done(error);
      },
    });
    this.duplex.on('error', () => undefined);
  }

  /** The peer was told that the stream is taken: what was written goes out. */
  start(): void {
    if (this.isStarted) return;
    this.isStarted = true;
    this.release();
  }

  /** Ends the stream at once, for a reason of RST_STREAM. */
  reset(status: number): void {
    if (this.isDone) return;
    this.line.send({ kind: 'rst-stream', streamId: this.id, status });
    this.lost();
  }

  /** The stream is over without a word: the peer reset it, or the connection is gone. What came to its end can be read. */
  lost(): void {
    if (this.isDone) return;
    this.leave();
    if (this.inputEnded) this.duplex.end();
    else this.duplex.destroy();
  }

  /** Data of the peer; resolves when there is room for more. */
  async take(octets: Uint8Array): Promise<void> {
    if (this.inputEnded) {
      this.reset(STREAM_ALREADY_CLOSED);
      return;
    }
    if (octets.length === 0) return;
    this.unacknowledgedBytes += octets.length;
    this.duplex.push(octets);
    this.consumed();
    if (this.duplex.readableLength <= MAX_HELD_BYTES) return;
    await new Promise<void>((resolve) => {
      this.onRoom = resolve;
    });
  }

  /** The peer sends no more. */
  endInput(): void {
    if (this.inputEnded) return;
    this.inputEnded = true;
    this.duplex.push(null);
    this.settle();
  }

  /** Nothing is to be sent here. */
  endOutput(): void {
    this.outputEnded = true;
    this.duplex.end();
  }

  /** Moves the send window; false when it becomes wider than may be. */
  widen(bytes: number): boolean {
    this.window += bytes;
    return this.window <= 0x7fff_ffff;
  }

  private write(chunk: Buffer, done: (error?: Error | null) => void): void {
    let rest = chunk;
    const goOn = (): void => {
      while (rest.length > 0) {
        if (this.isDone) {
          done();
          return;
        }
        const own = this.line.controlsFlow() ? Math.max(0, this.window) : rest.length;
        const bytes = Math.min(rest.length, own, this.line.sessionRoom(), MAX_DATA_BYTES);
        if (bytes === 0) {
          this.line.wait(goOn);
          return;
        }
        const octets = rest.subarray(0, bytes);
        rest = rest.subarray(bytes);
        this.window -= bytes;
        this.line.sent(bytes);
        this.line.send({ kind: 'data', streamId: this.id, fin: false, octets });
      }
      done();
    };
    this.whenStarted(goOn);
  }

  private finish(done: () => void): void {
    if (!this.outputEnded && !this.isDone) {
      this.outputEnded = true;
      this.line.send({ kind: 'data', streamId: this.id, fin: true, octets: new Uint8Array() });
    }
    this.settle();
    done();
  }

  private whenStarted(run: () => void): void {
    if (this.isStarted || this.isDone) run();
    else this.onStart = run;
  }

  /** Tells the peer what was read since, and lets the connection go on when it waited for it. */
  private consumed(): void {
    const readBytes = this.unacknowledgedBytes - this.duplex.readableLength;
    if (readBytes >= UPDATE_BYTES && !this.inputEnded && !this.isDone) {
      this.unacknowledgedBytes -= readBytes;
      this.line.send({ kind: 'window-update', streamId: this.id, delta: readBytes });
    }
    if (this.isDone || this.duplex.readableLength <= MAX_HELD_BYTES / 2) this.makeRoom();
  }

  private settle(): void {
    if (this.inputEnded && this.outputEnded) this.leave();
  }

  private leave(): void {
    if (this.isDone) return;
    this.isDone = true;
    this.line.done();
    this.makeRoom();
    this.release();
  }

  private makeRoom(): void {
    this.onRoom?.();
    this.onRoom = undefined;
  }

  private release(): void {
    const run = this.onStart;
    this.onStart = undefined;
    run?.();
  }
}
