import type { RuleCheckpoint } from '../contract.js';
import type { Errno } from '../errno.js';
import type { HookName, RestoreTable, Rule, RuleChain, TableName } from '../ops.js';
import { type CompiledChain, compareJumps, compileChain, outlineOf } from './compile-chain.js';
import { BUILT_IN, builtIn } from './hooks.js';
import { checkChain, checkRule } from './rule-check.js';
import { sameRule } from './rule-equal.js';

/** A chain as it stands in a table. */
export class ChainState {
  chain: RuleChain;
  private compiled: CompiledChain | undefined = undefined;

  constructor(chain: RuleChain) {
    this.chain = chain;
  }

  replace(chain: RuleChain): void {
    this.chain = chain;
    this.compiled = undefined;
  }

  /** Compiled when the first packet comes. */
  get form(): CompiledChain {
    this.compiled ??= compileChain(this.chain);
    return this.compiled;
  }
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
  private readonly chains = new Map<string, ChainState>();
  /** How many chains jump or go to a chain. */
  private readonly references = new Map<string, number>();
  private notes: Notes | undefined = undefined;
  private conntrackChains = 0;
  private ruleCount = 0;

  constructor(name: TableName, order: number) {
    this.name = name;
    this.order = order;
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

  chain(name: string): ChainState | undefined {
    return this.chains.get(name);
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
      this.put(chain);
    };
    const remove = (name: string): void => {
      if (!before.has(name)) before.set(name, this.chains.get(name)?.chain);
      this.take(name);
    };
    const errno = this.apply(change, flush, { set, remove }) ?? this.checkJumps(before);
    if (errno === undefined) return undefined;
    for (const [name, chain] of before) {
      if (chain === undefined) this.take(name);
      else this.put(chain);
    }
    return errno;
  }

  /** `iptables -A`, `-I`, `-D`. Failures: those of `restore`; `ENOENT` no such chain or rule; `E2BIG` no such position. */
  edit(change: {
    readonly verb: 'append' | 'insert' | 'delete';
    readonly chain: string;
    readonly rule: Rule;
    readonly position?: number;
  }): Errno | undefined {
    const { verb, rule } = change;
    const present = this.chains.get(change.chain)?.chain;
    if (present === undefined) return 'ENOENT';
    if (verb !== 'delete') {
      const errno = checkRule(this.name, change.chain, rule);
      if (errno !== undefined) return errno;
    }
    let rules: readonly Rule[];
    if (verb === 'append') {
      rules = [...present.rules, rule];
    } else if (verb === 'insert') {
      const at = (change.position ?? 1) - 1;
      if (at < 0 || at > present.rules.length) return 'E2BIG';
      rules = present.rules.toSpliced(at, 0, rule);
    } else {
      const at = present.rules.findIndex((other) => sameRule(other, rule));
      if (at < 0) return 'ENOENT';
      rules = present.rules.toSpliced(at, 1);
    }
    this.put({ ...present, rules });
    const errno = this.checkJumps(new Map([[change.chain, present]]));
    if (errno !== undefined) this.put(present);
    return errno;
  }

  /** `iptables -P`. */
  setPolicy(hook: HookName, policy: 'ACCEPT' | 'DROP'): Errno | undefined {
    const present = this.chains.get(hook);
    if (present === undefined) return 'ENOENT';
    this.put({ ...present.chain, policy });
    return undefined;
  }

  private apply(
    change: RestoreTable,
    flush: boolean,
    to: { set(chain: RuleChain): void; remove(name: string): void },
  ): Errno | undefined {
    for (const chain of change.chains) {
      const errno = checkChain(this.name, chain);
      if (errno !== undefined) return errno;
      if (builtIn(this.name, chain.name) === undefined || chain.policy !== undefined) {
        to.set(chain);
      } else {
        to.set({ ...chain, policy: this.chains.get(chain.name)?.chain.policy ?? 'ACCEPT' });
      }
    }
    if (flush) {
      const named = new Set(change.chains.map((chain) => chain.name));
      for (const [name, { chain }] of [...this.chains]) {
        if (named.has(name)) continue;
        if (builtIn(this.name, name) === undefined) to.remove(name);
        else if (chain.rules.length > 0) to.set({ ...chain, rules: [] });
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
          else this.put(chain);
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

  private put(chain: RuleChain): void {
    this.note(chain.name);
    const state = this.chains.get(chain.name);
    this.count(state?.chain, chain);
    if (state === undefined) this.chains.set(chain.name, new ChainState(chain));
    else state.replace(chain);
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
        if (builtIn(this.name, target) !== undefined) return 'EINVAL';
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
