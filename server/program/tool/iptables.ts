/**
 * `iptables`, `ip6tables`, and their `-save` and `-restore`, as 1.8.9 (nf_tables) has them.
 *
 * Fidelity: counters given to iptables-restore are not taken; the help text is short.
 */
import {
  decodeUtf8,
  IPTABLES_VERSION,
  type IptablesQuery,
  iptablesFailure,
  type ListedChain,
  type ListOptions,
  listHeader,
  listRule,
  parseIptablesRequest,
  parseIptablesRestore,
  printRule,
  type Rule,
  sameRule,
  TABLE_HOOKS,
  type TableName,
} from '../../../topology/index.js';
import { hasCapability } from './capability.js';
import { applyChanges, ctime, type NetfilterRun, netfilterOf } from './netfilter-run.js';
import type { Tool, ToolIo } from './tool.js';

type Family = 'ipv4' | 'ipv6';
type ListQuery = Extract<IptablesQuery, { readonly query: 'list' | 'list-rules' }>;

const EXIT_RESOURCE = 4;
/** The order of tables in iptables-save (enum nft_table_type). */
const SAVE_ORDER: readonly TableName[] = ['mangle', 'security', 'raw', 'filter', 'nat'];

function familyOf(io: ToolIo): Family {
  return io.name.startsWith('ip6') ? 'ipv6' : 'ipv4';
}

function start(io: ToolIo): string {
  return `${io.name} v${IPTABLES_VERSION}: `;
}

/** Complains, and gives false, when the process may not ask the kernel for its rules. */
async function mayAsk(io: ToolIo): Promise<boolean> {
  if (hasCapability(io, 'NET_ADMIN')) return true;
  const problem = 'Could not fetch rule set generation id: Permission denied (you must be root)';
  await io.err(`${start(io)}${problem}\n`);
  return false;
}

/** Chains of a table as they are listed: built-in ones by hook, the others by name. */
function chainsOf(run: NetfilterRun, family: Family, table: TableName): readonly ListedChain[] {
  const found = run.netfilter.tables(family).find((each) => each.table === table);
  const chains = found?.chains ?? [];
  const rules = chains.flatMap((chain) => chain.rules);
  const references = (name: string): number => rules.filter((rule) => calls(rule, name)).length;
  const hooks: readonly string[] = TABLE_HOOKS[table];
  const base = hooks.map((name): ListedChain => {
    const chain = chains.find((each) => each.name === name);
    return {
      name,
      policy: chain?.policy ?? 'ACCEPT',
      rules: chain?.rules ?? [],
      counters: run.netfilter.counters(family, table, name),
      references: 0,
    };
  });
  const own = chains
    .filter(({ name }) => !hooks.includes(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      ({ name, rules: mine }): ListedChain => ({
        name,
        rules: mine,
        counters: run.netfilter.counters(family, table, name),
        references: references(name),
      }),
    );
  return [...base, ...own];
}

function calls(rule: Rule, name: string): boolean {
  const { target } = rule;
  return (target?.target === 'jump' || target?.target === 'goto') && target.chain === name;
}

const NO_COUNT = { packets: 0, bytes: 0 };

const iptables: Tool = async (io) => {
  const family = familyOf(io);
  const run = await netfilterOf(io);
  if (run === undefined) return 1;
  const read = parseIptablesRequest(io.args, { family, ...run.place });
  if (!read.ok) {
    const { stderr, status, message } = read.error;
    await io.err(stderr ?? `${start(io)}${message}\n`);
    return status ?? 2;
  }
  const { ops, query, warnings } = read.value;
  for (const line of warnings) await io.err(`${line}\n`);
  if (query?.query === 'version' || query?.query === 'help') {
    await io.out(`${io.name} v${IPTABLES_VERSION}\n`);
    return 0;
  }
  if (!(await mayAsk(io))) return EXIT_RESOURCE;
  if (query?.query === 'check') return check(run, family, query);
  const status = query === undefined ? 0 : await list(run, family, query);
  const problem = applyChanges(run, ops);
  if (problem === undefined) return status;
  const failure = iptablesFailure(problem, family);
  await io.err(failure.stderr);
  return failure.status;
};

async function fails(run: NetfilterRun, family: Family, message: string): Promise<number> {
  const failure = iptablesFailure(message, family);
  await run.io.err(failure.stderr);
  return failure.status;
}

async function check(
  run: NetfilterRun,
  family: Family,
  query: Extract<IptablesQuery, { readonly query: 'check' }>,
): Promise<number> {
  const { io } = run;
  const chains = chainsOf(run, family, query.table);
  for (const { target } of query.rules) {
    if (target?.target !== 'jump') continue;
    const known = chains.some(({ name }) => name === target.chain);
    if (!known) return fails(run, family, `${start(io)}Chain '${target.chain}' does not exist`);
  }
  const chain = chains.find(({ name }) => name === query.chain);
  const found = query.rules.every((rule) => chain?.rules.some((each) => sameRule(each, rule)));
  if (found) return 0;
  const bad = 'Bad rule (does a matching rule exist in that chain?).';
  return fails(run, family, `${io.name}: ${bad}`);
}

async function list(run: NetfilterRun, family: Family, query: ListQuery): Promise<number> {
  const { io } = run;
  const all = chainsOf(run, family, query.table);
  const chains = query.chain === undefined ? all : all.filter(({ name }) => name === query.chain);
  if (chains.length === 0) {
    const where = `chain \`${query.chain ?? ''}' in table \`${query.table}'`;
    await io.err(`${start(io)}${where} is incompatible, use 'nft' tool.\n`);
    return 1;
  }
  await io.out(
    query.query === 'list'
      ? listText(chains, { ...query, family }, query.position)
      : specText(chains, query, family),
  );
  return 0;
}

function listText(
  chains: readonly ListedChain[],
  options: ListOptions,
  position: number | undefined,
): string {
  return chains
    .map((chain) => {
      const lines = chain.rules.map((rule, at) =>
        listRule(rule, at + 1, chain.counters[at + 1] ?? NO_COUNT, options),
      );
      if (position !== undefined) return lines[position - 1] ?? '';
      return `${listHeader(chain, options)}${lines.join('')}`;
    })
    .join('\n');
}

function specText(chains: readonly ListedChain[], query: ListQuery, family: Family): string {
  const counted = (chain: ListedChain, at: number): string => {
    const { packets, bytes } = chain.counters[at] ?? NO_COUNT;
    return query.verbose ? ` -c ${packets} ${bytes}` : '';
  };
  const heads = chains.map((chain) =>
    chain.policy === undefined
      ? `-N ${chain.name}\n`
      : `-P ${chain.name} ${chain.policy}${counted(chain, 0)}\n`,
  );
  const rules = chains.flatMap((chain) =>
    chain.rules.map((rule, at) =>
      query.position === undefined || query.position === at + 1
        ? `${`-A ${chain.name}${counted(chain, at + 1)} ${printRule(rule, family)}`.trimEnd()}\n`
        : '',
    ),
  );
  return `${query.position === undefined ? heads.join('') : ''}${rules.join('')}`;
}

const save: Tool = async (io) => {
  const family = familyOf(io);
  const run = await netfilterOf(io);
  if (run === undefined) return 1;
  if (!(await mayAsk(io))) return EXIT_RESOURCE;
  const { args } = io;
  const counters = args.includes('-c') || args.includes('--counters');
  const at = args.findIndex((arg) => arg === '-t' || arg === '--table');
  const only = at < 0 ? undefined : args[at + 1];
  if (only !== undefined && !SAVE_ORDER.some((table) => table === only)) {
    await io.err(`${start(io)}Table \`${only}' does not exist\n`);
    return 1;
  }
  const present = new Set(run.netfilter.tables(family).map(({ table }) => table));
  const date = ctime(io.guest.wallMs);
  for (const table of SAVE_ORDER) {
    if (!present.has(table) || (only !== undefined && table !== only)) continue;
    const chains = chainsOf(run, family, table);
    const lines = [`# Generated by ${io.name} v${IPTABLES_VERSION} on ${date}`, `*${table}`];
    const count = (chain: ListedChain, index: number): string => {
      const { packets, bytes } = chain.counters[index] ?? NO_COUNT;
      return `[${packets}:${bytes}]`;
    };
    for (const chain of chains) {
      const kept = chain.policy === undefined ? '- [0:0]' : `${chain.policy} ${count(chain, 0)}`;
      lines.push(`:${chain.name} ${kept}`);
    }
    for (const chain of chains) {
      for (const [index, rule] of chain.rules.entries()) {
        const before = counters ? `${count(chain, index + 1)} ` : '';
        lines.push(`${before}-A ${chain.name} ${printRule(rule, family)}`.trimEnd());
      }
    }
    lines.push('COMMIT', `# Completed on ${date}`, '');
    await io.out(lines.join('\n'));
  }
  return 0;
};

const restore: Tool = async (io) => {
  const family = familyOf(io);
  const run = await netfilterOf(io);
  if (run === undefined) return 1;
  const { args } = io;
  const noflush = args.includes('-n') || args.includes('--noflush');
  const file = args.filter((arg) => !arg.startsWith('-')).at(-1) ?? '-';
  const content = await io.read(file);
  if (!content.ok) {
    await io.err(`Can't open ${file}: ${io.fileError('', content.error).replace(/^: /, '')}\n`);
    return 1;
  }
  const text = decodeUtf8(content.value);
  const read = parseIptablesRestore(text, { family, noflush, ...run.place });
  if (!read.ok) {
    const { line = 1, message, status } = read.error;
    if (message.startsWith('iptables-restore')) {
      await io.err(`${message.replace('iptables-restore', io.name)}\n`);
      return 1;
    }
    const said = message.startsWith('Bad argument') ? message : `${start(io)}${message}`;
    const help = `Try \`${io.name} -h' or '${io.name} --help' for more information.\n`;
    await io.err(`${said}\nError occurred at line: ${line}\n${help}`);
    return status ?? 2;
  }
  if (read.value.every((op) => op.op === 'iptables.restore' && op.tables.length === 0)) return 0;
  if (!(await mayAsk(io))) return EXIT_RESOURCE;
  if (args.includes('-t') || args.includes('--test')) return 0;
  const problem = applyChanges(run, read.value);
  if (problem === undefined) return 0;
  const commit = text.split('\n').findIndex((line) => line.trim() === 'COMMIT') + 1;
  await io.err(`${io.name}: line ${commit} failed: ${problem.replace(/^.*?: /, '')}.\n`);
  return 1;
};

/** The tools of both families. */
export const IPTABLES_TOOLS: Readonly<Record<string, Tool>> = {
  iptables,
  ip6tables: iptables,
  'iptables-nft': iptables,
  'iptables-save': save,
  'ip6tables-save': save,
  'iptables-restore': restore,
  'ip6tables-restore': restore,
};
