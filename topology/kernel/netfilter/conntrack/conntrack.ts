import { formatIp, type Ip } from '../../../addr/index.js';
import { isIcmpError } from '../../../wire/icmp.js';
import { IPPROTO, type Ipv4Packet, type Ipv6Packet, TCP_RST } from '../../../wire/packet.js';
import { readQuote } from '../../../wire/quote.js';
import { l3Bytes } from '../../../wire/size.js';
import type {
  ConntrackEntry,
  ConntrackStatistics,
  ConntrackView,
  Netns,
  Verdict,
} from '../../contract.js';
import type { ConntrackFilter } from '../../ops.js';
import type { Skb } from '../../skb.js';
import {
  Connection,
  type ConnectionCounters,
  CtRef,
  type Direction,
  INVALID_REF,
  UNTRACKED_REF,
} from './connection.js';
import { begin, follow } from './follow.js';
import { ConnectionTable } from './table.js';
import { connectionLine, tupleText } from './text.js';
import { CONNTRACK_MAX, TimeoutSettings } from './timeout.js';
import {
  icmpPort,
  invertTuple,
  sameTuple,
  type TupleFields,
  tupleDstPort,
  tupleOf,
  tupleSrcPort,
} from './tuple.js';

/** Neighbour discovery and multicast listener messages, which conntrack never tracks. */
const ICMP6_UNTRACKED: ReadonlySet<number> = new Set([130, 131, 132, 133, 134, 135, 136, 137, 143]);

/** What the Skb notes, as this folder made it. */
export function ctRefOf(skb: Skb): CtRef | undefined {
  return skb.ct instanceof CtRef ? skb.ct : undefined;
}

/**
 * Connection tracking of one namespace (net/netfilter/nf_conntrack_core.c).
 *
 * Fidelity: no expectations (helpers such as FTP), no zones, no timestamps; SCTP, DCCP and GRE are
 * followed as unknown protocols are.
 */
export class Conntrack implements ConntrackView {
  readonly table: ConnectionTable;
  readonly statistics: ConntrackStatistics = {
    found: 0,
    invalid: 0,
    insertFailed: 0,
    drop: 0,
    earlyDrop: 0,
    clashResolve: 0,
  };
  /** A rule asks how much connections carried, which turns accounting on for good (nf_ct_set_acct). */
  counting = false;
  private readonly netns: Netns;
  private readonly timeouts: TimeoutSettings;

  constructor(netns: Netns) {
    this.netns = netns;
    this.timeouts = new TimeoutSettings(netns);
    this.table = new ConnectionTable(netns.host.clock);
  }

  get size(): number {
    return this.table.size;
  }

  /** Finds or makes the connection of a packet that enters the namespace or is sent by it (nf_conntrack_in). */
  enter(skb: Skb, packet: Ipv4Packet | Ipv6Packet): Verdict {
    // Seen before: over loopback, from a bridge port to its bridge, or an answer that was attached.
    if (skb.ct !== undefined) return 'accept';
    if (packet.body.kind === 'icmp') {
      const { type } = packet.body;
      if (packet.kind === 'ipv6' && ICMP6_UNTRACKED.has(type)) {
        skb.ct = UNTRACKED_REF;
        return 'accept';
      }
      if (isIcmpError(packet.kind, type)) {
        skb.ct = this.related(packet, packet.body.payload);
        if (skb.trace !== undefined) this.explain(skb, packet);
        return 'accept';
      }
    }
    const verdict = this.resolve(skb, packet);
    if (skb.trace !== undefined && verdict === 'accept') this.explain(skb, packet);
    return verdict;
  }

  /**
   * Enters the connection of a first packet into the table, now that nothing stopped the packet (nf_conntrack_confirm).
   * Drops it when its translation clashes with another connection.
   */
  confirm(skb: Skb): Verdict {
    const ref = ctRefOf(skb);
    const connection = ref?.connection;
    if (ref === undefined || connection === undefined || ref.direction === 'reply') return 'accept';
    if (connection.confirmed || connection.dying) return 'accept';
    const clash =
      this.table.findTuple(connection.original) ?? this.table.findTuple(connection.reply);
    if (clash === undefined) {
      this.table.add(connection);
      return 'accept';
    }
    const other = clash.connection;
    const same =
      sameTuple(other.original, connection.original) && sameTuple(other.reply, connection.reply);
    if (same && connection.tcp === undefined) {
      this.statistics.clashResolve++;
      skb.ct = other.seenReply ? other.refEstablished('original') : other.refNew;
      return 'accept';
    }
    this.statistics.insertFailed++;
    this.netns.drop(
      skb,
      'nat-no-port',
      'conntrack',
      `another connection already uses ${tupleText(connection.reply)} for its answers`,
      { clash: tupleText(other.original) },
    );
    return 'drop';
  }

  /**
   * As `Netfilter.attach`: ties ICMP errors, and the reset of a connection that was not let in. Other answers (echo
   * replies, segments of sockets) find their connection by their own addresses.
   */
  attach(answer: Skb, about: Skb): void {
    const ref = ctRefOf(about);
    if (ref?.connection === undefined || !isAnswerAbout(answer, ref.connection)) return;
    answer.ct = ref.connection.refRelated(ref.direction === 'original' ? 'reply' : 'original');
  }

  list(): readonly string[] {
    const now = this.netns.host.clock.nowNs;
    return [...this.table.live()].map((connection) => connectionLine(connection, now));
  }

  entries(filter: ConntrackFilter): readonly ConntrackEntry[] {
    const now = this.netns.host.clock.nowNs;
    const entries: ConntrackEntry[] = [];
    for (const connection of this.table.live()) {
      if (!meets(filter, connection)) continue;
      const { family, original } = connection;
      const id = (original.hash ^ Math.imul(connection.reply.hash, 31)) >>> 0;
      entries.push({ family, line: connectionLine(connection, now), id });
    }
    return entries;
  }

  delete(filter: ConntrackFilter): number {
    return this.removeWhere((connection) => meets(filter, connection));
  }

  /** Forgets the connections that `gone` says true of; gives their number. */
  removeWhere(gone: (connection: Connection) => boolean): number {
    const doomed = [...this.table.live()].filter(gone);
    for (const connection of doomed) this.table.remove(connection);
    return doomed.length;
  }

  private resolve(skb: Skb, packet: Ipv4Packet | Ipv6Packet): Verdict {
    const nowNs = this.netns.host.clock.nowNs;
    const { body } = packet;
    const found = this.table.find(
      packet.src,
      packet.dst,
      packet.proto,
      tupleSrcPort(body),
      tupleDstPort(body),
    );
    if (found === undefined) return this.begin(skb, packet, nowNs);
    const { connection, direction } = found;
    const result = follow(
      { table: this.table, timeouts: this.timeouts.at(nowNs), nowNs },
      connection,
      direction,
      packet,
    );
    if (result === 'repeat') return this.begin(skb, packet, nowNs);
    if (result === 'invalid') {
      this.statistics.invalid++;
      skb.ct = INVALID_REF;
      return 'accept';
    }
    if (direction === 'reply') connection.seenReply = true;
    if (connection.counters !== undefined) countPacket(connection.counters, direction, packet);
    skb.ct =
      direction === 'reply' || connection.seenReply
        ? connection.refEstablished(direction)
        : connection.refNew;
    return 'accept';
  }

  private begin(skb: Skb, packet: Ipv4Packet | Ipv6Packet, nowNs: number): Verdict {
    const original = tupleOf(packet);
    const connection = new Connection(original, invertTuple(original), packet.kind);
    if (!begin(connection, packet, this.timeouts.at(nowNs).loose)) {
      this.statistics.invalid++;
      skb.ct = INVALID_REF;
      return 'accept';
    }
    if (this.table.size >= this.limit()) {
      if (!this.table.dropUnassured(connection.original.hash)) {
        this.statistics.drop++;
        const sentence = `nf_conntrack: table full, dropping packet: ${this.table.size} connections are tracked`;
        this.netns.drop(skb, 'conntrack-full', 'conntrack', sentence);
        return 'drop';
      }
      this.statistics.earlyDrop++;
    }
    follow(
      { table: this.table, timeouts: this.timeouts.at(nowNs), nowNs },
      connection,
      'original',
      packet,
    );
    if (this.counting || this.netns.sysctl('net.netfilter.nf_conntrack_acct') !== 0) {
      connection.counters = {
        originalPackets: 0,
        originalBytes: 0,
        replyPackets: 0,
        replyBytes: 0,
      };
      countPacket(connection.counters, 'original', packet);
    }
    skb.ct = connection.refNew;
    return 'accept';
  }

  private limit(): number {
    const set = this.netns.sysctl('net.netfilter.nf_conntrack_max');
    return set > 0 ? set : CONNTRACK_MAX;
  }

  /** The connection that an ICMP error is about (nf_conntrack_inet_error). */
  private related(packet: Ipv4Packet | Ipv6Packet, quoted: Uint8Array): CtRef {
    const read = readQuote(quoted);
    if (!read.ok || read.value.src !== packet.dst) return INVALID_REF;
    const { src, dst, proto, ports, icmp } = read.value;
    const inner: TupleFields = {
      src,
      dst,
      proto,
      srcPort: ports?.src ?? icmp?.id ?? 0,
      dstPort: ports?.dst ?? (icmp === undefined ? 0 : icmpPort(icmp.type, icmp.code)),
    };
    const found = this.table.findTuple(invertTuple(inner));
    return found === undefined ? INVALID_REF : found.connection.refRelated(found.direction);
  }

  private explain(skb: Skb, packet: Ipv4Packet | Ipv6Packet): void {
    const ref = ctRefOf(skb);
    if (ref === undefined) return;
    const { action, sentence } = sentenceOf(ref, packet);
    this.netns.step(skb, 'conntrack', action, sentence, { state: ref.state });
  }
}

function countPacket(
  counters: ConnectionCounters,
  direction: Direction,
  packet: Ipv4Packet | Ipv6Packet,
): void {
  if (direction === 'original') {
    counters.originalPackets++;
    counters.originalBytes += l3Bytes(packet);
  } else {
    counters.replyPackets++;
    counters.replyBytes += l3Bytes(packet);
  }
}

function isAnswerAbout({ packet }: Skb, connection: Connection): boolean {
  if (packet.kind !== 'ipv4' && packet.kind !== 'ipv6') return false;
  const { body } = packet;
  if (body.kind === 'icmp') return isIcmpError(packet.kind, body.type);
  return body.kind === 'tcp' && (body.flags & TCP_RST) !== 0 && !connection.confirmed;
}

/** Whether a connection is one that a filter means. */
function meets(filter: ConntrackFilter, connection: Connection): boolean {
  const { original, reply, srcNat, dstNat, assured, seenReply, tcp } = connection;
  return (
    agrees(filter.family, connection.family) &&
    agrees(filter.proto, original.proto) &&
    agrees<Ip>(filter.origSrc, original.src) &&
    agrees<Ip>(filter.origDst, original.dst) &&
    agrees(filter.origSrcPort, original.srcPort) &&
    agrees(filter.origDstPort, original.dstPort) &&
    agrees<Ip>(filter.replySrc, reply.src) &&
    agrees<Ip>(filter.replyDst, reply.dst) &&
    agrees(filter.replySrcPort, reply.srcPort) &&
    agrees(filter.replyDstPort, reply.dstPort) &&
    agrees(filter.state, tcp?.state ?? '') &&
    agrees(filter.mark, connection.mark) &&
    (filter.status === undefined || (filter.status === 'ASSURED' ? assured : !seenReply)) &&
    translated(filter.srcNat, srcNat, reply.dst) &&
    translated(filter.dstNat, dstNat, reply.src)
  );
}

function translated(wanted: Ip | 'any' | undefined, is: boolean, to: Ip): boolean {
  return wanted === undefined || (is && (wanted === 'any' || wanted === to));
}

function agrees<T>(wanted: T | undefined, found: T): boolean {
  return wanted === undefined || wanted === found;
}

const WAY: Readonly<Record<Direction, string>> = {
  original: 'in its original direction',
  reply: 'as its reply',
};

function sentenceOf(
  ref: CtRef,
  packet: Ipv4Packet | Ipv6Packet,
): { action: string; sentence: string } {
  const { connection, direction, state } = ref;
  if (connection === undefined) {
    const what = packet.body.kind === 'icmp' ? 'message' : 'packet';
    const from = `${formatIp(packet.src)} → ${formatIp(packet.dst)}`;
    const hint =
      packet.proto === IPPROTO.tcp ? ', and only a SYN or a plain ACK may begin a connection' : '';
    const sentence = `the ${what} ${from} belongs to no known connection${hint}: its state is ${state}`;
    return { action: 'lookup', sentence };
  }
  const text = tupleText(connection.original);
  if (state === 'NEW') {
    return connection.confirmed
      ? { action: 'lookup', sentence: `belongs to ${text}, which nobody answered yet: NEW` }
      : { action: 'track', sentence: `first packet of the connection ${text}: NEW` };
  }
  if (state === 'RELATED') {
    return { action: 'lookup', sentence: `an ICMP error about the connection ${text}: RELATED` };
  }
  return {
    action: 'lookup',
    sentence: `belongs to the known connection ${text}, ${WAY[direction]}: ${state}`,
  };
}
