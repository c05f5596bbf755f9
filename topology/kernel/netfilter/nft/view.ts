import { MILLISECOND } from '../../../base/index.js';
import type { NftChainView, NftElementView, NftRule, NftSetView, NftTableView } from '../../nft.js';
import type { NftRuleset } from './ruleset.js';
import type { NftSet } from './set.js';
import type { NftChain, NftRuleState } from './table.js';

/** The tables of a namespace with what their rules have counted. */
export function viewRuleset(ruleset: NftRuleset, nowNs: number): readonly NftTableView[] {
  return [...ruleset.all].map(({ family, name, handle, comment, dormant, sets, chains }) => ({
    family,
    name,
    handle,
    dormant,
    ...(comment === undefined ? {} : { comment }),
    sets: [...sets.values()].map((set) => viewSet(set, nowNs)),
    chains: [...chains.values()].map(viewChain),
  }));
}

function viewChain({ name, handle, base, comment, rules }: NftChain): NftChainView {
  return {
    name,
    handle,
    ...(base === undefined ? {} : { base }),
    ...(comment === undefined ? {} : { comment }),
    rules: rules.map((state) => ({ handle: state.handle, rule: counted(state) })),
  };
}

function counted({ rule, slots }: NftRuleState): NftRule {
  const statements = rule.statements.map((statement, at) => {
    const slot = slots[at];
    if (slot === undefined) return statement;
    if (statement.stmt === 'counter')
      return { ...statement, packets: slot.first, bytes: slot.second };
    return statement.stmt === 'quota' ? { ...statement, used: slot.first } : statement;
  });
  return { ...rule, statements };
}

function viewSet({ spec, handle, elements }: NftSet, nowNs: number): NftSetView {
  const shown: NftElementView[] = [];
  for (const { element, expiresAtNs } of elements.entries()) {
    if (expiresAtNs <= nowNs) continue;
    const stays = expiresAtNs === Number.POSITIVE_INFINITY;
    const expires = stays ? {} : { expiresMs: Math.floor((expiresAtNs - nowNs) / MILLISECOND) };
    shown.push({ ...element, ...expires });
  }
  return { spec, handle, elements: shown };
}
