import type { Pod } from '../../contract/kube.js';
import type { ClusterState, NodeState } from './cluster-state.js';
import { filtersFor, type Rejection } from './filters.js';
import type { NamespaceLabels } from './inter-pod-affinity.js';
import { SCORE_PLUGINS, scoreNodes } from './scores.js';

const MIN_FEASIBLE = 100;
const MIN_PERCENT = 5;
const NO_SCORES = new Uint16Array();

/** What came of looking for a node. */
export interface Choice {
  readonly chosen: NodeState | undefined;
  /** The nodes looked at, in that order. */
  readonly looked: readonly NodeState[];
  /** By position in `looked`. */
  readonly rejections: readonly (Rejection | undefined)[];
  /** One row of `SCORE_PLUGINS` per node that passed, in order; empty when at most one did. */
  readonly scores: Uint16Array;
}

/** How many feasible nodes are enough (`numFeasibleNodesToFind`). */
export function enoughNodes(nodes: number): number {
  if (nodes < MIN_FEASIBLE) return nodes;
  const percent = Math.max(MIN_PERCENT, 50 - Math.floor(nodes / 125));
  return Math.max(MIN_FEASIBLE, Math.floor((nodes * percent) / 100));
}

/** Filters nodes from `startAt` on, round robin, until enough pass; then scores, and draws among the best. */
export function chooseNode(options: {
  readonly pod: Pod;
  readonly cluster: ClusterState;
  readonly namespaceLabels: NamespaceLabels;
  readonly random: () => number;
  readonly startAt: number;
}): Choice {
  const { pod, cluster, namespaceLabels, random, startAt } = options;
  const { nodes } = cluster;
  const filters = filtersFor({ pod, cluster, namespaceLabels });
  const enough = enoughNodes(nodes.length);
  const looked: NodeState[] = [];
  const rejections: (Rejection | undefined)[] = [];
  const feasible: NodeState[] = [];
  for (let step = 0; step < nodes.length && feasible.length < enough; step++) {
    const state = nodes[(startAt + step) % nodes.length];
    if (state === undefined) continue;
    let rejection: Rejection | undefined;
    for (const filter of filters) {
      rejection = filter(state);
      if (rejection !== undefined) break;
    }
    if (rejection === undefined) feasible.push(state);
    looked.push(state);
    rejections.push(rejection);
  }
  if (feasible.length <= 1) {
    return { chosen: feasible[0], looked, rejections, scores: NO_SCORES };
  }
  const scores = scoreNodes({ pod, cluster, namespaceLabels }, feasible);
  const width = SCORE_PLUGINS.length;
  let best: NodeState[] = [];
  let highest = -1;
  for (const [index, state] of feasible.entries()) {
    let total = 0;
    for (let at = index * width; at < (index + 1) * width; at++) total += scores[at] ?? 0;
    if (total < highest) continue;
    if (total > highest) best = [];
    highest = total;
    best.push(state);
  }
  return { chosen: best[Math.floor(random() * best.length)], looked, rejections, scores };
}
