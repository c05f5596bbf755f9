import { formatCidr, formatIp, type Ip, isIpv4 } from '../../addr/index.js';
import type { Match, PortRange, RestoreTable, Rule, RuleChain, TableName, Target } from '../ops.js';
import { CT_STATES, hookIn, PROTO_NAMES, TABLE_HOOKS, TCP_FLAG_NAMES } from './names.js';

/**
 * Rules as `iptables-save` prints them.
 */

const FULL_MASK = 0xffffffff;
const DEFAULT_BURST = 5;
/** Where matches of the IP header stand: before all extensions, in this order. */
const HEADER_ORDER: readonly string[] = ['src', 'dst', 'in', 'out', 'proto'];
const L4_ORDER: readonly string[] = ['sport', 'dport', 'tcp-flags'];

/** The matches in the order that iptables-save gives them; what they mean does not change. */
export function orderMatches(matches: readonly Match[]): readonly Match[] {
  const header = matches.filter((match) => HEADER_ORDER.includes(match.match));
  header.sort((a, b) => HEADER_ORDER.indexOf(a.match) - HEADER_ORDER.indexOf(b.match));
  const ordered: Match[] = [...header];
  let group: Match[] = [];
  const flush = () => {
    group.sort((a, b) => L4_ORDER.indexOf(a.match) - L4_ORDER.indexOf(b.match));
    ordered.push(...group);
    group = [];
  };
  for (const match of matches) {
    if (HEADER_ORDER.includes(match.match)) continue;
    if (L4_ORDER.includes(match.match)) group.push(match);
    else {
      flush();
      ordered.push(match);
    }
  }
  flush();
  return ordered;
}

/** Whose tables; some options print otherwise under IPv6. */
export type IpFamily = 'ipv4' | 'ipv6';

/** A rule without its `-A CHAIN`, such as `-s 10.0.0.1/32 -p tcp -m tcp --dport 80 -j ACCEPT`. */
export function printRule(rule: Rule, family: IpFamily = 'ipv4'): string {
  const words: string[] = [];
  const proto = rule.matches.find((match) => match.match === 'proto');
  const protoName = proto?.match === 'proto' ? printProto(proto.proto) : 'tcp';
  let extension = '';
  for (const match of orderMatches(rule.matches)) {
    const [name, text] = printMatch(match, protoName, family);
    // Ports and flags of one `-m tcp` stand together.
    const joins = L4_ORDER.includes(match.match) && name === extension;
    if (name !== '' && !joins) words.push(`-m ${name}`);
    extension = L4_ORDER.includes(match.match) ? name : '';
    words.push(text);
  }
  if (rule.target !== undefined) words.push(printTarget(rule.target));
  return words.join(' ');
}

/**
 * Tables as `iptables-save` prints them, without counters and dates; `iptables-restore` reads it.
 * Built-in chains that are not given appear with policy ACCEPT.
 */
export function printIptablesSave(
  tables: readonly RestoreTable[],
  family: IpFamily = 'ipv4',
): string {
  return tables.map((table) => printTable(table, completeChains(table), { family })).join('');
}

/** The text for `iptables-restore --noflush`: only what is named is replaced. */
export function printRestoreNoflush(
  tables: readonly RestoreTable[],
  family: IpFamily = 'ipv4',
): string {
  return tables
    .map((table) => printTable(table, table.chains, { family, flush: flushOf(table.table) }))
    .join('');
}

/** A port or a range, with the separator that the option wants. */
export function printPorts(ports: PortRange, separator: ':' | '-'): string {
  return ports.from === ports.to ? `${ports.from}` : `${ports.from}${separator}${ports.to}`;
}

/** Writes text as iptables-save does: quoted unless it is one plain word. */
export function quoteText(text: string): string {
  if (/^[\w-]+$/.test(text)) return text;
  return `"${text.replaceAll(/["\\']/g, (character) => `\\${character}`)}"`;
}

function completeChains(table: RestoreTable): readonly RuleChain[] {
  const given = new Map(table.chains.map((chain) => [chain.name, chain]));
  const builtIn = TABLE_HOOKS[table.table].map((name): RuleChain => {
    const chain = given.get(name);
    return { name, policy: chain?.policy ?? 'ACCEPT', rules: chain?.rules ?? [] };
  });
  return [...builtIn, ...table.chains.filter((chain) => !hookIn(table.table, chain.name))];
}

/** Under --noflush a `:CHAIN` line empties a user's chain only. */
function flushOf(table: TableName): (chain: RuleChain) => boolean {
  return (chain) => hookIn(table, chain.name) !== undefined;
}

function printTable(
  table: RestoreTable,
  chains: readonly RuleChain[],
  how: { readonly family: IpFamily; readonly flush?: (chain: RuleChain) => boolean },
): string {
  const lines = [`*${table.table}`];
  for (const chain of chains) {
    const builtIn = hookIn(table.table, chain.name) !== undefined;
    if (!builtIn || chain.policy !== undefined) {
      lines.push(`:${chain.name} ${chain.policy ?? '-'} [0:0]`);
    }
  }
  for (const chain of chains) if (how.flush?.(chain)) lines.push(`-F ${chain.name}`);
  for (const chain of chains) {
    for (const rule of chain.rules)
      lines.push(`-A ${chain.name} ${printRule(rule, how.family)}`.trimEnd());
  }
  for (const name of table.removeChains ?? []) lines.push(`-X ${name}`);
  lines.push('COMMIT', '');
  return lines.join('\n');
}

function printProto(proto: number): string {
  return PROTO_NAMES.find(([, number]) => number === proto)?.[0] ?? `${proto}`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function masked(value: number, mask: number): string {
  return mask === FULL_MASK ? hex(value) : `${hex(value)}/${hex(mask)}`;
}

function not(match: { readonly invert?: boolean }): string {
  return match.invert === true ? '! ' : '';
}

/** The extension ('' for the IP header), and the options. */
function printMatch(
  match: Match,
  protoName: string,
  family: IpFamily,
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
    case 'sport':
    case 'dport':
      return [protoName, `${not(match)}--${match.match} ${printPorts(match.ports, ':')}`];
    case 'tcp-flags':
      return ['tcp', `${not(match)}--tcp-flags ${flagList(match.mask)} ${flagList(match.set)}`];
    case 'multiport': {
      const option = { source: 'sports', destination: 'dports', either: 'ports' }[match.side];
      const list = match.ports.map((ports) => printPorts(ports, ':')).join(',');
      return ['multiport', `${not(match)}--${option} ${list}`];
    }
    case 'icmp': {
      const six = protoName === 'ipv6-icmp';
      const any = match.type === 255 && match.code === undefined;
      const code = match.code === undefined ? '' : `/${match.code}`;
      const type = any ? 'any' : `${match.type}${code}`;
      return six
        ? ['icmp6', `${not(match)}--icmpv6-type ${type}`]
        : ['icmp', `${not(match)}--icmp-type ${type}`];
    }
    case 'ctstate': {
      const states = CT_STATES.filter((state) => match.states.includes(state)).join(',');
      return ['conntrack', `${not(match)}--ctstate ${states}`];
    }
    case 'mark':
    case 'connmark':
      return [match.match, `${not(match)}--mark ${masked(match.value, match.mask)}`];
    case 'comment':
      return ['comment', `--comment ${quoteText(match.text)}`];
    case 'statistic-random': {
      // The kernel keeps the probability in 31 bits.
      const kept = Math.round(match.probability * 0x8000_0000) / 0x8000_0000;
      return ['statistic', `--mode random ${not(match)}--probability ${kept.toFixed(11)}`];
    }
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
      return ['recent', printRecent(match, family)];
    case 'limit': {
      const burst = match.burst === DEFAULT_BURST ? '' : ` --limit-burst ${match.burst}`;
      return ['limit', `--limit ${printRate(match.perSecond)}${burst}`];
    }
    case 'set':
      return ['set', `${not(match)}--match-set ${match.name} ${match.dims.join(',')}`];
  }
}

function flagList(bits: number): string {
  const names = TCP_FLAG_NAMES.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name);
  return names.length === 0 ? 'NONE' : names.join(',');
}

function printAddrtype(match: Extract<Match, { match: 'addrtype' }>): string {
  const words: string[] = [];
  if (match.srcType !== undefined) {
    words.push(`${match.srcInvert === true ? '! ' : ''}--src-type ${match.srcType}`);
  }
  if (match.dstType !== undefined) {
    words.push(`${match.dstInvert === true ? '! ' : ''}--dst-type ${match.dstType}`);
  }
  if (match.limitIfaceIn === true) words.push('--limit-iface-in');
  if (match.limitIfaceOut === true) words.push('--limit-iface-out');
  return words.join(' ');
}

function printPhysdev(match: Extract<Match, { match: 'physdev' }>): string {
  const words: string[] = [];
  if (match.in !== undefined) words.push(`${not(match)}--physdev-in ${match.in}`);
  if (match.out !== undefined) words.push(`${not(match)}--physdev-out ${match.out}`);
  if (match.isBridged === true) words.push(`${not(match)}--physdev-is-bridged`);
  return words.join(' ');
}

function printRecent(match: Extract<Match, { match: 'recent' }>, family: IpFamily): string {
  const words = [`${not({ invert: match.invert === true })}--${match.verb}`];
  if (match.seconds !== undefined) words.push(`--seconds ${match.seconds}`);
  if (match.reap === true) words.push('--reap');
  const mask = family === 'ipv4' ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
  words.push(
    `--name ${match.name} --mask ${mask}`,
    match.side === 'source' ? '--rsource' : '--rdest',
  );
  return words.join(' ');
}

/** As `print_rate` of libxt_limit: the largest unit that loses nothing worth a digit. */
function printRate(perSecond: number): string {
  const scale = 10_000;
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

function printTarget(target: Target): string {
  switch (target.target) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
    case 'NOTRACK':
      return `-j ${target.target}`;
    case 'jump':
      return `-j ${target.chain}`;
    case 'goto':
      return `-g ${target.chain}`;
    case 'REJECT':
      return `-j REJECT --reject-with ${target.with}`;
    case 'DNAT':
    case 'SNAT': {
      const option = target.target === 'DNAT' ? '--to-destination' : '--to-source';
      const random = target.random === true ? ' --random' : '';
      const persistent = target.persistent === true ? ' --persistent' : '';
      return `-j ${target.target} ${option} ${printNatRange(target)}${random}${persistent}`;
    }
    case 'MASQUERADE': {
      const ports =
        target.ports === undefined ? '' : ` --to-ports ${printPorts(target.ports, '-')}`;
      return `-j MASQUERADE${ports}${target.randomFully === true ? ' --random-fully' : ''}`;
    }
    case 'REDIRECT':
      return target.ports === undefined
        ? '-j REDIRECT'
        : `-j REDIRECT --to-ports ${printPorts(target.ports, '-')}`;
    case 'MARK':
    case 'CONNMARK': {
      if (target.verb === 'set-xmark') {
        return `-j ${target.target} --set-xmark ${hex(target.value)}/${hex(target.mask)}`;
      }
      const mask = hex(target.mask);
      return `-j CONNMARK --${target.verb} --nfmask ${mask} --ctmask ${mask}`;
    }
    case 'TCPMSS':
      return target.clampToPmtu
        ? '-j TCPMSS --clamp-mss-to-pmtu'
        : `-j TCPMSS --set-mss ${target.mss ?? 536}`;
    case 'LOG':
      return target.prefix === '' ? '-j LOG' : `-j LOG --log-prefix ${quoteText(target.prefix)}`;
  }
}

function printNatRange(target: {
  readonly to?: Ip;
  readonly toEnd?: Ip;
  readonly ports?: PortRange;
}): string {
  const { to, toEnd, ports } = target;
  const portText = ports === undefined ? '' : `:${printPorts(ports, '-')}`;
  if (to === undefined) return portText;
  const range = toEnd === undefined ? formatIp(to) : `${formatIp(to)}-${formatIp(toEnd)}`;
  return !isIpv4(to) && portText !== '' ? `[${range}]${portText}` : `${range}${portText}`;
}
