import type { Ip } from '../../addr/index.js';
import type {
  ConntrackView,
  Device,
  Netfilter,
  Netns,
  RuleCheckpoint,
  SetsView,
  Verdict,
} from '../contract.js';
import type { Errno } from '../errno.js';
import type { NftRefusal, NftTableView, NftThing, NftVerb } from '../nft.js';
import type { HookName, IpsetOp, RestoreTable, Rule, SetSpec, TableName } from '../ops.js';
import type { Skb } from '../skb.js';
import { outlineOf } from './compile-chain.js';
import { Conntrack } from './conntrack/conntrack.js';
import { TableWalk } from './evaluate.js';
import { FamilyRules } from './family.js';
import { HOOKS } from './hooks.js';
import { PacketFacts } from './match/facts.js';
import { RuleMemory } from './match/memory.js';
import { Nat } from './nat/nat.js';
import { nftNeedsConntrack } from './nft/base-chains.js';
import { NftRuleset } from './nft/ruleset.js';
import { viewRuleset } from './nft/view.js';
import { NftWalk } from './nft/walk.js';
import { type ChainStep, type HookPlan, type HookStep, planHooks } from './plan.js';
import { editSets, type SetContext, type SetProblem } from './set/edit.js';
import { NamespaceSets } from './set/view.js';
import type { RuleCounter } from './table.js';

/** Makes the netfilter of a namespace: empty tables, nothing tracked, inactive. */
export function createNetfilter(netns: Netns): Netfilter {
  return new NamespaceNetfilter(netns);
}

type Family = 'ipv4' | 'ipv6';

class NamespaceNetfilter implements Netfilter {
  active = false;
  private readonly netns: Netns;
  private readonly tracking: Conntrack;
  private readonly nat: Nat;
  private readonly memory = new RuleMemory();
  private hooksRegistered = 0;
  private readonly nextOrder = (): number => ++this.hooksRegistered;
  private readonly rules: Readonly<Record<Family, FamilyRules>> = {
    ipv4: new FamilyRules(this.nextOrder, 'ipv4'),
    ipv6: new FamilyRules(this.nextOrder, 'ipv6'),
  };
  readonly nft: NftRuleset;
  private tracked: Readonly<Record<Family, boolean>> = { ipv4: false, ipv6: false };
  private plans: Readonly<Record<Family, HookPlan>> = { ipv4: new Map(), ipv6: new Map() };

  constructor(netns: Netns) {
    this.netns = netns;
    this.tracking = new Conntrack(netns);
    this.nat = new Nat(netns, this.tracking);
    this.nft = new NftRuleset(this.nextOrder, () => netns.host.clock.nowNs);
  }

  get conntrack(): ConntrackView {
    return this.tracking;
  }

  tracks(family: Family): boolean {
    return this.tracked[family];
  }

  run(hook: HookName, skb: Skb, inDev: Device | undefined, outDev: Device | undefined): Verdict {
    const { kind } = skb.packet;
    if (kind !== 'ipv4' && kind !== 'ipv6') return 'accept';
    const plan = this.plans[kind].get(hook);
    if (plan === undefined) return 'accept';
    for (const step of plan) {
      const verdict = this.runStep(step, hook, skb, inDev, outDev);
      if (verdict !== 'accept') return verdict;
    }
    return 'accept';
  }

  restore(family: Family, tables: readonly RestoreTable[], noflush: boolean): Errno | undefined {
    const named = tables.flatMap(({ chains }) => chains.flatMap((chain) => outlineOf(chain).sets));
    if (named.some((name) => this.setSpec(name) === undefined)) return 'ENOENT';
    const errno = this.rules[family].restore(tables, noflush);
    this.replan();
    return errno;
  }

  edit(
    family: Family,
    change: {
      readonly verb: 'append' | 'insert' | 'delete' | 'replace';
      readonly table: TableName;
      readonly chain: string;
      readonly rule?: Rule;
      readonly position?: number;
    },
  ): Errno | undefined {
    const errno = this.rules[family].ensure(change.table).edit(change);
    this.replan();
    return errno;
  }

  setPolicy(
    family: Family,
    table: TableName,
    chain: HookName,
    policy: 'ACCEPT' | 'DROP',
  ): Errno | undefined {
    const errno = this.rules[family].ensure(table).setPolicy(chain, policy);
    this.replan();
    return errno;
  }

  tables(family: Family): readonly RestoreTable[] {
    return this.rules[family].save();
  }

  renameChain(family: Family, table: TableName, from: string, to: string): Errno | undefined {
    return this.rules[family].ensure(table).rename(from, to);
  }

  counters(family: Family, table: TableName, chain: string): readonly RuleCounter[] {
    return this.rules[family].table(table)?.chain(chain)?.counters ?? [];
  }

  zeroCounters(
    family: Family,
    table: TableName,
    chain: string | undefined,
    position: number | undefined,
  ): void {
    for (const state of this.rules[family].table(table)?.states ?? []) {
      if (chain === undefined || state.chain.name === chain) state.zero(position);
    }
  }

  get sets(): SetsView {
    return new NamespaceSets(this.setContext());
  }

  setSpec(name: string): SetSpec | undefined {
    return this.memory.sets.get(name)?.spec;
  }

  editSets(op: IpsetOp): SetProblem | undefined {
    return editSets(this.setContext(), op);
  }

  checkpointSets(): () => void {
    const copy = this.memory.sets.copy();
    return () => this.memory.sets.become(copy);
  }

  private setContext(): SetContext {
    return {
      sets: this.memory.sets,
      nowNs: this.netns.host.clock.nowNs,
      usedByRules: (name) => this.rules.ipv4.naming(name) + this.rules.ipv6.naming(name),
    };
  }

  checkpoint(family: Family): RuleCheckpoint {
    const checkpoint = this.rules[family].checkpoint();
    return {
      restore: () => {
        checkpoint.restore();
        this.replan();
      },
      release: () => checkpoint.release(),
    };
  }

  applyNft(verb: NftVerb, thing: NftThing): NftRefusal | undefined {
    return this.nft.apply(verb, thing);
  }

  nftCheckpoint(): RuleCheckpoint {
    const checkpoint = this.nft.checkpoint();
    return {
      restore: () => {
        checkpoint.restore();
        this.replan();
      },
      release: () => {
        checkpoint.release();
        this.replan();
      },
    };
  }

  listNft(): readonly NftTableView[] {
    return viewRuleset(this.nft, this.netns.host.clock.nowNs);
  }

  attach(answer: Skb, about: Skb): void {
    this.tracking.attach(answer, about);
  }

  deviceDown(ifindex: number): void {
    this.tracking.removeWhere((connection) => connection.masqueradeIfindex === ifindex);
  }

  addressGone(ifindex: number, address: Ip): void {
    this.tracking.removeWhere(
      (connection) => connection.masqueradeIfindex === ifindex && connection.reply.dst === address,
    );
  }

  dispose(): void {
    this.tracking.removeWhere(() => true);
  }

  private runStep(
    step: HookStep,
    hook: HookName,
    skb: Skb,
    inDev: Device | undefined,
    outDev: Device | undefined,
  ): Verdict {
    const { packet } = skb;
    if (packet.kind !== 'ipv4' && packet.kind !== 'ipv6') return 'accept';
    switch (step.run) {
      case 'conntrack':
        return this.tracking.enter(skb, packet);
      case 'confirm':
        return this.tracking.confirm(skb);
      case 'nat':
        return this.nat.run(hook, skb, packet, outDev, (isDone) => {
          for (const chain of step.chains) {
            const verdict = this.walk(chain, hook, skb, inDev, outDev);
            if (verdict !== 'accept' || isDone()) return verdict;
          }
          return 'accept';
        });
      default:
        return this.walk(step, hook, skb, inDev, outDev);
    }
  }

  private walk(
    step: ChainStep,
    hook: HookName,
    skb: Skb,
    inDev: Device | undefined,
    outDev: Device | undefined,
  ): Verdict {
    const { packet } = skb;
    if (packet.kind !== 'ipv4' && packet.kind !== 'ipv6') return 'accept';
    const place = { netns: this.netns, memory: this.memory, hook };
    const facts = new PacketFacts(place, skb, packet, { inDev, outDev });
    if (step.run === 'nft') return new NftWalk(step.table, facts, this.nat).run(step.chain);
    const base = step.table.decides(hook);
    return base === undefined ? 'accept' : new TableWalk(step.table, facts, this.nat).run(base);
  }

  /** After a change of rules: conntrack is on while a rule of either family needs it. */
  private replan(): void {
    const { ipv4, ipv6 } = this.rules;
    this.tracked = {
      ipv4: ipv4.needsConntrack || nftNeedsConntrack(this.nft, 'ipv4'),
      ipv6: ipv6.needsConntrack || nftNeedsConntrack(this.nft, 'ipv6'),
    };
    this.plans = {
      ipv4: planHooks('ipv4', { rules: ipv4, nft: this.nft, conntrack: this.tracked.ipv4 }),
      ipv6: planHooks('ipv6', { rules: ipv6, nft: this.nft, conntrack: this.tracked.ipv6 }),
    };
    if (ipv4.countsConnections || ipv6.countsConnections) this.tracking.counting = true;
    this.active = FAMILIES.some((family) => HOOKS.some((hook) => this.plans[family].has(hook)));
  }
}

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];
