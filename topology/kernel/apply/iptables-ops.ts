import type { Netfilter } from '../contract.js';
import { type Errno, strerror } from '../errno.js';
import type { IptablesOp, Rule, RuleChain } from '../ops.js';
import { isFailure, type OpFailure, type Transaction } from './transaction.js';

/** What iptables 1.8.9 begins the messages of its kernel part with. */
const VERSION = 'v1.8.9 (nf_tables)';
/** Built-in chains, which cannot be deleted or renamed. */
const BUILT_IN: ReadonlySet<string> = new Set([
  'PREROUTING',
  'INPUT',
  'FORWARD',
  'OUTPUT',
  'POSTROUTING',
]);

/** `iptables-restore`, single rules and chains; messages are those of iptables. */
export function applyIptables(transaction: Transaction, op: IptablesOp): OpFailure | undefined {
  const netns = transaction.netns(op.netns);
  if (isFailure(netns)) return netns;
  const { netfilter } = netns;
  const { family } = op;
  if (transaction.first(`iptables/${netns.inode}/${family}`)) {
    const before = netfilter.checkpoint(family);
    transaction.undo(() => before.restore());
    transaction.onCommit(() => before.release());
  }
  const tool = family === 'ipv4' ? 'iptables' : 'ip6tables';
  const wrong = wrongSet(netfilter, op);
  if (wrong !== undefined) return { errno: 'ENOENT', message: `${tool} ${VERSION}: ${wrong}` };
  switch (op.op) {
    case 'iptables.restore': {
      const errno = netfilter.restore(family, op.tables, op.noflush);
      if (errno === undefined) return undefined;
      return { errno, message: `${tool}-restore: ${strerror(errno)}` };
    }
    case 'iptables.policy':
      return worded(netfilter.setPolicy(family, op.table, op.chain, op.policy), tool);
    case 'iptables.new-chain':
      return newChain(netfilter, op, tool);
    case 'iptables.flush':
      return flushChains(netfilter, op, tool);
    case 'iptables.delete-chain':
      return deleteChains(netfilter, op, tool);
    case 'iptables.rename-chain':
      return renameChain(netfilter, op, tool);
    case 'iptables.zero': {
      if (op.chain !== undefined && find(netfilter, op, op.chain) === undefined) {
        return worded('ENOENT', tool);
      }
      transaction.onCommit(() => netfilter.zeroCounters(family, op.table, op.chain, op.position));
      return undefined;
    }
    default:
      return editRule(netfilter, op, tool);
  }
}

type RuleOp = Extract<IptablesOp, { readonly rule: Rule }>;
type NumberOp = Extract<IptablesOp, { readonly op: 'iptables.delete-number' }>;
type NewChainOp = Extract<IptablesOp, { readonly op: 'iptables.new-chain' }>;
type RenameOp = Extract<IptablesOp, { readonly op: 'iptables.rename-chain' }>;
type ChainsOp = Extract<IptablesOp, { readonly op: 'iptables.flush' | 'iptables.delete-chain' }>;

const VERBS = {
  'iptables.append': 'append',
  'iptables.insert': 'insert',
  'iptables.delete': 'delete',
  'iptables.replace': 'replace',
  'iptables.delete-number': 'delete',
} as const;

function editRule(
  netfilter: Netfilter,
  op: RuleOp | NumberOp,
  tool: string,
): OpFailure | undefined {
  const { family, table, chain, position } = op;
  const rule = 'rule' in op ? op.rule : undefined;
  const target = rule?.target;
  if (op.op !== 'iptables.delete' && target?.target === 'jump') {
    if (!BUILT_IN.has(target.chain) && find(netfilter, op, target.chain) === undefined) {
      return {
        errno: 'ENOENT',
        message: `${tool} ${VERSION}: Chain '${target.chain}' does not exist`,
      };
    }
  }
  const known = find(netfilter, op, chain);
  if (known === undefined && netfilter.tables(family).some((each) => each.table === table)) {
    return worded('ENOENT', tool);
  }
  const errno = netfilter.edit(family, {
    verb: VERBS[op.op],
    table,
    chain,
    ...(rule === undefined ? {} : { rule }),
    ...(position === undefined ? {} : { position }),
  });
  if (errno === undefined) return undefined;
  if (
    op.op === 'iptables.delete' &&
    errno === 'ENOENT' &&
    find(netfilter, op, chain) !== undefined
  ) {
    const message = `${tool}: Bad rule (does a matching rule exist in that chain?).`;
    return { errno, message };
  }
  if (errno === 'E2BIG' && op.op !== 'iptables.insert') {
    // A chain without rules was never made by iptables-nft.
    if ((known?.rules.length ?? 0) === 0) return { ...worded('ENOENT', tool), errno };
    const verb = op.op === 'iptables.replace' ? 'replacement' : 'deletion';
    return { errno, message: `${tool}: Index of ${verb} too big.` };
  }
  if (errno === 'E2BIG') return { errno, message: `${tool}: Index of insertion too big.` };
  if (errno === 'ENOENT' && find(netfilter, op, chain) === undefined) return worded(errno, tool);
  const change = op.op.slice('iptables.'.length).toUpperCase();
  const why = `RULE_${change} failed (${strerror(errno)}): rule in chain ${chain}`;
  return { errno, message: `${tool} ${VERSION}:  ${why}` };
}

/** What is wrong with the sets that a rule names: the first that is not there, or of the other family. */
function wrongSet(netfilter: Netfilter, op: IptablesOp): string | undefined {
  if (!('rule' in op) || op.op === 'iptables.delete') return undefined;
  for (const name of setsOf(op.rule)) {
    const spec = netfilter.setSpec(name);
    if (spec === undefined) return `Set ${name} doesn't exist.`;
    const family = spec.family === 'inet6' ? 'ipv6' : 'ipv4';
    if (spec.family !== undefined && family !== op.family) {
      const label = family === 'ipv6' ? 'IPv6' : 'IPv4';
      return `The protocol family of set ${name} is ${label}, which is not applicable.`;
    }
  }
  return undefined;
}

/** Names of the sets that a rule looks into or changes. */
function setsOf(rule: Rule): readonly string[] {
  const names = rule.matches.flatMap((match) => (match.match === 'set' ? [match.name] : []));
  return rule.target?.target === 'SET' ? [...names, rule.target.name] : names;
}

function chainsOf(
  netfilter: Netfilter,
  op: { readonly family: 'ipv4' | 'ipv6'; readonly table: string },
): readonly RuleChain[] {
  const found = netfilter.tables(op.family).find((table) => table.table === op.table);
  return found?.chains ?? [];
}

function find(
  netfilter: Netfilter,
  op: { readonly family: 'ipv4' | 'ipv6'; readonly table: string },
  name: string,
): RuleChain | undefined {
  return chainsOf(netfilter, op).find((chain) => chain.name === name);
}

function newChain(netfilter: Netfilter, op: NewChainOp, tool: string): OpFailure | undefined {
  const { family, table, chain } = op;
  if (find(netfilter, op, chain) !== undefined || BUILT_IN.has(chain)) {
    return { errno: 'EEXIST', message: `${tool}: Chain already exists.` };
  }
  const chains = [{ name: chain, rules: [] }];
  return worded(netfilter.restore(family, [{ table, chains }], true), tool);
}

function renameChain(netfilter: Netfilter, op: RenameOp, tool: string): OpFailure | undefined {
  if (find(netfilter, op, op.to) !== undefined) {
    return { errno: 'EEXIST', message: `${tool}: File exists.` };
  }
  return worded(netfilter.renameChain(op.family, op.table, op.chain, op.to), tool);
}

function flushChains(netfilter: Netfilter, op: ChainsOp, tool: string): OpFailure | undefined {
  const { family, table, chain } = op;
  const chains = chainsOf(netfilter, op).filter(
    (other) => chain === undefined || other.name === chain,
  );
  if (chain !== undefined && chains.length === 0) {
    return BUILT_IN.has(chain) ? undefined : worded('ENOENT', tool);
  }
  const emptied = chains.map((other) => ({ ...other, rules: [] }));
  return worded(netfilter.restore(family, [{ table, chains: emptied }], true), tool);
}

function deleteChains(netfilter: Netfilter, op: ChainsOp, tool: string): OpFailure | undefined {
  const { family, table, chain } = op;
  const chains = chainsOf(netfilter, op);
  const user = chains.filter((other) => other.policy === undefined && !BUILT_IN.has(other.name));
  const doomed = user.filter((other) => chain === undefined || other.name === chain);
  if (chain !== undefined && doomed.length === 0) return worded('ENOENT', tool);
  const names = new Set(doomed.map((other) => other.name));
  const used = chains.some(
    (other) => !names.has(other.name) && other.rules.some((rule) => jumpsTo(rule, names)),
  );
  const busy = doomed.find((other) => other.rules.length > 0);
  if (used || busy !== undefined) {
    const name = busy?.name ?? [...names][0] ?? '';
    const why = `CHAIN_DEL failed (${strerror('EBUSY')}): chain ${name}`;
    return { errno: 'EBUSY', message: `${tool} ${VERSION}:  ${why}` };
  }
  const change = { table, chains: [], removeChains: [...names] };
  return worded(netfilter.restore(family, [change], true), tool);
}

function jumpsTo(rule: Rule, names: ReadonlySet<string>): boolean {
  const { target } = rule;
  if (target === undefined || (target.target !== 'jump' && target.target !== 'goto')) return false;
  return names.has(target.chain);
}

function worded(errno: Errno, tool: string): OpFailure;
function worded(errno: Errno | undefined, tool: string): OpFailure | undefined;
function worded(errno: Errno | undefined, tool: string): OpFailure | undefined {
  if (errno === undefined) return undefined;
  const text = errno === 'ENOENT' ? 'No chain/target/match by that name' : strerror(errno);
  return { errno, message: `${tool}: ${text}.` };
}
