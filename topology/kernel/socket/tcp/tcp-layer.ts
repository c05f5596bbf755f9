import { type Ip, isIpv4, isLoopback4 } from '../../../addr/index.js';
import { SECOND } from '../../../base/index.js';
import {
  ICMP4,
  IPPROTO,
  type Ipv4Packet,
  type Ipv6Packet,
  NO_TCP_OPTIONS,
  TCP_ACK,
  TCP_FIN,
  TCP_RST,
  TCP_SYN,
  type TcpOptions,
  type TcpSegment,
} from '../../../wire/index.js';
import type { Device, Netns } from '../../contract.js';
import type { Errno } from '../../errno.js';
import type { Skb } from '../../skb.js';
import type { PortHolder } from '../../sys.js';
import { needsScope } from '../address.js';
import { tcpConflict } from '../conflict.js';
import type { SocketContext } from '../context.js';
import { chooseTcpBindPort, chooseTcpConnectPort } from '../ephemeral.js';
import { connectionText, explainMiss } from '../explain.js';
import type { SocketCreator, SocketDomain } from '../factory.js';
import { Fifo } from '../fifo.js';
import { type FlowKey, flowHash } from '../hash.js';
import { type IcmpEvent, reportIcmp } from '../icmp-event.js';
import type { InetSock } from '../inet-sock.js';
import { PortTable } from '../port-table.js';
import { quotedPorts } from '../quoted.js';
import { localPortRange, readSysctl } from '../sysctl.js';
import { isInFlight, pathMtuChanged } from './ack.js';
import { Connection } from './connection.js';
import type { Arrival, TcpFlow, TcpHolder } from './flow.js';
import { FlowTable } from './flow-table.js';
import { ListenerTable } from './listener-table.js';
import { Request } from './request.js';
import { seqAdd } from './seq.js';
import { TcpSocket } from './tcp-socket.js';
import { TimeWait } from './time-wait.js';

const NOTHING = new Uint8Array(0);

const NO_OCTETS = new Uint8Array(0);

/** A segment that the kernel sends without a connection. */
export interface BareSegment {
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
  readonly options: TcpOptions;
}

/** TCP of one namespace: ports, flows, listeners, and the way from a segment to whom it concerns. */
export class TcpLayer {
  readonly netns: Netns;
  readonly context: SocketContext;
  readonly ports = new PortTable<TcpHolder>();
  readonly listeners: ListenerTable;
  private readonly flows = new FlowTable();
  /** TIME_WAIT records in about the order they expire. */
  private readonly expiring = new Fifo<{ readonly record: TimeWait; readonly atNs: number }>();
  /** Moves the search for source ports on with every connection (table_perturb). */
  private perturb = 0;

  constructor(context: SocketContext) {
    this.context = context;
    this.netns = context.netns;
    this.listeners = new ListenerTable(context.secret);
  }

  open(creator: SocketCreator, domain: SocketDomain): TcpSocket {
    return new TcpSocket(this, { creator, domain });
  }

  /** Gives a segment to its connection or listener; without one, answers RST. */
  deliver(skb: Skb, packet: Ipv4Packet | Ipv6Packet, segment: TcpSegment): void {
    const arrival = { skb, packet, segment };
    const key = {
      local: packet.dst,
      localPort: segment.dstPort,
      remote: packet.src,
      remotePort: segment.srcPort,
    };
    const flow = this.find(key, skb.dev);
    if (flow === undefined) {
      this.receiveForListener(arrival);
      return;
    }
    if (skb.trace !== undefined) {
      const where = `connection ${connectionText(flow.sock)} (${flow.state})`;
      const sentence = `delivered to ${flow.sock.ownerText}, ${where}`;
      this.netns.step(skb, 'socket', 'deliver', sentence);
    }
    flow.receive(arrival);
  }

  /** Treats a segment that belongs to no flow. */
  receiveForListener(arrival: Arrival): void {
    const { skb, packet, segment } = arrival;
    const listener = this.listeners.find(arrival);
    if (listener !== undefined) {
      listener.receive(arrival);
      return;
    }
    const isReset = (segment.flags & TCP_RST) !== 0;
    const sentence =
      skb.trace === undefined
        ? ''
        : explainMiss(
            {
              proto: 'tcp',
              address: packet.dst,
              port: segment.dstPort,
              answer: isReset ? 'ignores the RST' : 'answers RST',
            },
            this.listeners.all.map(({ sock }) => sock),
          );
    this.netns.drop(skb, 'no-socket', 'socket', sentence);
    this.answerReset(arrival);
  }

  /** Tells the connection whose segment an ICMP error quotes (tcp_v4_err). */
  icmpError(event: IcmpEvent): void {
    const { quoted, meaning, skb } = event;
    const ports = quotedPorts(quoted.body);
    if (ports === undefined) return;
    const flow = this.find({
      local: quoted.src,
      localPort: ports.srcPort,
      remote: quoted.dst,
      remotePort: ports.dstPort,
    });
    if (flow === undefined || flow.kind === 'time-wait') return;
    if (flow instanceof Request) {
      if (endsRequest(event)) flow.drop();
      return;
    }
    if (!(flow instanceof Connection)) return;
    if (ports.seq !== undefined && !isInFlight(flow, ports.seq)) return;
    const opening = flow.state === 'SYN-SENT' || flow.state === 'SYN-RECV';
    if (skb.trace !== undefined) {
      const effect = meaning.tooBig
        ? 'which sends smaller segments from now on'
        : opening
          ? `which fails with ${meaning.errno}`
          : 'which notes it and goes on: an established connection survives ICMP errors';
      const sentence = `the error reaches the connection of ${flow.sock.ownerText}, ${effect}`;
      this.netns.step(skb, 'socket', 'deliver', sentence);
    }
    if (meaning.tooBig) {
      pathMtuChanged(flow, event.mtu ?? 0);
      return;
    }
    if (opening) {
      if (flow.sock.recvErr) reportIcmp(flow.sock, event, { octets: NO_OCTETS });
      flow.fail(meaning.errno);
      return;
    }
    flow.softError = meaning.errno;
    if (!flow.sock.recvErr) return;
    flow.sock.setError(meaning.errno);
    flow.wake();
  }

  /** Takes a port for a socket, 0 for a free one (inet_csk_get_port). Fails with EADDRINUSE. */
  bind(socket: TcpSocket, port: number): Errno | undefined {
    this.purge();
    const { sock } = socket;
    if (port === 0) {
      const chosen = chooseTcpBindPort(localPortRange(this.netns), this.context.rng, {
        reuseAddr: sock.reuseAddr,
        isFree: (candidate) => this.conflict(socket, candidate, 'any') === undefined,
      });
      if (chosen === undefined) return 'EADDRINUSE';
      sock.port = chosen;
    } else {
      if (this.conflict(socket, port, 'named') !== undefined) return 'EADDRINUSE';
      sock.port = port;
    }
    sock.bindState = 'bound';
    this.ports.add(socket, 'bind');
    return undefined;
  }

  /** Whether a bound socket may listen: what could share the port while bound may not be listening already. */
  mayListen(socket: TcpSocket): boolean {
    this.purge();
    return this.conflict(socket, socket.sock.port, 'named') === undefined;
  }

  /** A source port for a connection of an unbound socket (__inet_hash_connect). */
  chooseSourcePort(local: Ip, remote: Ip, remotePort: number): number | undefined {
    this.purge();
    const key = { local, localPort: 0, remote, remotePort };
    const offset = (flowHash(key, this.context.secret) + this.perturb) >>> 0;
    this.perturb = (this.perturb + 2 + 2 * this.context.rng.below(8)) >>> 0;
    return chooseTcpConnectPort(localPortRange(this.netns), offset, (port) => {
      const bucket = this.ports.at(port);
      if (bucket === undefined) return true;
      return bucket.connectOnly && this.isTupleFree({ ...key, localPort: port });
    });
  }

  /** Whether no flow has these ends; a TIME_WAIT that may be reused gives way (tcp_twsk_unique). */
  isTupleFree(key: FlowKey): boolean {
    const flow = this.find(key);
    if (flow === undefined) return true;
    if (!(flow instanceof TimeWait) || !flow.timestamps) return false;
    const reuse = readSysctl(this.netns, 'net.ipv4.tcp_tw_reuse');
    if (reuse === 0 || (reuse === 2 && !isLoopback(key.remote))) return false;
    if (this.netns.host.clock.nowNs - flow.tsRecentAtNs < SECOND) return false;
    this.removeFlow(flow);
    return true;
  }

  addFlow(flow: TcpFlow): void {
    this.flows.add(flow);
  }

  /** Forgets a flow and frees its port; an open socket that was bound keeps it. */
  removeFlow(flow: TcpFlow): void {
    this.flows.remove(flow);
    if (flow instanceof Connection) {
      const { holder } = flow;
      if (holder !== undefined && !flow.orphan && flow.sock.portLocked) {
        this.ports.replace(flow, holder);
      } else this.ports.remove(flow);
    } else if (flow instanceof TimeWait) this.ports.remove(flow);
  }

  /** Lets a TIME_WAIT record stand for a connection. */
  replaceFlow(connection: Connection, record: TimeWait): void {
    this.flows.remove(connection);
    this.addFlow(record);
    this.ports.replace(connection, record);
    this.noteExpiry(record);
  }

  /** Notes when a record is to be forgotten. */
  noteExpiry(record: TimeWait): void {
    this.purge();
    this.expiring.push({ record, atNs: record.expiresNs });
  }

  /** RFC 9293 section 3.10.7.1: RST for what belongs to no connection, never for an RST, a broadcast or a multicast. */
  answerReset(arrival: Arrival): void {
    const { segment, skb } = arrival;
    if ((segment.flags & TCP_RST) !== 0) return;
    if (skb.pktType === 'broadcast' || skb.pktType === 'multicast') return;
    if ((segment.flags & TCP_ACK) !== 0) {
      const bare = { seq: segment.ack, ack: 0, flags: TCP_RST, window: 0, options: NO_TCP_OPTIONS };
      this.reply(arrival, bare);
      return;
    }
    const controls =
      ((segment.flags & TCP_SYN) !== 0 ? 1 : 0) + ((segment.flags & TCP_FIN) !== 0 ? 1 : 0);
    const ack = seqAdd(segment.seq, segment.payload.length + controls);
    const flags = TCP_RST | TCP_ACK;
    this.reply(arrival, { seq: 0, ack, flags, window: 0, options: NO_TCP_OPTIONS });
  }

  /** Sends a segment back to where one came from, without a socket. */
  reply(arrival: Arrival, bare: BareSegment): void {
    const { packet, segment, skb } = arrival;
    this.netns.ip.send({
      src: packet.dst,
      dst: packet.src,
      proto: IPPROTO.tcp,
      body: {
        kind: 'tcp',
        srcPort: segment.dstPort,
        dstPort: segment.srcPort,
        ...bare,
        payload: NOTHING,
      },
      pmtudisc: 'do',
      cause: skb,
      ...(needsScope(packet.src) && skb.dev !== undefined ? { oif: skb.dev } : undefined),
    });
  }

  /** Sends a segment for a flow that is no connection yet. */
  sendFor(sock: InetSock, cause: Skb | undefined, bare: BareSegment): void {
    const dst = sock.remoteAddress;
    if (dst === undefined) return;
    this.netns.ip.send({
      src: sock.address,
      dst,
      proto: IPPROTO.tcp,
      body: {
        kind: 'tcp',
        srcPort: sock.port,
        dstPort: sock.remotePort,
        ...bare,
        payload: NOTHING,
      },
      owner: sock,
      pmtudisc: sock.pmtudisc,
      trace: sock.trace,
      cause,
      ...(sock.tos === 0 ? undefined : { tos: sock.tos }),
      ...(sock.ttl === undefined ? undefined : { ttl: sock.ttl }),
      ...(sock.device === undefined ? undefined : { oif: sock.device }),
    });
  }

  /** Who holds a port. */
  entriesAt(port: number): TcpHolder[] {
    this.purge();
    return [...(this.ports.at(port)?.entries ?? [])];
  }

  /** Every holder of a port and every connection being made. */
  holders(): PortHolder[] {
    this.purge();
    return Array.from(this.ports.all(), (entry) =>
      entry.sock.holder('tcp', entry.state, entry.queues?.()),
    );
  }

  /** The namespace is gone: nothing of it may run any more. */
  abandonAll(): void {
    this.flows.abandonAll();
    this.listeners.clear();
    this.expiring.clear();
  }

  /** The flow with these ends; a TIME_WAIT record whose time is over is forgotten. */
  private find(key: FlowKey, dev?: Device): TcpFlow | undefined {
    const flow = this.flows.find(key, dev);
    if (flow instanceof TimeWait && flow.expiresNs <= this.netns.host.clock.nowNs) {
      this.removeFlow(flow);
      return undefined;
    }
    return flow;
  }

  private conflict(socket: TcpSocket, port: number, kind: 'named' | 'any'): TcpHolder | undefined {
    for (const other of this.ports.at(port)?.entries ?? []) {
      if (other !== socket && tcpConflict(socket.sock, other.sock, { port: kind })) return other;
    }
    return undefined;
  }

  /** Forgets TIME_WAIT records whose time is over. */
  private purge(): void {
    const now = this.netns.host.clock.nowNs;
    for (let first = this.expiring.peek(); first !== undefined; first = this.expiring.peek()) {
      if (first.atNs > now) return;
      this.expiring.shift();
      if (first.record.expiresNs <= now) this.removeFlow(first.record);
    }
  }
}

/** Whether an error makes the kernel forget a half-open connection (the last argument of tcp_req_err in tcp_v4_err, tcp_v6_err). */
function endsRequest({ quoted, message, meaning }: IcmpEvent): boolean {
  if (quoted.kind === 'ipv6') return meaning.hard && !meaning.tooBig;
  const { type, code } = message;
  if (type === ICMP4.destUnreachable) return code <= 1;
  return type === ICMP4.timeExceeded || type === ICMP4.parameterProblem;
}

function isLoopback(address: Ip): boolean {
  return isIpv4(address) ? isLoopback4(address) : address === 1n;
}
