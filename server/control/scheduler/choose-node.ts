import type { Pod } from '../../contract/kube.js';
import type { ClusterState, NodeState } from './cluster-state.js';
import { filtersFor, type Rejection } from './filters.js';
import type { NamespaceLabels } from './inter-pod-affinity.js';
import { scoreNodes } from './scores.js';

const MIN_FEASIBLE = 100;
const MIN_PERCENT = 5;

/** What came of looking for a node. */
export interface Choice {
  readonly chosen: NodeState | undefined;
  /** The nodes looked at, in that order. */
  readonly looked: readonly NodeState[];
  /** By position in `looked`. */
  readonly rejections: readonly (Rejection | undefined)[];
  readonly scores: ReadonlyMap<number, Uint16Array>;
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
  const positions: number[] = [];
  for (let step = 0; step < nodes.length && feasible.length < enough; step++) {
    const state = nodes[(startAt + step) % nodes.length];
    if (state === undefined) continue;
    let rejection: Rejection | undefined;
    for (const filter of filters) {
      rejection = filter(state);
      if (rejection !== undefined) break;
    }
    if (rejection === undefined) {
      feasible.push(state);
      positions.push(looked.length);
    }
    looked.push(state);
    rejections.push(rejection);
  }
  const scores = new Map<number, Uint16Array>();
  if (feasible.length <= 1) return { chosen: feasible[0], looked, rejections, scores };
  let best: NodeState[] = [];
  let highest = -1;
  for (const [index, row] of scoreNodes({ pod, cluster, namespaceLabels }, feasible).entries()) {
    scores.set(positions[index] ?? 0, row);
    const total = row.reduce((sum, score) => sum + score, 0);
    const state = feasible[index];
    if (state === undefined || total < highest) continue;
    if (total > highest) best = [];
    highest = total;
    best.push(state);
  }
  return { chosen: best[Math.floor(random() * best.length)], looked, rejections, scores };
}
