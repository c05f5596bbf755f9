/**
 * Whether a PodDisruptionBudget lets a pod be evicted.
 *
 * Fidelity: budgets are counted at the time of the request from the pods that match, not kept in their status.
 */

import type { IntOrString, LabelSelector, Pod, Status } from '../contract/kube.js';
import { asObject } from '../kube/json.js';
import { labelSelectorMatcher } from '../kube/label-selector.js';
import type { ApiCore } from './core.js';
import { failureStatus } from './status.js';

/** The 429 of a pod that may not go now. */
export function evictionRefusal(core: ApiCore, pod: Pod): Status | undefined {
  if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return undefined;
  if (pod.metadata.deletionTimestamp !== undefined) return undefined;
  const { namespace } = pod.metadata;
  for (const budget of core.store.list('policy/poddisruptionbudgets', namespace)) {
    const spec = asObject(budget.spec) ?? {};
    const matches = labelSelectorMatcher(spec.selector as LabelSelector | undefined);
    if (!matches(pod.metadata.labels)) continue;
    const pods = core.store.list('pods', namespace).filter((one) => matches(one.metadata.labels));
    const healthy = pods.filter(isHealthy).length;
    const needed = neededHealthy(spec, pods.length);
    if (isHealthy(pod) ? healthy - 1 >= needed : healthy >= needed) continue;
    return refusal(budget.metadata.name, healthy, needed);
  }
  return undefined;
}

function refusal(name: string, healthy: number, needed: number): Status {
  return failureStatus({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${name} needs ${needed} healthy pods and has ${healthy} currently`,
        },
      ],
    },
  });
}

function isHealthy(pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  return (pod.status?.conditions ?? []).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );
}

function neededHealthy(spec: Readonly<Record<string, unknown>>, total: number): number {
  if (spec.maxUnavailable !== undefined)
    return Math.max(0, total - scaled(spec.maxUnavailable as IntOrString, total));
  return scaled((spec.minAvailable as IntOrString | undefined) ?? 1, total);
}

function scaled(value: IntOrString, total: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * total) / 100);
}
