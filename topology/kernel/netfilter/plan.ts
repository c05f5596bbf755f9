import type { HookName, TableName } from '../ops.js';
import type { FamilyRules } from './family.js';
import { builtIn, HOOKS } from './hooks.js';
import { baseChainsAt } from './nft/base-chains.js';
import type { NftRuleset } from './nft/ruleset.js';
import type { NftChain, NftTable } from './nft/table.js';
import type { RuleTable } from './table.js';

/** A chain that is walked at a hook: the built-in one of an iptables table, or a base chain of nftables. */
export type ChainStep =
  | { readonly run: 'table'; readonly table: RuleTable }
  | { readonly run: 'nft'; readonly table: NftTable; readonly chain: NftChain };

/** What runs at a hook: connection tracking, the end of it, translation with its chains, or a chain. */
export type HookStep =
  | { readonly run: 'conntrack' | 'confirm' }
  | { readonly run: 'nat'; readonly chains: readonly ChainStep[] }
  | ChainStep;

/** The steps of each hook that has any, in the order they run. */
export type HookPlan = ReadonlyMap<HookName, readonly HookStep[]>;

/** Priorities of iptables' tables (include/uapi/linux/netfilter_ipv4.h); nat's depends on the hook. */
const TABLE_PRIORITY: Readonly<Record<Exclude<TableName, 'nat'>, number>> = {
  raw: -300,
  mangle: -150,
  filter: 0,
  security: 50,
};

const CONNTRACK_PRIORITY = -200;
const DST_NAT_PRIORITY = -100;
const SRC_NAT_PRIORITY = 100;

interface Registered {
  readonly priority: number;
  /** Of equal priorities what was registered later runs first (nf_hook_entries_grow). */
  readonly order: number;
  readonly step: HookStep;
}

/** Who runs at each hook of a family, by priority. Fragments were put together before (-400). */
export function planHooks(
  family: 'ipv4' | 'ipv6',
  present: {
    readonly rules: FamilyRules;
    readonly nft: NftRuleset;
    readonly conntrack: boolean;
  },
): HookPlan {
  const natRules = present.rules.table('nat');
  const translates =
    present.conntrack && ((natRules?.size ?? 0) > 0 || hasNatChain(present.nft, family));
  const plan = new Map<HookName, readonly HookStep[]>();
  for (const hook of HOOKS) {
    const registered: Registered[] = [];
    const nat: Registered[] = [];
    for (const table of present.rules.present) {
      const step = { run: 'table', table } as const;
      const { name, order } = table;
      if (name !== 'nat') {
        if (table.decides(hook) === undefined) continue;
        registered.push({ priority: TABLE_PRIORITY[name], order, step });
      } else if (builtIn('nat', hook) !== undefined) {
        nat.push({ priority: natPriority(hook), order, step });
      }
    }
    for (const { table, chain, base } of baseChainsAt(present.nft, family, hook)) {
      const step = { run: 'nft', table, chain } as const;
      const entry = { priority: base.priority, order: chain.order, step };
      if (base.type === 'nat') nat.push(entry);
      else registered.push(entry);
    }
    if (translates && hook !== 'FORWARD') registered.push(natStep(hook, nat));
    if (present.conntrack && (hook === 'PREROUTING' || hook === 'OUTPUT')) {
      registered.push({ priority: CONNTRACK_PRIORITY, order: 0, step: { run: 'conntrack' } });
    }
    const steps = inOrder(registered);
    const ends = hook === 'INPUT' || hook === 'POSTROUTING';
    if (present.conntrack && ends) steps.push({ run: 'confirm' });
    if (steps.length > 0) plan.set(hook, steps);
  }
  return plan;
}

/** All chains of translation share one place in the order, and their own order within it. */
function natStep(hook: HookName, chains: readonly Registered[]): Registered {
  const order = chains.reduce((first, chain) => Math.min(first, chain.order), 0);
  const steps = inOrder(chains).flatMap((step) =>
    step.run === 'table' || step.run === 'nft' ? [step] : [],
  );
  return { priority: natPriority(hook), order, step: { run: 'nat', chains: steps } };
}

function natPriority(hook: HookName): number {
  return hook === 'POSTROUTING' || hook === 'INPUT' ? SRC_NAT_PRIORITY : DST_NAT_PRIORITY;
}

function inOrder(registered: readonly Registered[]): HookStep[] {
  return registered
    .toSorted((a, b) => a.priority - b.priority || b.order - a.order)
    .map(({ step }) => step);
}

function hasNatChain(nft: NftRuleset, family: 'ipv4' | 'ipv6'): boolean {
  return HOOKS.some((hook) =>
    [...baseChainsAt(nft, family, hook)].some(({ base }) => base.type === 'nat'),
  );
}
