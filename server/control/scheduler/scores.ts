/** The scores of the default scheduler with their default weights, 0 to 100 each before weighing. */

import type { Pod } from '../../contract/kube.js';
import { matchesTerm } from '../../kube/node-affinity.js';
import { tolerates } from '../../kube/taints.js';
import type { NodeState } from './cluster-state.js';
import type { FilterContext } from './filters.js';
import { preferredInterPod } from './inter-pod-affinity.js';
import { type PodRequest, podRequest } from './resources.js';
import { crowding } from './topology-spread.js';

/** Plugins that score, with their weights, in the order of a report's numbers. */
export const SCORE_PLUGINS = [
  { plugin: 'TaintToleration', weight: 3 },
  { plugin: 'NodeAffinity', weight: 2 },
  { plugin: 'NodeResourcesFit', weight: 1 },
  { plugin: 'PodTopologySpread', weight: 2 },
  { plugin: 'InterPodAffinity', weight: 2 },
  { plugin: 'NodeResourcesBalancedAllocation', weight: 1 },
] as const;

const MAX = 100;

/** Scores of the nodes, weighed: row after row, one per node with one number per plugin. */
export function scoreNodes(
  context: Pick<FilterContext, 'pod' | 'cluster' | 'namespaceLabels'>,
  feasible: readonly NodeState[],
): Uint16Array {
  const { pod } = context;
  const request = podRequest(pod);
  const width = SCORE_PLUGINS.length;
  const rows = new Uint16Array(feasible.length * width);
  const columns: readonly (readonly number[] | undefined)[] = [
    fewest(feasible.map((state) => intolerable(pod, state))),
    most(preferredNodes(pod, feasible)),
    feasible.map((state) => leastAllocated(state, request)),
    spread(context, feasible),
    between(preferredInterPod(context), feasible),
    feasible.map((state) => balanced(state, request)),
  ];
  for (const [plugin, column] of columns.entries()) {
    const weight = SCORE_PLUGINS[plugin]?.weight ?? 1;
    if (column === undefined) continue;
    for (let index = 0; index < column.length; index++) {
      rows[index * width + plugin] = Math.trunc(column[index] ?? 0) * weight;
    }
  }
  return rows;
}

/** Taints of `PreferNoSchedule` that the pod does not tolerate. */
function intolerable({ spec }: Pod, { node }: NodeState): number {
  let count = 0;
  for (const taint of node.spec.taints ?? []) {
    if (taint.effect !== 'PreferNoSchedule') continue;
    if (!spec.tolerations?.some((toleration) => tolerates(toleration, taint))) count++;
  }
  return count;
}

function preferredNodes(pod: Pod, feasible: readonly NodeState[]): readonly number[] | undefined {
  const preferred =
    pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
  if (preferred === undefined || preferred.length === 0) return undefined;
  return feasible.map(({ node }) =>
    preferred.reduce(
      (sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0),
      0,
    ),
  );
}

function leastAllocated(state: NodeState, request: PodRequest): number {
  const free = (used: number, has: number) =>
    has === 0 || used > has ? 0 : ((has - used) * MAX) / has;
  const cpu = free(state.scoredCpu + request.scoredCpu, state.allocatable.get('cpu') ?? 0);
  const memory = free(
    state.scoredMemory + request.scoredMemory,
    state.allocatable.get('memory') ?? 0,
  );
  return (Math.trunc(cpu) + Math.trunc(memory)) / 2;
}

function balanced(state: NodeState, request: PodRequest): number {
  const part = (used: number, has: number) => (has === 0 ? 0 : Math.min(1, used / has));
  const cpu = part(
    (state.requested.get('cpu') ?? 0) + (request.amounts.get('cpu') ?? 0),
    state.allocatable.get('cpu') ?? 0,
  );
  const memory = part(
    (state.requested.get('memory') ?? 0) + (request.amounts.get('memory') ?? 0),
    state.allocatable.get('memory') ?? 0,
  );
  return (1 - Math.abs(cpu - memory) / 2) * MAX;
}

function spread(
  context: Pick<FilterContext, 'pod' | 'cluster'>,
  feasible: readonly NodeState[],
): readonly number[] | undefined {
  const crowd = crowding(context, feasible);
  if (crowd === undefined) return undefined;
  const scores = feasible.map(crowd);
  const highest = Math.max(...scores);
  const lowest = Math.min(...scores);
  if (highest === 0) return scores.map(() => MAX);
  return scores.map((score) => (MAX * (highest + lowest - score)) / highest);
}

function between(
  score: ((state: NodeState) => number) | undefined,
  feasible: readonly NodeState[],
): readonly number[] | undefined {
  if (score === undefined) return undefined;
  const scores = feasible.map(score);
  const lowest = Math.min(...scores);
  const range = Math.max(...scores) - lowest;
  return scores.map((one) => (range === 0 ? 0 : (MAX * (one - lowest)) / range));
}

/** The greatest becomes 100. */
function most(scores: readonly number[] | undefined): readonly number[] | undefined {
  if (scores === undefined) return undefined;
  const highest = Math.max(...scores);
  return scores.map((score) => (highest === 0 ? 0 : (MAX * score) / highest));
}

/** None becomes 100, the greatest 0. */
function fewest(scores: readonly number[]): readonly number[] {
  const highest = Math.max(...scores);
  return scores.map((score) => (highest === 0 ? MAX : MAX - (MAX * score) / highest));
}
