import type { Errno } from '../errno.js';
import type { HookName, Rule, RuleChain, TableName } from '../ops.js';
import { builtIn } from './hooks.js';

const NAT_HOOKS: Readonly<Record<string, readonly HookName[]>> = {
  DNAT: ['PREROUTING', 'OUTPUT'],
  REDIRECT: ['PREROUTING', 'OUTPUT'],
  SNAT: ['POSTROUTING', 'INPUT'],
  MASQUERADE: ['POSTROUTING'],
};

const checked = new WeakMap<RuleChain, Map<TableName, Errno | 'fine'>>();

/** What the kernel refuses of the rules of a chain in a table (the checkentry of each extension); asked once per chain. */
export function checkChain(table: TableName, chain: RuleChain): Errno | undefined {
  const known = checked.get(chain)?.get(table);
  if (known !== undefined) return known === 'fine' ? undefined : known;
  let found: Errno | undefined;
  for (const rule of chain.rules) {
    found ??= checkRule(table, chain.name, rule);
  }
  const answers = checked.get(chain) ?? new Map<TableName, Errno | 'fine'>();
  answers.set(table, found ?? 'fine');
  checked.set(chain, answers);
  return found;
}

/** As `checkChain`, of one rule. `EINVAL`: wrong table or hook for the target; `ENOENT`: the set does not exist. */
export function checkRule(table: TableName, chainName: string, rule: Rule): Errno | undefined {
  if (rule.matches.some((match) => match.match === 'set')) return 'ENOENT';
  const kind = rule.target?.target;
  if (kind === undefined) return undefined;
  const hook = builtIn(table, chainName);
  const natHooks = NAT_HOOKS[kind];
  if (natHooks !== undefined) {
    if (table !== 'nat') return 'EINVAL';
    return hook === undefined || natHooks.includes(hook) ? undefined : 'EINVAL';
  }
  switch (kind) {
    case 'REJECT':
      return table === 'filter' ? undefined : 'EINVAL';
    case 'NOTRACK':
      return table === 'raw' ? undefined : 'EINVAL';
    case 'TCPMSS':
      return hook === 'PREROUTING' || hook === 'INPUT' ? 'EINVAL' : undefined;
    case 'DROP':
      // iptables itself refuses it: "The "nat" table is not intended for filtering".
      return table === 'nat' ? 'EINVAL' : undefined;
    default:
      return undefined;
  }
}
