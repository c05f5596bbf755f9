import type { KernelOp, Rule, RuleChain } from '../kernel/ops.js';
import {
  addressesOf,
  dispatchRule,
  type Family,
  podChain,
  policyChains,
  ROOT_CHAIN,
} from './chains.js';
import { PolicyState } from './policy-state.js';
import type { Labels, PolicyPeer, PolicyPod, PolicyRecord } from './record.js';

/** Turns NetworkPolicies into rules on the nodes of the pods that they select. */
export interface PolicyEngine {
  /** Adds a pod or replaces it; a pod without addresses yet has no rules. */
  setPod(pod: PolicyPod): void;
  /** `namespace/name`. */
  deletePod(key: string): void;
  /** Sets the labels of a namespace, which namespaceSelectors look at. */
  setNamespace(name: string, labels: Labels): void;
  deleteNamespace(name: string): void;
  setPolicy(policy: PolicyRecord): void;
  /** `namespace/name`. */
  deletePolicy(key: string): void;
  /** The node's kernel is empty: the next `sync` gives it everything. Apply after the proxy's ops. */
  resetNode(nodeName: string): void;
  /** What each node must apply; nodes without changes are absent. */
  sync(): ReadonlyMap<string, readonly KernelOp[]>;
  /** The policies that isolate a pod (`namespace/name`), by direction, in order of name. */
  isolationOf(podKey: string): PodIsolation;
  /** A policy (`namespace/name`) with the pods it speaks of now; undefined when there is none. */
  view(key: string): PolicyView | undefined;
  /** Told, by its key, of each pod that other policies isolate than before. */
  onIsolation: (podKey: string) => void;
}

/** Names of the policies that isolate a pod; a direction without any lets everything pass. */
export type PodIsolation = Readonly<Record<'ingress' | 'egress', readonly string[]>>;

/** A policy as it applies now. Maps are the engine's own: read them at once. */
export interface PolicyView {
  readonly record: PolicyRecord;
  readonly directions: readonly ('ingress' | 'egress')[];
  /** Pods that it isolates, by key. */
  readonly subjects: ReadonlyMap<string, PolicyPod>;
  readonly rules: readonly {
    readonly direction: 'ingress' | 'egress';
    /** Place among the rules of its direction. */
    readonly index: number;
    /** Absent: everyone. */
    readonly peers: readonly PolicyPeer[] | undefined;
    /** Pods that the selectors of its peers name, by key. */
    readonly peerPods: ReadonlyMap<string, PolicyPod>;
  }[];
}

/**
 * Makes the engine. Rules stand in FORWARD, so that traffic between a pod and its own node is never stopped
 * ("traffic to and from the node where a Pod is running is always allowed").
 *
 * Fidelity: connections that were open before a policy came stay open, as with most network plugins.
 */
export function createPolicyEngine(): PolicyEngine {
  return new ClusterPolicies();
}

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];
const DIRECTIONS = ['egress', 'ingress'] as const;

const HOOK_RULE: Rule = {
  matches: [{ match: 'comment', text: 'network policies' }],
  target: { target: 'jump', chain: ROOT_CHAIN.name },
};

/** What the pods of a node make of its chains, and the policies that select them. */
interface PodPart {
  readonly chains: readonly RuleChain[];
  readonly policies: ReadonlySet<PolicyState>;
}

/** What a node has of one family: its chains by name. */
type NodeChains = Map<Family, ReadonlyMap<string, RuleChain>>;

class ClusterPolicies implements PolicyEngine {
  onIsolation: (podKey: string) => void = () => {};
  private readonly pods = new Map<string, PolicyPod>();
  private readonly podsByNamespace = new Map<string, Set<string>>();
  private readonly podsByNode = new Map<string, Set<string>>();
  private readonly namespaces = new Map<string, Labels>();
  private readonly policies = new Map<string, PolicyState>();
  private readonly policiesByNamespace = new Map<string, Set<PolicyState>>();
  /** Policies that may name pods of any namespace. */
  private readonly acrossNamespaces = new Set<PolicyState>();
  /** Policies that select a pod. */
  private readonly selecting = new Map<string, Set<PolicyState>>();
  private readonly podChains = new Map<string, RuleChain>();
  /** By family and node, until one of its selected pods changes. */
  private readonly podParts = new Map<string, PodPart>();
  private readonly nodes = new Map<string, NodeChains>();
  private readonly dirtyNodes = new Set<string>();

  setPod(pod: PolicyPod): void {
    const key = `${pod.namespace}/${pod.name}`;
    const before = this.pods.get(key);
    if (before !== undefined && dataText(before) === dataText(pod)) return;
    if (before !== undefined && before.nodeName !== pod.nodeName) {
      this.podsByNode.get(before.nodeName)?.delete(key);
      this.touch(key);
    }
    this.pods.set(key, pod);
    addTo(this.podsByNamespace, pod.namespace, key);
    addTo(this.podsByNode, pod.nodeName, key);
    if (before !== undefined && (this.selecting.get(key)?.size ?? 0) > 0) this.touch(key);
    this.notePod(key, pod.namespace, pod);
  }

  deletePod(key: string): void {
    const pod = this.pods.get(key);
    if (pod === undefined) return;
    if ((this.selecting.get(key)?.size ?? 0) > 0) this.touch(key);
    this.notePod(key, pod.namespace, undefined);
    this.pods.delete(key);
    this.podsByNamespace.get(pod.namespace)?.delete(key);
    this.podsByNode.get(pod.nodeName)?.delete(key);
    this.selecting.delete(key);
  }

  setNamespace(name: string, labels: Labels): void {
    this.namespaces.set(name, labels);
    for (const key of this.podsByNamespace.get(name) ?? []) {
      const pod = this.pods.get(key);
      for (const policy of this.acrossNamespaces) this.noteFor(policy, key, pod);
    }
  }

  deleteNamespace(name: string): void {
    this.setNamespace(name, {});
    this.namespaces.delete(name);
  }

  setPolicy(record: PolicyRecord): void {
    const key = `${record.namespace}/${record.name}`;
    this.deletePolicy(key);
    const policy = new PolicyState(record);
    this.policies.set(key, policy);
    addTo(this.policiesByNamespace, record.namespace, policy);
    if (policy.looksAcross) this.acrossNamespaces.add(policy);
    const pods = policy.looksAcross
      ? this.pods.keys()
      : (this.podsByNamespace.get(record.namespace) ?? []);
    for (const podKey of pods) this.noteFor(policy, podKey, this.pods.get(podKey));
  }

  deletePolicy(key: string): void {
    const policy = this.policies.get(key);
    if (policy === undefined) return;
    for (const podKey of policy.subjects.keys()) {
      this.touch(podKey);
      this.selecting.get(podKey)?.delete(policy);
      this.onIsolation(podKey);
    }
    this.policies.delete(key);
    this.policiesByNamespace.get(policy.record.namespace)?.delete(policy);
    this.acrossNamespaces.delete(policy);
  }

  resetNode(nodeName: string): void {
    this.nodes.delete(nodeName);
    this.dirtyNodes.add(nodeName);
  }

  sync(): ReadonlyMap<string, readonly KernelOp[]> {
    const result = new Map<string, readonly KernelOp[]>();
    for (const nodeName of this.dirtyNodes) {
      const ops = FAMILIES.flatMap((family) => this.syncNode(nodeName, family));
      if (ops.length > 0) result.set(nodeName, ops);
    }
    this.dirtyNodes.clear();
    return result;
  }

  isolationOf(podKey: string): PodIsolation {
    const names = (direction: 'ingress' | 'egress') =>
      this.policiesOf(podKey, direction).map(({ record }) => record.name);
    return { ingress: names('ingress'), egress: names('egress') };
  }

  view(key: string): PolicyView | undefined {
    return this.policies.get(key);
  }

  /** Tells the policies that may care about a pod. */
  private notePod(key: string, namespace: string, pod: PolicyPod | undefined): void {
    for (const policy of this.policiesByNamespace.get(namespace) ?? []) {
      this.noteFor(policy, key, pod);
    }
    for (const policy of this.acrossNamespaces) {
      if (policy.record.namespace !== namespace) this.noteFor(policy, key, pod);
    }
  }

  private noteFor(policy: PolicyState, key: string, pod: PolicyPod | undefined): void {
    const labels = pod === undefined ? {} : (this.namespaces.get(pod.namespace) ?? {});
    const subject = pod?.hostNetwork === true ? undefined : pod;
    const change = policy.notePod(key, subject, labels);
    if (change.chains) {
      for (const podKey of policy.subjects.keys()) this.touchNode(podKey);
    }
    if (!change.subject) return;
    if (policy.subjects.has(key)) addTo(this.selecting, key, policy);
    else this.selecting.get(key)?.delete(policy);
    this.touch(key);
    this.onIsolation(key);
  }

  /** The pod's own chain and its node's dispatch must be made anew. */
  private touch(podKey: string): void {
    const nodeName = this.pods.get(podKey)?.nodeName;
    for (const family of FAMILIES) this.podParts.delete(`${family} ${nodeName}`);
    for (const direction of DIRECTIONS) this.podChains.delete(`${direction} ${podKey}`);
    this.touchNode(podKey);
  }

  private touchNode(podKey: string): void {
    const nodeName = this.pods.get(podKey)?.nodeName;
    if (nodeName !== undefined) this.dirtyNodes.add(nodeName);
  }

  private syncNode(nodeName: string, family: Family): readonly KernelOp[] {
    const wanted = this.chainsOf(nodeName, family);
    const node: NodeChains = this.nodes.get(nodeName) ?? new Map();
    const present = node.get(family);
    if (present === undefined && wanted.size === 0) return [];
    const set = [...wanted.values()].filter((chain) => !sameChain(present?.get(chain.name), chain));
    const remove = [...(present?.keys() ?? [])].filter((name) => !wanted.has(name));
    // A chain that says the same as before stays the object that the node has.
    const kept = new Map(
      [...wanted].map(([name, chain]) => {
        const old = present?.get(name);
        return [name, old !== undefined && sameChain(old, chain) ? old : chain] as const;
      }),
    );
    this.nodes.set(nodeName, node.set(family, kept));
    if (set.length === 0 && remove.length === 0) return [];
    const restore: KernelOp = {
      op: 'iptables.restore',
      family,
      noflush: true,
      tables: [
        { table: 'filter', chains: set, ...(remove.length > 0 ? { removeChains: remove } : {}) },
      ],
    };
    if (present !== undefined) return [restore];
    const hook: KernelOp = {
      op: 'iptables.insert',
      family,
      table: 'filter',
      chain: 'FORWARD',
      rule: HOOK_RULE,
    };
    return [restore, hook];
  }

  /** Every chain a node needs; only its frame when policies selected its pods once but no longer do. */
  private chainsOf(nodeName: string, family: Family): ReadonlyMap<string, RuleChain> {
    const key = `${family} ${nodeName}`;
    const part = this.podParts.get(key) ?? this.podPartOf(nodeName, family);
    this.podParts.set(key, part);
    const chains = new Map<string, RuleChain>();
    const known = this.nodes.get(nodeName)?.has(family) === true;
    if (part.policies.size === 0 && !known) return chains;
    for (const policy of part.policies) {
      for (const chain of this.policyChainsOf(policy, family)) chains.set(chain.name, chain);
    }
    for (const chain of part.chains) chains.set(chain.name, chain);
    chains.set(ROOT_CHAIN.name, ROOT_CHAIN);
    return chains;
  }

  private podPartOf(nodeName: string, family: Family): PodPart {
    const chains: RuleChain[] = [];
    const used = new Set<PolicyState>();
    const dispatch: Record<(typeof DIRECTIONS)[number], Rule[]> = { egress: [], ingress: [] };
    for (const key of [...(this.podsByNode.get(nodeName) ?? [])].sort()) {
      const pod = this.pods.get(key);
      const addresses = pod === undefined ? [] : addressesOf(pod, family);
      if (addresses.length === 0) continue;
      for (const direction of DIRECTIONS) {
        const policies = this.policiesOf(key, direction);
        if (policies.length === 0) continue;
        for (const address of addresses) {
          dispatch[direction].push(dispatchRule(direction, key, address));
        }
        chains.push(this.podChainOf(direction, key, policies));
        for (const policy of policies) used.add(policy);
      }
    }
    chains.push({ name: 'PODNET-EGRESS', rules: dispatch.egress });
    chains.push({ name: 'PODNET-INGRESS', rules: dispatch.ingress });
    return { chains, policies: used };
  }

  private policiesOf(podKey: string, direction: 'ingress' | 'egress'): readonly PolicyState[] {
    return [...(this.selecting.get(podKey) ?? [])]
      .filter((policy) => policy.directions.includes(direction))
      .sort((a, b) => (a.record.name < b.record.name ? -1 : 1));
  }

  private podChainOf(
    direction: 'ingress' | 'egress',
    podKey: string,
    policies: readonly PolicyState[],
  ): RuleChain {
    const id = `${direction} ${podKey}`;
    const made = this.podChains.get(id) ?? podChain(direction, podKey, policies);
    this.podChains.set(id, made);
    return made;
  }

  private policyChainsOf(policy: PolicyState, family: Family): readonly RuleChain[] {
    const made = policy.chains.get(family) ?? policyChains(policy, family);
    policy.chains.set(family, made);
    return made;
  }
}

function addTo<T>(index: Map<string, Set<T>>, key: string, value: T): void {
  const known = index.get(key);
  if (known === undefined) index.set(key, new Set([value]));
  else known.add(value);
}

function sameChain(a: RuleChain | undefined, b: RuleChain): boolean {
  if (a === b) return true;
  if (a === undefined || a.rules.length !== b.rules.length) return false;
  return dataText(a.rules) === dataText(b.rules);
}

/** Plain data as text, to compare it. */
function dataText(data: unknown): string {
  return JSON.stringify(data, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}
