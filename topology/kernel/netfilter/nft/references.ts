import type { NftExpr, NftRule, NftSetExpr, NftStatement } from '../../nft.js';

/** What a rule or an element speaks of besides itself. */
export interface NftReferences {
  /** Chains it may jump or go to. */
  readonly chains: readonly string[];
  readonly sets: readonly string[];
  /** Sets and maps that stand in it and have no name. */
  readonly anonymous: number;
}

/** What each statement of a rule refers to, in their order. */
export function referencesOf(rule: NftRule): readonly NftReferences[] {
  return rule.statements.map(statementReferences);
}

function statementReferences(statement: NftStatement): NftReferences {
  const found: Found = { chains: [], sets: [], anonymous: 0 };
  switch (statement.stmt) {
    case 'verdict':
      if ('chain' in statement.verdict) found.chains.push(statement.verdict.chain);
      break;
    case 'match':
      visit(statement.left, found);
      visit(statement.right, found);
      break;
    case 'vmap':
      visit(statement.key, found);
      visitSet(statement.map, found);
      break;
    case 'set':
      visit(statement.value, found);
      break;
    case 'nat':
      visit(statement.address, found);
      visit(statement.ports, found);
      break;
    case 'masquerade':
    case 'redirect':
      visit(statement.ports, found);
      break;
    case 'dynset':
      found.sets.push(statement.set);
      visit(statement.key, found);
      visit(statement.data, found);
      break;
    default:
      break;
  }
  return found;
}

interface Found {
  readonly chains: string[];
  readonly sets: string[];
  anonymous: number;
}

function visit(expr: NftExpr | undefined, found: Found): void {
  switch (expr?.expr) {
    case 'set':
    case 'set-ref':
      visitSet(expr, found);
      return;
    case 'concat':
      for (const part of expr.parts) visit(part, found);
      return;
    case 'binary':
      visit(expr.left, found);
      visit(expr.right, found);
      return;
    case 'map':
      visit(expr.key, found);
      visitSet(expr.map, found);
      return;
    case 'jhash':
      visit(expr.of, found);
      return;
    default:
      return;
  }
}

function visitSet(set: NftSetExpr, found: Found): void {
  if (set.expr === 'set-ref') {
    found.sets.push(set.name);
    return;
  }
  found.anonymous++;
  for (const { data } of set.elements) {
    if (data?.expr === 'verdict' && 'chain' in data.verdict) found.chains.push(data.verdict.chain);
  }
}

/** Whether a statement needs connection tracking, and turns it on (nf_ct_netns_get). */
export function needsConntrack(statement: NftStatement): boolean {
  switch (statement.stmt) {
    case 'nat':
    case 'masquerade':
    case 'redirect':
      return true;
    case 'match':
      return asksCt(statement.left);
    case 'vmap':
      return asksCt(statement.key);
    case 'set':
      return asksCt(statement.target) || asksCt(statement.value);
    case 'dynset':
      return asksCt(statement.key);
    default:
      return false;
  }
}

function asksCt(expr: NftExpr): boolean {
  switch (expr.expr) {
    case 'ct':
      return true;
    case 'concat':
      return expr.parts.some(asksCt);
    case 'binary':
      return asksCt(expr.left) || asksCt(expr.right);
    case 'map':
      return asksCt(expr.key);
    case 'jhash':
      return asksCt(expr.of);
    default:
      return false;
  }
}
