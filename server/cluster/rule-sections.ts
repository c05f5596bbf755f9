/** Netfilter rules with what they counted, and tracked connections, for the side panel. */
import { type NetNamespace, printNftRuleset, printRule, type Rule } from '../../topology/index.js';
import type { DetailSection } from '../contract/live.js';

/** Rules and connections that are listed at most. */
const LISTED_RULES = 400;
const LISTED_CONNECTIONS = 100;
/** Beyond so many connections the table is not searched for those of one pod. */
const SEARCHED_CONNECTIONS = 20_000;
/** How far rules that lead to a pod's rules are followed back. */
const LEVELS = 6;

interface RuleLine {
  readonly table: string;
  readonly chain: string;
  readonly builtIn: boolean;
  readonly text: string;
  readonly packets: number;
  readonly bytes: number;
}

/** Rules are shared by nodes and stay as they are: each is printed once. */
const printed = new WeakMap<Rule, string>();

function textOf(rule: Rule): string {
  let text = printed.get(rule);
  if (text === undefined) {
    text = printRule(rule);
    printed.set(rule, text);
  }
  return text;
}

function* linesOf({ netfilter }: NetNamespace): Iterable<RuleLine> {
  for (const { chains, table } of netfilter.tables('ipv4')) {
    for (const { name: chain, policy, rules } of chains) {
      const counters = netfilter.counters('ipv4', table, chain);
      for (const [index, rule] of rules.entries()) {
        const { bytes = 0, packets = 0 } = counters[index + 1] ?? {};
        const builtIn = policy !== undefined;
        yield { table, chain, builtIn, text: textOf(rule), packets, bytes };
      }
    }
  }
}

/** All rules of a namespace in the order of `iptables-save -c`. */
export function allRules(netns: NetNamespace): DetailSection[] {
  const nft = netns.netfilter.listNft();
  const rules = section('Rules with counters (iptables-save -c)', [...linesOf(netns)]);
  return nft.length === 0
    ? [rules]
    : [rules, { kind: 'text', title: 'nftables (nft list ruleset)', text: printNftRuleset(nft) }];
}

/** Rules of a node that name one of these words, and those that lead to them. */
export function rulesAbout(
  netns: NetNamespace,
  words: readonly string[],
  node: string,
): DetailSection {
  const lines = [...linesOf(netns)];
  const chosen = new Set(lines.filter(({ text }) => words.some((word) => text.includes(word))));
  const wanted = new Set<string>();
  for (let level = 0; level < LEVELS; level++) {
    const before = chosen.size;
    for (const { builtIn, chain, table } of chosen) if (!builtIn) wanted.add(`${table} ${chain}`);
    for (const line of lines) {
      const to = /-[jg] (\S+)/.exec(line.text)?.[1];
      if (to !== undefined && wanted.has(`${line.table} ${to}`)) chosen.add(line);
    }
    if (chosen.size === before) break;
  }
  return section(
    `Rules about this pod on ${node} (iptables-save -c)`,
    lines.filter((line) => chosen.has(line)),
  );
}

function section(title: string, lines: readonly RuleLine[]): DetailSection {
  const text: string[] = [];
  let table = '';
  for (const line of lines.slice(0, LISTED_RULES)) {
    if (line.table !== table) {
      table = line.table;
      text.push(`*${table}`);
    }
    text.push(`[${line.packets}:${line.bytes}] -A ${line.chain} ${line.text}`.trimEnd());
  }
  if (lines.length > LISTED_RULES) text.push(`# and ${lines.length - LISTED_RULES} rules more`);
  return { kind: 'text', title, text: text.join('\n') || '(no rules)' };
}

/** Connections that are tracked in a namespace; of one address alone when it is given. */
export function connections(netns: NetNamespace, where: string, ip?: string): DetailSection[] {
  const { conntrack } = netns.netfilter;
  if (conntrack.size === 0) return [];
  const title = `Connections${where} (conntrack -L)`;
  if (ip !== undefined && conntrack.size > SEARCHED_CONNECTIONS) {
    const text = `${conntrack.size} are tracked: too many to look for those of ${ip} here; use conntrack -L -s ${ip} in a shell on the node`;
    return [{ kind: 'text', title, text }];
  }
  const lines = conntrack
    .list()
    .filter(
      (line) => ip === undefined || line.includes(`src=${ip} `) || line.includes(`dst=${ip} `),
    );
  if (lines.length === 0) return [];
  const shown = lines.slice(0, LISTED_CONNECTIONS);
  const more = lines.length - shown.length;
  return [
    {
      kind: 'text',
      title,
      text: [...shown, ...(more > 0 ? [`# and ${more} more`] : [])].join('\n'),
    },
  ];
}
