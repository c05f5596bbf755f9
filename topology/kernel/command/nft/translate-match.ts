import { formatCidr, formatIp, formatMac, isCidr4 } from '../../../addr/index.js';
import type { CtState, Match, PortRange } from '../../ops.js';
import { INET_PROTOS } from './names.js';
import type { Translated } from './translated.js';

type Of<K extends Match['match']> = Match & { readonly match: K };

/** What a match depends on besides itself. */
export interface MatchContext {
  readonly family: 'ipv4' | 'ipv6';
  /** Name of the transport that the rule demands, '' when it demands none. */
  readonly proto: string;
}

/** A match of iptables as statements of nft; '' for one that always holds. */
export function translateMatch(match: Match, context: MatchContext): Translated {
  const ip = context.family === 'ipv4' ? 'ip' : 'ip6';
  switch (match.match) {
    case 'src':
    case 'dst': {
      const { network, prefixLength } = match.block;
      const whole = prefixLength === (isCidr4(match.block) ? 32 : 128);
      const block = whole ? formatIp(network) : formatCidr(match.block);
      return { text: `${ip} ${match.match === 'src' ? 's' : 'd'}addr ${not(match)}${block}` };
    }
    case 'in':
    case 'out': {
      const name = match.dev.endsWith('+') ? `${match.dev.slice(0, -1)}*` : match.dev;
      if (name === '*') return { text: '' };
      return { text: `${match.match === 'in' ? 'i' : 'o'}ifname ${not(match)}"${name}"` };
    }
    case 'proto': {
      const field = context.family === 'ipv4' ? 'ip protocol' : 'meta l4proto';
      return match.proto === 0
        ? { text: '' }
        : { text: `${field} ${not(match)}${protoName(match.proto)}` };
    }
    case 'sport':
    case 'dport':
      return ports(match.match, [match.ports], { invert: match.invert === true, context });
    case 'multiport':
      if (match.side === 'either') return { unsupported: 'multiport --ports' };
      return ports(match.side === 'source' ? 'sport' : 'dport', match.ports, {
        invert: match.invert === true,
        context,
      });
    case 'tcp-flags': {
      const mask = flagNames(match.mask);
      const set = flagNames(match.set);
      const sign = match.invert === true ? '!=' : '==';
      return { text: `tcp flags & (${mask.join(' | ')}) ${sign} ${set.join(' | ') || '0x0'}` };
    }
    case 'icmp':
      return icmp(match, context);
    case 'ctstate':
      return ctState(match);
    case 'mark':
      return { text: masked('meta mark', match) };
    case 'connmark':
      return { text: masked('ct mark', match) };
    case 'comment':
    case 'bare':
      return { text: '' };
    case 'statistic-random': {
      const limit = Math.round(match.probability * 0x8000_0000);
      return { text: `meta random & 2147483647 ${match.invert === true ? '>=' : '<'} ${limit}` };
    }
    case 'statistic-nth':
      return { text: `numgen inc mod ${match.every} ${not(match)}${match.packet}` };
    case 'addrtype':
      return addrType(match);
    case 'limit':
      return limit(match);
    case 'iprange': {
      const side = (field: string, asked: Of<'iprange'>['src']): string =>
        asked === undefined
          ? ''
          : `${ip} ${field} ${not(asked)}${formatIp(asked.value.from)}-${formatIp(asked.value.to)}`;
      return { text: join(side('saddr', match.src), side('daddr', match.dst)) };
    }
    case 'length': {
      const { from, to } = match.range;
      return { text: `meta length ${not(match)}${from === to ? from : `${from}-${to}`}` };
    }
    case 'mac':
      return { text: `ether saddr ${not(match)}${formatMac(match.mac)}` };
    case 'pkttype':
      return {
        text: `meta pkttype ${not(match)}${match.type === 'unicast' ? 'host' : match.type}`,
      };
    case 'ttl': {
      const field = context.family === 'ipv4' ? 'ip ttl' : 'ip6 hoplimit';
      const sign = { eq: not(match), lt: '< ', gt: '> ' }[match.how];
      return { text: `${field} ${sign}${match.ttl}` };
    }
    case 'dscp':
      return { text: `${ip} dscp ${not(match)}0x${match.dscp.toString(16)}` };
    default:
      return { unsupported: match.match };
  }
}

function not({ invert }: { readonly invert?: boolean }): string {
  return invert === true ? '!= ' : '';
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

/** A protocol as nft names it. */
export function protoName(proto: number): string {
  return INET_PROTOS.find(([, number]) => number === proto)?.[0] ?? `${proto}`;
}

function ports(
  field: 'sport' | 'dport',
  ranges: readonly PortRange[],
  { invert, context }: { readonly invert: boolean; readonly context: MatchContext },
): Translated {
  const texts = ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  const list = texts.length === 1 ? texts.join('') : `{ ${texts.join(', ')} }`;
  const header = ['tcp', 'udp', 'sctp', 'udplite'].includes(context.proto) ? context.proto : 'th';
  return { text: `${header} ${field} ${invert ? '!= ' : ''}${list}` };
}

const FLAGS = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg'];

function flagNames(bits: number): readonly string[] {
  return FLAGS.filter((_name, bit) => (bits & (1 << bit)) !== 0);
}

function icmp(match: Of<'icmp'>, { family }: MatchContext): Translated {
  const header = family === 'ipv4' ? 'icmp' : 'icmpv6';
  if (match.type === 255 && match.code === undefined) return { text: '' };
  if (match.code === undefined) return { text: `${header} type ${not(match)}${match.type}` };
  if (match.invert === true) return { unsupported: 'icmp ! --icmp-type TYPE/CODE' };
  return { text: `${header} type ${match.type} ${header} code ${match.code}` };
}

function ctState(match: Of<'ctstate'>): Translated {
  const isStatus = (state: CtState): boolean => state === 'SNAT' || state === 'DNAT';
  const status = match.states.filter(isStatus).map((state) => state.toLowerCase());
  const states = match.states
    .filter((state) => !isStatus(state))
    .map((state) => state.toLowerCase());
  if (status.length > 0 && states.length > 0)
    return { unsupported: 'conntrack states with SNAT or DNAT' };
  if (states.length > 0) return { text: `ct state ${not(match)}${states.join(',')}` };
  return { text: `ct status & (${status.join(' | ')}) ${match.invert === true ? '==' : '!='} 0` };
}

const FULL = 0xffffffff;

function masked(
  field: string,
  match: { readonly value: number; readonly mask: number; readonly invert?: boolean },
): string {
  const value = `0x${match.value.toString(16)}`;
  if (match.mask === FULL) return `${field} ${not(match)}${value}`;
  return `${field} & 0x${match.mask.toString(16)} ${match.invert === true ? '!=' : '=='} ${value}`;
}

function addrType(match: Of<'addrtype'>): Translated {
  const device =
    match.limitIfaceIn === true ? ' . iif' : match.limitIfaceOut === true ? ' . oif' : '';
  const side = (field: string, types: Of<'addrtype'>['srcTypes'], invert: boolean): string => {
    if (types === undefined) return '';
    const names = types.map((type) => type.toLowerCase());
    const list = names.length === 1 ? names.join('') : `{ ${names.join(', ')} }`;
    return `fib ${field}${device} type ${invert ? '!= ' : ''}${list}`;
  };
  return {
    text: join(
      side('saddr', match.srcTypes, match.srcInvert === true),
      side('daddr', match.dstTypes, match.dstInvert === true),
    ),
  };
}

const UNITS = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86_400],
] as const;

function limit({ perSecond, burst }: Of<'limit'>): Translated {
  const found = UNITS.find(
    ([, seconds]) => Math.abs(perSecond * seconds - Math.round(perSecond * seconds)) < 1e-6,
  );
  if (found === undefined) return { unsupported: 'limit' };
  const [unit, seconds] = found;
  return { text: `limit rate ${Math.round(perSecond * seconds)}/${unit} burst ${burst} packets` };
}
