import type { Pod } from '../../contract/kube.js';
import { ownField } from '../../kube/json.js';
import { findCondition } from '../conditions.js';
import { isReady } from './pod-state.js';

const COST_ANNOTATION = 'controller.kubernetes.io/pod-deletion-cost';
const PHASE_RANK: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * Pods in the order in which a ReplicaSet gives them up: unbound first, then pending, not ready, cheap to
 * delete, crowded on their node, ready for the shorter time, restarted more often, younger
 * (`ActivePodsWithRanks` in upstream's `controller_utils.go`). Name decides at last.
 *
 * Fidelity: times of readiness and creation are compared as they are, not by their logarithm.
 */
export function deletionOrder(pods: readonly Pod[]): readonly Pod[] {
  const perNode = new Map<string, number>();
  for (const { spec } of pods) {
    if (spec.nodeName !== undefined) {
      perNode.set(spec.nodeName, (perNode.get(spec.nodeName) ?? 0) + 1);
    }
  }
  const ranked = pods.map((pod) => ({
    pod,
    rank: [
      pod.spec.nodeName === undefined ? 0 : 1,
      ownField(PHASE_RANK, pod.status?.phase ?? 'Pending') ?? 0,
      isReady(pod) ? 1 : 0,
      Number(pod.metadata.annotations?.[COST_ANNOTATION] ?? 0),
      -(perNode.get(pod.spec.nodeName ?? '') ?? 0),
      isReady(pod) ? -readySinceMs(pod) : 0,
      -restarts(pod),
      -Date.parse(pod.metadata.creationTimestamp ?? '1970-01-01T00:00:00Z'),
    ],
  }));
  ranked.sort((a, b) => {
    for (const [index, left] of a.rank.entries()) {
      const difference = left - (b.rank[index] ?? 0);
      if (difference !== 0) return difference;
    }
    return a.pod.metadata.name < b.pod.metadata.name ? -1 : 1;
  });
  return ranked.map(({ pod }) => pod);
}

function readySinceMs(pod: Pod): number {
  const since = findCondition(pod.status?.conditions, 'Ready')?.lastTransitionTime;
  return since === undefined ? 0 : Date.parse(since);
}

function restarts(pod: Pod): number {
  let most = 0;
  for (const { restartCount } of pod.status?.containerStatuses ?? []) {
    most = Math.max(most, restartCount);
  }
  return most;
}
