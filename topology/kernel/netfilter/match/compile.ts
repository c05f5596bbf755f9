import { type Ip, isCidr4, maskOf4 } from '../../../addr/index.js';
import { SECOND } from '../../../base/index.js';
import { IPPROTO } from '../../../wire/packet.js';
import type { Match, PortRange, RecentMatch, SetMatch } from '../../ops.js';
import { ctRefOf } from '../conntrack/conntrack.js';
import type { SetPacket } from '../set/packet.js';
import { compileConnbytes, compileConnlimit, compileConntrack } from './connection.js';
import type { PacketFacts, Predicate } from './facts.js';
import { compileHashlimit } from './hashlimit.js';
import { compilePacketMatch } from './packet.js';
import { compileAddrtype, compilePhysdev, compileRpfilter, namePattern } from './place.js';

/**
 * Makes the predicate of a match, or undefined for one that always holds. The result keeps no state of its own and is
 * shared by all namespaces with the rule.
 */
export function compileMatch(match: Match): Predicate | undefined {
  switch (match.match) {
    case 'comment':
      return undefined;
    case 'bare':
      return undefined;
    case 'conntrack':
      return compileConntrack(match);
    case 'connbytes':
      return compileConnbytes(match);
    case 'connlimit':
      return compileConnlimit(match);
    case 'hashlimit':
      return compileHashlimit(match);
    case 'rpfilter':
      return compileRpfilter(match);
    case 'src':
    case 'dst':
      return compileAddress(match);
    case 'proto':
      if (match.proto === 0) return undefined;
      return invertIf(match.invert, (facts) => facts.proto === match.proto);
    case 'in':
      return invertIf(
        match.invert,
        deviceNamed(match.dev, (facts) => facts.inDev?.name),
      );
    case 'out':
      return invertIf(
        match.invert,
        deviceNamed(match.dev, (facts) => facts.outDev?.name),
      );
    case 'sport':
      return compilePorts(match.invert, [match.ports], 'source');
    case 'dport':
      return compilePorts(match.invert, [match.ports], 'destination');
    case 'multiport':
      return compilePorts(match.invert, match.ports, match.side);
    case 'tcp-flags':
      return needing(
        (facts) => facts.packet.body.kind === 'tcp',
        invertIf(match.invert, ({ packet: { body } }) =>
          body.kind === 'tcp' ? (body.flags & match.mask) === match.set : false,
        ),
      );
    case 'icmp':
      return needing(
        (facts) => facts.packet.body.kind === 'icmp',
        invertIf(match.invert, ({ packet: { body } }) => {
          if (body.kind !== 'icmp') return false;
          // Type 255 is how `--icmp-type any` is written.
          if (match.type === 255 && match.code === undefined) return true;
          return body.type === match.type && (match.code === undefined || body.code === match.code);
        }),
      );
    case 'ctstate':
      return compileCtState(match);
    case 'mark':
      return invertIf(match.invert, ({ skb }) => (skb.mark & match.mask) >>> 0 === match.value);
    case 'connmark':
      return needing(
        ({ skb }) => ctRefOf(skb)?.connection !== undefined,
        invertIf(
          match.invert,
          ({ skb }) => ((ctRefOf(skb)?.connection?.mark ?? 0) & match.mask) >>> 0 === match.value,
        ),
      );
    case 'statistic-random': {
      const limit = Math.round(match.probability * 0x8000_0000);
      return invertIf(match.invert, ({ netns }) => netns.host.rng.uint32() >>> 1 < limit);
    }
    case 'statistic-nth': {
      const slot = {};
      // The cycle starts so that the first match is packet number `packet`.
      const first = (match.every - match.packet) % match.every;
      return invertIf(match.invert, ({ memory }) => memory.nextOf(slot, match.every, first) === 0);
    }
    case 'addrtype':
      return compileAddrtype(match);
    case 'physdev':
      return compilePhysdev(match);
    case 'recent':
      return compileRecent(match);
    case 'limit': {
      const slot = {};
      return ({ memory, netns }) =>
        memory.takeToken(slot, match.perSecond, match.burst, netns.host.clock.nowNs);
    }
    case 'set':
      return compileSet(match);
    default:
      return compilePacketMatch(match);
  }
}

function invertIf(invert: boolean | undefined, predicate: Predicate): Predicate {
  return invert === true ? (facts) => !predicate(facts) : predicate;
}

/** A match that fails, inverted or not, on packets it cannot be asked of. */
function needing(condition: Predicate, predicate: Predicate): Predicate {
  return (facts) => condition(facts) && predicate(facts);
}

function compileAddress(match: Match & { match: 'src' | 'dst' }): Predicate | undefined {
  const { block, invert } = match;
  const side = match.match;
  if (block.prefixLength === 0 && invert !== true) return undefined;
  if (isCidr4(block)) {
    const mask = maskOf4(block.prefixLength) | 0;
    const network = block.network | 0;
    // Addresses of the other family never reach a chain of this one.
    return invertIf(
      invert,
      side === 'src'
        ? ({ src }) => (Number(src) & mask) === network
        : ({ dst }) => (Number(dst) & mask) === network,
    );
  }
  const shift = BigInt(128 - block.prefixLength);
  const network = block.network >> shift;
  return invertIf(
    invert,
    side === 'src'
      ? ({ src }) => BigInt(src) >> shift === network
      : ({ dst }) => BigInt(dst) >> shift === network,
  );
}

function deviceNamed(
  pattern: string,
  nameOf: (facts: PacketFacts) => string | undefined,
): Predicate {
  const matches = namePattern(pattern);
  return (facts) => matches(nameOf(facts) ?? '');
}

function compilePorts(
  invert: boolean | undefined,
  ports: readonly PortRange[],
  side: 'source' | 'destination' | 'either',
): Predicate {
  const within = (port: number): boolean =>
    ports.some(({ from, to }) => port >= from && port <= to);
  const only = ports.length === 1 ? ports[0] : undefined;
  const test =
    only === undefined ? within : (port: number): boolean => port >= only.from && port <= only.to;
  const asked: Predicate =
    side === 'source'
      ? (facts) => test(facts.srcPort)
      : side === 'destination'
        ? (facts) => test(facts.dstPort)
        : (facts) => test(facts.srcPort) || test(facts.dstPort);
  return invert === true
    ? (facts) => facts.dstPort >= 0 && !asked(facts)
    : (facts) => facts.dstPort >= 0 && asked(facts);
}

function compileCtState(match: Match & { match: 'ctstate' }): Predicate {
  const states = new Set<string>(match.states);
  const snat = states.has('SNAT');
  const dnat = states.has('DNAT');
  return invertIf(match.invert, ({ skb }) => {
    const ref = ctRefOf(skb);
    // A packet that conntrack never saw is INVALID to this match.
    if (states.has(ref?.state ?? 'INVALID')) return true;
    const connection = ref?.connection;
    if (connection === undefined) return false;
    return (snat && connection.srcNat) || (dnat && connection.dstNat);
  });
}

/** net/netfilter/xt_recent.c. */
function compileRecent(match: RecentMatch): Predicate {
  const invert = match.invert === true;
  const { mask } = match;
  return ({ memory, netns, src, dst, packet }) => {
    const nowNs = netns.host.clock.nowNs;
    const list = memory.recent(match.name);
    const ttl = packet.kind === 'ipv4' ? packet.ttl : packet.hopLimit;
    const end = match.side === 'source' ? src : dst;
    const address = mask === undefined ? end : applyMask(end, mask);
    if (match.verb === 'set') {
      list.note(address, nowNs, ttl);
      return !invert;
    }
    if (!list.has(address)) return invert;
    if (match.rttl === true && list.ttlOf(address) !== ttl) return invert;
    if (match.verb === 'remove') {
      list.remove(address);
      return !invert;
    }
    const sinceNs = match.seconds === undefined ? 0 : nowNs - match.seconds * SECOND;
    const enough = list.seenSince(address, sinceNs) >= Math.max(1, match.hitcount ?? 0);
    const matched = enough !== invert;
    if (match.verb === 'update' && matched) list.note(address, nowNs, ttl);
    if (match.reap === true) list.reap(sinceNs);
    return matched;
  };
}

function applyMask(address: Ip, mask: Ip): Ip {
  if (typeof address === 'number' && typeof mask === 'number') {
    return ((address & mask) >>> 0) as Ip;
  }
  return (BigInt(address) & BigInt(mask)) as Ip;
}

/** net/netfilter/xt_set.c. */
function compileSet(match: SetMatch): Predicate {
  const invert = match.invert === true;
  return (facts) => {
    const set = facts.memory.sets.get(match.name);
    const found = set?.test(setPacket(facts), match.dims, facts.netns.host.clock.nowNs) === true;
    return found !== invert;
  };
}

/** What a set looks at of a packet. */
export function setPacket(facts: PacketFacts): SetPacket {
  const { src, dst, proto, srcPort, dstPort, skb, packet } = facts;
  return {
    src,
    dst,
    proto,
    srcPort,
    dstPort,
    srcMac: skb.srcMac,
    icmp: packet.body.kind === 'icmp' ? (packet.body.type << 8) | packet.body.code : undefined,
  };
}

/** Whether a match needs connection tracking to be on. */
export function needsConntrack(match: Match): boolean {
  const { match: kind } = match;
  return (
    kind === 'ctstate' ||
    kind === 'conntrack' ||
    kind === 'connmark' ||
    kind === 'connbytes' ||
    kind === 'connlimit'
  );
}

/** What an indexed chain is looked up by: the one destination, source or port that a rule demands. */
export function exactKey(
  matches: readonly Match[],
  kind: 'dst' | 'src' | 'dport',
): number | bigint | undefined {
  if (kind === 'dport') {
    const proto = matches.find((match) => match.match === 'proto');
    const port = matches.find((match) => match.match === 'dport');
    if (proto?.match !== 'proto' || proto.invert === true) return undefined;
    if (port?.match !== 'dport' || port.invert === true) return undefined;
    if (proto.proto !== IPPROTO.tcp && proto.proto !== IPPROTO.udp) return undefined;
    if (port.ports.from !== port.ports.to) return undefined;
    return portKey(proto.proto, port.ports.from);
  }
  for (const match of matches) {
    if (match.match !== kind || match.invert === true) continue;
    if (match.block.prefixLength === (isCidr4(match.block) ? 32 : 128)) return match.block.network;
  }
  return undefined;
}

/** Key of a protocol and a destination port. */
export function portKey(proto: number, port: number): number {
  return proto * 0x10000 + port;
}
