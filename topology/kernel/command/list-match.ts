import { formatIp, formatMac } from '../../addr/index.js';
import { ICMP4_NAMES, ICMP6_NAMES } from '../../wire/index.js';
import type { Asked, Match, NumberRange, RecentMatch } from '../ops.js';
import { serviceOf } from './match-header.js';
import { CT_STATES } from './names.js';
import {
  hex,
  hexPattern,
  type MatchContext,
  masked,
  printByteCount,
  printMatch,
  printProbability,
  printProto,
  printRate,
} from './print-match.js';
import { printU32 } from './u32.js';

/**
 * Matches as `iptables -L` prints them.
 */

/** What a listing must know. */
export interface ListContext extends MatchContext {
  /** `-n`: ports and ICMP types by number. */
  readonly numeric: boolean;
}

function not(match: { readonly invert?: boolean }, mark = '!'): string {
  return match.invert === true ? mark : '';
}

function range({ from, to }: NumberRange, separator = ':'): string {
  return from === to ? `${from}` : `${from}${separator}${to}`;
}

function list(...words: readonly (string | undefined | false)[]): string {
  return words.filter((word) => word !== undefined && word !== false && word !== '').join(' ');
}

/** What stands before the parts of a transport's extension; such parts of one extension are joined behind it. */
export function listPrefix(match: Match, context: ListContext): string | undefined {
  switch (match.match) {
    case 'bare':
      return match.extension;
    case 'tcp-flags':
    case 'tcp-option':
      return 'tcp';
    case 'sctp-chunks':
      return 'sctp';
    case 'sport':
    case 'dport':
      return context.proto === 0 ? 'tcp' : printProto(context.proto);
    default:
      return undefined;
  }
}

/** One match, without the name of its transport; '' for what the columns show. */
export function listMatch(match: Match, context: ListContext): string {
  switch (match.match) {
    case 'src':
    case 'dst':
    case 'in':
    case 'out':
    case 'proto':
    case 'fragment':
    case 'bare':
      return '';
    case 'sport':
    case 'dport': {
      const { from, to } = match.ports;
      const port = (each: number) => (context.numeric ? undefined : serviceOf(each)) ?? `${each}`;
      const name = `${match.match === 'sport' ? 'spt' : 'dpt'}${from === to ? '' : 's'}`;
      const text = from === to ? port(from) : `${port(from)}:${port(to)}`;
      return `${name}:${not(match)}${text}`;
    }
    case 'tcp-flags': {
      const flags = (value: number) => `0x${value.toString(16).toUpperCase().padStart(2, '0')}`;
      return `flags:${not(match)}${flags(match.mask)}/${flags(match.set)}`;
    }
    case 'tcp-option':
      return `option=${not(match)}${match.option}`;
    case 'tcpmss':
      return `tcpmss match ${not(match)}${range(match.mss)}`;
    case 'sctp-chunks': {
      const types = match.types.map((type) => `0x${type.toString(16).padStart(4, '0')}`).join(',');
      return `${not(match, '! ')}${match.how} ${types}`;
    }
    case 'multiport': {
      const option = { source: 'sports', destination: 'dports', either: 'ports' }[match.side];
      const port = (each: number) => (context.numeric ? undefined : serviceOf(each)) ?? `${each}`;
      const ports = match.ports.map(({ from, to }) =>
        from === to ? port(from) : `${port(from)}:${port(to)}`,
      );
      return `multiport ${option} ${not(match, ' !')}${ports.join(',')}`;
    }
    case 'icmp':
      return listIcmp(match, context);
    case 'ctstate': {
      const states = CT_STATES.filter((state) => match.states.includes(state)).join(',');
      return `${not(match, '! ')}${match.legacy === true ? 'state' : 'ctstate'} ${states}`;
    }
    case 'conntrack':
    case 'set':
      return printMatch(match, context)[1].replaceAll('--', '');
    case 'mark':
      return `mark match ${not(match, '! ')}${masked(match.value, match.mask)}`;
    case 'connmark':
      return `connmark match ${not(match)} ${masked(match.value, match.mask)}`;
    case 'connbytes': {
      const bounds =
        match.range.to === undefined ? match.range.from : `${match.range.from}:${match.range.to}`;
      return `${not(match, '! ')}connbytes ${bounds} connbytes mode ${match.mode} connbytes direction ${match.direction}`;
    }
    case 'connlimit': {
      const side = match.side === 'source' ? 'src' : 'dst';
      return `#conn ${side}/${match.prefixLength} ${match.invert === true ? '<=' : '>'} ${match.above}`;
    }
    case 'comment':
      return `/* ${match.text} */`;
    case 'statistic-random':
      return `statistic mode random ${not(match, '! ')}probability ${printProbability(match.probability)}`;
    case 'statistic-nth':
      return list(
        `statistic mode nth ${not(match, '! ')}every ${match.every}`,
        match.packet > 0 && `packet ${match.packet}`,
      );
    case 'addrtype':
      return list(
        'ADDRTYPE match',
        match.srcTypes &&
          `src-type ${not({ invert: match.srcInvert === true })}${match.srcTypes.join(',')}`,
        match.dstTypes &&
          `dst-type ${not({ invert: match.dstInvert === true })}${match.dstTypes.join(',')}`,
        match.limitIfaceIn === true && 'limit-in',
        match.limitIfaceOut === true && 'limit-out',
      );
    case 'physdev':
      return `PHYSDEV match ${printMatch(match, context)[1]}`;
    case 'recent':
      return listRecent(match, context);
    case 'limit':
      return `limit: avg ${printRate(match.perSecond)} burst ${match.burst}`;
    case 'hashlimit':
      return listHashlimit(match, context);
    case 'iprange': {
      const side = (name: string, what: typeof match.src) =>
        what &&
        `${name} IP range ${not(what, '! ')}${formatIp(what.value.from)}-${formatIp(what.value.to)}`;
      return list(side('source', match.src), side('destination', match.dst));
    }
    case 'length':
      return `length ${not(match)}${range(match.range)}`;
    case 'mac':
      return `MAC ${not(match, '! ')}${formatMac(match.mac)}`;
    case 'owner': {
      const id = (name: string, what: Asked<NumberRange> | undefined) =>
        what && `${not(what, '! ')}owner ${name} match ${range(what.value, '-')}`;
      return list(
        match.socketExists !== undefined && `${match.socketExists ? '' : '! '}owner socket exists`,
        id('UID', match.uid),
        id('GID', match.gid),
        match.supplGroups === true && 'incl. suppl. groups',
      );
    }
    case 'pkttype':
      return `PKTTYPE ${match.invert === true ? '!=' : '='} ${match.type}`;
    case 'rpfilter':
      return list('rpfilter', printMatch(match, context)[1].replaceAll('--', ''));
    case 'tos':
      return `tos match${not(match)}${hex(match.value, 2)}/${hex(match.mask, 2)}`;
    case 'dscp':
      return `DSCP match ${not(match)}${hex(match.dscp, 2)}`;
    case 'ttl': {
      const name = context.family === 'ipv4' ? 'TTL' : 'HL';
      const sign = { eq: match.invert === true ? '!=' : '==', lt: '<', gt: '>' }[match.how];
      return `${name} match ${name} ${sign} ${match.ttl}`;
    }
    case 'u32':
      return `u32 ${not(match, '! ')}"${printU32(match.tests)}"`;
    case 'string':
      return list(
        `STRING match ${not(match)} "${match.hex ? hexPattern(match.pattern) : match.pattern}"`,
        `ALGO name ${match.algo}`,
        match.from !== undefined && match.from !== 0 && `FROM ${match.from}`,
        match.to !== undefined && match.to !== 65_535 && `TO ${match.to}`,
        match.icase === true && 'ICASE',
      );
  }
}

function listIcmp(match: Extract<Match, { match: 'icmp' }>, context: ListContext): string {
  const six = context.family === 'ipv6';
  const name = six ? 'ipv6-icmp' : 'icmp';
  if (!context.numeric) {
    const any = match.type === 255 && match.code === undefined;
    const table = six ? ICMP6_NAMES : ICMP4_NAMES;
    const known = any
      ? 'any'
      : table.find((row) => row.type === match.type && row.code === match.code)?.name;
    if (known !== undefined) return `${name} ${not(match)}${known}`;
  }
  const code = match.code === undefined ? '' : ` code ${match.code}`;
  return `${name}${match.invert === true ? ' !' : ''}type ${match.type}${code}`;
}

function listRecent(match: RecentMatch, context: ListContext): string {
  const verb = { set: 'SET', rcheck: 'CHECK', update: 'UPDATE', remove: 'REMOVE' }[match.verb];
  const ones =
    context.family === 'ipv4' ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
  return list(
    `${not({ invert: match.invert === true }, '! ')}recent: ${verb}`,
    match.seconds !== undefined && `seconds: ${match.seconds}`,
    match.reap === true && 'reap',
    match.hitcount !== undefined && match.hitcount > 0 && `hit_count: ${match.hitcount}`,
    match.rttl === true && 'TTL-Match',
    `name: ${match.name} side: ${match.side === 'source' ? 'source' : 'dest'}`,
    `mask: ${match.mask === undefined ? ones : formatIp(match.mask)}`,
  );
}

function listHashlimit(
  match: Extract<Match, { match: 'hashlimit' }>,
  context: ListContext,
): string {
  const widest = context.family === 'ipv4' ? 32 : 128;
  const number = (name: string, value: number | undefined, unless: number) =>
    value !== undefined && value !== unless && `${name} ${value}`;
  const rate = match.bytes
    ? `${printByteCount(match.perSecond)}/s`
    : printRate(match.perSecond, 1_000_000);
  return list(
    `limit: ${match.invert ? 'above' : 'up to'} ${rate}`,
    (!match.bytes || match.burst > 0) &&
      `burst ${match.bytes ? printByteCount(match.burst) : match.burst}`,
    match.mode.length > 0 && `mode ${match.mode.join('-')}`,
    number('htable-size', match.htableSize, 0),
    number('htable-max', match.htableMax, 0),
    number('htable-gcinterval', match.gcIntervalMs, 1000),
    number('htable-expire', match.expireMs, 10_000),
    number('srcmask', match.srcMask, widest),
    number('dstmask', match.dstMask, widest),
  );
}
