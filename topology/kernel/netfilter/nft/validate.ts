import type { NftBase, NftHook, NftRefusal, NftRule, NftStatement } from '../../nft.js';
import { referencesOf } from './references.js';
import type { NftChain, NftTable } from './table.js';

/** Chains that may wait for each other's end (NFT_JUMP_STACK_SIZE). */
const JUMP_STACK = 16;

/** Hooks that base chains of a type may have, in the families ip, ip6 and inet (nft_chain_*.c). */
const TYPE_HOOKS: Readonly<Record<NftBase['type'], readonly NftHook[]>> = {
  filter: ['prerouting', 'input', 'forward', 'output', 'postrouting'],
  nat: ['prerouting', 'input', 'output', 'postrouting'],
  route: ['output'],
};

/** NF_IP_PRI_CONNTRACK: translation comes after connection tracking. */
const CONNTRACK_PRIORITY = -200;

/**
 * Whether the kernel takes a base chain.
 *
 * Fidelity: base chains of the families arp, bridge and netdev, and at ingress, are refused; the families themselves,
 * with their chains and sets, are kept and listed.
 */
export function checkBase(table: NftTable, base: NftBase): NftRefusal | undefined {
  const refused: NftRefusal = { errno: 'EOPNOTSUPP', part: 'chain' };
  if (!['ip', 'ip6', 'inet'].includes(table.family)) return refused;
  if (!TYPE_HOOKS[base.type].includes(base.hook)) return refused;
  if (base.type === 'nat' && base.priority <= CONNTRACK_PRIORITY) return refused;
  return base.type === 'nat' && base.policy === 'drop' ? refused : undefined;
}

/** Hooks where a statement may stand, and whether it needs a nat chain (the `validate` of each expression). */
function placesOf(
  statement: NftStatement,
): { readonly hooks: readonly NftHook[]; readonly nat: boolean } | undefined {
  switch (statement.stmt) {
    case 'nat':
      return statement.nat === 'dnat'
        ? { hooks: ['prerouting', 'output'], nat: true }
        : { hooks: ['postrouting', 'input'], nat: true };
    case 'masquerade':
      return { hooks: ['postrouting'], nat: true };
    case 'redirect':
      return { hooks: ['prerouting', 'output'], nat: true };
    case 'reject':
      return { hooks: ['input', 'forward', 'output', 'prerouting'], nat: false };
    case 'match':
      return statement.left.expr === 'fib' ? fibPlaces(statement.left) : undefined;
    default:
      return undefined;
  }
}

/** nft_fib_validate. */
function fibPlaces(fib: {
  readonly result: string;
  readonly by: readonly string[];
}): { readonly hooks: readonly NftHook[]; readonly nat: boolean } | undefined {
  if (fib.result !== 'type') return { hooks: ['prerouting', 'input', 'forward'], nat: false };
  if (fib.by.includes('iif')) return { hooks: ['prerouting', 'input', 'forward'], nat: false };
  if (!fib.by.includes('oif')) return undefined;
  return { hooks: ['output', 'postrouting', 'forward'], nat: false };
}

/**
 * Walks every base chain of a table with what it may jump to (nft_table_validate). `EMLINK`: chains call each other in
 * a circle or too deep; `EOPNOTSUPP`: a statement where it cannot work.
 */
export function validateTable(table: NftTable): NftRefusal['errno'] | undefined {
  for (const chain of table.chains.values()) {
    if (chain.base === undefined) continue;
    const errno = new Validation(table, chain.base).visit(chain, 0);
    if (errno !== undefined) return errno;
  }
  return undefined;
}

/** Whether a rule may be refused for where it stands: it goes elsewhere, or holds a statement that fits few hooks. */
export function needsValidation(rule: NftRule): boolean {
  if (rule.statements.some((statement) => placesOf(statement) !== undefined)) return true;
  return referencesOf(rule).some(({ chains, sets }) => chains.length > 0 || sets.length > 0);
}

class Validation {
  private readonly table: NftTable;
  private readonly base: NftBase;
  /** The deepest level at which a chain was found in order. */
  private readonly seen = new Map<NftChain, number>();

  constructor(table: NftTable, base: NftBase) {
    this.table = table;
    this.base = base;
  }

  visit(chain: NftChain, level: number): NftRefusal['errno'] | undefined {
    if (level === JUMP_STACK) return 'EMLINK';
    const known = this.seen.get(chain);
    if (known !== undefined && known >= level) return undefined;
    this.seen.set(chain, level);
    for (const { rule } of chain.rules) {
      const references = referencesOf(rule);
      for (const [at, statement] of rule.statements.entries()) {
        if (!this.fits(statement)) return 'EOPNOTSUPP';
        const { chains = [], sets = [] } = references[at] ?? {};
        const errno = this.follow(
          [...chains, ...sets.flatMap((set) => this.targetsOf(set))],
          level,
        );
        if (errno !== undefined) return errno;
      }
    }
    return undefined;
  }

  private follow(names: readonly string[], level: number): NftRefusal['errno'] | undefined {
    for (const name of names) {
      const next = this.table.chain(name);
      const errno = next === undefined ? undefined : this.visit(next, level + 1);
      if (errno !== undefined) return errno;
    }
    return undefined;
  }

  private fits(statement: NftStatement): boolean {
    const places = placesOf(statement);
    if (places === undefined) return true;
    return places.hooks.includes(this.base.hook) && (!places.nat || this.base.type === 'nat');
  }

  private targetsOf(name: string): readonly string[] {
    const set = this.table.set(name);
    if (set?.spec.data?.includes('verdict') !== true) return [];
    const targets = new Set<string>();
    for (const { verdict } of set.elements.entries()) {
      if (verdict !== undefined && 'chain' in verdict) targets.add(verdict.chain);
    }
    return [...targets];
  }
}
