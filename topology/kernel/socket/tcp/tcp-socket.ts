import type { Ip } from '../../../addr/index.js';
import { fail, ok, type Result } from '../../../base/index.js';
import type { Errno } from '../../errno.js';
import type { Received, Socket, SocketAddress, SocketOption } from '../../sys.js';
import type { PacketTrace } from '../../trace.js';
import { anyAddress, isAny } from '../address.js';
import { checkBind, connectTarget, scopeDevice } from '../bind.js';
import type { SocketCreator, SocketDomain } from '../factory.js';
import { InetSock, type SocketQueues } from '../inet-sock.js';
import { bindSocketToDevice, setSocketOption } from '../options.js';
import { readSysctl } from '../sysctl.js';
import { Connection } from './connection.js';
import { advertisedMss, initialSequence, timestampOffset } from './handshake.js';
import { armKeepalive, stopKeepalive } from './keepalive.js';
import { Listener } from './listener.js';
import { sendSyn } from './output.js';
import type { TcpLayer } from './tcp-layer.js';
import { armRetransmit } from './timers.js';

const READ_ALL = Number.POSITIVE_INFINITY;

/** What a socket is made from: a creator, or a connection that was accepted. */
export interface TcpSocketSpec {
  readonly creator: SocketCreator;
  readonly domain: SocketDomain;
  readonly connection?: Connection;
}

/** A program's end of TCP, tcp(7): unbound, bound, listening or connected. */
export class TcpSocket implements Socket {
  readonly type = 'stream';
  readonly fd: number;
  readonly sock: InetSock;
  onReady: (() => void) | undefined = undefined;
  private readonly layer: TcpLayer;
  private listener: Listener | undefined = undefined;
  private connection: Connection | undefined = undefined;
  private isClosed = false;

  constructor(layer: TcpLayer, spec: TcpSocketSpec) {
    const { creator, domain, connection } = spec;
    this.layer = layer;
    this.sock = connection?.sock ?? new InetSock(layer.netns, creator, { domain, stream: true });
    if (connection === undefined) {
      const v6only = readSysctl(layer.netns, 'net.ipv6.bindv6only') === 1;
      this.sock.v6only = domain === 'inet6' && v6only;
    } else this.attach(connection);
    this.fd = layer.context.nextFd(creator);
    this.sock.fd = this.fd;
    layer.context.opened(creator, this);
  }

  get trace(): PacketTrace | undefined {
    return this.sock.trace;
  }

  set trace(trace: PacketTrace | undefined) {
    this.sock.trace = trace;
  }

  get local(): SocketAddress | undefined {
    return this.sock.local;
  }

  get remote(): SocketAddress | undefined {
    return this.sock.remote;
  }

  get state(): string {
    if (this.listener !== undefined) return 'LISTEN';
    return this.connection?.state ?? 'CLOSED';
  }

  /** What waits in it: of a listener, connections and their most; the rest is the connection's. */
  queues(): SocketQueues {
    const { listener } = this;
    if (listener === undefined) return { receiveQueue: 0, sendQueue: 0 };
    return { receiveQueue: listener.waiting, sendQueue: listener.backlog };
  }

  setOption(option: SocketOption, value: number): Errno | undefined {
    const errno = setSocketOption(this.sock, option, value);
    const { connection } = this;
    if (errno !== undefined || option !== 'SO_KEEPALIVE' || connection === undefined) return errno;
    // tcp_set_keepalive
    if (value === 0) stopKeepalive(connection);
    else if (connection.state !== 'SYN-SENT' && connection.state !== 'CLOSED') {
      if (connection.keepaliveTimer?.armed !== true) armKeepalive(connection);
    }
    return undefined;
  }

  bindToDevice(name: string): Errno | undefined {
    return bindSocketToDevice(this.sock, name);
  }

  bind(address: Ip, port: number, scopeId?: number): Errno | undefined {
    if (this.isClosed) return 'EBADF';
    const { sock } = this;
    const checked = checkBind(sock, { address, port, scopeId });
    if (!checked.ok) return checked.error;
    const { address: before, device } = sock;
    sock.address = checked.value.address;
    sock.device = checked.value.device;
    const errno = this.layer.bind(this, port);
    if (errno !== undefined) {
      sock.address = before;
      sock.device = device;
      return errno;
    }
    sock.portLocked = true;
    sock.addressLocked = !isAny(sock.address);
    return undefined;
  }

  /** Takes at most `net.core.somaxconn` waiting connections plus one; a negative backlog means that many. Fails with EADDRINUSE, EINVAL. */
  listen(backlog: number): Errno | undefined {
    if (this.isClosed) return 'EBADF';
    if (this.connection !== undefined) return 'EINVAL';
    const most = readSysctl(this.layer.netns, 'net.core.somaxconn');
    const limit = backlog < 0 ? most : Math.min(backlog, most);
    if (this.listener !== undefined) {
      this.listener.backlog = limit;
      return undefined;
    }
    const { sock } = this;
    if (sock.bindState === 'unbound') {
      const errno = this.layer.bind(this, 0);
      if (errno !== undefined) return errno;
    } else if (!this.layer.mayListen(this)) return 'EADDRINUSE';
    sock.bindState = 'listening';
    this.listener = new Listener(this.layer, sock, limit);
    this.listener.onEvent = () => this.onReady?.();
    this.layer.listeners.add(this.listener);
    return undefined;
  }

  accept(): Result<Socket, Errno> {
    if (this.isClosed) return fail('EBADF');
    if (this.listener === undefined) return fail('EINVAL');
    const connection = this.listener.accept();
    if (connection === undefined) return fail('EAGAIN');
    const { creator, domain } = this.sock;
    return ok(new TcpSocket(this.layer, { creator, domain, connection }));
  }

  /**
   * EINPROGRESS once the SYN is on its way; fails at once with the errno of the route lookup, ENETUNREACH for a broadcast,
   * EADDRNOTAVAIL when no source port is free or the connection exists already, EALREADY, EISCONN.
   */
  connect(address: Ip, port: number, scopeId?: number): Errno | undefined {
    if (this.isClosed) return 'EBADF';
    if (this.listener !== undefined) return 'EISCONN';
    const { state } = this;
    if (state === 'SYN-SENT' || state === 'SYN-RECV') return 'EALREADY';
    // What is left of an earlier connection still has the addresses of this socket.
    if (state !== 'CLOSED' || this.connection !== undefined) return 'EISCONN';
    const { sock, layer } = this;
    const target = connectTarget(sock, address);
    if (!target.ok) return target.error;
    const remote = target.value;
    if (layer.netns.ip.addrType(remote) === 'multicast') return 'ENETUNREACH';
    const scoped = scopeDevice(sock, remote, scopeId);
    if (!scoped.ok) return scoped.error;
    const device = scoped.value;
    const chosen = layer.netns.ip.chooseSource({
      dst: remote,
      ...(isAny(sock.address) ? undefined : { src: sock.address }),
      ...(device === undefined ? undefined : { oif: device }),
    });
    if (!chosen.ok) return chosen.errno;
    if (chosen.route.type === 'broadcast') return 'ENETUNREACH';
    const local = isAny(sock.address) ? chosen.src : sock.address;
    const bound = sock.bindState === 'bound';
    if (bound) {
      const key = { local, localPort: sock.port, remote, remotePort: port };
      if (!layer.isTupleFree(key)) return 'EADDRNOTAVAIL';
    } else {
      const sourcePort = layer.chooseSourcePort(local, remote, port);
      if (sourcePort === undefined) return 'EADDRNOTAVAIL';
      sock.port = sourcePort;
    }
    sock.address = local;
    sock.device = device;
    sock.remoteAddress = remote;
    sock.remotePort = port;
    sock.bindState = 'connected';
    sock.takeError();
    this.start(chosen.route.mtuBytes, bound);
    return 'EINPROGRESS';
  }

  /** EPIPE when the connection cannot send any more; a pending error comes first. */
  send(octets: Uint8Array): Result<number, Errno> {
    if (this.isClosed) return fail('EBADF');
    if (this.connection === undefined) return fail('EPIPE');
    return this.connection.write(octets);
  }

  receive(maxBytes: number = READ_ALL): Result<Received, Errno> {
    if (this.isClosed) return fail('EBADF');
    if (this.connection === undefined) return fail(this.sock.takeError() ?? 'ENOTCONN');
    return this.connection.read(maxBytes);
  }

  receiveError(): Result<Received & { readonly errno: Errno }, Errno> {
    return this.sock.shiftError();
  }

  takeError(): Errno | undefined {
    return this.sock.takeError();
  }

  shutdown(how: 'read' | 'write' | 'both'): Errno | undefined {
    const { connection } = this;
    if (this.isClosed) return 'EBADF';
    if (connection === undefined || connection.state === 'CLOSED') return 'ENOTCONN';
    if (how !== 'write') connection.readClosed = true;
    if (how !== 'read') connection.closeWrite();
    return undefined;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onReady = undefined;
    this.layer.context.closed(this.sock.creator, this);
    if (this.listener !== undefined) {
      this.layer.listeners.remove(this.listener);
      this.listener.close();
    }
    this.connection?.close();
    this.layer.ports.remove(this);
  }

  abandon(): void {
    this.isClosed = true;
    this.onReady = undefined;
    this.connection?.abandon();
  }

  private start(routeMtuBytes: number, bound: boolean): void {
    const { sock, layer } = this;
    const remote = sock.remoteAddress ?? sock.address;
    const { secret } = layer.context;
    const { nowNs } = layer.netns.host.clock;
    const flow = {
      local: sock.address,
      localPort: sock.port,
      remote,
      remotePort: sock.remotePort,
    };
    const connection = new Connection({
      layer,
      sock,
      iss: initialSequence(flow, secret, nowNs),
      tsOffset: timestampOffset(sock.address, remote, secret),
      routeMtuBytes,
      advMss: advertisedMss(routeMtuBytes, remote),
    });
    connection.holder = this;
    connection.timedAtNs = nowNs;
    this.attach(connection);
    layer.addFlow(connection);
    if (bound) layer.ports.replace(this, connection);
    else layer.ports.add(connection, 'connect');
    sendSyn(connection);
    // The frames that this sets going are treated before connect() goes on (local_bh_enable in __dev_queue_xmit).
    connection.clock.schedule(0, () => {
      if (connection.state === 'SYN-SENT') armRetransmit(connection);
    });
  }

  private attach(connection: Connection): void {
    this.connection = connection;
    connection.onEvent = () => {
      this.afterEnd();
      this.onReady?.();
    };
  }

  /** A failed attempt gives back what connect() chose, so that the socket can try again. */
  private afterEnd(): void {
    const { connection, sock } = this;
    if (connection === undefined || connection.state !== 'CLOSED' || !sock.hasError) return;
    if (connection.agreed !== undefined) return;
    this.connection = undefined;
    sock.bindState = sock.portLocked ? 'bound' : 'unbound';
    sock.remoteAddress = undefined;
    sock.remotePort = 0;
    if (!sock.addressLocked) sock.address = anyAddress(sock.domain);
    if (!sock.portLocked) sock.port = 0;
  }
}
