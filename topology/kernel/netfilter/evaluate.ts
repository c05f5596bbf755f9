import { formatCidr, formatIp } from '../../addr/index.js';
import { printPorts } from '../command/print-match.js';
import type { Target } from '../ops.js';
import { type CompiledRule, candidates } from './compile-chain.js';
import { UNTRACKED_REF } from './conntrack/connection.js';
import { ctRefOf } from './conntrack/conntrack.js';
import { changeHeader } from './header-target.js';
import type { PacketFacts } from './match/facts.js';
import { clampMss } from './mss.js';
import type { Nat } from './nat/nat.js';
import { applyNatTarget, type NatTarget } from './nat/target.js';
import { sendReject } from './reject.js';
import { ruleText } from './rule-text.js';
import { changeSet } from './set-target.js';
import type { ChainState, RuleTable } from './table.js';

/** How walking a chain ended: 'return' goes on in the calling chain. */
type Outcome = 'accept' | 'drop' | 'return';

/** What a target led to; 'next' asks the next rule. */
type Step = Outcome | 'next' | { readonly goto: ChainState };

/** One packet's way through one table at one hook. */
export class TableWalk {
  private readonly table: RuleTable;
  private readonly facts: PacketFacts;
  private readonly nat: Nat;
  private asked = 0;

  constructor(table: RuleTable, facts: PacketFacts, nat: Nat) {
    this.table = table;
    this.facts = facts;
    this.nat = nat;
  }

  /** Walks a built-in chain and the chains it jumps to. On 'drop' the reason was recorded. */
  run(base: ChainState): 'accept' | 'drop' {
    const outcome = this.walk(base);
    if (outcome !== 'return') return outcome;
    const { chain } = base;
    base.count(0, this.facts.bytes);
    const policy = chain.policy ?? 'ACCEPT';
    if (policy === 'DROP') {
      const { netns, skb } = this.facts;
      const sentence = `${this.table.name} ${chain.name}: no rule decided, and the policy of the chain is DROP`;
      netns.drop(skb, 'hook-dropped', 'netfilter', sentence, this.place(chain.name));
      return 'drop';
    }
    if (this.facts.skb.trace !== undefined && chain.rules.length > 0) this.explainPolicy(base);
    return 'accept';
  }

  private walk(start: ChainState): Outcome {
    let at = start;
    for (;;) {
      const next = this.walkOne(at);
      if (typeof next === 'string') return next;
      at = next.goto;
    }
  }

  private walkOne(state: ChainState): Outcome | { readonly goto: ChainState } {
    for (const part of state.form.segments) {
      for (const rule of candidates(part, this.facts)) {
        if (!this.matches(rule)) continue;
        const step = this.act(state, rule);
        if (step !== 'next') return step;
      }
    }
    return 'return';
  }

  private matches({ checks }: CompiledRule): boolean {
    for (const check of checks) {
      if (!check(this.facts)) return false;
    }
    return true;
  }

  private act(state: ChainState, matched: CompiledRule): Step {
    const { target } = matched.rule;
    this.asked++;
    state.count(matched.number, this.facts.bytes);
    if (this.facts.skb.trace !== undefined && !ends(target)) this.explain(state, matched);
    if (target === undefined) return 'next';
    switch (target.target) {
      case 'ACCEPT':
        return 'accept';
      case 'RETURN':
        return 'return';
      case 'jump': {
        const called = this.table.chain(target.chain);
        const outcome = called === undefined ? 'return' : this.walk(called);
        return outcome === 'return' ? 'next' : outcome;
      }
      case 'goto': {
        const next = this.table.chain(target.chain);
        return next === undefined ? 'return' : { goto: next };
      }
      case 'DROP':
      case 'REJECT':
        this.refuse(state, matched, target);
        return 'drop';
      case 'DNAT':
      case 'SNAT':
      case 'MASQUERADE':
      case 'REDIRECT':
      case 'NETMAP':
        return this.translate(target);
      default:
        this.change(target);
        return 'next';
    }
  }

  private refuse(state: ChainState, matched: CompiledRule, target: Target): void {
    const { netns, skb } = this.facts;
    const where = this.describe(state, matched);
    if (target.target === 'REJECT') {
      sendReject(netns, skb, target.with);
      const sentence = `${where} and rejects with ${target.with}`;
      netns.drop(skb, 'hook-rejected', 'netfilter', sentence, this.place(state.chain.name));
      return;
    }
    const sentence = `${where} and drops the packet`;
    netns.drop(skb, 'hook-dropped', 'netfilter', sentence, this.place(state.chain.name));
  }

  private translate(target: NatTarget): Outcome {
    const problem = applyNatTarget(this.nat, this.facts, target);
    if (problem === undefined) return 'accept';
    this.facts.netns.drop(this.facts.skb, 'hook-dropped', 'nat', problem);
    return 'drop';
  }

  /** Targets that change something and let the next rule be asked. */
  private change(target: Target): void {
    const { skb } = this.facts;
    const connection = ctRefOf(skb)?.connection;
    switch (target.target) {
      case 'NOTRACK':
        if (skb.ct === undefined) skb.ct = UNTRACKED_REF;
        return;
      case 'MARK':
        skb.mark = ((skb.mark & ~target.mask) ^ target.value) >>> 0;
        return;
      case 'CONNMARK':
        if (connection === undefined) return;
        if (target.verb === 'set-xmark') {
          connection.mark = ((connection.mark & ~target.mask) ^ target.value) >>> 0;
        } else if (target.verb === 'save-mark') {
          const kept = connection.mark & ~(target.ctMask ?? target.mask);
          connection.mark = (kept ^ (skb.mark & target.mask)) >>> 0;
        } else {
          const copied = connection.mark & (target.ctMask ?? target.mask);
          skb.mark = ((skb.mark & ~target.mask) ^ copied) >>> 0;
        }
        return;
      case 'TCPMSS':
        clampMss(this.facts, target);
        return;
      case 'CT':
        if (target.notrack === true && skb.ct === undefined) skb.ct = UNTRACKED_REF;
        return;
      case 'TTL':
      case 'TOS':
      case 'DSCP':
        changeHeader(this.facts, target);
        return;
      case 'SET':
        changeSet(this.facts, target);
        return;
      default:
        return;
    }
  }

  private explain(state: ChainState, matched: CompiledRule): void {
    const { netns, skb } = this.facts;
    const { target } = matched.rule;
    const sentence = `${this.describe(state, matched)}${consequence(target, this.facts)}`;
    netns.step(skb, 'netfilter', actionOf(target), sentence, {
      ...this.place(state.chain.name),
      rule: String(matched.number),
    });
  }

  private describe(state: ChainState, matched: CompiledRule): string {
    const text = this.facts.skb.trace === undefined ? '' : ruleText(matched.rule);
    const quoted = text === '' ? '' : ` (${text})`;
    return `${this.table.name} ${state.chain.name} rule ${matched.number} matches${quoted}`;
  }

  private explainPolicy(base: ChainState): void {
    const { netns, skb } = this.facts;
    const { chain } = base;
    const total = chain.rules.length;
    const rules =
      total === 1 ? 'its one rule did not decide' : `none of its ${total} rules decided`;
    const sentence = `${this.table.name} ${chain.name}: ${rules}, so the policy ACCEPT lets the packet pass`;
    netns.step(skb, 'netfilter', 'accept', sentence, {
      ...this.place(chain.name),
      matched: String(this.asked),
    });
  }

  private place(chain: string): Readonly<Record<string, string>> {
    return { table: this.table.name, chain, hook: this.facts.hook };
  }
}

/** `10.244.2.7:8080`, `10.0.0.1-10.0.0.9`, `port 8080`. */
function destinationText(target: Target & { target: 'DNAT' | 'SNAT' }): string {
  const { to, toEnd, ports } = target;
  const port = ports === undefined ? undefined : printPorts(ports, '-');
  if (to === undefined) return `port ${port ?? 'any'}`;
  if (toEnd !== undefined && toEnd !== to) {
    return `${formatIp(to)}-${formatIp(toEnd)}${port === undefined ? '' : `:${port}`}`;
  }
  if (port === undefined) return formatIp(to);
  return typeof to === 'number' ? `${formatIp(to)}:${port}` : `[${formatIp(to)}]:${port}`;
}

/** Targets whose own record says that the rule matched. */
function ends(target: Target | undefined): boolean {
  return target?.target === 'DROP' || target?.target === 'REJECT';
}

function actionOf(target: Target | undefined): string {
  if (target === undefined) return 'match';
  return target.target === 'ACCEPT' ? 'accept' : target.target.toLowerCase();
}

function consequence(target: Target | undefined, { skb, hook, outDev }: PacketFacts): string {
  if (target === undefined) return ' and only counts';
  switch (target.target) {
    case 'ACCEPT':
      return ', the packet is accepted';
    case 'RETURN':
      return ', back to the calling chain';
    case 'jump':
      return `, jumps to ${target.chain}`;
    case 'goto':
      return `, goes on in ${target.chain}`;
    case 'MARK': {
      const mark = ((skb.mark & ~target.mask) ^ target.value) >>> 0;
      return `, the mark of the packet becomes 0x${mark.toString(16)} (was 0x${skb.mark.toString(16)})`;
    }
    case 'CONNMARK':
      return `, ${target.verb} of the connection's mark`;
    case 'NOTRACK':
      return ', the packet is not tracked';
    case 'CT':
      return target.notrack === true ? ', the packet is not tracked' : '';
    case 'TTL':
      return `, the TTL is ${{ set: 'set to', dec: 'lowered by', inc: 'raised by' }[target.how]} ${target.ttl}`;
    case 'SET':
      return `, ${target.verb === 'add-set' ? 'added to' : 'taken out of'} the set ${target.name}`;
    case 'NETMAP':
      return `, NETMAP into ${formatCidr(target.to)}`;
    case 'TCPMSS':
      return ', the MSS of a SYN is lowered to what the path carries';
    case 'LOG':
      return `, logged as "${target.prefix}"`;
    case 'DNAT':
    case 'SNAT':
      return `, ${target.target} to ${destinationText(target)}`;
    case 'MASQUERADE':
      return `, MASQUERADE: the source becomes an address of ${outDev?.name ?? 'the device it leaves by'}`;
    case 'REDIRECT':
      return `, REDIRECT: the destination becomes ${hook === 'OUTPUT' ? '127.0.0.1' : 'an address of the device it came in by'}`;
    default:
      return '';
  }
}
