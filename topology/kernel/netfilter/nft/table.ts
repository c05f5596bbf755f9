import type { NftBase, NftFamily, NftRule, NftSetSpec } from '../../nft.js';
import { type CompiledNftRule, compileNftRule } from './compile-rule.js';
import type { NftSlot } from './context.js';
import type { NftSet } from './set.js';

/** A rule as it stands in a chain, with what it counted. */
export class NftRuleState {
  readonly handle: number;
  readonly rule: NftRule;
  readonly form: CompiledNftRule;
  readonly slots: readonly NftSlot[];

  constructor(handle: number, rule: NftRule, form: CompiledNftRule) {
    this.handle = handle;
    this.rule = rule;
    this.form = form;
    this.slots = form.freshSlots();
  }
}

const compiled = new WeakMap<NftRule, CompiledNftRule | number>();

/** The compiled form of a rule, shared by all namespaces; a number is the statement that is not modelled. */
export function formOf(rule: NftRule): CompiledNftRule | number {
  const known = compiled.get(rule);
  if (known !== undefined) return known;
  const made = compileNftRule(rule);
  compiled.set(rule, made);
  return made;
}

/** A chain of a table. The rules are replaced, never changed. */
export class NftChain {
  name: string;
  readonly handle: number;
  base: NftBase | undefined;
  readonly comment: string | undefined;
  /** Which base chain of the namespace it was: of equal priorities the later one runs first. */
  readonly order: number;
  rules: readonly NftRuleState[] = [];

  constructor(init: {
    readonly name: string;
    readonly handle: number;
    readonly base: NftBase | undefined;
    readonly comment: string | undefined;
    readonly order: number;
  }) {
    this.name = init.name;
    this.handle = init.handle;
    this.base = init.base;
    this.comment = init.comment;
    this.order = init.order;
  }

  clone(): NftChain {
    const copy = new NftChain(this);
    copy.rules = this.rules;
    return copy;
  }
}

/** A table of one family in one namespace. */
export class NftTable {
  readonly family: NftFamily;
  readonly name: string;
  readonly handle: number;
  readonly comment: string | undefined;
  dormant: boolean;
  readonly chains: Map<string, NftChain>;
  readonly sets: Map<string, NftSet>;
  private lastHandle: number;

  constructor(init: {
    readonly family: NftFamily;
    readonly name: string;
    readonly handle: number;
    readonly comment: string | undefined;
    readonly dormant: boolean;
  }) {
    this.family = init.family;
    this.name = init.name;
    this.handle = init.handle;
    this.comment = init.comment;
    this.dormant = init.dormant;
    this.chains = new Map();
    this.sets = new Map();
    this.lastHandle = 0;
  }

  chain(name: string): NftChain | undefined {
    return this.chains.get(name);
  }

  set(name: string): NftSet | undefined {
    return this.sets.get(name);
  }

  /** Numbers chains, sets and rules of the table from 1 (nf_tables_alloc_handle). */
  nextHandle(): number {
    return ++this.lastHandle;
  }

  addSet(spec: NftSetSpec, set: NftSet): void {
    this.sets.set(spec.name, set);
  }

  /** A copy that shares chains and sets. */
  clone(): NftTable {
    const copy = new NftTable(this);
    for (const [name, chain] of this.chains) copy.chains.set(name, chain);
    for (const [name, set] of this.sets) copy.sets.set(name, set);
    copy.lastHandle = this.lastHandle;
    return copy;
  }
}
