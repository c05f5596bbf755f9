import type { KubeNode, Pod } from '../../contract/kube.js';
import { parseAmount } from '../../kube/quantity.js';
import { HostPorts } from './host-ports.js';
import { PodTally } from './pod-tally.js';
import { type Amounts, type PodRequest, podRequest } from './resources.js';

/** A node as the scheduler sees it, kept up to date with every pod that comes and goes. */
export interface NodeState {
  readonly name: string;
  node: KubeNode;
  allocatable: Amounts;
  readonly requested: Map<string, number>;
  scoredCpu: number;
  scoredMemory: number;
  podCount: number;
  readonly ports: HostPorts;
}

interface Placed {
  readonly pod: Pod;
  readonly request: PodRequest;
  readonly state: NodeState | undefined;
}

const DEFAULT_MAX_PODS = 110;

/** The scheduler's picture of the cluster: nodes, what is placed on them, and counts of pods by selector. */
export class ClusterState {
  private readonly byName = new Map<string, NodeState>();
  private readonly placed = new Map<string, Placed>();
  private ordered: readonly NodeState[] | undefined;
  readonly tally = new PodTally(() => this.placedPods());

  /** In order of name. */
  get nodes(): readonly NodeState[] {
    this.ordered ??= [...this.byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.ordered;
  }

  setNode(node: KubeNode): void {
    const { name } = node.metadata;
    const known = this.byName.get(name);
    if (known !== undefined) {
      if (known.node.status?.allocatable !== node.status?.allocatable) {
        known.allocatable = allocatableOf(node);
      }
      known.node = node;
      return;
    }
    const state: NodeState = {
      name,
      node,
      allocatable: allocatableOf(node),
      requested: new Map(),
      scoredCpu: 0,
      scoredMemory: 0,
      podCount: 0,
      ports: new HostPorts(),
    };
    this.byName.set(name, state);
    this.ordered = undefined;
    // Pods may have been bound before their node was known.
    for (const [uid, { pod }] of this.placed) {
      if (pod.spec.nodeName !== name) continue;
      this.removePod(uid);
      this.placePod(uid, pod);
    }
  }

  removeNode(name: string): void {
    this.byName.delete(name);
    this.ordered = undefined;
  }

  /** Counts a bound pod in; a pod that is known and has the same labels costs nothing. */
  placePod(uid: string, pod: Pod): void {
    const known = this.placed.get(uid);
    if (known !== undefined) {
      if (known.pod.metadata.labels === pod.metadata.labels && known.pod.spec === pod.spec) return;
      this.removePod(uid);
    }
    const state = this.byName.get(pod.spec.nodeName ?? '');
    const request = podRequest(pod);
    this.placed.set(uid, { pod, request, state });
    this.tally.add(pod);
    if (state !== undefined) charge(state, pod, request, 1);
  }

  /** Counts a pod out; true when it was in. */
  removePod(uid: string): boolean {
    const known = this.placed.get(uid);
    if (known === undefined) return false;
    this.placed.delete(uid);
    this.tally.remove(known.pod);
    if (known.state !== undefined) charge(known.state, known.pod, known.request, -1);
    return true;
  }

  private *placedPods(): Iterable<Pod> {
    for (const { pod } of this.placed.values()) yield pod;
  }
}

function charge(state: NodeState, pod: Pod, request: PodRequest, sign: 1 | -1): void {
  for (const [name, amount] of request.amounts) {
    state.requested.set(name, (state.requested.get(name) ?? 0) + sign * amount);
  }
  state.scoredCpu += sign * request.scoredCpu;
  state.scoredMemory += sign * request.scoredMemory;
  state.podCount += sign;
  if (sign === 1) state.ports.add(pod);
  else state.ports.remove(pod);
}

function allocatableOf(node: KubeNode): Amounts {
  const amounts = new Map<string, number>([['pods', DEFAULT_MAX_PODS]]);
  const list = node.status?.allocatable ?? node.status?.capacity ?? {};
  for (const [name, value] of Object.entries(list)) amounts.set(name, parseAmount(name, value));
  return amounts;
}
