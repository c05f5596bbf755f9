import { IPV4_BROADCAST, type Ip, isIpv4 } from '../../addr/index.js';
import { fail, ok, type Result } from '../../base/index.js';
import { IPPROTO, type Ipv4Packet, type Ipv6Packet } from '../../wire/packet.js';
import type { Device, SendRequest } from '../contract.js';
import type { Errno } from '../errno.js';
import type { Skb } from '../skb.js';
import type { Received, Socket, SocketAddress, SocketOption } from '../sys.js';
import type { PacketTrace } from '../trace.js';
import { isAny, needsScope, toUser } from './address.js';
import { checkBind, connectTarget, scopeDevice } from './bind.js';
import type { SocketCreator, SocketDomain } from './factory.js';
import { Fifo } from './fifo.js';
import { InetSock, type SocketQueues } from './inet-sock.js';
import { bindSocketToDevice, setSocketOption } from './options.js';
import { readSysctl } from './sysctl.js';
import type { UdpLayer } from './udp-layer.js';

/** Longest payload: 65535 less the headers of UDP and, in IPv4, IP. */
const MAX_PAYLOAD4 = 65_507;
const MAX_PAYLOAD6 = 65_527;
/** What Linux charges a receive buffer for a packet beyond its octets (SKB_TRUESIZE), and at least in all. */
const TRUESIZE_OVERHEAD = 704;
const TRUESIZE_MIN = 768;
const NOTHING = new Uint8Array(0);

interface Queued {
  readonly octets: Uint8Array;
  readonly address: Ip;
  readonly port: number;
  readonly to: Ip;
  readonly ttl: number;
  /** The link it came by, when its sender's address needs one. */
  readonly device: Device | undefined;
  readonly skb: Skb | undefined;
}

/**
 * A UDP socket, udp(7).
 *
 * Fidelity: the memory a datagram takes of SO_RCVBUF is the usual sk_buff's, not that of the device it came by.
 * Corking, multicast membership (every socket bound to the group's port receives) and disconnecting are not modelled.
 */
export class UdpSocket implements Socket {
  readonly type = 'dgram';
  readonly fd: number;
  readonly sock: InetSock;
  onReady: (() => void) | undefined = undefined;
  private readonly layer: UdpLayer;
  private readonly queue = new Fifo<Queued>();
  private readonly limitBytes: number;
  private queuedBytes = 0;
  private readClosed = false;
  private writeClosed = false;
  private isClosed = false;
  /** The last traced datagram that was read: an answer to its sender belongs to its trace. */
  private lastRead: Queued | undefined = undefined;

  constructor(layer: UdpLayer, creator: SocketCreator, domain: SocketDomain) {
    this.layer = layer;
    this.sock = new InetSock(layer.netns, creator, { domain, stream: false });
    this.sock.v6only = domain === 'inet6' && readSysctl(layer.netns, 'net.ipv6.bindv6only') === 1;
    this.limitBytes = readSysctl(layer.netns, 'net.core.rmem_default');
    this.fd = layer.context.nextFd(creator);
    this.sock.fd = this.fd;
    layer.context.opened(creator, this);
  }

  /** What waits in it. */
  queues(): SocketQueues {
    return { receiveQueue: this.queuedBytes, sendQueue: 0 };
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
    return this.sock.remoteAddress === undefined ? 'UNCONN' : 'ESTAB';
  }

  /** Octets that wait to be read, with what Linux adds for bookkeeping. */
  get receiveQueueBytes(): number {
    return this.queuedBytes;
  }

  setOption(option: SocketOption, value: number): Errno | undefined {
    return setSocketOption(this.sock, option, value);
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
    sock.portLocked = port !== 0;
    sock.addressLocked = !isAny(sock.address);
    return undefined;
  }

  listen(): Errno | undefined {
    return 'EOPNOTSUPP';
  }

  accept(): Result<Socket, Errno> {
    return fail('EOPNOTSUPP');
  }

  /** Sets the peer: only its datagrams are received from now on. Errors are those of the route lookup; EACCES for a broadcast without SO_BROADCAST. */
  connect(address: Ip, port: number, scopeId?: number): Errno | undefined {
    if (this.isClosed) return 'EBADF';
    const { sock } = this;
    const target = connectTarget(sock, address);
    if (!target.ok) return target.error;
    const dst = target.value;
    const scoped = scopeDevice(sock, dst, scopeId);
    if (!scoped.ok) return scoped.error;
    const device = scoped.value;
    const src = isAny(sock.address) || !sock.addressLocked ? undefined : sock.address;
    const chosen = this.layer.netns.ip.chooseSource({
      dst,
      ...(src === undefined ? {} : { src }),
      ...(device === undefined ? {} : { oif: device }),
    });
    if (!chosen.ok) return chosen.errno;
    const everyone = chosen.route.type === 'broadcast' || target.value === IPV4_BROADCAST;
    if (everyone && !sock.broadcast) return 'EACCES';
    const errno = sock.bindState === 'unbound' ? this.layer.bind(this, 0) : undefined;
    if (errno !== undefined) return errno === 'EADDRINUSE' ? 'EAGAIN' : errno;
    sock.address = chosen.src;
    sock.remoteAddress = dst;
    sock.device = device;
    sock.remotePort = port;
    return undefined;
  }

  send(octets: Uint8Array, to?: SocketAddress): Result<number, Errno> {
    if (this.isClosed) return fail('EBADF');
    const { sock } = this;
    let dst = sock.remoteAddress;
    let dstPort = sock.remotePort;
    let { device } = sock;
    if (to !== undefined) {
      if (to.port === 0) return fail('EINVAL');
      const target = connectTarget(sock, to.address);
      if (!target.ok) return target;
      dst = target.value;
      const scoped = scopeDevice(sock, dst, to.scopeId);
      if (!scoped.ok) return scoped;
      device = scoped.value;
      dstPort = to.port;
    }
    if (dst === undefined) return fail('EDESTADDRREQ');
    if (this.writeClosed) return fail('EPIPE');
    if (octets.length > (isIpv4(dst) ? MAX_PAYLOAD4 : MAX_PAYLOAD6)) return fail('EMSGSIZE');
    if (sock.bindState === 'unbound') {
      const errno = this.layer.bind(this, 0);
      if (errno !== undefined) return fail('EAGAIN');
    }
    const pending = sock.takeError();
    if (pending !== undefined) return fail(pending);
    const request = this.request(dst, dstPort, octets);
    const errno = this.layer.netns.ip.send(
      device === undefined || device === sock.device ? request : { ...request, oif: device },
    );
    if (errno === undefined) return ok(octets.length);
    if (errno === 'EMSGSIZE' && sock.recvErr) sock.queueLocalTooBig(dst, dstPort);
    return fail(errno);
  }

  receive(maxBytes?: number): Result<Received, Errno> {
    if (this.isClosed) return fail('EBADF');
    const pending = this.sock.takeError();
    if (pending !== undefined) return fail(pending);
    const first = this.queue.shift();
    if (first === undefined) {
      if (!this.readClosed) return fail('EAGAIN');
      return ok({ octets: NOTHING, from: { address: this.sock.address, port: 0 } });
    }
    this.queuedBytes -= truesize(first.octets);
    this.lastRead = first.skb === undefined ? undefined : first;
    const { octets, address, port, to, ttl, device } = first;
    return ok({
      octets:
        maxBytes !== undefined && octets.length > maxBytes ? octets.subarray(0, maxBytes) : octets,
      from: this.sock.userAddress(address, port, device),
      to: toUser(this.sock.domain, to),
      ttl,
    });
  }

  /** `from` is who sent the ICMP error; `octets` what it quotes of the payload. */
  receiveError(): Result<Received & { readonly errno: Errno }, Errno> {
    return this.sock.shiftError();
  }

  takeError(): Errno | undefined {
    return this.sock.takeError();
  }

  shutdown(how: 'read' | 'write' | 'both'): Errno | undefined {
    if (this.sock.remoteAddress === undefined) return 'ENOTCONN';
    if (how !== 'write') this.readClosed = true;
    if (how !== 'read') this.writeClosed = true;
    return undefined;
  }

  close(): void {
    if (this.isClosed) return;
    this.abandon();
    this.layer.context.closed(this.sock.creator, this);
  }

  abandon(): void {
    this.isClosed = true;
    this.onReady = undefined;
    this.layer.ports.remove(this);
    this.queue.clear();
  }

  /** Takes a datagram in; false when the buffer is full. */
  enqueue(skb: Skb, packet: Ipv4Packet | Ipv6Packet, port: number, octets: Uint8Array): boolean {
    if (this.queuedBytes > (this.sock.receiveBufferBytes ?? this.limitBytes)) return false;
    this.queuedBytes += truesize(octets);
    this.queue.push({
      octets,
      address: packet.src,
      port,
      to: packet.dst,
      ttl: packet.kind === 'ipv4' ? packet.ttl : packet.hopLimit,
      device: needsScope(packet.src) ? skb.dev : undefined,
      skb: skb.trace === undefined ? undefined : skb,
    });
    return true;
  }

  private request(dst: Ip, dstPort: number, octets: Uint8Array): SendRequest {
    const { sock, lastRead } = this;
    const answers = lastRead !== undefined && lastRead.address === dst && lastRead.port === dstPort;
    return {
      src: isAny(sock.address) ? undefined : sock.address,
      dst,
      proto: IPPROTO.udp,
      body: { kind: 'udp', srcPort: sock.port, dstPort, payload: octets },
      owner: sock,
      pmtudisc: sock.pmtudisc,
      broadcastAllowed: sock.broadcast,
      trace: sock.trace,
      cause: answers ? lastRead.skb : undefined,
      ...(sock.tos === 0 ? undefined : { tos: sock.tos }),
      ...(sock.ttl === undefined ? undefined : { ttl: sock.ttl }),
      ...(sock.device === undefined ? undefined : { oif: sock.device }),
    };
  }
}

function truesize(octets: Uint8Array): number {
  return Math.max(TRUESIZE_MIN, octets.length + TRUESIZE_OVERHEAD);
}
