import {
  type Errno,
  fail,
  type Ip,
  ok,
  type Result,
  type Socket,
  type SocketAddress,
} from '../../../topology/index.js';
import type { Guest } from '../guest.js';

/** Calls of a connection's owner; all are made from the socket's readiness, never from within a call to it. */
export interface ConnectionHandler {
  onData(octets: Uint8Array): void;
  /** The peer sends no more. The connection stays open for writing. */
  onEnd?(): void;
  /** It is over: closed by both, or broken. */
  onClose?(errno: Errno | undefined): void;
}

/** An accepted connection in callback style, which costs a server nothing while nobody speaks. */
export class Connection {
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  handler: ConnectionHandler | undefined;
  private readonly socket: Socket;
  private unsent: Uint8Array[] = [];
  private ending = false;
  private ended = false;

  constructor(socket: Socket, remote: SocketAddress, local: SocketAddress) {
    this.socket = socket;
    this.remote = remote;
    this.local = local;
    socket.onReady = () => this.ready();
  }

  /** Sends octets, keeping those for which the send buffer has no room yet. */
  write(octets: Uint8Array): void {
    if (this.ended || this.ending) return;
    this.unsent.push(octets);
    this.flush();
  }

  /** Closes once all is sent. */
  end(): void {
    this.ending = true;
    this.flush();
  }

  /** Closes now. */
  close(errno?: Errno): void {
    if (this.ended) return;
    this.ended = true;
    this.socket.onReady = undefined;
    this.socket.close();
    this.handler?.onClose?.(errno);
  }

  /** Reads what is already there, after `handler` is set. */
  ready(): void {
    this.flush();
    let sawEnd = false;
    while (!this.ended && !sawEnd) {
      const got = this.socket.receive();
      if (!got.ok) {
        if (got.error !== 'EAGAIN') this.close(got.error);
        return;
      }
      if (got.value.octets.length > 0) this.handler?.onData(got.value.octets);
      else sawEnd = true;
    }
    if (sawEnd) this.peerEnded();
  }

  private peerEnded(): void {
    this.socket.onReady = () => this.flush();
    if (this.handler?.onEnd !== undefined) this.handler.onEnd();
    else this.end();
  }

  private flush(): void {
    while (!this.ended) {
      const next = this.unsent[0];
      if (next === undefined) break;
      const sent = this.socket.send(next);
      if (!sent.ok) {
        if (sent.error !== 'EAGAIN') this.close(sent.error);
        return;
      }
      if (sent.value < next.length) this.unsent[0] = next.subarray(sent.value);
      else this.unsent.shift();
    }
    if (this.ending && this.unsent.length === 0) this.close();
  }
}

/** Where and how to listen. */
export interface ListenOptions {
  readonly address: Ip;
  readonly port: number;
  /** Default 511, as nginx and node; the kernel caps it at somaxconn. */
  readonly backlog?: number;
  /** SO_REUSEADDR, which nearly every server sets; default true. */
  readonly reuseAddress?: boolean;
  accept(connection: Connection): ConnectionHandler;
}

/**
 * Binds and listens at once, and serves every connection from then on.
 *
 * Failures: the errno of bind(2) or listen(2), which is also told to the kubelet.
 */
export function listenTcp(guest: Guest, options: ListenOptions): Result<Socket, Errno> {
  const made = guest.socket('stream', options.address);
  if (!made.ok) return made;
  const socket = made.value;
  if (options.reuseAddress !== false) socket.setOption('SO_REUSEADDR', 1);
  const errno = socket.bind(options.address, options.port) ?? socket.listen(options.backlog ?? 511);
  if (errno !== undefined) {
    socket.close();
    guest.noteBindFailure('tcp', options.address, options.port, errno);
    return fail(errno);
  }
  const acceptAll = (): void => {
    for (let next = socket.accept(); next.ok; next = socket.accept()) {
      acceptOne(next.value, options);
    }
  };
  socket.onReady = acceptAll;
  return ok(socket);
}

function acceptOne(accepted: Socket, options: ListenOptions): void {
  const { remote, local } = accepted;
  if (remote === undefined || local === undefined) {
    accepted.close();
    return;
  }
  // As nginx, node, Go and redis do: what a server has to say does not wait for a delayed acknowledgement.
  accepted.setOption('TCP_NODELAY', 1);
  const connection = new Connection(accepted, remote, local);
  connection.handler = options.accept(connection);
  connection.ready();
}

/** Binds a UDP socket and answers datagrams; failures as `listenTcp`. */
export function listenUdp(
  guest: Guest,
  options: {
    readonly address: Ip;
    readonly port: number;
    onDatagram(octets: Uint8Array, from: SocketAddress, socket: Socket): void;
  },
): Result<Socket, Errno> {
  const made = guest.socket('dgram', options.address);
  if (!made.ok) return made;
  const socket = made.value;
  const errno = socket.bind(options.address, options.port);
  if (errno !== undefined) {
    socket.close();
    guest.noteBindFailure('udp', options.address, options.port, errno);
    return fail(errno);
  }
  socket.onReady = () => {
    for (let got = socket.receive(); got.ok; got = socket.receive()) {
      options.onDatagram(got.value.octets, got.value.from, socket);
    }
  };
  return ok(socket);
}
