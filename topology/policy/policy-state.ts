import type { RuleChain } from '../kernel/ops.js';
import {
  directionsOf,
  type Labels,
  type PolicyPeer,
  type PolicyPod,
  type PolicyRecord,
  selects,
} from './record.js';

/** One rule of a policy with the pods that its selectors name now. */
export interface RuleState {
  readonly direction: 'ingress' | 'egress';
  readonly index: number;
  /** Absent: everyone. */
  readonly peers: readonly PolicyPeer[] | undefined;
  readonly peerPods: Map<string, PolicyPod>;
}

/** A policy with the pods it applies to and the peers of its rules. */
export class PolicyState {
  readonly record: PolicyRecord;
  readonly directions: readonly ('ingress' | 'egress')[];
  readonly rules: readonly RuleState[];
  /** Pods that it selects, by key. */
  readonly subjects = new Map<string, PolicyPod>();
  /** Its chains by family, until a pod that it speaks of changes. */
  readonly chains = new Map<'ipv4' | 'ipv6', readonly RuleChain[]>();

  constructor(record: PolicyRecord) {
    this.record = record;
    this.directions = directionsOf(record.spec);
    this.rules = this.directions.flatMap((direction) => {
      const rules = direction === 'ingress' ? record.spec.ingress : record.spec.egress;
      return (rules ?? []).map((rule, index): RuleState => {
        const peers = 'from' in rule ? rule.from : 'to' in rule ? rule.to : undefined;
        // An empty list of peers means everyone, as an absent one does.
        const named = peers === undefined || peers.length === 0 ? undefined : peers;
        return { direction, index, peers: named, peerPods: new Map() };
      });
    });
  }

  /** Whether a rule may name pods of other namespaces. */
  get looksAcross(): boolean {
    return this.rules.some((rule) =>
      rule.peers?.some((peer) => peer.namespaceSelector !== undefined),
    );
  }

  /**
   * Takes note of a pod as it is now (absent: it is gone). Says what that changed: the policy's own chains, or
   * whether it applies to the pod.
   */
  notePod(
    key: string,
    pod: PolicyPod | undefined,
    namespaceLabels: Labels,
  ): { readonly chains: boolean; readonly subject: boolean } {
    const { namespace, spec } = this.record;
    const isSubject =
      pod !== undefined &&
      pod.namespace === namespace &&
      selects(spec.podSelector ?? {}, pod.labels);
    const wasSubject = this.subjects.has(key);
    let chains = wasSubject && this.subjects.get(key) !== pod && this.namesPorts();
    if (isSubject) this.subjects.set(key, pod);
    else this.subjects.delete(key);
    if (isSubject !== wasSubject && this.namesPorts()) chains = true;
    for (const rule of this.rules) {
      const isPeer = pod !== undefined && this.isPeer(rule, pod, namespaceLabels);
      const before = rule.peerPods.get(key);
      if (isPeer ? before === pod : before === undefined) continue;
      if (isPeer) rule.peerPods.set(key, pod);
      else rule.peerPods.delete(key);
      chains = true;
    }
    if (chains) this.chains.clear();
    return { chains, subject: isSubject !== wasSubject };
  }

  private isPeer(rule: RuleState, pod: PolicyPod, namespaceLabels: Labels): boolean {
    return (rule.peers ?? []).some((peer) => {
      if (peer.ipBlock !== undefined) return false;
      const sameNamespace = pod.namespace === this.record.namespace;
      const inNamespace =
        peer.namespaceSelector === undefined
          ? sameNamespace
          : selects(peer.namespaceSelector, namespaceLabels);
      return inNamespace && selects(peer.podSelector ?? {}, pod.labels);
    });
  }

  /** Whether an ingress rule names a port, which each subject may number differently. */
  private namesPorts(): boolean {
    return (this.record.spec.ingress ?? []).some((rule) =>
      rule.ports?.some((port) => typeof port.port === 'string'),
    );
  }
}
