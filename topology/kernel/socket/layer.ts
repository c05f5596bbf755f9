import { fail, ok, type Result } from '../../base/index.js';
import {
  ICMP4,
  ICMP4_UNREACHABLE,
  ICMP6,
  type IcmpMessage,
  IPPROTO,
  type Ipv4Packet,
  type Ipv6Packet,
} from '../../wire/index.js';
import type { Netns, SocketLayer } from '../contract.js';
import type { Errno } from '../errno.js';
import type { Skb } from '../skb.js';
import type {
  PacketSocket,
  PortHolder,
  Socket,
  UnixHolder,
  UnixSocket,
  UnixSocketType,
} from '../sys.js';
import type { Closable, SocketContext } from './context.js';
import type { SocketCreator, SocketDomain, SocketFactory, SocketType } from './factory.js';
import { readIcmpEvent } from './icmp-event.js';
import { IcmpLayer } from './icmp-layer.js';
import { ETH_P_ALL, FramePacketSocket } from './packet-socket.js';
import { TcpLayer } from './tcp/tcp-layer.js';
import { type BindAnswer, type BindQuestion, type TriedEntry, tryBind } from './try-bind.js';
import { UdpLayer } from './udp-layer.js';
import { UnixLayer } from './unix/index.js';

/** The sockets of one namespace: the port tables, the demultiplexer, and who has what open. */
export function createSocketLayer(netns: Netns): SocketLayer & SocketFactory {
  return new Layer(netns);
}

/** RFC 8200 section 4.7: nothing follows, and nothing is amiss. */
const NO_NEXT_HEADER = 59;
/** RFC 4443 section 3.4: code 1, and where the field stands in the IPv6 header. */
const UNKNOWN_NEXT_HEADER = 1;
const NEXT_HEADER_OFFSET = 6;
/** Standard streams take 0 to 2. */
const FIRST_FD = 3;

class Layer implements SocketLayer, SocketFactory {
  private readonly netns: Netns;
  private readonly context: SocketContext;
  private readonly udp: UdpLayer;
  private readonly tcp: TcpLayer;
  private readonly icmp: IcmpLayer;
  private readonly unix: UnixLayer;
  private readonly byPid = new Map<number, Set<Closable>>();
  private lastFd = FIRST_FD - 1;

  constructor(netns: Netns) {
    this.netns = netns;
    const rng = netns.host.rng.fork(`sockets/${netns.inode}`);
    this.context = {
      netns,
      rng,
      secret: rng.uint32(),
      opened: (creator, closable) => this.opened(creator, closable),
      closed: (creator, closable) => this.closed(creator, closable),
      nextFd: (creator) => creator.nextFd?.() ?? ++this.lastFd,
    };
    this.udp = new UdpLayer(this.context);
    this.tcp = new TcpLayer(this.context);
    this.icmp = new IcmpLayer(this.context);
    this.unix = new UnixLayer(this.context, rng.fork('unix'));
  }

  open(owner: SocketCreator, domain: SocketDomain, type: SocketType): Result<Socket, Errno> {
    switch (type) {
      case 'stream':
        return ok(this.tcp.open(owner, domain));
      case 'dgram':
        return ok(this.udp.open(owner, domain));
      case 'ping':
      case 'raw':
        return this.icmp.open(owner, domain, type);
    }
  }

  openPacket(owner: SocketCreator, protocol = ETH_P_ALL): Result<PacketSocket, Errno> {
    if (owner.uid !== 0) return fail('EPERM');
    return ok(new FramePacketSocket(this.context, owner, protocol));
  }

  openUnix(owner: SocketCreator, type: UnixSocketType): Result<UnixSocket, Errno> {
    return ok(this.unix.open(owner, type));
  }

  openUnixPair(
    owner: SocketCreator,
    type: UnixSocketType,
  ): Result<readonly [UnixSocket, UnixSocket], Errno> {
    return ok(this.unix.openPair(owner, type));
  }

  unixHolders(): UnixHolder[] {
    return this.unix.holders();
  }

  deliver(skb: Skb, packet: Ipv4Packet | Ipv6Packet): void {
    const { body } = packet;
    switch (body.kind) {
      case 'udp':
        this.udp.deliver(skb, packet, body);
        return;
      case 'tcp':
        this.tcp.deliver(skb, packet, body);
        return;
      case 'icmp':
        this.icmp.deliverRaw(skb, packet, body);
        return;
      case 'opaque':
        this.netns.drop(
          skb,
          'no-protocol',
          'socket',
          `nothing here handles protocol ${packet.proto}`,
        );
        if (packet.kind === 'ipv4') {
          this.netns.ip.sendIcmpError(skb, ICMP4.destUnreachable, ICMP4_UNREACHABLE.proto);
        } else if (packet.proto !== NO_NEXT_HEADER) {
          this.netns.ip.sendIcmpError(
            skb,
            ICMP6.parameterProblem,
            UNKNOWN_NEXT_HEADER,
            NEXT_HEADER_OFFSET,
          );
        }
    }
  }

  icmpError(skb: Skb, message: IcmpMessage, quoted: Ipv4Packet | Ipv6Packet): void {
    const { packet } = skb;
    if (packet.kind === 'ipv4' || packet.kind === 'ipv6')
      this.icmp.deliverRaw(skb, packet, message);
    const event = readIcmpEvent(skb, message, quoted);
    if (event === undefined) return;
    switch (quoted.proto) {
      case IPPROTO.udp:
        this.udp.icmpError(event);
        return;
      case IPPROTO.tcp:
        this.tcp.icmpError(event);
        return;
      case IPPROTO.icmp:
      case IPPROTO.icmpv6:
        this.icmp.icmpError(event);
    }
  }

  echoReply(skb: Skb, packet: Ipv4Packet | Ipv6Packet, message: IcmpMessage): void {
    this.icmp.echoReply(skb, packet, message);
  }

  namespaceGone(): void {
    for (const closables of this.byPid.values()) {
      for (const closable of [...closables]) closable.abandon();
    }
    this.byPid.clear();
    this.tcp.abandonAll();
  }

  holders(): PortHolder[] {
    const udp = Array.from(this.udp.ports.all(), (entry) =>
      entry.sock.holder('udp', entry.state, entry.queues()),
    );
    return [...this.tcp.holders(), ...udp];
  }

  tryBind(question: BindQuestion): BindAnswer {
    const entriesAt = (proto: 'tcp' | 'udp', port: number): Iterable<TriedEntry> =>
      proto === 'tcp' ? this.tcp.entriesAt(port) : (this.udp.ports.at(port)?.entries ?? []);
    return tryBind({ netns: this.netns, entriesAt }, question);
  }

  closeAllOf(pid: number): void {
    const closables = this.byPid.get(pid);
    if (closables === undefined) return;
    for (const closable of [...closables]) closable.close();
    this.byPid.delete(pid);
  }

  private closed(creator: SocketCreator, closable: Closable): void {
    const closables = this.byPid.get(creator.pid);
    closables?.delete(closable);
    if (closables?.size === 0) this.byPid.delete(creator.pid);
    creator.releaseFd?.(closable.fd);
  }

  private opened(creator: SocketCreator, closable: Closable): void {
    const closables = this.byPid.get(creator.pid);
    if (closables === undefined) this.byPid.set(creator.pid, new Set([closable]));
    else closables.add(closable);
  }
}
