import type { RuleCheckpoint } from '../../contract.js';
import type {
  NftElement,
  NftFamily,
  NftRefusal,
  NftRule,
  NftTableRef,
  NftThing,
  NftVerb,
} from '../../nft.js';
import { referencesOf } from './references.js';
import { entryOf, NftElements, NftSet } from './set.js';
import { formOf, NftChain, NftRuleState, NftTable } from './table.js';
import { checkBase, needsValidation, validateTable } from './validate.js';

type Thing<W extends NftThing['what']> = Extract<NftThing, { readonly what: W }>;

const DONE = undefined;

/**
 * The nftables rules of one namespace (net/netfilter/nf_tables_api.c). Inside a checkpoint a table, chain or set is
 * copied when it is first changed, so taking a change back is putting the old tables back.
 */
export class NftRuleset {
  private tables = new Map<string, NftTable>();
  private lastHandle = 0;
  /** What may be changed in place, as it was made or copied since the checkpoint. */
  private fresh = new WeakSet<object>();
  private readonly nextOrder: () => number;
  private readonly nowNs: () => number;

  constructor(nextOrder: () => number, nowNs: () => number) {
    this.nextOrder = nextOrder;
    this.nowNs = nowNs;
  }

  /** Whether there is no table. */
  get empty(): boolean {
    return this.tables.size === 0;
  }

  /** Tables in the order they were made. */
  get all(): Iterable<NftTable> {
    return this.tables.values();
  }

  table({ family, table }: NftTableRef): NftTable | undefined {
    return this.tables.get(`${family} ${table}`);
  }

  checkpoint(): RuleCheckpoint {
    const before = this.tables;
    this.tables = new Map(before);
    this.fresh = new WeakSet();
    return {
      restore: () => {
        this.tables = before;
      },
      release: () => undefined,
    };
  }

  /** Carries out one command, or says why the kernel refuses it. */
  apply(verb: NftVerb, thing: NftThing): NftRefusal | undefined {
    switch (thing.what) {
      case 'ruleset':
        return this.flushRuleset(thing.family);
      case 'table':
        return this.applyTable(verb, thing);
      case 'chain':
        return this.applyChain(verb, thing);
      case 'rule':
        return this.applyRule(verb, thing);
      case 'set':
        return this.applySet(verb, thing);
      case 'element':
        return this.applyElements(verb, thing);
    }
  }

  private flushRuleset(family: NftFamily | undefined): undefined {
    for (const [key, table] of [...this.tables]) {
      if (family === undefined || table.family === family) this.tables.delete(key);
    }
    return DONE;
  }

  private applyTable(verb: NftVerb, thing: Thing<'table'>): NftRefusal | undefined {
    const key = `${thing.family} ${thing.table}`;
    const present =
      thing.handle === undefined
        ? this.tables.get(key)
        : [...this.tables.values()].find(
            ({ family, handle }) => family === thing.family && handle === thing.handle,
          );
    switch (verb) {
      case 'add':
      case 'create': {
        if (present !== undefined) {
          return verb === 'create' ? { errno: 'EEXIST', part: 'table' } : DONE;
        }
        const { family, table: name, comment, dormant = false } = thing;
        const made = new NftTable({ family, name, handle: ++this.lastHandle, comment, dormant });
        this.fresh.add(made);
        this.tables.set(key, made);
        return DONE;
      }
      case 'delete':
      case 'destroy':
        if (present === undefined) {
          return verb === 'destroy' ? DONE : { errno: 'ENOENT', part: 'table' };
        }
        this.tables.delete(`${present.family} ${present.name}`);
        return DONE;
      case 'flush': {
        if (present === undefined) return { errno: 'ENOENT', part: 'table' };
        const table = this.own(present);
        for (const chain of [...table.chains.values()]) this.ownChain(table, chain).rules = [];
        return DONE;
      }
      default:
        return { errno: 'EOPNOTSUPP', part: 'whole' };
    }
  }

  private applyChain(verb: NftVerb, thing: Thing<'chain'>): NftRefusal | undefined {
    const found = this.table(thing);
    if (found === undefined) {
      return verb === 'destroy' ? DONE : { errno: 'ENOENT', part: 'table' };
    }
    const present = found.chain(thing.chain);
    switch (verb) {
      case 'add':
      case 'create':
        if (present === undefined) return this.addChain(this.own(found), thing);
        if (verb === 'create') return { errno: 'EEXIST', part: 'chain' };
        return this.updateChain(this.own(found), present, thing);
      case 'delete':
      case 'destroy': {
        if (present === undefined) {
          return verb === 'destroy' ? DONE : { errno: 'ENOENT', part: 'chain' };
        }
        const table = this.own(found);
        if (chainsInUse(table, present).has(thing.chain)) return { errno: 'EBUSY', part: 'chain' };
        table.chains.delete(thing.chain);
        return DONE;
      }
      case 'flush': {
        if (present === undefined) return { errno: 'ENOENT', part: 'chain' };
        this.ownChain(this.own(found), present).rules = [];
        return DONE;
      }
      case 'rename':
        return this.renameChain(found, present, thing.to ?? '');
      default:
        return { errno: 'EOPNOTSUPP', part: 'whole' };
    }
  }

  private addChain(table: NftTable, thing: Thing<'chain'>): NftRefusal | undefined {
    const { base, comment } = thing;
    if (base !== undefined) {
      const refused = checkBase(table, base);
      if (refused !== undefined) return refused;
    }
    const handle = table.nextHandle();
    const order = this.nextOrder();
    const made = new NftChain({ name: thing.chain, handle, base, comment, order });
    this.fresh.add(made);
    table.chains.set(thing.chain, made);
    return DONE;
  }

  /** A chain that is there keeps its hook; only its policy may change. */
  private updateChain(
    table: NftTable,
    present: NftChain,
    { base }: Thing<'chain'>,
  ): NftRefusal | undefined {
    if (base === undefined) return DONE;
    const old = present.base;
    if (
      old === undefined ||
      old.type !== base.type ||
      old.hook !== base.hook ||
      old.priority !== base.priority
    ) {
      return { errno: 'EOPNOTSUPP', part: 'whole' };
    }
    if (base.policy === undefined || base.policy === old.policy) return DONE;
    this.ownChain(table, present).base = { ...old, policy: base.policy };
    return DONE;
  }

  private renameChain(
    found: NftTable,
    present: NftChain | undefined,
    to: string,
  ): NftRefusal | undefined {
    if (present === undefined) return { errno: 'ENOENT', part: 'chain' };
    if (found.chain(to) !== undefined) return { errno: 'EEXIST', part: 'chain' };
    // Rules name their targets here, where Linux has pointers to them.
    if (chainsInUse(found, present).has(present.name)) return { errno: 'EBUSY', part: 'chain' };
    const table = this.own(found);
    const chain = this.ownChain(table, present);
    table.chains.delete(chain.name);
    chain.name = to;
    table.chains.set(to, chain);
    return DONE;
  }

  private applyRule(verb: NftVerb, thing: Thing<'rule'>): NftRefusal | undefined {
    const found = this.table(thing);
    if (found === undefined) return { errno: 'ENOENT', part: 'table' };
    const present = found.chain(thing.chain);
    if (present === undefined) return { errno: 'ENOENT', part: 'chain' };
    const table = this.own(found);
    const chain = this.ownChain(table, present);
    const at = placeOf(chain, thing);
    if (at === undefined) return { errno: 'ENOENT', part: 'handle' };
    if (verb === 'delete' || verb === 'destroy') {
      chain.rules = chain.rules.toSpliced(at, 1);
      return DONE;
    }
    if (thing.rule === undefined) return { errno: 'EINVAL', part: 'whole' };
    const state = this.makeRule(table, thing.rule);
    if (!(state instanceof NftRuleState)) return state;
    const before = chain.rules;
    if (verb === 'replace') chain.rules = before.toSpliced(at, 1, state);
    else if (verb === 'insert') chain.rules = before.toSpliced(Math.max(at, 0), 0, state);
    else chain.rules = before.toSpliced(at < 0 ? before.length : at + 1, 0, state);
    const errno = needsValidation(thing.rule) ? validateTable(table) : undefined;
    return errno === undefined ? DONE : { errno, part: 'rule' };
  }

  private makeRule(table: NftTable, rule: NftRule): NftRuleState | NftRefusal {
    for (const [index, { chains, sets, anonymous }] of referencesOf(rule).entries()) {
      // Sets without a name are made first, and numbered as all are.
      for (let made = 0; made < anonymous; made++) table.nextHandle();
      for (const set of sets) {
        if (table.set(set) === undefined) return { errno: 'ENOENT', part: 'target', index };
      }
      const refused = checkTargets(table, chains);
      if (refused !== undefined) return { errno: refused, part: 'target', index };
    }
    const form = formOf(rule);
    if (typeof form === 'number') return { errno: 'EOPNOTSUPP', part: 'target', index: form };
    return new NftRuleState(table.nextHandle(), rule, form);
  }

  private applySet(verb: NftVerb, thing: Thing<'set'>): NftRefusal | undefined {
    const found = this.table(thing);
    if (found === undefined) {
      return verb === 'destroy' ? DONE : { errno: 'ENOENT', part: 'table' };
    }
    const { set: spec } = thing;
    const present = found.set(spec.name);
    switch (verb) {
      case 'add':
      case 'create': {
        if (present !== undefined) {
          const same = JSON.stringify(present.spec.key) === JSON.stringify(spec.key);
          return verb === 'add' && same ? DONE : { errno: 'EEXIST', part: 'set' };
        }
        const table = this.own(found);
        const made = new NftSet(spec, table.nextHandle(), new NftElements());
        this.fresh.add(made);
        table.addSet(spec, made);
        return DONE;
      }
      case 'delete':
      case 'destroy':
        if (present === undefined) {
          return verb === 'destroy' ? DONE : { errno: 'ENOENT', part: 'set' };
        }
        if (setsInUse(found).has(spec.name)) return { errno: 'EBUSY', part: 'set' };
        this.own(found).sets.delete(spec.name);
        return DONE;
      case 'flush':
        if (present === undefined) return { errno: 'ENOENT', part: 'set' };
        this.replaceSet(this.own(found), present, new NftElements());
        return DONE;
      default:
        return { errno: 'EOPNOTSUPP', part: 'whole' };
    }
  }

  private applyElements(verb: NftVerb, thing: Thing<'element'>): NftRefusal | undefined {
    const found = this.table(thing);
    if (found === undefined) return { errno: 'ENOENT', part: 'table' };
    const present = found.set(thing.set);
    if (present === undefined) return { errno: 'ENOENT', part: 'set' };
    const table = this.own(found);
    const set = this.ownSet(table, present);
    for (const [index, element] of thing.elements.entries()) {
      const errno =
        verb === 'delete' || verb === 'destroy'
          ? removeElement(set, element, verb)
          : this.addElement(table, set, element, verb);
      if (errno === undefined) continue;
      const interval = set.spec.flags.includes('interval');
      return { errno, part: 'element', index, ...(interval ? { interval: true } : {}) };
    }
    const errno = set.spec.data?.includes('verdict') === true ? validateTable(table) : undefined;
    return errno === undefined ? DONE : { errno, part: 'whole' };
  }

  private addElement(
    table: NftTable,
    set: NftSet,
    element: NftElement,
    verb: NftVerb,
  ): NftRefusal['errno'] | undefined {
    const { data } = element;
    if (set.spec.data !== undefined && data === undefined) return 'EINVAL';
    if (data?.expr === 'verdict' && 'chain' in data.verdict) {
      const errno = checkTargets(table, [data.verdict.chain]);
      if (errno !== undefined) return errno;
    }
    const entry = entryOf(element, set.expiry(element.timeoutMs, this.nowNs()));
    const same = set.elements.same(entry);
    if (same !== undefined && same.expiresAtNs > this.nowNs()) {
      const equal = JSON.stringify(same.element.data, jsonSafe) === JSON.stringify(data, jsonSafe);
      if (verb === 'create' || !equal) return 'EEXIST';
      same.expiresAtNs = entry.expiresAtNs;
      return undefined;
    }
    if (set.spec.autoMerge !== true && set.elements.overlapping(entry) !== undefined)
      return 'EEXIST';
    if (set.elements.size >= (set.spec.size ?? Number.POSITIVE_INFINITY)) return 'ENFILE';
    set.elements.put(entry);
    return undefined;
  }

  private own(table: NftTable): NftTable {
    const present = this.tables.get(`${table.family} ${table.name}`) ?? table;
    if (this.fresh.has(present)) return present;
    const copy = present.clone();
    this.fresh.add(copy);
    this.tables.set(`${table.family} ${table.name}`, copy);
    return copy;
  }

  private ownChain(table: NftTable, chain: NftChain): NftChain {
    const present = table.chain(chain.name) ?? chain;
    if (this.fresh.has(present)) return present;
    const copy = present.clone();
    this.fresh.add(copy);
    table.chains.set(copy.name, copy);
    return copy;
  }

  private ownSet(table: NftTable, set: NftSet): NftSet {
    const present = table.set(set.spec.name) ?? set;
    if (this.fresh.has(present)) return present;
    const copy = present.clone();
    this.fresh.add(copy);
    table.addSet(copy.spec, copy);
    return copy;
  }

  private replaceSet(table: NftTable, set: NftSet, elements: NftElements): void {
    const made = new NftSet(set.spec, set.handle, elements);
    this.fresh.add(made);
    table.addSet(set.spec, made);
  }
}

/** Index of the rule that a command names; -1 when it names none, undefined when it is not there. */
function placeOf(chain: NftChain, { handle, index }: Thing<'rule'>): number | undefined {
  if (handle !== undefined) {
    const at = chain.rules.findIndex((rule) => rule.handle === handle);
    return at < 0 ? undefined : at;
  }
  if (index === undefined) return -1;
  return index < chain.rules.length ? index : undefined;
}

/** Chains that a verdict may name: those of the table that are no base chains. */
function checkTargets(table: NftTable, names: readonly string[]): NftRefusal['errno'] | undefined {
  for (const name of names) {
    const target = table.chain(name);
    if (target === undefined) return 'ENOENT';
    if (target.base !== undefined) return 'EOPNOTSUPP';
  }
  return undefined;
}

function removeElement(
  set: NftSet,
  element: NftElement,
  verb: NftVerb,
): NftRefusal['errno'] | undefined {
  const removed = set.elements.remove(entryOf(element));
  return removed || verb === 'destroy' ? undefined : 'ENOENT';
}

/** Chains that rules of other chains or elements of maps name. */
function chainsInUse(table: NftTable, but: NftChain): ReadonlySet<string> {
  const used = new Set<string>();
  for (const chain of table.chains.values()) {
    if (chain === but) continue;
    for (const { rule } of chain.rules) {
      for (const { chains } of referencesOf(rule)) for (const name of chains) used.add(name);
    }
  }
  for (const { elements } of table.sets.values()) {
    for (const { verdict } of elements.entries()) {
      if (verdict !== undefined && 'chain' in verdict) used.add(verdict.chain);
    }
  }
  return used;
}

function setsInUse(table: NftTable): ReadonlySet<string> {
  const used = new Set<string>();
  for (const chain of table.chains.values()) {
    for (const { rule } of chain.rules) {
      for (const { sets } of referencesOf(rule)) for (const name of sets) used.add(name);
    }
  }
  return used;
}

function jsonSafe(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value;
}
