import {
  type Errno,
  fail,
  type Ip,
  ok,
  type Result,
  type Socket,
  type SocketAddress,
  type Sys,
} from '../../../topology/index.js';
import type { Guest } from '../guest.js';
import { OctetQueue } from '../io/octets.js';
import { whenReady } from '../io/wait.js';

/** Why a stream operation ended without what was asked; `TIMEOUT` is the caller's own limit, not the kernel's. */
export type StreamError = Errno | 'TIMEOUT';

/** A TCP connection with operations that wait, for clients. One reader and one writer at a time. */
export class TcpStream {
  private readonly sys: Sys;
  private readonly socket: Socket;
  private readonly buffered = new OctetQueue();
  private waiters: (() => void)[] = [];

  constructor(sys: Sys, socket: Socket) {
    this.sys = sys;
    this.socket = socket;
    socket.onReady = () => this.wake();
  }

  get remote(): SocketAddress | undefined {
    return this.socket.remote;
  }

  get local(): SocketAddress | undefined {
    return this.socket.local;
  }

  /** Some octets; an empty array is the end of what the peer sends. */
  async read(timeoutNs?: number): Promise<Result<Uint8Array, StreamError>> {
    if (this.buffered.length > 0) return ok(this.buffered.take());
    const deadline = timeoutNs === undefined ? undefined : this.sys.nowNs + timeoutNs;
    for (;;) {
      const got = this.socket.receive();
      if (got.ok) return ok(got.value.octets);
      if (got.error !== 'EAGAIN') return fail(got.error);
      if (!(await this.wait(deadline))) return fail('TIMEOUT');
    }
  }

  /** A line without its end; undefined when the stream ended before one. */
  async readLine(timeoutNs?: number): Promise<Result<Uint8Array | undefined, StreamError>> {
    const deadline = timeoutNs === undefined ? undefined : this.sys.nowNs + timeoutNs;
    for (;;) {
      const line = this.buffered.takeLine();
      if (line !== undefined) return ok(line);
      const held = this.buffered.take();
      const more = await this.read(deadline === undefined ? undefined : deadline - this.sys.nowNs);
      this.buffered.push(held);
      if (!more.ok) return more;
      if (more.value.length === 0) return ok(undefined);
      this.buffered.push(more.value);
    }
  }

  /** Exactly so many octets; undefined when the stream ended before. */
  async readExactly(bytes: number): Promise<Result<Uint8Array | undefined, StreamError>> {
    while (this.buffered.length < bytes) {
      const held = this.buffered.take();
      const more = await this.read();
      this.buffered.push(held);
      if (!more.ok) return more;
      if (more.value.length === 0) return ok(undefined);
      this.buffered.push(more.value);
    }
    return ok(this.buffered.take(bytes));
  }

  /** Hands all octets to the kernel. */
  async write(octets: Uint8Array): Promise<StreamError | undefined> {
    let rest = octets;
    while (rest.length > 0) {
      const sent = this.socket.send(rest);
      if (sent.ok) rest = rest.subarray(sent.value);
      else if (sent.error !== 'EAGAIN') return sent.error;
      else await this.wait(undefined);
    }
    return undefined;
  }

  shutdownWrite(): void {
    this.socket.shutdown('write');
  }

  close(): void {
    this.socket.onReady = undefined;
    this.socket.close();
  }

  private wake(): void {
    const waiting = this.waiters;
    this.waiters = [];
    for (const waiter of waiting) waiter();
  }

  private wait(deadlineNs: number | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      if (deadlineNs === undefined) {
        this.waiters.push(() => resolve(true));
        return;
      }
      const timer = this.sys.schedule(Math.max(0, deadlineNs - this.sys.nowNs), () => {
        this.waiters = this.waiters.filter((waiter) => waiter !== ready);
        resolve(false);
      });
      const ready = (): void => {
        timer.cancel();
        resolve(true);
      };
      this.waiters.push(ready);
    });
  }
}

/** What a client may choose of its own end, and how long it waits. */
export interface ConnectOptions {
  readonly timeoutNs?: number;
  readonly localAddress?: Ip;
  readonly localPort?: number;
}

/**
 * Opens a connection.
 *
 * Failures: connect(2)'s errno after the time that the kernel takes, or `TIMEOUT` when the caller's limit is over first.
 */
export async function connectTcp(
  guest: Guest,
  to: SocketAddress,
  options: ConnectOptions = {},
): Promise<Result<TcpStream, StreamError>> {
  const made = guest.socket('stream', to.address);
  if (!made.ok) return made;
  const socket = made.value;
  const failure = await connectSocket(guest.sys, socket, to, options);
  if (failure === undefined) return ok(new TcpStream(guest.sys, socket));
  socket.close();
  return fail(failure);
}

async function connectSocket(
  sys: Sys,
  socket: Socket,
  to: SocketAddress,
  options: ConnectOptions,
): Promise<StreamError | undefined> {
  if (options.localPort !== undefined || options.localAddress !== undefined) {
    const any = (typeof to.address === 'number' ? 0 : 0n) as Ip;
    const refused = socket.bind(options.localAddress ?? any, options.localPort ?? 0);
    if (refused !== undefined) return refused;
  }
  const deadline = options.timeoutNs === undefined ? undefined : sys.nowNs + options.timeoutNs;
  const errno = socket.connect(to.address, to.port);
  if (errno !== 'EINPROGRESS') return errno;
  while (socket.state === 'SYN-SENT' || socket.state === 'SYN-RECV') {
    const left = deadline === undefined ? undefined : deadline - sys.nowNs;
    if ((await whenReady(sys, socket, left)) === 'timeout') return 'TIMEOUT';
  }
  return socket.takeError();
}
