import type { Ip } from '../../addr/index.js';
import type {
  ConntrackView,
  Device,
  Netfilter,
  Netns,
  RuleCheckpoint,
  Verdict,
} from '../contract.js';
import type { Errno } from '../errno.js';
import type { HookName, RestoreTable, Rule, TableName } from '../ops.js';
import type { Skb } from '../skb.js';
import { Conntrack } from './conntrack/conntrack.js';
import { TableWalk } from './evaluate.js';
import { FamilyRules } from './family.js';
import type { HookStep } from './hooks.js';
import { PacketFacts } from './match/facts.js';
import { RuleMemory } from './match/memory.js';
import { Nat } from './nat/nat.js';

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
  private readonly rules: Readonly<Record<Family, FamilyRules>> = {
    ipv4: new FamilyRules(),
    ipv6: new FamilyRules(),
  };

  constructor(netns: Netns) {
    this.netns = netns;
    this.tracking = new Conntrack(netns);
    this.nat = new Nat(netns, this.tracking);
  }

  get conntrack(): ConntrackView {
    return this.tracking;
  }

  tracks(family: Family): boolean {
    return this.rules[family].needsConntrack;
  }

  run(hook: HookName, skb: Skb, inDev: Device | undefined, outDev: Device | undefined): Verdict {
    const { kind } = skb.packet;
    if (kind !== 'ipv4' && kind !== 'ipv6') return 'accept';
    const rules = this.rules[kind];
    for (const step of rules.plan(hook)) {
      const verdict = this.runStep(step, hook, rules, skb, inDev, outDev);
      if (verdict !== 'accept') return verdict;
    }
    return 'accept';
  }

  restore(family: Family, tables: readonly RestoreTable[], noflush: boolean): Errno | undefined {
    const errno = this.rules[family].restore(tables, noflush);
    this.replan();
    return errno;
  }

  edit(
    family: Family,
    change: {
      readonly verb: 'append' | 'insert' | 'delete';
      readonly table: TableName;
      readonly chain: string;
      readonly rule: Rule;
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
    rules: FamilyRules,
    skb: Skb,
    inDev: Device | undefined,
    outDev: Device | undefined,
  ): Verdict {
    const { packet } = skb;
    if (packet.kind !== 'ipv4' && packet.kind !== 'ipv6') return 'accept';
    switch (step) {
      case 'conntrack':
        return this.tracking.enter(skb, packet);
      case 'confirm':
        return this.tracking.confirm(skb);
      case 'nat':
        return this.nat.run(hook, skb, packet, outDev, () =>
          this.walk(step, hook, rules, skb, inDev, outDev),
        );
      default:
        return this.walk(step, hook, rules, skb, inDev, outDev);
    }
  }

  private walk(
    name: TableName,
    hook: HookName,
    rules: FamilyRules,
    skb: Skb,
    inDev: Device | undefined,
    outDev: Device | undefined,
  ): Verdict {
    const { packet } = skb;
    const table = rules.table(name);
    const base = table?.decides(hook);
    if (table === undefined || base === undefined) return 'accept';
    if (packet.kind !== 'ipv4' && packet.kind !== 'ipv6') return 'accept';
    const place = { netns: this.netns, memory: this.memory, hook };
    const facts = new PacketFacts(place, skb, packet, { inDev, outDev });
    return new TableWalk(table, facts, this.nat).run(base);
  }

  /** After a change of rules: conntrack is on while a rule of either family needs it. */
  private replan(): void {
    const { ipv4, ipv6 } = this.rules;
    const conntrack4 = ipv4.needsConntrack;
    const conntrack6 = ipv6.needsConntrack;
    ipv4.replan(conntrack4);
    ipv6.replan(conntrack6);
    this.active = conntrack4 || conntrack6 || ipv4.decides || ipv6.decides;
  }
}
