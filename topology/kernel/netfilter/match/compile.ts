import { isCidr4, maskOf4 } from '../../../addr/index.js';
import { SECOND } from '../../../base/index.js';
import { IPPROTO } from '../../../wire/packet.js';
import type { AddrType, Match, PortRange } from '../../ops.js';
import type { Skb } from '../../skb.js';
import { ctRefOf } from '../conntrack/conntrack.js';
import type { PacketFacts, Predicate } from './facts.js';

/**
 * Makes the predicate of a match, or undefined for one that always holds. The result keeps no state of its own and is
 * shared by all namespaces with the rule.
 *
 * Fidelity: ipsets do not exist, so rules that name one are refused when they are loaded.
 */
export function compileMatch(match: Match): Predicate | undefined {
  switch (match.match) {
    case 'comment':
      return undefined;
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
      return compileAddrType(match);
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
      return () => match.invert === true;
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

/** Interface names of iptables: a `+` at the end stands for any ending. */
function namePattern(pattern: string): (name: string) => boolean {
  if (!pattern.endsWith('+')) return (name) => name === pattern;
  const prefix = pattern.slice(0, -1);
  return (name) => name.startsWith(prefix);
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

const ADDR_TYPE: Readonly<Record<string, AddrType>> = {
  unicast: 'UNICAST',
  local: 'LOCAL',
  broadcast: 'BROADCAST',
  multicast: 'MULTICAST',
  unreachable: 'UNREACHABLE',
  prohibit: 'PROHIBIT',
  blackhole: 'BLACKHOLE',
};

function compileAddrType(match: Match & { match: 'addrtype' }): Predicate {
  const { srcType, dstType, srcInvert, dstInvert, limitIfaceIn, limitIfaceOut } = match;
  return ({ netns, src, dst, inDev, outDev }) => {
    const device = limitIfaceIn === true ? inDev : limitIfaceOut === true ? outDev : undefined;
    const is = (address: typeof src, type: AddrType): boolean =>
      ADDR_TYPE[netns.ip.addrType(address, device)] === type;
    if (srcType !== undefined && is(src, srcType) === (srcInvert === true)) return false;
    return dstType === undefined || is(dst, dstType) !== (dstInvert === true);
  };
}

function compilePhysdev(match: Match & { match: 'physdev' }): Predicate {
  const inMatches = match.in === undefined ? undefined : namePattern(match.in);
  const outMatches = match.out === undefined ? undefined : namePattern(match.out);
  const bridged = (skb: Skb): boolean => skb.physIn !== undefined && skb.physOut !== undefined;
  return invertIf(match.invert, ({ skb }) => {
    if (match.isBridged === true && !bridged(skb)) return false;
    if (inMatches !== undefined && !inMatches(skb.physIn?.name ?? '')) return false;
    return outMatches === undefined || outMatches(skb.physOut?.name ?? '');
  });
}

function compileRecent(match: Match & { match: 'recent' }): Predicate {
  const invert = match.invert === true;
  return ({ memory, netns, src, dst }) => {
    const nowNs = netns.host.clock.nowNs;
    const list = memory.recent(match.name);
    const address = match.side === 'source' ? src : dst;
    if (match.verb === 'set') {
      list.note(address, nowNs);
      return !invert;
    }
    if (!list.has(address)) return invert;
    if (match.verb === 'remove') {
      list.remove(address);
      return !invert;
    }
    const sinceNs = match.seconds === undefined ? 0 : nowNs - match.seconds * SECOND;
    const matched = list.seenSince(address, sinceNs) !== invert;
    if (match.verb === 'update' && matched) list.note(address, nowNs);
    if (match.reap === true) list.reap(sinceNs);
    return matched;
  };
}

/** Whether a match needs connection tracking to be on. */
export function needsConntrack(match: Match): boolean {
  return match.match === 'ctstate' || match.match === 'connmark';
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
