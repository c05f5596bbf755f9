import type { RuleCheckpoint } from '../contract.js';
import type { Errno } from '../errno.js';
import type { HookName, RestoreTable, Rule, RuleChain, TableName } from '../ops.js';
import { type CompiledChain, compareJumps, compileChain, outlineOf } from './compile-chain.js';
import { BUILT_IN, builtIn } from './hooks.js';
import { checkChain, checkRule } from './rule-check.js';
import { sameRule } from './rule-equal.js';

/** Packets and octets that a rule matched, or that a policy decided about. */
export interface RuleCounter {
  packets: number;
  bytes: number;
}

/** A chain as it stands in a table, with what it counted. */
export class ChainState {
  chain: RuleChain;
  /** Of the policy first, then of each rule. */
  counters: RuleCounter[];
  private compiled: CompiledChain | undefined = undefined;

  constructor(chain: RuleChain) {
    this.chain = chain;
    this.counters = zeroCounters(chain);
  }

  /** Puts another chain in the place; with `keep` a rule that stays keeps what it counted. */
  replace(chain: RuleChain, keep: boolean): void {
    const before = this.chain;
    const counted = this.counters;
    this.chain = chain;
    this.compiled = undefined;
    this.counters = zeroCounters(chain);
    if (!keep) return;
    const kept = new Map(before.rules.map((rule, index) => [rule, counted[index + 1]]));
    for (const [index, rule] of [undefined, ...chain.rules].entries()) {
      const counter = rule === undefined ? counted[0] : kept.get(rule);
      if (counter !== undefined) this.counters[index] = counter;
    }
  }

  /** Counts a packet for a rule by its number, 0 for the policy. */
  count(number: number, bytes: number): void {
    const counter = this.counters[number];
    if (counter === undefined) return;
    counter.packets++;
    counter.bytes += bytes;
  }

  /** `-Z`: of one rule, or of all and the policy. */
  zero(number?: number): void {
    for (const [index, counter] of this.counters.entries()) {
      if (number !== undefined && index !== number) continue;
      counter.packets = 0;
      counter.bytes = 0;
    }
  }

  /** Compiled when the first packet comes. */
  get form(): CompiledChain {
    this.compiled ??= compileChain(this.chain);
    return this.compiled;
  }
}

function zeroCounters(chain: RuleChain): RuleCounter[] {
  return Array.from({ length: chain.rules.length + 1 }, () => ({ packets: 0, bytes: 0 }));
}

interface Notes {
  readonly before: Map<string, RuleChain | undefined>;
  /** Names of all chains before the first was removed. */
  order: readonly string[] | undefined;
}

/** One table of one family in one namespace. Changes apply as a whole or not at all. */
export class RuleTable {
  readonly name: TableName;
  /** When its hooks were registered, among all of the namespace. */
  readonly order: number;
  private readonly family: 'ipv4' | 'ipv6';
  private readonly chains = new Map<string, ChainState>();
  /** How many chains jump or go to a chain. */
  private readonly references = new Map<string, number>();
  private notes: Notes | undefined = undefined;
  private conntrackChains = 0;
  private countingChains = 0;
  private ruleCount = 0;

  constructor(name: TableName, order: number, family: 'ipv4' | 'ipv6') {
    this.name = name;
    this.order = order;
    this.family = family;
    for (const hook of BUILT_IN[name]) {
      this.chains.set(hook, new ChainState({ name: hook, policy: 'ACCEPT', rules: [] }));
    }
  }

  /** Number of rules in all chains. */
  get size(): number {
    return this.ruleCount;
  }

  /** Whether a rule asks for connection states or marks. */
  get usesConntrack(): boolean {
    return this.conntrackChains > 0;
  }

  /** Whether a rule asks how much connections carried. */
  get countsConnections(): boolean {
    return this.countingChains > 0;
  }

  chain(name: string): ChainState | undefined {
    return this.chains.get(name);
  }

  /** Every chain, the built-in ones first. */
  get states(): Iterable<ChainState> {
    return this.chains.values();
  }

  /** A base chain that may decide about packets: with rules, or with policy DROP. */
  decides(hook: HookName): ChainState | undefined {
    const base = this.chains.get(hook);
    if (base === undefined) return undefined;
    return base.chain.rules.length > 0 || base.chain.policy === 'DROP' ? base : undefined;
  }

  /** Present chains, the built-in ones first, others in the order they were made. */
  save(): RestoreTable {
    return { table: this.name, chains: [...this.chains.values()].map(({ chain }) => chain) };
  }

  /**
   * Replaces the chains that are named, with `flush` all others too. Failures: `ENOENT` a jump to a chain that is not
   * there or a removed chain that is not, `EBUSY` a removed chain still in use, `ELOOP` a jump back to where it came
   * from, `EINVAL` a target in the wrong table or hook.
   */
  restore(change: RestoreTable, flush: boolean): Errno | undefined {
    const before = new Map<string, RuleChain | undefined>();
    const set = (chain: RuleChain): void => {
      const present = this.chains.get(chain.name)?.chain;
      if (!before.has(chain.name)) before.set(chain.name, present);
      this.put(chain, false);
    };
    const remove = (name: string): void => {
      if (!before.has(name)) before.set(name, this.chains.get(name)?.chain);
      this.take(name);
    };
    const errno = this.apply(change, flush, { set, remove }) ?? this.checkJumps(before);
    if (errno === undefined) return undefined;
    for (const [name, chain] of before) {
      if (chain === undefined) this.take(name);
      else this.put(chain, true);
    }
    return errno;
  }

  /**
   * `iptables -A`, `-I`, `-D`, `-R`. Failures: those of `restore`; `ENOENT` no such chain or rule; `E2BIG` no such
   * position.
   */
  edit(change: RuleEdit): Errno | undefined {
    const { rule } = change;
    const present = this.chains.get(change.chain)?.chain;
    if (present === undefined) return 'ENOENT';
    if (change.verb !== 'delete' && rule !== undefined) {
      const errno = checkRule({ table: this.name, chain: change.chain, family: this.family }, rule);
      if (errno !== undefined) return errno;
    }
    const rules = editRules(present.rules, change);
    if (typeof rules === 'string') return rules;
    this.put({ ...present, rules }, true);
    const errno = this.checkJumps(new Map([[change.chain, present]]));
    if (errno !== undefined) this.put(present, true);
    return errno;
  }

  /** `-E`: jumps to the chain follow. Failures: `ENOENT`, `EEXIST`. */
  rename(from: string, to: string): Errno | undefined {
    const present = this.chains.get(from)?.chain;
    if (present === undefined || builtIn(this.name, from) !== undefined) return 'ENOENT';
    if (this.chains.has(to)) return 'EEXIST';
    const order = [...this.chains.keys()].map((name) => (name === from ? to : name));
    for (const { chain } of [...this.chains.values()]) {
      if (chain.rules.some(jumpsTo(from))) {
        this.put({ ...chain, rules: chain.rules.map(redirected(from, to)) }, false);
      }
    }
    const renamed = this.chains.get(from)?.chain ?? present;
    this.take(from);
    this.put({ ...renamed, name: to }, false);
    this.reorder(order);
    return undefined;
  }

  /** `iptables -P`. */
  setPolicy(hook: HookName, policy: 'ACCEPT' | 'DROP'): Errno | undefined {
    const present = this.chains.get(hook);
    if (present === undefined) return 'ENOENT';
    this.put({ ...present.chain, policy }, true);
    return undefined;
  }

  private apply(
    change: RestoreTable,
    flush: boolean,
    to: { set(chain: RuleChain): void; remove(name: string): void },
  ): Errno | undefined {
    for (const chain of change.chains) {
      const errno = checkChain(this.name, chain, this.family);
      if (errno !== undefined) return errno;
      if (builtIn(this.name, chain.name) === undefined || chain.policy !== undefined) {
        to.set(chain);
      } else {
        to.set({ ...chain, policy: this.chains.get(chain.name)?.chain.policy ?? 'ACCEPT' });
      }
    }
    if (flush) {
      const named = new Set(change.chains.map((chain) => chain.name));
      for (const name of [...this.chains.keys()]) {
        if (named.has(name)) continue;
        if (builtIn(this.name, name) === undefined) to.remove(name);
        // iptables-nft makes the table anew: a base chain that is not named is not there, which accepts.
        else to.set({ name, policy: 'ACCEPT', rules: [] });
      }
    }
    for (const name of change.removeChains ?? []) {
      if (!this.chains.has(name) || builtIn(this.name, name) !== undefined) return 'ENOENT';
      to.remove(name);
    }
    return undefined;
  }

  /** What chains were before they change; each is noted once, so a change costs what it touches. */
  checkpoint(): RuleCheckpoint {
    const notes: Notes = { before: new Map(), order: undefined };
    this.notes = notes;
    return {
      restore: () => {
        this.notes = undefined;
        for (const [name, chain] of notes.before) {
          if (chain === undefined) this.take(name);
          else this.put(chain, true);
        }
        if (notes.order !== undefined) this.reorder(notes.order);
      },
      release: () => {
        this.notes = undefined;
      },
    };
  }

  private note(name: string): void {
    const { notes } = this;
    if (notes === undefined || notes.before.has(name)) return;
    notes.before.set(name, this.chains.get(name)?.chain);
  }

  /** Chains are listed in the order they were made; one that was removed and put back goes to its old place. */
  private reorder(order: readonly string[]): void {
    const states = new Map(this.chains);
    this.chains.clear();
    for (const name of order) {
      const state = states.get(name);
      if (state !== undefined) this.chains.set(name, state);
    }
  }

  private put(chain: RuleChain, keep: boolean): void {
    this.note(chain.name);
    const state = this.chains.get(chain.name);
    this.count(state?.chain, chain);
    if (state === undefined) this.chains.set(chain.name, new ChainState(chain));
    else state.replace(chain, keep);
  }

  private take(name: string): void {
    const state = this.chains.get(name);
    if (state === undefined) return;
    this.note(name);
    if (this.notes !== undefined) this.notes.order ??= [...this.chains.keys()];
    this.count(state.chain, undefined);
    this.chains.delete(name);
  }

  private count(before: RuleChain | undefined, after: RuleChain | undefined): void {
    this.ruleCount += (after?.rules.length ?? 0) - (before?.rules.length ?? 0);
    const uses = (chain: RuleChain | undefined): number =>
      chain !== undefined && outlineOf(chain).usesConntrack ? 1 : 0;
    this.conntrackChains += uses(after) - uses(before);
    const asks = (chain: RuleChain | undefined): number =>
      chain !== undefined && outlineOf(chain).countsConnections ? 1 : 0;
    this.countingChains += asks(after) - asks(before);
    const { added, removed } = compareJumps(before, after);
    for (const name of added) this.references.set(name, (this.references.get(name) ?? 0) + 1);
    for (const name of removed) {
      const left = (this.references.get(name) ?? 0) - 1;
      if (left > 0) this.references.set(name, left);
      else this.references.delete(name);
    }
  }

  /**
   * Looks at the jumps that a change added or left without an end. Only a jump that was not there before can close a
   * loop, so what did not change is not walked.
   */
  private checkJumps(before: ReadonlyMap<string, RuleChain | undefined>): Errno | undefined {
    for (const [name, old] of before) {
      const chain = this.chains.get(name)?.chain;
      if (chain === undefined && this.references.has(name)) return 'EBUSY';
      if (chain === undefined) continue;
      const { added } = compareJumps(old, chain);
      if (added.length === 0) continue;
      const seen = new Set<string>();
      for (const target of added) {
        if (!this.chains.has(target)) return 'ENOENT';
        if (builtIn(this.name, target) !== undefined) {
          // iptables-nft makes a base chain when it is first used: others are not there to jump to.
          return target === name ? 'EOPNOTSUPP' : 'ENOENT';
        }
        if (this.reaches(target, name, seen)) return 'ELOOP';
      }
    }
    return undefined;
  }

  private reaches(from: string, to: string, seen: Set<string>): boolean {
    if (from === to) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    const chain = this.chains.get(from)?.chain;
    if (chain === undefined) return false;
    for (const next of outlineOf(chain).jumps) {
      if (this.reaches(next, to, seen)) return true;
    }
    return false;
  }
}

/** One change of the rules of a chain; `position` counts from 1. */
export interface RuleEdit {
  readonly verb: 'append' | 'insert' | 'delete' | 'replace';
  readonly chain: string;
  /** Absent for a deletion by number. */
  readonly rule?: Rule;
  readonly position?: number;
}

function editRules(present: readonly Rule[], change: RuleEdit): readonly Rule[] | Errno {
  const { verb, rule, position } = change;
  const at = (position ?? 1) - 1;
  if (rule === undefined) return at < present.length ? present.toSpliced(at, 1) : 'E2BIG';
  switch (verb) {
    case 'append':
      return [...present, rule];
    case 'insert':
      return at < 0 || at > present.length ? 'E2BIG' : present.toSpliced(at, 0, rule);
    case 'replace':
      return at < 0 || at >= present.length ? 'E2BIG' : present.toSpliced(at, 1, rule);
    case 'delete': {
      const found = present.findIndex((other) => sameRule(other, rule));
      return found < 0 ? 'ENOENT' : present.toSpliced(found, 1);
    }
  }
}

function jumpsTo(name: string): (rule: Rule) => boolean {
  return ({ target }) =>
    (target?.target === 'jump' || target?.target === 'goto') && target.chain === name;
}

function redirected(from: string, to: string): (rule: Rule) => Rule {
  const jumps = jumpsTo(from);
  return (rule) =>
    jumps(rule) && (rule.target?.target === 'jump' || rule.target?.target === 'goto')
      ? { ...rule, target: { ...rule.target, chain: to } }
      : rule;
}
