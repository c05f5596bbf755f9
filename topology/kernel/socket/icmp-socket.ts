import { IPV4_BROADCAST, type Ip, isIpv4, isMapped6 } from '../../addr/index.js';
import { fail, ok, type Result } from '../../base/index.js';
import { ICMP_HEADER_BYTES, ICMP4, ICMP6, writeIcmp } from '../../wire/index.js';
import { type IcmpMessage, IPPROTO, type Ipv4Packet, type Ipv6Packet } from '../../wire/packet.js';
import type { Errno } from '../errno.js';
import type { Skb } from '../skb.js';
import type { Received, Socket, SocketAddress, SocketOption } from '../sys.js';
import type { PacketTrace } from '../trace.js';
import { isAny } from './address.js';
import { checkBind, connectTarget, scopeDevice } from './bind.js';
import type { SocketCreator, SocketDomain } from './factory.js';
import { Fifo } from './fifo.js';
import type { IcmpLayer } from './icmp-layer.js';
import { InetSock } from './inet-sock.js';
import { bindSocketToDevice, setSocketOption } from './options.js';

/** Most messages that wait to be read: what SO_RCVBUF's default holds of small packets. */
const QUEUE_LIMIT = 277;

/**
 * A ping socket (SOCK_DGRAM with IPPROTO_ICMP) or a raw ICMP socket. Both send and receive whole ICMP messages, header
 * first; the kernel fills in the checksum and, for ping sockets, the identifier. `Received.icmp` holds the same fields read.
 *
 * Fidelity: a raw socket does not see the IP header that Linux puts before an ICMPv4 message.
 */
export class IcmpSocket implements Socket {
  readonly type: 'ping' | 'raw';
  readonly fd: number;
  readonly sock: InetSock;
  onReady: (() => void) | undefined = undefined;
  private readonly layer: IcmpLayer;
  private readonly queue = new Fifo<Received>();
  private isClosed = false;

  constructor(
    layer: IcmpLayer,
    creator: SocketCreator,
    kind: { readonly domain: SocketDomain; readonly type: 'ping' | 'raw' },
  ) {
    this.layer = layer;
    this.type = kind.type;
    this.sock = new InetSock(layer.netns, creator, { domain: kind.domain, stream: false });
    this.fd = layer.context.nextFd(creator);
    layer.context.opened(creator, this);
    if (kind.type === 'raw') layer.addRaw(this);
  }

  get trace(): PacketTrace | undefined {
    return this.sock.trace;
  }

  set trace(trace: PacketTrace | undefined) {
    this.sock.trace = trace;
  }

  /** The port of a ping socket is its identifier. */
  get local(): SocketAddress | undefined {
    return this.sock.local;
  }

  get remote(): SocketAddress | undefined {
    return this.sock.remote;
  }

  get state(): string {
    return this.sock.remoteAddress === undefined ? 'UNCONN' : 'ESTAB';
  }

  setOption(option: SocketOption, value: number): Errno | undefined {
    return setSocketOption(this.sock, option, value);
  }

  bindToDevice(name: string): Errno | undefined {
    return bindSocketToDevice(this.sock, name);
  }

  /** A ping socket's port is the identifier it wants, 0 for any. */
  bind(address: Ip, port: number, scopeId?: number): Errno | undefined {
    if (this.isClosed) return 'EBADF';
    if (this.isMapped(address)) return this.type === 'ping' ? 'EINVAL' : 'EADDRNOTAVAIL';
    const checked = checkBind(this.sock, { address, port: 0, scopeId });
    if (!checked.ok) return checked.error;
    if (this.type === 'ping') {
      const errno = this.layer.takeId(this, port);
      if (errno !== undefined) return errno;
    }
    const { sock } = this;
    sock.address = checked.value.address;
    sock.device = checked.value.device;
    sock.addressLocked = !isAny(sock.address);
    sock.bindState = 'bound';
    return undefined;
  }

  listen(): Errno | undefined {
    return 'EOPNOTSUPP';
  }

  accept(): Result<Socket, Errno> {
    return fail('EOPNOTSUPP');
  }

  connect(address: Ip, _port: number, scopeId?: number): Errno | undefined {
    if (this.isClosed) return 'EBADF';
    if (this.isMapped(address)) return 'ENETUNREACH';
    const { sock } = this;
    const target = connectTarget(sock, address);
    if (!target.ok) return target.error;
    const scoped = scopeDevice(sock, target.value, scopeId);
    if (!scoped.ok) return scoped.error;
    const device = scoped.value;
    const chosen = this.layer.netns.ip.chooseSource({
      dst: target.value,
      ...(sock.addressLocked ? { src: sock.address } : undefined),
      ...(device === undefined ? undefined : { oif: device }),
    });
    if (!chosen.ok) return chosen.errno;
    const everyone = chosen.route.type === 'broadcast' || target.value === IPV4_BROADCAST;
    if (everyone && !sock.broadcast) return 'EACCES';
    if (this.type === 'ping' && sock.port === 0) this.layer.takeId(this, 0);
    sock.address = chosen.src;
    sock.device = device;
    sock.bindState = 'connected';
    sock.remoteAddress = target.value;
    return undefined;
  }

  /** Fails with EINVAL for a message without header or, on a ping socket, that is no echo request. */
  send(octets: Uint8Array, to?: SocketAddress): Result<number, Errno> {
    if (this.isClosed) return fail('EBADF');
    const { sock } = this;
    let dst = sock.remoteAddress;
    let { device } = sock;
    if (to !== undefined) {
      if (this.isMapped(to.address)) return fail(this.type === 'ping' ? 'EINVAL' : 'ENETUNREACH');
      const target = connectTarget(sock, to.address);
      if (!target.ok) return target;
      dst = target.value;
      const scoped = scopeDevice(sock, dst, to.scopeId);
      if (!scoped.ok) return scoped;
      device = scoped.value;
    }
    if (dst === undefined) return fail('EDESTADDRREQ');
    const message = readMessage(octets);
    if (message === undefined) return fail('EINVAL');
    const echo = isIpv4(dst) ? ICMP4.echoRequest : ICMP6.echoRequest;
    if (this.type === 'ping') {
      if (message.type !== echo || message.code !== 0) return fail('EINVAL');
      if (sock.port === 0) {
        const errno = this.layer.takeId(this, 0);
        if (errno !== undefined) return fail(errno);
      }
    }
    const pending = sock.takeError();
    if (pending !== undefined) return fail(pending);
    const rest =
      this.type === 'ping' ? ((sock.port << 16) | (message.rest & 0xffff)) >>> 0 : message.rest;
    const errno = this.layer.netns.ip.send({
      src: isAny(sock.address) ? undefined : sock.address,
      dst,
      proto: isIpv4(dst) ? IPPROTO.icmp : IPPROTO.icmpv6,
      body: { ...message, rest },
      owner: sock,
      pmtudisc: sock.pmtudisc,
      broadcastAllowed: sock.broadcast,
      trace: sock.trace,
      ...(sock.tos === 0 ? undefined : { tos: sock.tos }),
      ...(sock.ttl === undefined ? undefined : { ttl: sock.ttl }),
      ...(device === undefined ? undefined : { oif: device }),
    });
    if (errno === undefined) return ok(octets.length);
    if (errno === 'EMSGSIZE' && sock.recvErr) sock.queueLocalTooBig(dst, 0);
    return fail(errno);
  }

  receive(maxBytes?: number): Result<Received, Errno> {
    if (this.isClosed) return fail('EBADF');
    const pending = this.sock.takeError();
    if (pending !== undefined) return fail(pending);
    const first = this.queue.shift();
    if (first === undefined) return fail('EAGAIN');
    if (maxBytes === undefined || first.octets.length <= maxBytes) return ok(first);
    return ok({ ...first, octets: first.octets.subarray(0, maxBytes) });
  }

  /** `from` is who sent the error, `octets` the quoted message, `icmp` the error's type and code with the quoted identifier and sequence. */
  receiveError(): Result<Received & { readonly errno: Errno }, Errno> {
    return this.sock.shiftError();
  }

  takeError(): Errno | undefined {
    return this.sock.takeError();
  }

  shutdown(): Errno | undefined {
    return this.sock.remoteAddress === undefined ? 'ENOTCONN' : undefined;
  }

  close(): void {
    if (this.isClosed) return;
    this.abandon();
    this.layer.context.closed(this.sock.creator, this);
  }

  abandon(): void {
    this.isClosed = true;
    this.onReady = undefined;
    this.layer.remove(this);
    this.queue.clear();
  }

  /** Takes a message in; false when too many wait. */
  enqueue(skb: Skb, packet: Ipv4Packet | Ipv6Packet, message: IcmpMessage): boolean {
    if (this.queue.size >= QUEUE_LIMIT) return false;
    this.queue.push({
      octets: messageOctets(message),
      from: this.sock.userAddress(packet.src, 0, skb.dev),
      ttl: packet.kind === 'ipv4' ? packet.ttl : packet.hopLimit,
      icmp: {
        type: message.type,
        code: message.code,
        id: message.rest >>> 16,
        sequence: message.rest & 0xffff,
      },
    });
    return true;
  }

  /** ICMPv6 is not spoken over IPv4: an IPv4-mapped address is none of these sockets'. */
  private isMapped(address: Ip): boolean {
    return !isIpv4(address) && isMapped6(address);
  }
}

/** The octets of a message, checksum as under IPv4. */
export function messageOctets(message: IcmpMessage): Uint8Array {
  const octets = new Uint8Array(ICMP_HEADER_BYTES + message.payload.length);
  writeIcmp(octets, 0, message, 0);
  return octets;
}

function readMessage(octets: Uint8Array): IcmpMessage | undefined {
  if (octets.length < ICMP_HEADER_BYTES) return undefined;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  return {
    kind: 'icmp',
    type: view.getUint8(0),
    code: view.getUint8(1),
    rest: view.getUint32(4),
    payload: octets.slice(ICMP_HEADER_BYTES),
  };
}
