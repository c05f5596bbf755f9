/** How many replicas each ReplicaSet of a Deployment is to have next; pure. */

import type { Deployment, IntOrString, ReplicaSet } from '../../contract/kube.js';
import { byAge, DESIRED_REPLICAS, MAX_REPLICAS, replicasOf, statusSum } from './replica-sets.js';

/** A ReplicaSet and the replicas it is to have. */
export interface Scaling {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

/** A number, or a percentage of `total`, rounded as upstream does for the field. */
export function resolveIntOrPercent(
  value: IntOrString | undefined,
  total: number,
  round: 'up' | 'down',
): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  if (!value.endsWith('%')) return Number.parseInt(value, 10) || 0;
  const part = (Number.parseInt(value, 10) * total) / 100;
  return round === 'up' ? Math.ceil(part) : Math.floor(part);
}

/** How far a rolling update may leave the wanted number, up and down (`ResolveFenceposts`). */
export function rollingBounds(deployment: Deployment): {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
} {
  const { strategy, replicas: wanted = 1 } = deployment.spec;
  if (strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy?.rollingUpdate ?? {};
  const surge = resolveIntOrPercent(maxSurge, wanted, 'up');
  const unavailable = resolveIntOrPercent(maxUnavailable, wanted, 'down');
  // Both at 0 would never move.
  if (surge === 0 && unavailable === 0) return { maxSurge: 0, maxUnavailable: 1 };
  return { maxSurge: surge, maxUnavailable: Math.min(unavailable, wanted) };
}

/** Replicas of the new set in a rolling update (`NewRSNewReplicas`). */
export function newSetReplicas(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
): number {
  const { replicas: wanted = 1, strategy } = deployment.spec;
  if (strategy?.type === 'Recreate') return wanted;
  const current = replicasOf(all);
  const limit = wanted + rollingBounds(deployment).maxSurge;
  const has = newSet?.spec.replicas ?? 0;
  if (current >= limit) return has;
  return has + Math.min(limit - current, Math.max(0, wanted - has));
}

/** The next steps down for the old sets: those that never came up first, then as availability allows. */
export function oldSetsDown(
  deployment: Deployment,
  old: readonly ReplicaSet[],
  newSet: ReplicaSet,
): readonly Scaling[] {
  const { replicas: wanted = 1 } = deployment.spec;
  if (replicasOf(old) === 0) return [];
  const all = [...old, newSet];
  const minAvailable = wanted - rollingBounds(deployment).maxUnavailable;
  const newUnavailable = (newSet.spec.replicas ?? 0) - (newSet.status?.availableReplicas ?? 0);
  const total = replicasOf(all);
  const allowed = total - minAvailable - newUnavailable;
  if (allowed <= 0) return [];
  const replicas = new Map(old.map((set) => [set, set.spec.replicas ?? 0]));
  let cleaned = 0;
  for (const set of byAge(old)) {
    const has = replicas.get(set) ?? 0;
    const unhealthy = Math.min(allowed - cleaned, has - (set.status?.availableReplicas ?? 0));
    if (unhealthy <= 0) continue;
    replicas.set(set, has - unhealthy);
    cleaned += unhealthy;
  }
  let surplus = statusSum(all, 'availableReplicas') - minAvailable;
  surplus = Math.min(surplus, total - cleaned - minAvailable - newUnavailable);
  for (const set of byAge(old)) {
    if (surplus <= 0) break;
    const has = replicas.get(set) ?? 0;
    const step = Math.min(has, surplus);
    replicas.set(set, has - step);
    surplus -= step;
  }
  return [...replicas]
    .map(([set, next]) => ({ set, replicas: next }))
    .filter((step) => step.replicas !== (step.set.spec.replicas ?? 0));
}

/** Whether the wanted number changed since the sets were last scaled (`isScalingEvent`). */
export function isScaling(deployment: Deployment, all: readonly ReplicaSet[]): boolean {
  return all.some((set) => {
    const noted = set.metadata.annotations?.[DESIRED_REPLICAS];
    return (
      (set.spec.replicas ?? 0) > 0 &&
      noted !== undefined &&
      Number(noted) !== (deployment.spec.replicas ?? 1)
    );
  });
}

/**
 * Spreads a change of the wanted number over the sets by their size (upstream `scale`). Names every active set, so
 * that each has the new number noted even when its own stays.
 */
export function proportional(
  deployment: Deployment,
  all: readonly ReplicaSet[],
): readonly Scaling[] {
  const wanted = deployment.spec.replicas ?? 1;
  const active = all.filter((set) => (set.spec.replicas ?? 0) > 0);
  const [only, second] = active;
  if (only !== undefined && second === undefined) {
    return [{ set: only, replicas: wanted }];
  }
  if (deployment.spec.strategy?.type === 'Recreate') {
    return active.map((set) => ({ set, replicas: set.spec.replicas ?? 0 }));
  }
  const total = replicasOf(active);
  const allowed = wanted > 0 ? wanted + rollingBounds(deployment).maxSurge : 0;
  const toAdd = allowed - total;
  const ordered = byAge(active).toSorted(
    (a, b) => (b.spec.replicas ?? 0) - (a.spec.replicas ?? 0) || (toAdd > 0 ? -1 : 1),
  );
  let added = 0;
  const next = ordered.map((set) => {
    const has = set.spec.replicas ?? 0;
    const share = toAdd === 0 ? 0 : shareOf(set, has, allowed, total, toAdd, added);
    added += share;
    return { set, replicas: has + share };
  });
  const [largest, ...rest] = next;
  if (largest === undefined) return [];
  const left = toAdd - added;
  return [{ set: largest.set, replicas: Math.max(0, largest.replicas + left) }, ...rest];
}

function shareOf(
  set: ReplicaSet,
  has: number,
  ...[allowed, total, toAdd, added]: readonly [number, number, number, number]
): number {
  const before = Number(set.metadata.annotations?.[MAX_REPLICAS] ?? total) || total;
  const share = Math.round((has * allowed) / before) - has;
  const room = toAdd - added;
  return toAdd > 0 ? Math.min(share, room) : Math.max(share, room);
}
