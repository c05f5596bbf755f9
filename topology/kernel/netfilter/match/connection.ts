import { contains, type Ip, isIpv4, maskOf4 } from '../../../addr/index.js';
import { SECOND } from '../../../base/index.js';
import type { Asked, ConntrackMatch, Match } from '../../ops.js';
import type { Connection } from '../conntrack/connection.js';
import { ctRefOf } from '../conntrack/conntrack.js';
import type { PacketFacts, Predicate } from './facts.js';

/**
 * Matches that ask of a packet's connection.
 */

function holds<T>(what: Asked<T> | undefined, test: (value: T) => boolean): boolean {
  return what === undefined || test(what.value) !== (what.invert === true);
}

/** net/netfilter/xt_conntrack.c. */
export function compileConntrack(match: ConntrackMatch): Predicate {
  return (facts) => {
    const ref = ctRefOf(facts.skb);
    const connection = ref?.connection;
    const state = ref?.state ?? 'INVALID';
    const inState = holds(
      match.state,
      (states) =>
        states.includes(state) ||
        (connection !== undefined &&
          ((states.includes('SNAT') && connection.srcNat) ||
            (states.includes('DNAT') && connection.dstNat))),
    );
    if (!inState) return false;
    if (ref === undefined || connection === undefined) return onlyState(match);
    if (match.direction !== undefined) {
      if ((match.direction === 'ORIGINAL') !== (ref.direction === 'original')) return false;
    }
    const { original, reply } = connection;
    return (
      holds(match.proto, (proto) => original.proto === proto) &&
      holds(match.origSrc, (block) => contains(block, original.src)) &&
      holds(match.origDst, (block) => contains(block, original.dst)) &&
      holds(match.replSrc, (block) => contains(block, reply.src)) &&
      holds(match.replDst, (block) => contains(block, reply.dst)) &&
      holds(match.origSrcPort, ({ from, to }) => within(original.srcPort, from, to)) &&
      holds(match.origDstPort, ({ from, to }) => within(original.dstPort, from, to)) &&
      holds(match.replSrcPort, ({ from, to }) => within(reply.srcPort, from, to)) &&
      holds(match.replDstPort, ({ from, to }) => within(reply.dstPort, from, to)) &&
      holds(match.status, (statuses) => statuses.some((status) => hasStatus(connection, status))) &&
      holds(match.expire, ({ from, to }) => {
        const left = (connection.expiresAtNs - facts.netns.host.clock.nowNs) / SECOND;
        return within(Math.max(0, Math.floor(left)), from, to);
      })
    );
  };
}

function onlyState(match: ConntrackMatch): boolean {
  return Object.keys(match).every((key) => key === 'match' || key === 'state');
}

function within(value: number, from: number, to: number): boolean {
  return value >= from && value <= to;
}

function hasStatus(connection: Connection, status: string): boolean {
  switch (status) {
    case 'SEEN_REPLY':
      return connection.seenReply;
    case 'ASSURED':
      return connection.assured;
    case 'CONFIRMED':
      return connection.confirmed;
    case 'NONE':
      return !connection.seenReply && !connection.assured && !connection.confirmed;
    default:
      // EXPECTED: there are no helpers, so nothing is.
      return false;
  }
}

/** net/netfilter/xt_connbytes.c. */
export function compileConnbytes(match: Match & { match: 'connbytes' }): Predicate {
  const { mode, direction, range } = match;
  return ({ skb }) => {
    const counters = ctRefOf(skb)?.connection?.counters;
    if (counters === undefined) return false;
    const original = direction === 'reply' ? 0 : 1;
    const reply = direction === 'original' ? 0 : 1;
    const packets = original * counters.originalPackets + reply * counters.replyPackets;
    const bytes = original * counters.originalBytes + reply * counters.replyBytes;
    const value =
      mode === 'packets'
        ? packets
        : mode === 'bytes'
          ? bytes
          : packets === 0
            ? 0
            : Math.floor(bytes / packets);
    const inside = value >= range.from && (range.to === undefined || value <= range.to);
    return inside !== (match.invert === true);
  };
}

/** An address with all bits behind a prefix cleared. */
export function maskAddress(address: Ip, prefixLength: number): Ip {
  if (isIpv4(address)) return ((address & maskOf4(prefixLength)) >>> 0) as Ip;
  const shift = BigInt(128 - prefixLength);
  return ((BigInt(address) >> shift) << shift) as Ip;
}

/** net/netfilter/xt_connlimit.c with nf_conncount.c: connections that this rule saw and that live on. */
export function compileConnlimit(match: Match & { match: 'connlimit' }): Predicate {
  const slot = {};
  return ({ memory, skb, src, dst }: PacketFacts) => {
    const connection = ctRefOf(skb)?.connection;
    const key = maskAddress(match.side === 'source' ? src : dst, match.prefixLength);
    const known = memory.connectionsOf(slot, key);
    for (const each of known) if (isOver(each)) known.delete(each);
    if (connection !== undefined) known.add(connection);
    return known.size > match.above !== (match.invert === true);
  };
}

function isOver(connection: Connection): boolean {
  const state = connection.tcp?.state;
  return connection.dying || state === 'TIME_WAIT' || state === 'CLOSE';
}
