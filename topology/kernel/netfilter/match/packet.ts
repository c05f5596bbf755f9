import type { Ipv4Packet, Ipv6Packet, TcpOptions } from '../../../wire/packet.js';
import type { Match, NumberRange, U32Test } from '../../ops.js';
import type { PacketFacts, Predicate } from './facts.js';
import { packetOctets } from './octets.js';

/**
 * Matches that ask of the packet's own headers and of who sent it.
 */

/** TOS of IPv4, traffic class of IPv6. */
function tosOf(packet: Ipv4Packet | Ipv6Packet): number {
  return packet.kind === 'ipv4' ? packet.tos : packet.trafficClass;
}

/** TTL of IPv4, hop limit of IPv6. */
function ttlOf(packet: Ipv4Packet | Ipv6Packet): number {
  return packet.kind === 'ipv4' ? packet.ttl : packet.hopLimit;
}

function within(value: number, { from, to }: NumberRange): boolean {
  return value >= from && value <= to;
}

/** Options by their kind (IANA, TCP Option Kind Numbers). */
function hasOption(options: TcpOptions, kind: number): boolean {
  switch (kind) {
    case 2:
      return options.mss !== undefined;
    case 3:
      return options.windowScale !== undefined;
    case 4:
      return options.sackPermitted === true;
    case 5:
      return options.sack !== undefined;
    case 8:
      return options.timestamp !== undefined;
    default:
      return false;
  }
}

type PacketMatch = Extract<
  Match,
  {
    match:
      | 'fragment'
      | 'tcp-option'
      | 'tcpmss'
      | 'sctp-chunks'
      | 'iprange'
      | 'length'
      | 'mac'
      | 'owner'
      | 'pkttype'
      | 'tos'
      | 'dscp'
      | 'ttl'
      | 'u32'
      | 'string';
  }
>;

/**
 * Makes the predicate of a match on the packet.
 *
 * Fidelity: groups of users are not modelled, a process's group has the number of its user; SCTP's chunks are not
 * looked into.
 */
export function compilePacketMatch(match: PacketMatch): Predicate {
  switch (match.match) {
    case 'fragment':
      return not(match, ({ packet }) => packet.kind === 'ipv4' && packet.fragOffset > 0);
    case 'tcp-option':
      return ({ packet: { body } }) =>
        body.kind === 'tcp' && hasOption(body.options, match.option) !== (match.invert === true);
    case 'tcpmss':
      return ({ packet: { body } }) => {
        if (body.kind !== 'tcp') return false;
        const { mss } = body.options;
        // Without the option the match holds neither way.
        return mss === undefined
          ? match.invert === true
          : within(mss, match.mss) !== (match.invert === true);
      };
    case 'sctp-chunks':
      return () => match.invert === true;
    case 'iprange':
      return ({ src, dst }) => {
        const fits = (address: typeof src, asked: typeof match.src): boolean =>
          asked === undefined ||
          (address >= asked.value.from && address <= asked.value.to) !== (asked.invert === true);
        return fits(src, match.src) && fits(dst, match.dst);
      };
    case 'length':
      return not(match, (facts) => within(facts.bytes, match.range));
    case 'mac':
      return not(match, ({ skb }) => skb.srcMac === match.mac);
    case 'owner':
      return compileOwner(match);
    case 'pkttype':
      return not(match, ({ skb: { pktType } }) => {
        if (match.type === 'unicast') return pktType === 'host' || pktType === 'outgoing';
        return pktType === match.type;
      });
    case 'tos':
      return not(match, ({ packet }) => (tosOf(packet) & match.mask) === match.value);
    case 'dscp':
      return not(match, ({ packet }) => tosOf(packet) >>> 2 === match.dscp);
    case 'ttl':
      return not(match, ({ packet }) => {
        const value = ttlOf(packet);
        if (match.how === 'eq') return value === match.ttl;
        return match.how === 'lt' ? value < match.ttl : value > match.ttl;
      });
    case 'u32':
      return not(match, (facts) => {
        const octets = packetOctets(facts.skb);
        return match.tests.every((test) => holdsU32(test, octets));
      });
    case 'string':
      return compileString(match);
  }
}

function not(match: { readonly invert?: boolean }, predicate: Predicate): Predicate {
  return match.invert === true ? (facts) => !predicate(facts) : predicate;
}

/** net/netfilter/xt_owner.c: a packet without a socket has no owner. */
function compileOwner(match: Extract<Match, { match: 'owner' }>): Predicate {
  return ({ skb: { owner } }: PacketFacts) => {
    if (owner === undefined) return match.socketExists === false;
    if (match.socketExists === false) return false;
    const { uid, gid } = match;
    if (uid !== undefined && within(owner.uid, uid.value) === (uid.invert === true)) return false;
    return gid === undefined || within(owner.uid, gid.value) !== (gid.invert === true);
  };
}

/** net/netfilter/xt_u32.c; a place outside of the packet matches nothing. */
function holdsU32(test: U32Test, octets: Uint8Array): boolean {
  let base = 0;
  let at = 0;
  let value = 0;
  for (const { op, number } of test.location) {
    switch (op) {
      case 'at':
      case '@': {
        if (op === '@') base += value;
        at = base + number;
        if (at + 4 > octets.length) return false;
        value = new DataView(octets.buffer, octets.byteOffset + at, 4).getUint32(0);
        break;
      }
      case '&':
        value = (value & number) >>> 0;
        break;
      case '<<':
        value = (value << number) >>> 0;
        break;
      case '>>':
        value >>>= number;
        break;
    }
  }
  return test.values.some((range) => within(value, range));
}

/** net/netfilter/xt_string.c: the pattern begins within `from` … `to`, counted from the IP header. */
function compileString(match: Extract<Match, { match: 'string' }>): Predicate {
  const fold = (octet: number): number =>
    match.icase === true && octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
  const pattern = [...match.pattern].map((each) => fold(each.charCodeAt(0)));
  return not(match, (facts) => {
    const octets = packetOctets(facts.skb);
    const last = Math.min(match.to ?? 65_535, octets.length - pattern.length);
    for (let at = match.from ?? 0; at <= last; at++) {
      if (pattern.every((octet, index) => fold(octets[at + index] ?? -1) === octet)) return true;
    }
    return false;
  });
}
