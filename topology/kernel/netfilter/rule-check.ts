import type { Errno } from '../errno.js';
import type { HookName, Match, Rule, RuleChain, TableName } from '../ops.js';
import { builtIn } from './hooks.js';

/** Where a rule is put. */
export interface RulePlace {
  readonly table: TableName;
  readonly chain: string;
  readonly family: 'ipv4' | 'ipv6';
}

const NAT_HOOKS: Readonly<Record<string, readonly HookName[]>> = {
  DNAT: ['PREROUTING', 'OUTPUT'],
  REDIRECT: ['PREROUTING', 'OUTPUT'],
  SNAT: ['POSTROUTING', 'INPUT'],
  MASQUERADE: ['POSTROUTING'],
  NETMAP: ['PREROUTING', 'OUTPUT', 'POSTROUTING', 'INPUT'],
};

/** Targets that one table alone takes. */
const ONLY_IN: Readonly<Record<string, TableName>> = {
  REJECT: 'filter',
  NOTRACK: 'raw',
  CT: 'raw',
  TTL: 'mangle',
  TOS: 'mangle',
  DSCP: 'mangle',
};

const checked = new WeakMap<RuleChain, Map<TableName, Errno | 'fine'>>();

/** What the kernel refuses of the rules of a chain in a table (the checkentry of each extension); asked once per chain. */
export function checkChain(
  table: TableName,
  chain: RuleChain,
  family: 'ipv4' | 'ipv6',
): Errno | undefined {
  const known = checked.get(chain)?.get(table);
  if (known !== undefined) return known === 'fine' ? undefined : known;
  let found: Errno | undefined;
  for (const rule of chain.rules) {
    found ??= checkRule({ table, chain: chain.name, family }, rule);
  }
  const answers = checked.get(chain) ?? new Map<TableName, Errno | 'fine'>();
  answers.set(table, found ?? 'fine');
  checked.set(chain, answers);
  return found;
}

/** As `checkChain`, of one rule. `EINVAL`: a match or target in the wrong table, hook or company. */
export function checkRule(place: RulePlace, rule: Rule): Errno | undefined {
  const hook = builtIn(place.table, place.chain);
  for (const match of rule.matches) {
    if (!fits(match, hook, place)) return 'EINVAL';
  }
  return targetFits(rule, hook, place.table) ? undefined : 'EINVAL';
}

/** Chains of the user are not looked into: from which hooks they are called is not known when they are written. */
function fits(match: Match, hook: HookName | undefined, place: RulePlace): boolean {
  const at = (...hooks: readonly HookName[]): boolean => hook !== undefined && hooks.includes(hook);
  switch (match.match) {
    case 'src':
    case 'dst':
      return match.block.prefixLength > 0 || match.invert !== true;
    case 'mac':
      return !at('OUTPUT', 'POSTROUTING');
    case 'owner':
      return !at('PREROUTING', 'INPUT', 'FORWARD');
    case 'rpfilter':
      return (
        (place.table === 'raw' || place.table === 'mangle') &&
        (hook === undefined || at('PREROUTING'))
      );
    case 'recent':
      return (
        (match.verb !== 'set' && match.verb !== 'remove') ||
        (match.seconds === undefined && match.hitcount === undefined)
      );
    case 'physdev':
      return !((match.out !== undefined || match.isOut !== undefined) && at('OUTPUT'));
    case 'addrtype': {
      if (match.limitIfaceIn === true && at('OUTPUT', 'POSTROUTING')) return false;
      if (match.limitIfaceOut === true && at('PREROUTING', 'INPUT')) return false;
      if (place.family === 'ipv4') return true;
      const types = [...(match.srcTypes ?? []), ...(match.dstTypes ?? [])];
      return !types.some((type) =>
        ['BROADCAST', 'PROHIBIT', 'THROW', 'NAT', 'XRESOLVE'].includes(type),
      );
    }
    default:
      return true;
  }
}

function targetFits(rule: Rule, hook: HookName | undefined, table: TableName): boolean {
  const { target } = rule;
  if (target === undefined) return true;
  const natHooks = NAT_HOOKS[target.target];
  if (natHooks !== undefined) {
    return table === 'nat' && (hook === undefined || natHooks.includes(hook));
  }
  const only = ONLY_IN[target.target];
  if (only !== undefined && only !== table) return false;
  const tcp = rule.matches.some(
    (match) => match.match === 'proto' && match.proto === 6 && match.invert !== true,
  );
  switch (target.target) {
    case 'REJECT':
      return target.with !== 'tcp-reset' || tcp;
    case 'TCPMSS':
      return tcp && !(target.clampToPmtu && (hook === 'PREROUTING' || hook === 'INPUT'));
    case 'DROP':
      // iptables itself refuses it: "The "nat" table is not intended for filtering".
      return table !== 'nat';
    default:
      return true;
  }
}
