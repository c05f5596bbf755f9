import type { Ip } from '../../addr/index.js';
import { fail, ok, type Result } from '../../base/index.js';
import type { Device, Netns, SocketOwner } from '../contract.js';
import type { Errno } from '../errno.js';
import type { PortHolder, Received, SocketAddress } from '../sys.js';
import type { PacketTrace } from '../trace.js';
import { anyAddress, needsScope, toUser } from './address.js';
import type { SocketCreator, SocketDomain } from './factory.js';
import { Fifo } from './fifo.js';

const NOTHING = new Uint8Array(0);

/** An entry of the error queue. */
export type QueuedError = Received & { readonly errno: Errno };

/** Where a socket stands in the eyes of the port table. */
export type BindState = 'unbound' | 'bound' | 'listening' | 'connected' | 'time-wait';

/** The family and type of a socket, as its common part needs them. */
export interface InetSockKind {
  readonly domain: SocketDomain;
  readonly stream: boolean;
}

/** What waits in a socket, for `ss`. */
export type SocketQueues = Pick<PortHolder, 'receiveQueue' | 'sendQueue' | 'timer'>;

const EMPTY_QUEUES: SocketQueues = { receiveQueue: 0, sendQueue: 0 };

/**
 * What sockets of every kind have in common (struct inet_sock): whose it is, where it is bound and connected, its
 * options and errors. Addresses are in the port table's form: mapped ones are IPv4.
 */
export class InetSock implements SocketOwner {
  readonly netns: Netns;
  readonly creator: SocketCreator;
  readonly domain: SocketDomain;
  /** SOCK_STREAM. */
  readonly stream: boolean;
  /** Bound address, a wildcard until one is chosen. */
  address: Ip;
  port = 0;
  remoteAddress: Ip | undefined = undefined;
  remotePort = 0;
  bindState: BindState = 'unbound';
  /** The program chose the port (SOCK_BINDPORT_LOCK), the address (SOCK_BINDADDR_LOCK). */
  portLocked = false;
  addressLocked = false;
  v6only = false;
  reuseAddr = false;
  reusePort = false;
  device: Device | undefined = undefined;
  ttl: number | undefined = undefined;
  tos = 0;
  /** See `SocketOwner.txHash`: 0 until the first timeout (sk_rethink_txhash). */
  txHash = 0;
  pmtudisc: 'want' | 'do' | 'dont' | 'probe' = 'want';
  recvErr = false;
  freebind = false;
  broadcast = false;
  /** Its descriptor, once a process has one. */
  fd: number | undefined = undefined;
  noDelay = false;
  keepAlive = false;
  /** TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT; undefined where the sysctls hold. */
  keepIdleSeconds: number | undefined = undefined;
  keepIntervalSeconds: number | undefined = undefined;
  keepCount: number | undefined = undefined;
  /** SO_LINGER in seconds; undefined when off. */
  lingerSeconds: number | undefined = undefined;
  /** SO_RCVBUF when set, doubled as Linux does. */
  receiveBufferBytes: number | undefined = undefined;
  trace: PacketTrace | undefined = undefined;
  /** Hears that a packet could not be delivered after all. */
  onDeliveryError: ((errno: Errno) => void) | undefined = undefined;
  private pendingError: Errno | undefined = undefined;
  private errors: Fifo<QueuedError> | undefined = undefined;

  constructor(netns: Netns, creator: SocketCreator, { domain, stream }: InetSockKind) {
    this.netns = netns;
    this.creator = creator;
    this.domain = domain;
    this.stream = stream;
    this.address = anyAddress(domain);
  }

  get uid(): number {
    return this.creator.uid;
  }

  get pid(): number {
    return this.creator.pid;
  }

  reportError(errno: Errno): void {
    this.onDeliveryError?.(errno);
  }

  /** Name and pid, for sentences. */
  get ownerText(): string {
    return `${this.creator.comm} (pid ${this.creator.pid})`;
  }

  get local(): SocketAddress | undefined {
    if (this.bindState === 'unbound') return undefined;
    return this.userAddress(this.address, this.port);
  }

  get remote(): SocketAddress | undefined {
    if (this.remoteAddress === undefined) return undefined;
    return this.userAddress(this.remoteAddress, this.remotePort);
  }

  /** An address as the program sees it, with its scope where it has one; `device` is the link it was heard on. */
  userAddress(address: Ip, port: number, device = this.device): SocketAddress {
    const seen = toUser(this.domain, address);
    if (device === undefined || !needsScope(seen)) return { address: seen, port };
    return { address: seen, port, scopeId: device.ifindex };
  }

  /** sk_err: what the next call of the program fails with. */
  setError(errno: Errno): void {
    this.pendingError = errno;
  }

  /** sock_error: gives the error and forgets it. */
  takeError(): Errno | undefined {
    const errno = this.pendingError;
    this.pendingError = undefined;
    return errno;
  }

  get hasError(): boolean {
    return this.pendingError !== undefined;
  }

  queueError(error: QueuedError): void {
    this.errors ??= new Fifo();
    this.errors.push(error);
  }

  /** ip_local_error: a packet that does not fit the route is also told by the error queue, with the path MTU. */
  queueLocalTooBig(dst: Ip, port: number): void {
    const { ip } = this.netns;
    const chosen = ip.chooseSource({ dst });
    const route = chosen.ok ? chosen.route.mtuBytes : 0;
    const mtu = Math.min(route, ip.pathMtu(dst) ?? route);
    this.queueError({
      octets: NOTHING,
      from: { address: toUser(this.domain, dst), port },
      errno: 'EMSGSIZE',
      icmp: { type: 0, code: 0, id: 0, sequence: 0, mtu },
    });
  }

  /** recvmsg(2) with MSG_ERRQUEUE; an emptied queue also clears the pending error. */
  shiftError(): Result<QueuedError, Errno> {
    const error = this.errors?.shift();
    if (error === undefined) return fail('EAGAIN');
    const next = this.errors?.peek();
    this.pendingError = next?.errno;
    return ok(error);
  }

  /** A copy of the options and the binding, as an accepted connection inherits them. */
  inherit(from: InetSock): void {
    this.port = from.port;
    this.v6only = from.v6only;
    this.reuseAddr = from.reuseAddr;
    this.reusePort = from.reusePort;
    this.device = from.device;
    this.ttl = from.ttl;
    this.tos = from.tos;
    this.pmtudisc = from.pmtudisc;
    this.recvErr = from.recvErr;
    this.noDelay = from.noDelay;
    this.keepAlive = from.keepAlive;
    this.keepIdleSeconds = from.keepIdleSeconds;
    this.keepIntervalSeconds = from.keepIntervalSeconds;
    this.keepCount = from.keepCount;
    this.lingerSeconds = from.lingerSeconds;
    this.receiveBufferBytes = from.receiveBufferBytes;
  }

  /** As a row of `ss`. */
  holder(proto: 'tcp' | 'udp', state: string, queues: SocketQueues = EMPTY_QUEUES): PortHolder {
    const { device, fd, remote } = this;
    return {
      proto,
      address: this.domain === 'inet6' ? toUser(this.domain, this.address) : this.address,
      port: this.port,
      pid: this.creator.pid,
      comm: this.creator.comm,
      state,
      uid: this.creator.uid,
      family: this.domain,
      v6only: this.v6only,
      ...queues,
      ...(fd === undefined ? {} : { fd }),
      ...(device === undefined ? {} : { device: device.name }),
      ...(remote === undefined ? {} : { remote }),
    };
  }
}
