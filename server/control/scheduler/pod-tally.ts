import type { Pod, PodAffinityTerm } from '../../contract/kube.js';

/** How many pods of one kind are bound to each node. */
export type PerNode = ReadonlyMap<string, number>;

/** Decides whether a pod is of the kind that is counted. */
export type PodMatcher = (pod: Pod) => boolean;

/** A required anti-affinity term of bound pods, and where they are. */
export interface GuardedTerm {
  readonly term: PodAffinityTerm;
  /** The namespace of the pods that have the term. */
  readonly namespace: string;
  readonly perNode: Map<string, number>;
}

interface Counted {
  readonly matches: PodMatcher;
  readonly perNode: Map<string, number>;
}

const MAX_COUNTED = 2000;

/**
 * Counts of bound pods, by whatever the scheduler asked for before. The first question about a selector looks
 * at every pod; from then on its count follows the pods, so that spreading and affinity cost no scan.
 */
export class PodTally {
  private readonly pods: () => Iterable<Pod>;
  private readonly counted = new Map<string, Counted>();
  private readonly guarded = new Map<string, GuardedTerm>();

  constructor(pods: () => Iterable<Pod>) {
    this.pods = pods;
  }

  /** Counts per node of the pods that match; `key` must name the matcher uniquely. */
  count(key: string, matches: PodMatcher): PerNode {
    const known = this.counted.get(key);
    if (known !== undefined) return known.perNode;
    if (this.counted.size >= MAX_COUNTED) this.counted.clear();
    const counted: Counted = { matches, perNode: new Map() };
    for (const pod of this.pods()) tallyOne(counted, pod, 1);
    this.counted.set(key, counted);
    return counted.perNode;
  }

  /** The required anti-affinity terms of bound pods. */
  get guards(): Iterable<GuardedTerm> {
    return this.guarded.values();
  }

  add(pod: Pod): void {
    this.change(pod, 1);
  }

  remove(pod: Pod): void {
    this.change(pod, -1);
  }

  private change(pod: Pod, by: 1 | -1): void {
    for (const counted of this.counted.values()) tallyOne(counted, pod, by);
    const rules = pod.spec.affinity?.podAntiAffinity;
    for (const term of rules?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
      const namespace = pod.metadata.namespace ?? 'default';
      const key = `${namespace} ${JSON.stringify(term)}`;
      let guard = this.guarded.get(key);
      if (guard === undefined) {
        guard = { term, namespace, perNode: new Map() };
        this.guarded.set(key, guard);
      }
      shift(guard.perNode, pod.spec.nodeName ?? '', by);
      if (guard.perNode.size === 0) this.guarded.delete(key);
    }
  }
}

function tallyOne(counted: Counted, pod: Pod, by: 1 | -1): void {
  if (counted.matches(pod)) shift(counted.perNode, pod.spec.nodeName ?? '', by);
}

function shift(perNode: Map<string, number>, node: string, by: 1 | -1): void {
  const count = (perNode.get(node) ?? 0) + by;
  if (count <= 0) perNode.delete(node);
  else perNode.set(node, count);
}
