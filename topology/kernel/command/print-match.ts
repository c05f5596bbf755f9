import { formatCidr, formatIp, formatMac, type Ip } from '../../addr/index.js';
import type {
  Asked,
  ConntrackMatch,
  HashlimitMatch,
  Match,
  NumberRange,
  PhysdevMatch,
  PortRange,
  RecentMatch,
} from '../ops.js';
import { CT_STATES, CT_STATUSES, PROTO_NAMES, SCTP_CHUNKS, TCP_FLAG_NAMES } from './names.js';
import { printU32 } from './u32.js';

/**
 * Matches as `iptables-save` prints them.
 */

const FULL_MASK = 0xffffffff;
const DEFAULT_BURST = 5;

/** Whose tables; some options print otherwise under IPv6. */
export type IpFamily = 'ipv4' | 'ipv6';

/** A port or a range, with the separator that the option wants. */
export function printPorts(ports: PortRange, separator: ':' | '-'): string {
  return ports.from === ports.to ? `${ports.from}` : `${ports.from}${separator}${ports.to}`;
}

/** Writes text as iptables-save does: quoted unless it is one plain word. */
export function quoteText(text: string): string {
  if (/^[\w-]+$/.test(text)) return text;
  return `"${text.replaceAll(/["\\']/g, (character) => `\\${character}`)}"`;
}

/** A protocol by its name, or by its number when it has none. */
export function printProto(proto: number): string {
  return PROTO_NAMES.find(([, number]) => number === proto)?.[0] ?? `${proto}`;
}

/** `0x1f`. */
export function hex(value: number, digits = 1): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

/** `0x1`, or `0x1/0xff` when the mask leaves bits out. */
export function masked(value: number, mask: number): string {
  return mask === FULL_MASK ? hex(value) : `${hex(value)}/${hex(mask)}`;
}

function not(match: { readonly invert?: boolean }): string {
  return match.invert === true ? '! ' : '';
}

function range({ from, to }: NumberRange, separator = ':'): string {
  return from === to ? `${from}` : `${from}${separator}${to}`;
}

function joined(words: readonly (string | undefined)[]): string {
  return words.filter((word) => word !== undefined && word !== '').join(' ');
}

/** What printing a match must know of its rule. */
export interface MatchContext {
  readonly family: IpFamily;
  /** Of `-p`; 0 for none. */
  readonly proto: number;
}

/** The extension ('' for the IP header), and the options. */
export function printMatch(
  match: Match,
  context: MatchContext,
): readonly [extension: string, text: string] {
  switch (match.match) {
    case 'src':
      return ['', `${not(match)}-s ${formatCidr(match.block)}`];
    case 'dst':
      return ['', `${not(match)}-d ${formatCidr(match.block)}`];
    case 'in':
      return ['', `${not(match)}-i ${match.dev}`];
    case 'out':
      return ['', `${not(match)}-o ${match.dev}`];
    case 'proto':
      return ['', `${not(match)}-p ${printProto(match.proto)}`];
    case 'fragment':
      return ['', `${not(match)}-f`];
    case 'bare':
      return [match.extension, ''];
    case 'sport':
    case 'dport': {
      const extension = context.proto === 0 ? 'tcp' : printProto(context.proto);
      return [extension, `${not(match)}--${match.match} ${printPorts(match.ports, ':')}`];
    }
    case 'tcp-flags':
      return ['tcp', `${not(match)}--tcp-flags ${flagList(match.mask)} ${flagList(match.set)}`];
    case 'tcp-option':
      return ['tcp', `${not(match)}--tcp-option ${match.option}`];
    case 'tcpmss':
      return ['tcpmss', `${not(match)}--mss ${range(match.mss)}`];
    case 'sctp-chunks': {
      const types = match.types.map(
        (type) => SCTP_CHUNKS.find(([, number]) => number === type)?.[0] ?? `${type}`,
      );
      return ['sctp', `${not(match)}--chunk-types ${match.how} ${types.join(',')}`];
    }
    case 'multiport': {
      const option = { source: 'sports', destination: 'dports', either: 'ports' }[match.side];
      const list = match.ports.map((ports) => printPorts(ports, ':')).join(',');
      return ['multiport', `${not(match)}--${option} ${list}`];
    }
    case 'icmp': {
      const any = match.type === 255 && match.code === undefined;
      const code = match.code === undefined ? '' : `/${match.code}`;
      const type = any ? 'any' : `${match.type}${code}`;
      return context.family === 'ipv6'
        ? ['icmp6', `${not(match)}--icmpv6-type ${type}`]
        : ['icmp', `${not(match)}--icmp-type ${type}`];
    }
    case 'ctstate': {
      const states = CT_STATES.filter((state) => match.states.includes(state)).join(',');
      return match.legacy === true
        ? ['state', `${not(match)}--state ${states}`]
        : ['conntrack', `${not(match)}--ctstate ${states}`];
    }
    case 'conntrack':
      return ['conntrack', printConntrack(match)];
    case 'mark':
    case 'connmark':
      return [match.match, `${not(match)}--mark ${masked(match.value, match.mask)}`];
    case 'connbytes': {
      const { from, to } = match.range;
      const bounds = to === undefined ? `${from}` : `${from}:${to}`;
      const how = `--connbytes-mode ${match.mode} --connbytes-dir ${match.direction}`;
      return ['connbytes', `${not(match)}--connbytes ${bounds} ${how}`];
    }
    case 'connlimit': {
      const option = match.invert === true ? 'upto' : 'above';
      const side = match.side === 'source' ? 'saddr' : 'daddr';
      const mask = `--connlimit-mask ${match.prefixLength} --connlimit-${side}`;
      return ['connlimit', `--connlimit-${option} ${match.above} ${mask}`];
    }
    case 'comment':
      return ['comment', `--comment ${quoteText(match.text)}`];
    case 'statistic-random':
      return [
        'statistic',
        `--mode random ${not(match)}--probability ${printProbability(match.probability)}`,
      ];
    case 'statistic-nth':
      return [
        'statistic',
        `--mode nth ${not(match)}--every ${match.every} --packet ${match.packet}`,
      ];
    case 'addrtype':
      return ['addrtype', printAddrtype(match)];
    case 'physdev':
      return ['physdev', printPhysdev(match)];
    case 'recent':
      return ['recent', printRecent(match, context.family)];
    case 'limit': {
      const burst = match.burst === DEFAULT_BURST ? '' : ` --limit-burst ${match.burst}`;
      return ['limit', `--limit ${printRate(match.perSecond)}${burst}`];
    }
    case 'hashlimit':
      return ['hashlimit', printHashlimit(match, context.family)];
    case 'set':
      return [
        'set',
        joined([
          `${not(match)}--match-set ${match.name} ${match.dims.join(',')}`,
          match.returnNomatch === true ? '--return-nomatch' : '',
          match.noUpdateCounters === true ? '! --update-counters' : '',
        ]),
      ];
    case 'iprange':
      return [
        'iprange',
        joined([addressRange('--src-range', match.src), addressRange('--dst-range', match.dst)]),
      ];
    case 'length':
      return ['length', `${not(match)}--length ${range(match.range)}`];
    case 'mac':
      return ['mac', `${not(match)}--mac-source ${formatMac(match.mac)}`];
    case 'owner':
      return [
        'owner',
        joined([
          match.socketExists === undefined
            ? ''
            : `${match.socketExists ? '' : '! '}--socket-exists`,
          match.uid && `${not(match.uid)}--uid-owner ${range(match.uid.value, '-')}`,
          match.gid && `${not(match.gid)}--gid-owner ${range(match.gid.value, '-')}`,
          match.supplGroups === true ? '--suppl-groups' : '',
        ]),
      ];
    case 'pkttype':
      return ['pkttype', `${not(match)}--pkt-type ${match.type}`];
    case 'rpfilter':
      return [
        'rpfilter',
        joined([
          match.loose === true ? '--loose' : '',
          match.validMark === true ? '--validmark' : '',
          match.acceptLocal === true ? '--accept-local' : '',
          match.invert === true ? '--invert' : '',
        ]),
      ];
    case 'tos':
      return ['tos', `${not(match)}--tos ${hex(match.value, 2)}/${hex(match.mask, 2)}`];
    case 'dscp':
      return ['dscp', `${not(match)}--dscp ${hex(match.dscp, 2)}`];
    case 'ttl': {
      const name = context.family === 'ipv4' ? 'ttl' : 'hl';
      return [name, `${not(match)}--${name}-${match.how} ${match.ttl}`];
    }
    case 'u32':
      return ['u32', `${not(match)}--u32 "${printU32(match.tests)}"`];
    case 'string':
      return ['string', printString(match)];
  }
}

/** Names of TCP flags, `NONE` for none. */
export function flagList(bits: number): string {
  const names = TCP_FLAG_NAMES.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name);
  return names.length === 0 ? 'NONE' : names.join(',');
}

/** A probability as the kernel keeps it: 31 bits, printed with 11 digits. */
export function printProbability(probability: number): string {
  return (Math.round(probability * 0x8000_0000) / 0x8000_0000).toFixed(11);
}

function option<T>(name: string, what: Asked<T> | undefined, text: (value: T) => string): string {
  return what === undefined ? '' : `${not(what)}--${name} ${text(what.value)}`;
}

function printConntrack(match: ConntrackMatch): string {
  return joined([
    option('ctstate', match.state, (states) =>
      CT_STATES.filter((state) => states.includes(state)).join(','),
    ),
    option('ctproto', match.proto, String),
    option('ctorigsrc', match.origSrc, hostOrBlock),
    option('ctorigdst', match.origDst, hostOrBlock),
    option('ctreplsrc', match.replSrc, hostOrBlock),
    option('ctrepldst', match.replDst, hostOrBlock),
    option('ctorigsrcport', match.origSrcPort, (ports) => printPorts(ports, ':')),
    option('ctorigdstport', match.origDstPort, (ports) => printPorts(ports, ':')),
    option('ctreplsrcport', match.replSrcPort, (ports) => printPorts(ports, ':')),
    option('ctrepldstport', match.replDstPort, (ports) => printPorts(ports, ':')),
    option('ctstatus', match.status, (statuses) =>
      CT_STATUSES.filter((status) => statuses.includes(status)).join(','),
    ),
    option('ctexpire', match.expire, range),
    match.direction === undefined ? '' : `--ctdir ${match.direction}`,
  ]);
}

/** conntrack's addresses have no prefix when they are one host. */
function hostOrBlock(block: Parameters<typeof formatCidr>[0]): string {
  const widest = typeof block.network === 'number' ? 32 : 128;
  return block.prefixLength === widest ? formatIp(block.network) : formatCidr(block);
}

function printAddrtype(match: Extract<Match, { match: 'addrtype' }>): string {
  return joined([
    match.srcTypes &&
      `${not({ invert: match.srcInvert === true })}--src-type ${match.srcTypes.join(',')}`,
    match.dstTypes &&
      `${not({ invert: match.dstInvert === true })}--dst-type ${match.dstTypes.join(',')}`,
    match.limitIfaceIn === true ? '--limit-iface-in' : '',
    match.limitIfaceOut === true ? '--limit-iface-out' : '',
  ]);
}

function fact(name: string, value: boolean | undefined): string {
  return value === undefined ? '' : `${value ? '' : '! '}--physdev-${name}`;
}

function printPhysdev(match: PhysdevMatch): string {
  return joined([
    fact('is-in', match.isIn),
    option('physdev-in', match.in, String),
    fact('is-out', match.isOut),
    option('physdev-out', match.out, String),
    fact('is-bridged', match.isBridged),
  ]);
}

/** All ones, which iptables-save prints too. */
function recentMask(family: IpFamily, mask: Ip | undefined): string {
  if (mask !== undefined) return formatIp(mask);
  return family === 'ipv4' ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
}

function printRecent(match: RecentMatch, family: IpFamily): string {
  return joined([
    `${not({ invert: match.invert === true })}--${match.verb}`,
    match.seconds === undefined ? '' : `--seconds ${match.seconds}`,
    match.reap === true ? '--reap' : '',
    match.hitcount === undefined || match.hitcount === 0 ? '' : `--hitcount ${match.hitcount}`,
    match.rttl === true ? '--rttl' : '',
    `--name ${match.name} --mask ${recentMask(family, match.mask)}`,
    match.side === 'source' ? '--rsource' : '--rdest',
  ]);
}

/** As `print_rate` of libxt_limit: the largest unit that loses nothing worth a digit. */
export function printRate(perSecond: number, scale = 10_000): string {
  const period = Math.max(1, Math.floor(scale / perSecond + 1e-6));
  const units: readonly [string, number][] = [
    ['day', scale * 86_400],
    ['hour', scale * 3_600],
    ['min', scale * 60],
    ['sec', scale],
  ];
  let [name, size] = units[0] ?? ['day', scale];
  for (const [unit, unitSize] of units.slice(1)) {
    if (period > unitSize || unitSize / period < unitSize % period) break;
    [name, size] = [unit, unitSize];
  }
  return `${Math.floor(size / period)}/${name}`;
}

/** The scale of hashlimit's rates (XT_HASHLIMIT_SCALE_v2). */
const HASHLIMIT_SCALE = 1_000_000;

/** `100kb`, the largest unit that divides. */
export function printByteCount(octets: number): string {
  if (octets >= 1024 * 1024 && octets % (1024 * 1024) === 0) return `${octets / (1024 * 1024)}mb`;
  return octets >= 1024 && octets % 1024 === 0 ? `${octets / 1024}kb` : `${octets}b`;
}

function printHashlimit(match: HashlimitMatch, family: IpFamily): string {
  const widest = family === 'ipv4' ? 32 : 128;
  const rate = match.bytes
    ? `${printByteCount(match.perSecond)}/s`
    : printRate(match.perSecond, HASHLIMIT_SCALE);
  const number = (name: string, value: number | undefined, unless: number): string =>
    value === undefined || value === unless ? '' : `--hashlimit-${name} ${value}`;
  const burst = match.bytes ? printByteCount(match.burst) : `${match.burst}`;
  return joined([
    `--hashlimit-${match.invert ? 'above' : 'upto'} ${rate}`,
    match.bytes && match.burst === 0 ? '' : `--hashlimit-burst ${burst}`,
    match.mode.length === 0 ? '' : `--hashlimit-mode ${match.mode.join(',')}`,
    `--hashlimit-name ${match.name}`,
    number('htable-size', match.htableSize, 0),
    number('htable-max', match.htableMax, 0),
    number('htable-gcinterval', match.gcIntervalMs, 1000),
    number('htable-expire', match.expireMs, 10_000),
    number('srcmask', match.srcMask, widest),
    number('dstmask', match.dstMask, widest),
  ]);
}

function addressRange(
  name: string,
  what: Asked<{ readonly from: Ip; readonly to: Ip }> | undefined,
): string {
  if (what === undefined) return '';
  return `${not(what)}${name} ${formatIp(what.value.from)}-${formatIp(what.value.to)}`;
}

/** A pattern as octets in hexadecimal, between bars. */
export function hexPattern(pattern: string): string {
  const octets = [...pattern].map((each) => each.charCodeAt(0).toString(16).padStart(2, '0'));
  return `|${octets.join('')}|`;
}

function printString(match: Extract<Match, { match: 'string' }>): string {
  const name = match.hex ? '--hex-string' : '--string';
  const pattern = match.hex
    ? hexPattern(match.pattern)
    : match.pattern.replaceAll(/["\\]/g, '\\$&');
  return joined([
    `${not(match)}${name} "${pattern}" --algo ${match.algo}`,
    match.from === undefined || match.from === 0 ? '' : `--from ${match.from}`,
    match.to === undefined || match.to === 65_535 ? '' : `--to ${match.to}`,
    match.icase === true ? '--icase' : '',
  ]);
}
