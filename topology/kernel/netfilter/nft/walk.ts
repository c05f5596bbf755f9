import { printNftRule } from '../../command/nft/print-rule.js';
import type { Netns } from '../../contract.js';
import type { NftFamily, NftReject, NftRule, NftStatement, NftVerdict } from '../../nft.js';
import type { RejectWith } from '../../ops.js';
import type { PacketFacts } from '../match/facts.js';
import type { Nat } from '../nat/nat.js';
import { sendReject } from '../reject.js';
import type { NftContext, NftEnding, NftSlot, NftStep } from './context.js';
import type { NftChain, NftRuleState, NftTable } from './table.js';

type Outcome = 'accept' | 'drop' | 'return';
type Next = Outcome | 'next' | { readonly goto: NftChain };

const NO_SLOTS: readonly NftSlot[] = [];

/** One packet's way through one base chain and what it jumps to (nft_do_chain). */
export class NftWalk implements NftContext {
  readonly table: NftTable;
  readonly facts: PacketFacts;
  readonly nat: Nat;
  readonly netns: Netns;
  slots: readonly NftSlot[] = NO_SLOTS;

  constructor(table: NftTable, facts: PacketFacts, nat: Nat) {
    this.table = table;
    this.facts = facts;
    this.nat = nat;
    this.netns = facts.netns;
  }

  /** Walks a base chain. On 'drop' the reason was recorded. */
  run(base: NftChain): 'accept' | 'drop' {
    const outcome = this.walk(base);
    if (outcome !== 'return') return outcome;
    const { skb } = this.facts;
    if (base.base?.policy === 'drop') {
      const sentence = `${this.nameOf(base)}: no rule decided, and the policy of the chain is drop`;
      this.netns.drop(skb, 'hook-dropped', 'netfilter', sentence, this.place(base));
      return 'drop';
    }
    if (skb.trace !== undefined && base.rules.length > 0) {
      const sentence = `${this.nameOf(base)}: no rule decided, so the policy accept lets the packet pass`;
      this.netns.step(skb, 'netfilter', 'accept', sentence, this.place(base));
    }
    return 'accept';
  }

  private walk(start: NftChain): Outcome {
    let at = start;
    for (;;) {
      const next = this.walkOne(at);
      if (typeof next === 'string') return next;
      at = next.goto;
    }
  }

  private walkOne(chain: NftChain): Outcome | { readonly goto: NftChain } {
    const { rules } = chain;
    for (let at = 0; at < rules.length; at++) {
      const state = rules[at];
      if (state === undefined) continue;
      const step = this.ask(state);
      if (step === 'break') continue;
      const next = this.act(chain, at + 1, state, step);
      if (next !== 'next') return next;
    }
    return 'return';
  }

  private ask({ form, slots }: NftRuleState): NftStep {
    this.slots = slots;
    for (const action of form.actions) {
      const step = action(this);
      if (step !== 'next') return step;
    }
    return 'next';
  }

  private act(chain: NftChain, number: number, state: NftRuleState, step: NftStep): Next {
    const verdict = typeof step === 'string' ? undefined : step;
    const traced = this.facts.skb.trace !== undefined;
    const ends = verdict?.verdict === 'drop' || verdict?.verdict === 'reject';
    if (traced && !ends) this.explain(chain, number, state, verdict);
    switch (verdict?.verdict) {
      case undefined:
      case 'continue':
        return 'next';
      case 'accept':
      case 'translated':
        return 'accept';
      case 'return':
        return 'return';
      case 'jump': {
        const called = this.table.chain(verdict.chain);
        const outcome = called === undefined ? 'return' : this.walk(called);
        return outcome === 'return' ? 'next' : outcome;
      }
      case 'goto': {
        const next = this.table.chain(verdict.chain);
        return next === undefined ? 'return' : { goto: next };
      }
      case 'failed':
        this.netns.drop(this.facts.skb, 'hook-dropped', 'nat', verdict.problem ?? '');
        return 'drop';
      case 'drop':
      case 'reject':
        this.refuse(chain, number, state, verdict.verdict);
        return 'drop';
    }
  }

  private refuse(
    chain: NftChain,
    number: number,
    state: NftRuleState,
    verdict: 'drop' | 'reject',
  ): void {
    const { skb } = this.facts;
    const where = this.describe(chain, number, state);
    if (verdict === 'drop') {
      const sentence = `${where} and drops the packet`;
      this.netns.drop(skb, 'hook-dropped', 'netfilter', sentence, this.place(chain));
      return;
    }
    const statement = state.rule.statements.find(isReject);
    const how = rejectWith(statement?.reject, this.facts.packet.kind);
    if (how !== undefined) sendReject(this.netns, skb, how);
    const sentence = `${where} and rejects with ${how ?? 'nothing, as it is for another family'}`;
    this.netns.drop(skb, 'hook-rejected', 'netfilter', sentence, this.place(chain));
  }

  private explain(
    chain: NftChain,
    number: number,
    state: NftRuleState,
    verdict: NftVerdict | NftEnding | undefined,
  ): void {
    const { skb } = this.facts;
    const sentence = `${this.describe(chain, number, state)}${consequence(verdict)}`;
    this.netns.step(skb, 'netfilter', verdict?.verdict ?? 'match', sentence, {
      ...this.place(chain),
      rule: String(number),
    });
  }

  private describe(chain: NftChain, number: number, { rule }: NftRuleState): string {
    const text = this.facts.skb.trace === undefined ? '' : ruleText(this.table.family, rule);
    const quoted = text === '' ? '' : ` (${text})`;
    return `${this.nameOf(chain)} rule ${number} matches${quoted}`;
  }

  private nameOf({ name }: NftChain): string {
    return `nft ${this.table.family} ${this.table.name} ${name}`;
  }

  private place({ name }: NftChain): Readonly<Record<string, string>> {
    return { table: `${this.table.family} ${this.table.name}`, chain: name, hook: this.facts.hook };
  }
}

const texts = new WeakMap<NftRule, string>();

/** A rule as nft lists it; made when a trace first asks. */
function ruleText(family: NftFamily, rule: NftRule): string {
  const known = texts.get(rule);
  if (known !== undefined) return known;
  const text = printNftRule(rule, family);
  texts.set(rule, text);
  return text;
}

function consequence(verdict: NftVerdict | NftEnding | undefined): string {
  switch (verdict?.verdict) {
    case 'accept':
      return ', the packet is accepted by this chain';
    case 'return':
      return ', back to the calling chain';
    case 'jump':
      return `, jumps to ${verdict.chain}`;
    case 'goto':
      return `, goes on in ${verdict.chain}`;
    case 'translated':
      return ', the connection is translated';
    case 'failed':
      return `, but ${verdict.problem ?? 'it cannot be translated'}`;
    default:
      return ', and the next rule is asked';
  }
}

function isReject(statement: NftStatement): statement is NftStatement & { stmt: 'reject' } {
  return statement.stmt === 'reject';
}

const ICMP4: Readonly<Record<string, RejectWith>> = {
  'net-unreachable': 'icmp-net-unreachable',
  'host-unreachable': 'icmp-host-unreachable',
  'prot-unreachable': 'icmp-proto-unreachable',
  'port-unreachable': 'icmp-port-unreachable',
  'net-prohibited': 'icmp-net-prohibited',
  'host-prohibited': 'icmp-host-prohibited',
  'admin-prohibited': 'icmp-admin-prohibited',
};

const ICMP6: Readonly<Record<string, RejectWith>> = {
  'no-route': 'icmp6-no-route',
  'admin-prohibited': 'icmp6-adm-prohibited',
  'addr-unreachable': 'icmp6-addr-unreachable',
  'port-unreachable': 'icmp6-port-unreachable',
};

/** What each code of `icmpx` stands for (nft_reject_icmp_code, nft_reject_icmpv6_code). */
const ICMPX: Readonly<Record<string, { readonly ipv4: RejectWith; readonly ipv6: RejectWith }>> = {
  'no-route': { ipv4: 'icmp-net-unreachable', ipv6: 'icmp6-no-route' },
  'port-unreachable': { ipv4: 'icmp-port-unreachable', ipv6: 'icmp6-port-unreachable' },
  'host-unreachable': { ipv4: 'icmp-host-unreachable', ipv6: 'icmp6-addr-unreachable' },
  'admin-prohibited': { ipv4: 'icmp-admin-prohibited', ipv6: 'icmp6-adm-prohibited' },
};

/** The answer of a `reject` to a packet of a family; undefined when it is for the other family. */
function rejectWith(
  reject: NftReject | undefined,
  family: 'ipv4' | 'ipv6',
): RejectWith | undefined {
  if (reject?.with === 'tcp reset') return 'tcp-reset';
  const code = reject?.code ?? 'port-unreachable';
  const kind = reject?.with ?? 'icmpx';
  if (kind === 'icmpx') return ICMPX[code]?.[family];
  if (kind === 'icmp') return family === 'ipv4' ? ICMP4[code] : undefined;
  return family === 'ipv6' ? ICMP6[code] : undefined;
}
