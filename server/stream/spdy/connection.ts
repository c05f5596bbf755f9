import type { Duplex } from 'node:stream';
import { emitFrame, FrameReader, type SpdyFrame } from './frame.js';
import { HeaderReader, type Headers, HeaderWriter } from './header-block.js';
import { type SpdyLine, SpdyStream } from './stream.js';

/** Status codes of RST_STREAM, SPDY/3.1 section 2.6.3. */
export const RST = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  cancel: 5,
  flowControlError: 7,
  streamInUse: 8,
  streamAlreadyClosed: 9,
} as const;

const GOAWAY = { ok: 0, protocolError: 1 } as const;
const SETTING_INITIAL_WINDOW = 7;
const INITIAL_WINDOW_BYTES = 64 * 1024;
/** Streams that a peer may have open. */
const MAX_STREAMS = 1000;
/** Answers to control frames that may wait for a peer that does not read, in octets. */
const MAX_PENDING_BYTES = 1024 * 1024;
/** How long a closing connection may take to send what is left, in milliseconds. */
const LINGER_MS = 5000;

/** What a connection is made of. */
export interface SpdyConnectionOptions {
  /** The octets: a socket, or a WebSocket's messages put together. */
  readonly carrier: Duplex;
  /** Clients open streams with odd numbers. */
  readonly role: 'client' | 'server';
  /** A stream that the peer opened. False refuses it. */
  readonly onStream: (stream: SpdyStream) => boolean;
  /** The connection is over; all its streams are. */
  readonly onClose: () => void;
}

/**
 * A connection of SPDY/3.1: streams over one carrier, each with a window.
 *
 * Fidelity: a peer's windows count from its first WINDOW_UPDATE or SETTINGS on, since the library of kubectl and of the
 * kubelet (moby/spdystream) sends none and takes any amount; priorities and server push are passed over.
 */
export class SpdyConnection {
  private readonly options: SpdyConnectionOptions;
  private readonly streams = new Map<number, SpdyStream>();
  private readonly reader = new FrameReader();
  private readonly inflater = new HeaderReader();
  private readonly deflater = new HeaderWriter();
  private waiting: (() => void)[] = [];
  private lastPeerId = 0;
  private nextId: number;
  private nextPing: number;
  private readonly pings = new Map<number, () => void>();
  private unacknowledgedBytes = 0;
  private initialWindow = INITIAL_WINDOW_BYTES;
  private sessionWindow = INITIAL_WINDOW_BYTES;
  private controlsFlow = false;
  private controlsSession = false;
  private isClosed = false;

  constructor(options: SpdyConnectionOptions) {
    this.options = options;
    this.nextId = options.role === 'client' ? 1 : 2;
    this.nextPing = this.nextId;
    const { carrier } = options;
    carrier.on('drain', () => this.wake());
    carrier.on('error', () => this.end());
    carrier.on('close', () => this.end());
    this.pump().catch(() => this.end());
  }

  /** How many streams are open. */
  get openStreams(): number {
    return this.streams.size;
  }

  /** Opens a stream. */
  open(headers: Headers, { fin = false }: { readonly fin?: boolean } = {}): SpdyStream {
    const streamId = this.nextId;
    this.nextId += 2;
    const stream = this.addStream(streamId, headers);
    this.send({
      kind: 'syn-stream',
      streamId,
      associatedTo: 0,
      priority: 0,
      fin,
      unidirectional: false,
      block: this.deflater.write(headers),
    });
    if (fin) stream.endOutput();
    return stream;
  }

  /** Asks whether the peer is there. */
  ping(answered: () => void): void {
    const id = this.nextPing;
    this.nextPing += 2;
    this.pings.set(id, answered);
    this.send({ kind: 'ping', id });
  }

  /** Ends the connection: GOAWAY, and whatever was written before it. */
  close(status: keyof typeof GOAWAY = 'ok'): void {
    if (this.isClosed) return;
    const lastGoodStreamId = this.lastPeerId;
    this.send({ kind: 'goaway', lastGoodStreamId, status: GOAWAY[status] });
    this.end();
  }

  private end(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const { carrier, onClose } = this.options;
    for (const stream of this.streams.values()) stream.lost();
    this.streams.clear();
    this.pings.clear();
    this.inflater.close();
    this.wake();
    carrier.resume();
    carrier.end();
    const timer = setTimeout(() => carrier.destroy(), LINGER_MS);
    timer.unref();
    carrier.once('close', () => clearTimeout(timer));
    onClose();
  }

  private async pump(): Promise<void> {
    // The carrier is left open at the end, for what is still to be sent.
    for await (const chunk of this.options.carrier.iterator({ destroyOnReturn: false })) {
      for (const frame of this.reader.push(chunk as Uint8Array)) {
        if (this.isClosed) return;
        await this.take(frame);
      }
      if (this.reader.error !== undefined) this.close('protocolError');
      if (this.isClosed) return;
      while (this.options.carrier.writableLength > MAX_PENDING_BYTES && !this.isClosed)
        await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.end();
  }

  private async take(frame: SpdyFrame): Promise<void> {
    switch (frame.kind) {
      case 'syn-stream':
        return this.takeSynStream(frame);
      case 'syn-reply':
      case 'headers':
        return this.takeHeaders(frame);
      case 'data':
        return this.takeData(frame);
      case 'rst-stream':
        this.streams.get(frame.streamId)?.lost();
        this.streams.delete(frame.streamId);
        return;
      case 'settings':
        this.takeSettings(frame.entries);
        return;
      case 'ping':
        this.takePing(frame.id);
        return;
      case 'window-update':
        this.takeWindowUpdate(frame);
        return;
      case 'goaway':
        // Streams that are open go on to their end; the peer opens no more.
        return;
    }
  }

  private async takeSynStream(frame: SpdyFrame & { readonly kind: 'syn-stream' }): Promise<void> {
    const { fin, streamId } = frame;
    const headers = await this.inflater.read(frame.block);
    const isPeers = streamId % 2 === (this.options.role === 'server' ? 1 : 0);
    if (headers === undefined || !isPeers || streamId <= this.lastPeerId) {
      this.close('protocolError');
      return;
    }
    this.lastPeerId = streamId;
    if (this.streams.size >= MAX_STREAMS) {
      this.send({ kind: 'rst-stream', streamId, status: RST.refusedStream });
      return;
    }
    const stream = this.addStream(streamId, headers);
    if (fin) stream.endInput();
    if (frame.unidirectional) stream.endOutput();
    if (!this.options.onStream(stream)) {
      stream.reset(RST.refusedStream);
      return;
    }
    if (!frame.unidirectional && this.streams.has(streamId)) {
      const block = this.deflater.write(new Map());
      this.send({ kind: 'syn-reply', streamId, fin: false, block });
    }
    stream.start();
  }

  private async takeHeaders(
    frame: SpdyFrame & { readonly kind: 'syn-reply' | 'headers' },
  ): Promise<void> {
    if ((await this.inflater.read(frame.block)) === undefined) this.close('protocolError');
    else if (frame.fin) this.streams.get(frame.streamId)?.endInput();
    this.streams.get(frame.streamId)?.start();
  }

  private async takeData({
    fin,
    octets,
    streamId,
  }: SpdyFrame & { readonly kind: 'data' }): Promise<void> {
    const stream = this.streams.get(streamId);
    this.unacknowledgedBytes += octets.length;
    if (this.unacknowledgedBytes >= INITIAL_WINDOW_BYTES / 2) {
      this.send({ kind: 'window-update', streamId: 0, delta: this.unacknowledgedBytes });
      this.unacknowledgedBytes = 0;
    }
    if (stream !== undefined) {
      await stream.take(octets);
      if (fin) stream.endInput();
      return;
    }
    // Data for a stream that has just been closed here may still be under way.
    const isKnown =
      streamId % 2 === this.lastPeerId % 2 ? streamId <= this.lastPeerId : streamId < this.nextId;
    if (!isKnown) this.send({ kind: 'rst-stream', streamId, status: RST.invalidStream });
  }

  private takeSettings(entries: readonly { readonly id: number; readonly value: number }[]): void {
    const initial = entries.findLast(({ id }) => id === SETTING_INITIAL_WINDOW)?.value;
    if (initial === undefined) return;
    if (initial > 0x7fff_ffff) {
      this.close('protocolError');
      return;
    }
    this.controlsFlow = true;
    for (const stream of this.streams.values()) stream.widen(initial - this.initialWindow);
    this.initialWindow = initial;
    this.wake();
  }

  private takePing(id: number): void {
    const answered = this.pings.get(id);
    this.pings.delete(id);
    if (answered !== undefined) answered();
    else if (id % 2 !== this.nextPing % 2) this.send({ kind: 'ping', id });
  }

  private takeWindowUpdate({ delta, streamId }: { delta: number; streamId: number }): void {
    this.controlsFlow = true;
    const stream = this.streams.get(streamId);
    if (streamId === 0) {
      this.controlsSession = true;
      this.sessionWindow += delta;
      if (this.sessionWindow > 0x7fff_ffff) this.close('protocolError');
    } else if (stream !== undefined && !stream.widen(delta)) {
      stream.reset(RST.flowControlError);
    }
    this.wake();
  }

  private addStream(streamId: number, headers: Headers): SpdyStream {
    const line: SpdyLine = {
      send: (frame) => this.send(frame),
      wait: (run) => this.waiting.push(run),
      sessionRoom: () => {
        if (this.options.carrier.writableNeedDrain) return 0;
        return this.controlsSession ? Math.max(0, this.sessionWindow) : Number.POSITIVE_INFINITY;
      },
      sent: (bytes) => {
        this.sessionWindow -= bytes;
      },
      controlsFlow: () => this.controlsFlow,
      done: () => this.streams.delete(streamId),
    };
    const stream = new SpdyStream({ id: streamId, headers, window: this.initialWindow, line });
    this.streams.set(streamId, stream);
    return stream;
  }

  private send(frame: SpdyFrame): void {
    if (!this.isClosed && this.options.carrier.writable)
      this.options.carrier.write(emitFrame(frame));
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const run of waiting) run();
  }
}
