import type { Match, RestoreTable, Rule, RuleChain, TableName } from '../ops.js';
import { hookIn, TABLE_HOOKS } from './names.js';
import { type IpFamily, printMatch } from './print-match.js';
import { printTarget } from './print-target.js';

/**
 * Rules as `iptables-save` prints them.
 */

/** Where matches of the IP header stand: before all extensions, in this order. */
const HEADER_ORDER: readonly string[] = ['src', 'dst', 'in', 'out', 'proto', 'fragment'];
const L4_ORDER: readonly string[] = ['sport', 'dport', 'tcp-option', 'tcp-flags', 'sctp-chunks'];

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

/** A rule without its `-A CHAIN`, such as `-s 10.0.0.1/32 -p tcp -m tcp --dport 80 -j ACCEPT`. */
export function printRule(rule: Rule, family: IpFamily = 'ipv4'): string {
  const words: string[] = [];
  const proto = rule.matches.find((match) => match.match === 'proto');
  const context = { family, proto: proto?.match === 'proto' ? proto.proto : 0 };
  let extension = '';
  for (const match of orderMatches(rule.matches)) {
    const [name, text] = printMatch(match, context);
    // Ports and flags of one `-m tcp` stand together.
    const joins = L4_ORDER.includes(match.match) && name === extension;
    if (name !== '' && !joins) words.push(`-m ${name}`);
    extension = L4_ORDER.includes(match.match) ? name : '';
    if (text !== '') words.push(text);
  }
  if (rule.target !== undefined) words.push(printTarget(rule.target, family));
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
