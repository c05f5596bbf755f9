import { isIpv4 } from '../../addr/index.js';
import { fail, ok, type Result } from '../../base/index.js';
import type { IcmpMessage, Ipv4Packet, Ipv6Packet } from '../../wire/packet.js';
import type { Netns } from '../contract.js';
import type { Errno } from '../errno.js';
import type { Skb } from '../skb.js';
import { isAny } from './address.js';
import type { SocketContext } from './context.js';
import type { SocketCreator, SocketDomain } from './factory.js';
import { type IcmpEvent, reportIcmp } from './icmp-event.js';
import { IcmpSocket, messageOctets } from './icmp-socket.js';
import { mayPing } from './sysctl.js';

/**
 * Ping and raw ICMP sockets of one namespace (net/ipv4/ping.c, raw.c).
 *
 * Fidelity: Linux counts automatic identifiers up over all namespaces of a host; here each namespace counts from 1.
 */
export class IcmpLayer {
  readonly netns: Netns;
  readonly context: SocketContext;
  private readonly byId = new Map<number, IcmpSocket>();
  private readonly raw = new Set<IcmpSocket>();
  private lastId = 0;

  constructor(context: SocketContext) {
    this.context = context;
    this.netns = context.netns;
  }

  open(
    creator: SocketCreator,
    domain: SocketDomain,
    type: 'ping' | 'raw',
  ): Result<IcmpSocket, Errno> {
    if (type === 'raw' && creator.uid !== 0) return fail('EPERM');
    if (type === 'ping' && !mayPing(this.netns, creator.uid)) return fail('EACCES');
    return ok(new IcmpSocket(this, creator, { domain, type }));
  }

  addRaw(socket: IcmpSocket): void {
    this.raw.add(socket);
  }

  remove(socket: IcmpSocket): void {
    this.raw.delete(socket);
    if (this.byId.get(socket.sock.port) === socket) this.byId.delete(socket.sock.port);
  }

  /** Gives a ping socket an identifier, 0 for the next free one (ping_get_port). Fails with EADDRINUSE. */
  takeId(socket: IcmpSocket, wanted: number): Errno | undefined {
    let id = wanted;
    if (id === 0) {
      id = this.lastId;
      do id = id >= 0xffff ? 1 : id + 1;
      while (this.byId.has(id) && id !== this.lastId);
      this.lastId = id;
    }
    if (this.byId.has(id)) return 'EADDRINUSE';
    this.byId.set(id, socket);
    socket.sock.port = id;
    if (socket.sock.bindState === 'unbound') socket.sock.bindState = 'bound';
    return undefined;
  }

  /** A copy of an incoming ICMP message for each raw socket. */
  deliverRaw(skb: Skb, packet: Ipv4Packet | Ipv6Packet, message: IcmpMessage): boolean {
    let taken = false;
    for (const socket of this.raw) {
      const { sock } = socket;
      if (isIpv4(packet.dst) !== (sock.domain === 'inet')) continue;
      if (!isAny(sock.address) && sock.address !== packet.dst) continue;
      if (sock.remoteAddress !== undefined && sock.remoteAddress !== packet.src) continue;
      if (sock.device !== undefined && sock.device !== skb.dev) continue;
      if (!socket.enqueue(skb, packet, message)) continue;
      taken = true;
      socket.onReady?.();
    }
    return taken;
  }

  /** Gives an echo reply to the ping socket with its identifier. */
  echoReply(skb: Skb, packet: Ipv4Packet | Ipv6Packet, message: IcmpMessage): void {
    const raw = this.deliverRaw(skb, packet, message);
    const id = message.rest >>> 16;
    const socket = this.byId.get(id);
    if (socket === undefined || !matches(socket, skb, packet)) {
      if (!raw) {
        const sentence = `nobody here waits for echo replies with identifier ${id}`;
        this.netns.drop(skb, 'no-socket', 'socket', sentence);
      }
      return;
    }
    if (!socket.enqueue(skb, packet, message)) {
      const sentence = `the receive buffer of ${socket.sock.ownerText} is full`;
      this.netns.drop(skb, 'socket-buffer-full', 'socket', sentence);
      return;
    }
    if (skb.trace !== undefined) {
      const sentence = `echo reply ${message.rest & 0xffff} delivered to ${socket.sock.ownerText}`;
      this.netns.step(skb, 'socket', 'deliver', sentence);
    }
    socket.onReady?.();
  }

  /** Tells the socket that sent the quoted echo request. */
  icmpError(event: IcmpEvent): void {
    const { body, dst } = event.quoted;
    if (body.kind !== 'icmp' && body.kind !== 'opaque') return;
    const quoted = body.kind === 'icmp' ? messageOctets(body) : body.octets;
    if (quoted.length < 8) return;
    const view = new DataView(quoted.buffer, quoted.byteOffset, quoted.byteLength);
    const id = view.getUint16(4);
    const data = { octets: quoted, id, sequence: view.getUint16(6) };
    const ping = this.byId.get(id);
    if (ping !== undefined) this.tell(ping, event, data);
    for (const socket of this.raw) {
      const { sock } = socket;
      if (isIpv4(dst) !== (sock.domain === 'inet')) continue;
      if (sock.remoteAddress !== undefined && sock.remoteAddress !== dst) continue;
      this.tell(socket, event, data);
    }
  }

  private tell(
    socket: IcmpSocket,
    event: IcmpEvent,
    data: { readonly octets: Uint8Array; readonly id: number; readonly sequence: number },
  ): void {
    if (!reportIcmp(socket.sock, event, data)) return;
    if (event.skb.trace !== undefined) {
      const sentence = `the error reaches ${socket.sock.ownerText} as ${event.meaning.errno}`;
      this.netns.step(event.skb, 'socket', 'deliver', sentence);
    }
    socket.onReady?.();
  }
}

function matches(socket: IcmpSocket, skb: Skb, packet: Ipv4Packet | Ipv6Packet): boolean {
  const { sock } = socket;
  if (isIpv4(packet.dst) !== (sock.domain === 'inet')) return false;
  if (sock.device !== undefined && sock.device !== skb.dev) return false;
  return isAny(sock.address) || sock.address === packet.dst;
}
