import type { NftBase, NftHook } from '../../nft.js';
import type { HookName } from '../../ops.js';
import { needsConntrack } from './references.js';
import type { NftRuleset } from './ruleset.js';
import type { NftChain, NftTable } from './table.js';

const HOOK_NAMES: Readonly<Record<HookName, NftHook>> = {
  PREROUTING: 'prerouting',
  INPUT: 'input',
  FORWARD: 'forward',
  OUTPUT: 'output',
  POSTROUTING: 'postrouting',
};

/** A base chain and where it stands. */
export interface PlacedChain {
  readonly table: NftTable;
  readonly chain: NftChain;
  readonly base: NftBase;
}

/** Base chains that see packets of a family at a hook. */
export function* baseChainsAt(
  ruleset: NftRuleset,
  family: 'ipv4' | 'ipv6',
  hook: HookName,
): Iterable<PlacedChain> {
  for (const table of tablesOf(ruleset, family)) {
    for (const chain of table.chains.values()) {
      const { base } = chain;
      if (base?.hook === HOOK_NAMES[hook]) yield { table, chain, base };
    }
  }
}

/** Whether a rule of a family needs connection tracking. */
export function nftNeedsConntrack(ruleset: NftRuleset, family: 'ipv4' | 'ipv6'): boolean {
  for (const table of tablesOf(ruleset, family)) {
    for (const chain of table.chains.values()) {
      for (const { rule } of chain.rules) if (rule.statements.some(needsConntrack)) return true;
    }
  }
  return false;
}

function* tablesOf(ruleset: NftRuleset, family: 'ipv4' | 'ipv6'): Iterable<NftTable> {
  for (const table of ruleset.all) {
    const sees = table.family === 'inet' || table.family === (family === 'ipv4' ? 'ip' : 'ip6');
    if (sees && !table.dormant) yield table;
  }
}
