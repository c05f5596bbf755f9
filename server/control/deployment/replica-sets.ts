/** Which ReplicaSet is the new one, and which revision each is (upstream `pkg/controller/deployment/util`). */

import type { Deployment, PodTemplateSpec, ReplicaSet } from '../../contract/kube.js';
import { deepEqual } from '../../kube/json.js';

export const HASH_LABEL = 'pod-template-hash';
export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
export const CHANGE_CAUSE = 'kubernetes.io/change-cause';

/** Annotations of a Deployment that its ReplicaSets do not take over. */
const NOT_COPIED: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);

/** The revision of a ReplicaSet; 0 when it has none. */
export function revisionOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0);
}

/** A template with one label set, or taken away when `hash` is undefined. */
export function withHash(template: PodTemplateSpec, hash: string | undefined): PodTemplateSpec {
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
  return {
    ...template,
    metadata: {
      ...template.metadata,
      labels: hash === undefined ? labels : { ...labels, [HASH_LABEL]: hash },
    },
  };
}

/** The oldest ReplicaSet whose template is the Deployment's. */
export function findNew(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
): ReplicaSet | undefined {
  const wanted = comparable(deployment.spec.template);
  return byAge(sets).find((set) => deepEqual(comparable(set.spec.template), wanted));
}

function comparable(template: PodTemplateSpec): PodTemplateSpec {
  const bare = withHash(template, undefined);
  const metadata: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(bare.metadata ?? {})) {
    // Servers and clients differ in whether they write what is empty.
    if (value === null || value === undefined) continue;
    if (typeof value === 'object' && Object.keys(value).length === 0) continue;
    metadata[field] = value;
  }
  return { ...bare, metadata };
}

/** Oldest first, then by name. */
export function byAge(sets: readonly ReplicaSet[]): readonly ReplicaSet[] {
  return [...sets].sort((a, b) => {
    const [born, other] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
    if (born !== other) return born < other ? -1 : 1;
    return a.metadata.name < b.metadata.name ? -1 : 1;
  });
}

/** A Deployment's annotations that belong on its ReplicaSets. */
export function annotationsToCopy(deployment: Deployment): Record<string, string> {
  const copied: Record<string, string> = {};
  for (const [name, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!NOT_COPIED.has(name)) copied[name] = value;
  }
  return copied;
}

/** Wanted replicas of all sets together. */
export function replicasOf(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0);
}

/** One number of the sets' status, summed. */
export function statusSum(
  sets: readonly ReplicaSet[],
  field: 'replicas' | 'readyReplicas' | 'availableReplicas',
): number {
  return sets.reduce((sum, set) => sum + (set.status?.[field] ?? 0), 0);
}
