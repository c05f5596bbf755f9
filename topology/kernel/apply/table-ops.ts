import type { Netfilter } from '../contract.js';
import { type Errno, strerror } from '../errno.js';
import type { ConntrackOp, IptablesOp, Rule, RuleChain } from '../ops.js';
import { isFailure, type OpFailure, type Transaction } from './transaction.js';

/** `iptables-restore` and single rules. */
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
  switch (op.op) {
    case 'iptables.restore': {
      const errno = netfilter.restore(family, op.tables, op.noflush);
      if (errno === undefined) return undefined;
      return { errno, message: `${tool}-restore: ${strerror(errno)}` };
    }
    case 'iptables.policy': {
      const errno = netfilter.setPolicy(family, op.table, op.chain, op.policy);
      if (errno === undefined) return undefined;
      return { errno, message: `${tool}: Bad built-in chain name.` };
    }
    case 'iptables.new-chain':
      return newChain(netfilter, op, tool);
    case 'iptables.flush':
      return flushChains(netfilter, op, tool);
    case 'iptables.delete-chain':
      return deleteChains(netfilter, op, tool);
    default: {
      const { table, chain, rule, position } = op;
      const verbs = {
        'iptables.append': 'append',
        'iptables.insert': 'insert',
        'iptables.delete': 'delete',
      } as const;
      const change = { verb: verbs[op.op], table, chain, rule };
      const errno = netfilter.edit(
        family,
        position === undefined ? change : { ...change, position },
      );
      if (errno === undefined) return undefined;
      return { errno, message: `${tool}: ${editText(errno)}` };
    }
  }
}

/** `conntrack -D`, `conntrack -F`: carried out when all other ops have been. */
export function applyConntrack(transaction: Transaction, op: ConntrackOp): OpFailure | undefined {
  const netns = transaction.netns(op.netns);
  if (isFailure(netns)) return netns;
  const { op: _verb, netns: _name, ...match } = op;
  transaction.onCommit(() => netns.netfilter.conntrack.delete(match));
  return undefined;
}

type NewChainOp = Extract<IptablesOp, { readonly op: 'iptables.new-chain' }>;
type ChainsOp = Extract<IptablesOp, { readonly op: 'iptables.flush' | 'iptables.delete-chain' }>;

function chainsOf(netfilter: Netfilter, op: NewChainOp | ChainsOp): readonly RuleChain[] {
  const found = netfilter.tables(op.family).find((table) => table.table === op.table);
  return found?.chains ?? [];
}

function newChain(netfilter: Netfilter, op: NewChainOp, tool: string): OpFailure | undefined {
  const { family, table, chain } = op;
  if (chainsOf(netfilter, op).some((other) => other.name === chain)) {
    return { errno: 'EEXIST', message: `${tool}: Chain already exists.` };
  }
  return refused(
    netfilter.restore(family, [{ table, chains: [{ name: chain, rules: [] }] }], true),
    tool,
  );
}

function flushChains(netfilter: Netfilter, op: ChainsOp, tool: string): OpFailure | undefined {
  const { family, table, chain } = op;
  const chains = chainsOf(netfilter, op).filter(
    (other) => chain === undefined || other.name === chain,
  );
  if (chain !== undefined && chains.length === 0) return refused('ENOENT', tool);
  const emptied = chains.map((other) => ({ ...other, rules: [] }));
  return refused(netfilter.restore(family, [{ table, chains: emptied }], true), tool);
}

function deleteChains(netfilter: Netfilter, op: ChainsOp, tool: string): OpFailure | undefined {
  const { family, table, chain } = op;
  const chains = chainsOf(netfilter, op);
  const user = chains.filter((other) => other.policy === undefined && !BUILT_IN.has(other.name));
  const doomed = user.filter((other) => chain === undefined || other.name === chain);
  if (chain !== undefined && doomed.length === 0) return refused('ENOENT', tool);
  const names = new Set(doomed.map((other) => other.name));
  const used = chains.some(
    (other) => !names.has(other.name) && other.rules.some((rule) => jumpsTo(rule, names)),
  );
  if (used) return { errno: 'EBUSY', message: `${tool}: Too many links.` };
  if (doomed.some((other) => other.rules.length > 0)) {
    return { errno: 'EBUSY', message: `${tool}: Directory not empty.` };
  }
  return refused(
    netfilter.restore(family, [{ table, chains: [], removeChains: [...names] }], true),
    tool,
  );
}

const BUILT_IN: ReadonlySet<string> = new Set([
  'PREROUTING',
  'INPUT',
  'FORWARD',
  'OUTPUT',
  'POSTROUTING',
]);

function jumpsTo(rule: Rule, names: ReadonlySet<string>): boolean {
  const { target } = rule;
  if (target === undefined || (target.target !== 'jump' && target.target !== 'goto')) return false;
  return names.has(target.chain);
}

function refused(errno: Errno | undefined, tool: string): OpFailure | undefined {
  return errno === undefined ? undefined : { errno, message: `${tool}: ${editText(errno)}` };
}

function editText(errno: OpFailure['errno']): string {
  switch (errno) {
    case 'ENOENT':
      return 'No chain/target/match by that name.';
    case 'E2BIG':
      return 'Index of insertion too big.';
    case 'EINVAL':
      return 'Bad rule (does a matching rule exist in that chain?).';
    default:
      return `${strerror(errno)}.`;
  }
}
