/** The status of a Deployment and what it says of progress; pure. */

import type { Condition, Deployment, ReplicaSet } from '../../contract/kube.js';
import type { WallTime } from '../../kube/wall-time.js';
import { findCondition, withCondition, withoutCondition } from '../conditions.js';
import { replicasOf, statusSum } from './replica-sets.js';
import { rollingBounds } from './rolling.js';

type Status = NonNullable<Deployment['status']>;

/** Counts of the sets, with the Available condition. */
export function countStatus(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  now: string,
): Status {
  const available = statusSum(all, 'availableReplicas');
  const unavailable = Math.max(0, replicasOf(all) - available);
  const enough =
    available >= (deployment.spec.replicas ?? 1) - rollingBounds(deployment).maxUnavailable;
  const replicas = statusSum(all, 'replicas');
  const updated = newSet?.status?.replicas ?? 0;
  const ready = statusSum(all, 'readyReplicas');
  const failure = [...(newSet === undefined ? [] : [newSet]), ...all]
    .map((set) => findCondition(set.status?.conditions, 'ReplicaFailure'))
    .find((condition) => condition !== undefined);
  const base = withCondition(
    deployment.status?.conditions,
    enough
      ? {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        },
    now,
  );
  const { collisionCount } = deployment.status ?? {};
  return {
    ...(deployment.metadata.generation === undefined
      ? {}
      : { observedGeneration: deployment.metadata.generation }),
    ...positive('replicas', replicas),
    ...positive('updatedReplicas', updated),
    ...positive('readyReplicas', ready),
    ...positive('availableReplicas', available),
    ...positive('unavailableReplicas', unavailable),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions:
      failure === undefined
        ? withoutCondition(base, 'ReplicaFailure')
        : withCondition(base, failure, now),
  };
}

function positive(field: string, value: number): Record<string, number> {
  return value === 0 ? {} : { [field]: value };
}

/** Whether the roll-out is over (`DeploymentComplete`). */
export function isComplete(deployment: Deployment, status: Status): boolean {
  const wanted = deployment.spec.replicas ?? 1;
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted
  );
}

/** The Progressing condition that follows from a status (upstream `syncRolloutStatus`). */
export function progress(options: {
  readonly deployment: Deployment;
  readonly status: Status;
  readonly newSet: ReplicaSet | undefined;
  readonly time: WallTime;
}): readonly Condition[] {
  const { deployment, status, newSet, time } = options;
  const { progressDeadlineSeconds = 600 } = deployment.spec;
  const conditions = status.conditions ?? [];
  const current = findCondition(conditions, 'Progressing');
  const about =
    newSet === undefined
      ? `Deployment "${deployment.metadata.name}"`
      : `ReplicaSet "${newSet.metadata.name}"`;
  const settled =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) &&
    current?.reason === 'NewReplicaSetAvailable';
  if (settled) return conditions;
  const now = time.now();
  if (isComplete(deployment, status)) {
    return withCondition(
      conditions,
      {
        type: 'Progressing',
        status: 'True',
        reason: 'NewReplicaSetAvailable',
        message: `${about} has successfully progressed.`,
        lastUpdateTime: now,
      },
      now,
    );
  }
  if (hasProgressed(deployment, status)) {
    const rest = withoutCondition(conditions, 'Progressing');
    return [
      ...rest,
      {
        type: 'Progressing',
        status: 'True',
        reason: 'ReplicaSetUpdated',
        message: `${about} is progressing.`,
        lastUpdateTime: now,
        lastTransitionTime: current?.status === 'True' ? (current.lastTransitionTime ?? now) : now,
      },
    ];
  }
  if (current === undefined || current.reason === 'NewReplicaSetAvailable') return conditions;
  const since = current.lastUpdateTime ?? current.lastTransitionTime ?? now;
  if (time.untilNs(since, progressDeadlineSeconds) > 0) return conditions;
  return withCondition(
    conditions,
    {
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `${about} has timed out progressing.`,
      lastUpdateTime: now,
    },
    now,
  );
}

function hasProgressed(deployment: Deployment, next: Status): boolean {
  const before = deployment.status ?? {};
  const old = (status: Status) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (next.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(next) < old(before) ||
    (next.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (next.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}
