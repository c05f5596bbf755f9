import { IPV4_BROADCAST, type Ip, isIpv4, isMulticast4, isMulticast6 } from '../../addr/index.js';
import { ICMP4, ICMP4_UNREACHABLE, ICMP6, ICMP6_UNREACHABLE } from '../../wire/index.js';
import type { Ipv4Packet, Ipv6Packet, UdpDatagram } from '../../wire/packet.js';
import type { Netns } from '../contract.js';
import type { Errno } from '../errno.js';
import type { Skb } from '../skb.js';
import { udpConflict } from './conflict.js';
import type { SocketContext } from './context.js';
import { chooseUdpPort } from './ephemeral.js';
import { boundText, connectionText, explainMiss } from './explain.js';
import type { SocketCreator, SocketDomain } from './factory.js';
import { flowHash, scaleHash } from './hash.js';
import { type IcmpEvent, reportIcmp } from './icmp-event.js';
import { PortTable } from './port-table.js';
import { quotedPorts } from './quoted.js';
import { localPortRange } from './sysctl.js';
import { UdpSocket } from './udp-socket.js';

/** UDP of one namespace, RFC 768: its port table and the way from a datagram to its socket. */
export class UdpLayer {
  readonly netns: Netns;
  readonly context: SocketContext;
  readonly ports = new PortTable<UdpSocket>();

  constructor(context: SocketContext) {
    this.context = context;
    this.netns = context.netns;
  }

  open(creator: SocketCreator, domain: SocketDomain): UdpSocket {
    return new UdpSocket(this, creator, domain);
  }

  /** Takes a port for a socket, 0 for a free one (udp_lib_get_port). Fails with EADDRINUSE. */
  bind(socket: UdpSocket, port: number): Errno | undefined {
    const { sock } = socket;
    const isFree = (candidate: number) => this.conflict(socket, candidate) === undefined;
    if (port === 0) {
      const chosen = chooseUdpPort(localPortRange(this.netns), this.context.rng, isFree);
      if (chosen === undefined) return 'EADDRINUSE';
      sock.port = chosen;
    } else {
      if (!isFree(port)) return 'EADDRINUSE';
      sock.port = port;
    }
    sock.bindState = 'bound';
    this.ports.add(socket, 'bind');
    return undefined;
  }

  /** Gives a datagram to its socket, to all of them when it is a broadcast or multicast, or answers port unreachable. */
  deliver(skb: Skb, packet: Ipv4Packet | Ipv6Packet, datagram: UdpDatagram): void {
    if (isForMany(skb, packet.dst)) {
      this.deliverToMany(skb, packet, datagram);
      return;
    }
    const socket = this.lookup(skb, packet.dst, packet.src, datagram);
    if (socket !== undefined) {
      this.give(socket, skb, packet, datagram);
      return;
    }
    const { dst } = packet;
    const sentence =
      skb.trace === undefined
        ? ''
        : explainMiss(
            {
              proto: 'udp',
              address: dst,
              port: datagram.dstPort,
              answer: 'answers ICMP port unreachable',
            },
            [...this.ports.all()].map(({ sock }) => sock).filter((sock) => sock.portLocked),
          );
    this.netns.drop(skb, 'no-socket', 'socket', sentence);
    if (packet.kind === 'ipv4') {
      this.netns.ip.sendIcmpError(skb, ICMP4.destUnreachable, ICMP4_UNREACHABLE.port);
    } else this.netns.ip.sendIcmpError(skb, ICMP6.destUnreachable, ICMP6_UNREACHABLE.port);
  }

  /** Tells the socket that sent the quoted datagram. */
  icmpError(event: IcmpEvent): void {
    const ports = quotedPorts(event.quoted.body);
    if (ports === undefined) return;
    const { quoted, skb } = event;
    // Seen from here the quote is backwards: its source is the local end.
    const flow = { dstPort: ports.srcPort, srcPort: ports.dstPort };
    const socket = this.lookup(skb, quoted.src, quoted.dst, flow);
    if (socket === undefined) return;
    const told = reportIcmp(socket.sock, event, { octets: ports.payload });
    if (skb.trace !== undefined) {
      const { ownerText } = socket.sock;
      this.netns.step(
        skb,
        'socket',
        'deliver',
        told
          ? `the error reaches ${ownerText} as ${event.meaning.errno}`
          : `${ownerText} sent the packet, but its socket does not hear of this error: it is ${
              socket.sock.remoteAddress === undefined ? 'not connected' : 'a transient one'
            } and has no IP_RECVERR`,
      );
    }
    if (told) socket.onReady?.();
  }

  /** The first socket that keeps this one from a port. */
  conflict(socket: UdpSocket, port: number): UdpSocket | undefined {
    for (const other of this.ports.at(port)?.entries ?? []) {
      if (other !== socket && udpConflict(socket.sock, other.sock)) return other;
    }
    return undefined;
  }

  /** The socket that fits best (udp4_lib_lookup2): the most specific, of equals the last bound. */
  private lookup(
    skb: Skb,
    local: Ip,
    remote: Ip,
    ports: { readonly dstPort: number; readonly srcPort: number },
  ): UdpSocket | undefined {
    const bucket = this.ports.at(ports.dstPort);
    if (bucket === undefined) return undefined;
    if (bucket.only !== undefined) {
      return score(bucket.only, skb, local, remote, ports.srcPort) < 0 ? undefined : bucket.only;
    }
    let best: UdpSocket | undefined;
    let bestScore = -1;
    for (const socket of bucket.entries) {
      const value = score(socket, skb, local, remote, ports.srcPort);
      if (value < 0 || value < bestScore) continue;
      best = socket;
      bestScore = value;
    }
    if (best === undefined || !best.sock.reusePort || best.sock.remoteAddress !== undefined) {
      return best;
    }
    const winner = best.sock;
    const group = [...bucket.entries].filter(
      ({ sock }) =>
        sock.reusePort &&
        sock.remoteAddress === undefined &&
        sock.address === winner.address &&
        sock.device === winner.device,
    );
    const flow = { local, localPort: ports.dstPort, remote, remotePort: ports.srcPort };
    return group[scaleHash(flowHash(flow, this.context.secret), group.length)] ?? best;
  }

  private deliverToMany(skb: Skb, packet: Ipv4Packet | Ipv6Packet, datagram: UdpDatagram): void {
    const takers: UdpSocket[] = [];
    for (const socket of this.ports.at(datagram.dstPort)?.entries ?? []) {
      if (score(socket, skb, packet.dst, packet.src, datagram.srcPort) >= 0) takers.push(socket);
    }
    // Broadcasts are not answered with port unreachable (RFC 1122 section 3.2.2).
    if (takers.length === 0) {
      this.netns.drop(
        skb,
        'no-socket',
        'socket',
        `nothing here listens on ${datagram.dstPort}/udp`,
      );
      return;
    }
    takers.forEach((socket, index) => {
      this.give(socket, index === 0 ? skb : skb.clone(), packet, datagram);
    });
  }

  private give(
    socket: UdpSocket,
    skb: Skb,
    packet: Ipv4Packet | Ipv6Packet,
    datagram: UdpDatagram,
  ): void {
    const { payload } = datagram;
    if (!(payload instanceof Uint8Array)) {
      this.netns.drop(
        skb,
        'no-handler',
        'socket',
        'a VXLAN frame reached a port without a VXLAN device',
      );
      return;
    }
    if (!socket.enqueue(skb, packet, datagram.srcPort, payload)) {
      this.netns.drop(
        skb,
        'socket-buffer-full',
        'socket',
        `the receive buffer of ${socket.sock.ownerText} is full; it reads too slowly`,
      );
      return;
    }
    if (skb.trace !== undefined) {
      const { sock } = socket;
      const where =
        sock.remoteAddress === undefined
          ? `its UDP socket is bound to ${boundText(sock)}`
          : `its UDP socket is connected, ${connectionText(sock)}`;
      this.netns.step(skb, 'socket', 'deliver', `delivered to ${sock.ownerText}: ${where}`);
    }
    socket.onReady?.();
  }
}

function isForMany(skb: Skb, dst: Ip): boolean {
  if (skb.pktType === 'broadcast' || skb.pktType === 'multicast') return true;
  return isIpv4(dst) ? dst === IPV4_BROADCAST || isMulticast4(dst) : isMulticast6(dst);
}

const SPECIFIC = 16;
const CONNECTED = 8;
const DEVICE = 4;
const IPV4_FAMILY = 1;

/** compute_score of udp.c: -1 when the socket does not match. */
function score(socket: UdpSocket, skb: Skb, local: Ip, remote: Ip, remotePort: number): number {
  const { sock } = socket;
  const { address } = sock;
  let value = 0;
  if (address === local) value = SPECIFIC;
  else if (isIpv4(local)) {
    if (address !== 0 && !(address === 0n && !sock.v6only)) return -1;
  } else if (address !== 0n) return -1;
  if (sock.remoteAddress !== undefined) {
    if (sock.remoteAddress !== remote || sock.remotePort !== remotePort) return -1;
    value += CONNECTED;
  }
  if (sock.device !== undefined) {
    if (sock.device !== skb.dev) return -1;
    value += DEVICE;
  }
  if (sock.domain === 'inet') value += IPV4_FAMILY;
  return value;
}
