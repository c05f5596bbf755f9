import type { Rule, RuleChain } from '../ops.js';
import { compileMatch, exactKey, needsConntrack, portKey } from './match/compile.js';
import type { PacketFacts, Predicate } from './match/facts.js';

/** From this many rules on, a run of rules that demand one exact value each is looked up instead of scanned. */
const INDEX_FROM_RULES = 8;

/** A rule ready to be asked. */
export interface CompiledRule {
  /** 1-based place in its chain. */
  readonly number: number;
  readonly rule: Rule;
  readonly checks: readonly Predicate[];
}

/** Neighbouring rules of a chain: all to be asked in order, or only those listed under the packet's key. */
export interface Segment {
  readonly rules: readonly CompiledRule[];
  readonly index:
    | {
        readonly kind: 'dst' | 'src' | 'dport';
        readonly byKey: ReadonlyMap<number | bigint, readonly CompiledRule[]>;
      }
    | undefined;
}

/** A chain ready to be walked. */
export interface CompiledChain {
  readonly segments: readonly Segment[];
}

/** What loading a chain must know of it. */
export interface ChainOutline {
  /** Names of the chains it jumps or goes to. */
  readonly jumps: ReadonlySet<string>;
  readonly usesConntrack: boolean;
  readonly countsConnections: boolean;
  /** Names of the ipsets that its rules look into or change. */
  readonly sets: readonly string[];
}

const compiledChains = new WeakMap<RuleChain, CompiledChain>();
const outlines = new WeakMap<RuleChain, ChainOutline>();
const NO_JUMPS: ReadonlySet<string> = new Set();
const NO_RULES: readonly CompiledRule[] = [];

/** The compiled form of a chain, made once for all namespaces that share the object. */
export function compileChain(chain: RuleChain): CompiledChain {
  const known = compiledChains.get(chain);
  if (known !== undefined) return known;
  const rules = chain.rules.map(compileRule);
  const made: CompiledChain = { segments: segment(rules) };
  compiledChains.set(chain, made);
  return made;
}

/** The outline of a chain, made once. */
export function outlineOf(chain: RuleChain): ChainOutline {
  const known = outlines.get(chain);
  if (known !== undefined) return known;
  const jumps = new Set<string>();
  const sets = new Set<string>();
  let usesConntrack = false;
  let countsConnections = false;
  for (const { matches, target } of chain.rules) {
    if (target?.target === 'jump' || target?.target === 'goto') jumps.add(target.chain);
    for (const match of matches) {
      if (match.match === 'set') sets.add(match.name);
      if (match.match === 'connbytes') countsConnections = true;
    }
    if (target?.target === 'SET') sets.add(target.name);
    if (target?.target === 'CONNMARK' || matches.some(needsConntrack)) usesConntrack = true;
  }
  const made: ChainOutline = { jumps, usesConntrack, countsConnections, sets: [...sets] };
  outlines.set(chain, made);
  return made;
}

/** Chains that are jumped to after a change of a chain but not before, and the reverse. */
export interface JumpChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

const changes = new WeakMap<RuleChain, { before: RuleChain | undefined; change: JumpChange }>();

/** What replacing a chain does to its jumps; kept, since nodes that share chains ask the same one after the other. */
export function compareJumps(
  before: RuleChain | undefined,
  after: RuleChain | undefined,
): JumpChange {
  const known = after === undefined ? undefined : changes.get(after);
  if (known !== undefined && known.before === before) return known.change;
  const old = before === undefined ? NO_JUMPS : outlineOf(before).jumps;
  const now = after === undefined ? NO_JUMPS : outlineOf(after).jumps;
  const change: JumpChange = {
    added: [...now].filter((name) => !old.has(name)),
    removed: [...old].filter((name) => !now.has(name)),
  };
  if (after !== undefined) changes.set(after, { before, change });
  return change;
}

/** The rules of a segment that can match a packet, in their order. */
export function candidates(part: Segment, facts: PacketFacts): readonly CompiledRule[] {
  const { index } = part;
  if (index === undefined) return part.rules;
  switch (index.kind) {
    case 'dst':
      return index.byKey.get(facts.dst) ?? NO_RULES;
    case 'src':
      return index.byKey.get(facts.src) ?? NO_RULES;
    case 'dport':
      return index.byKey.get(portKey(facts.proto, facts.dstPort)) ?? NO_RULES;
  }
}

function compileRule(rule: Rule, at: number): CompiledRule {
  const checks: Predicate[] = [];
  // As in Linux, what stands in the rule's own header is looked at before the extensions.
  for (const match of rule.matches.filter(isHeader)) push(checks, compileMatch(match));
  for (const match of rule.matches.filter((match) => !isHeader(match))) {
    push(checks, compileMatch(match));
  }
  return { number: at + 1, rule, checks };
}

function push(checks: Predicate[], check: Predicate | undefined): void {
  if (check !== undefined) checks.push(check);
}

function isHeader({ match }: Rule['matches'][number]): boolean {
  return (
    match === 'src' ||
    match === 'dst' ||
    match === 'proto' ||
    match === 'in' ||
    match === 'out' ||
    match === 'fragment'
  );
}

function segment(rules: readonly CompiledRule[]): readonly Segment[] {
  const segments: Segment[] = [];
  let plain: CompiledRule[] = [];
  const flush = (): void => {
    if (plain.length > 0) segments.push({ rules: plain, index: undefined });
    plain = [];
  };
  for (let at = 0; at < rules.length; ) {
    const run = longestRun(rules, at);
    if (run.length < INDEX_FROM_RULES) {
      const rule = rules[at];
      if (rule !== undefined) plain.push(rule);
      at++;
      continue;
    }
    flush();
    segments.push({ rules: run.rules, index: { kind: run.kind, byKey: run.byKey } });
    at += run.length;
  }
  flush();
  return segments;
}

interface Run {
  readonly kind: 'dst' | 'src' | 'dport';
  readonly length: number;
  readonly rules: readonly CompiledRule[];
  readonly byKey: ReadonlyMap<number | bigint, readonly CompiledRule[]>;
}

function longestRun(rules: readonly CompiledRule[], from: number): Run {
  const runs = (['dst', 'src', 'dport'] as const).map((kind) => runOf(rules, from, kind));
  return runs.reduce((best, run) => (run.length > best.length ? run : best));
}

function runOf(rules: readonly CompiledRule[], from: number, kind: Run['kind']): Run {
  const byKey = new Map<number | bigint, CompiledRule[]>();
  let at = from;
  for (; at < rules.length; at++) {
    const rule = rules[at];
    const key = rule === undefined ? undefined : exactKey(rule.rule.matches, kind);
    if (rule === undefined || key === undefined) break;
    const same = byKey.get(key);
    if (same === undefined) byKey.set(key, [rule]);
    else same.push(rule);
  }
  return { kind, length: at - from, rules: rules.slice(from, at), byKey };
}
