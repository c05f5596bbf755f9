/** What controllers ask of a pod (upstream `pkg/api/v1/pod`, `pkg/controller`). */

import type { KubeObject, OwnerReference, Pod } from '../../contract/kube.js';
import type { WallTime } from '../../kube/wall-time.js';
import { findCondition } from '../conditions.js';

/** Whether the pod's Ready condition is True. */
export function isReady(pod: Pod): boolean {
  return findCondition(pod.status?.conditions, 'Ready')?.status === 'True';
}

/** Whether the pod has been ready for at least some seconds. */
export function isAvailable(pod: Pod, minReadySeconds: number, time: WallTime): boolean {
  return isReady(pod) && availableInNs(pod, minReadySeconds, time) <= 0;
}

/** Nanoseconds until a ready pod is available; 0 or less when it is. */
export function availableInNs(pod: Pod, minReadySeconds: number, time: WallTime): number {
  if (minReadySeconds === 0) return 0;
  const since = findCondition(pod.status?.conditions, 'Ready')?.lastTransitionTime;
  return since === undefined ? 0 : time.untilNs(since, minReadySeconds);
}

/** Whether the pod has ended for good. */
export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Whether the pod counts for its controller: not ended and not being deleted. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** The owner that manages the object. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

/** A reference that makes `owner` the manager of what carries it. */
export function controllerReference(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}
