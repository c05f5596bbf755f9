/** Evicting a pod as its PodDisruptionBudget allows (upstream `pkg/registry/core/pod/storage/eviction.go`). */

import type { Condition, KubeObject, LabelSelector, Pod, Status } from '../contract/kube.js';
import { asObject } from '../kube/json.js';
import { labelSelectorMatcher } from '../kube/label-selector.js';
import type { ObjectStore } from '../store/store.js';
import { failureStatus } from './status.js';

const BUDGETS = 'policy/poddisruptionbudgets';
/** Approved evictions that the controller has not seen yet; beyond so many no more are approved. */
const MAX_DISRUPTED_PODS = 2000;
const RETRY_SECONDS = 10;

/** What a budget says to an eviction. */
export type EvictionVerdict =
  /** No; the refusal. */
  | { readonly kind: 'refused'; readonly status: Status }
  /** Yes; with the budget as it is afterwards, unless the eviction costs it nothing. */
  | { readonly kind: 'allowed'; readonly charged?: KubeObject };

/** Asks the pod's budget. */
export function askBudget(store: ObjectStore, pod: Pod, now: string): EvictionVerdict {
  if (needsNoBudget(pod)) return { kind: 'allowed' };
  const [budget, other] = budgetsOf(store, pod);
  if (budget === undefined) return { kind: 'allowed' };
  if (other !== undefined) {
    const message =
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    return { kind: 'refused', status: failureStatus({ code: 500, reason: '', message }) };
  }
  return isReady(pod) || !mayGoUnready(budget) ? charge(budget, pod, now) : { kind: 'allowed' };
}

/** The pod with the condition that says why it goes. */
export function markedForEviction(pod: Pod, now: string): Pod {
  const condition: Condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: now,
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type);
  return { ...pod, status: { ...pod.status, conditions: [...others, condition] } };
}

/** Pods that have ended, have not begun or are going disturb nobody. */
function needsNoBudget({ metadata, status }: Pod): boolean {
  const phase = status?.phase ?? 'Pending';
  return metadata.deletionTimestamp !== undefined || phase !== 'Running';
}

function budgetsOf(store: ObjectStore, { metadata }: Pod): readonly KubeObject[] {
  return store.list(BUDGETS, metadata.namespace).filter((budget) => {
    const selector = asObject(budget.spec)?.selector as LabelSelector | undefined;
    return selector !== undefined && labelSelectorMatcher(selector)(metadata.labels);
  });
}

/** Whether a pod that is not ready may go without being counted. */
function mayGoUnready({ spec, status }: KubeObject): boolean {
  if (asObject(spec)?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy, desiredHealthy } = countsOf(status);
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

function charge(budget: KubeObject, pod: Pod, now: string): EvictionVerdict {
  const { name, generation = 0 } = budget.metadata;
  const status = asObject(budget.status) ?? {};
  const { allowed, currentHealthy, desiredHealthy, observedGeneration } = countsOf(status);
  if (observedGeneration < generation) {
    const cause = `The disruption budget ${name} is still being processed by the server.`;
    return { kind: 'refused', status: tooMany(cause, RETRY_SECONDS) };
  }
  const disrupted = asObject(status.disruptedPods) ?? {};
  if (Object.keys(disrupted).length > MAX_DISRUPTED_PODS) {
    const text = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';
    return { kind: 'refused', status: forbiddenBudget(name, text) };
  }
  if (allowed < 0) {
    return {
      kind: 'refused',
      status: forbiddenBudget(name, 'pdb disruptions allowed is negative'),
    };
  }
  if (allowed === 0) {
    const cause = `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
    return { kind: 'refused', status: tooMany(cause, 0) };
  }
  const charged = {
    ...budget,
    status: {
      ...status,
      disruptionsAllowed: allowed - 1,
      disruptedPods: { ...disrupted, [pod.metadata.name]: now },
    },
  };
  return { kind: 'allowed', charged };
}

function countsOf(status: unknown) {
  const given = asObject(status) ?? {};
  const count = (field: string) => (typeof given[field] === 'number' ? given[field] : 0);
  return {
    allowed: count('disruptionsAllowed'),
    currentHealthy: count('currentHealthy'),
    desiredHealthy: count('desiredHealthy'),
    observedGeneration: count('observedGeneration'),
  };
}

function tooMany(cause: string, retryAfterSeconds: number): Status {
  return failureStatus({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [{ reason: 'DisruptionBudget', message: cause }],
      ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
    },
  });
}

function forbiddenBudget(name: string, why: string): Status {
  return failureStatus({
    code: 403,
    reason: 'Forbidden',
    message: `poddisruptionbudget.policy "${name}" is forbidden: ${why}`,
    details: { name, group: 'policy', kind: 'poddisruptionbudget' },
  });
}

function isReady(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );
}
