/** PodDisruptionBudgets: how many pods may be disturbed now (upstream `pkg/controller/disruption`). */

import type { Condition, IntOrString, KubeObject, LabelSelector, Pod } from '../contract/kube.js';
import { scaledUp } from '../kube/int-or-percent.js';
import { asObject, deepEqual } from '../kube/json.js';
import { labelSelectorMatcher, selectorText } from '../kube/label-selector.js';
import { withCondition } from './conditions.js';
import { type ControlContext, type Controller, queueKey, splitQueueKey } from './context.js';
import { startController } from './controller.js';
import { controllerOf, isReady } from './pod/pod-state.js';
import type { SyncOutcome, WorkQueue } from './work-queue.js';

const BUDGETS = 'policy/poddisruptionbudgets';
const COMPONENT = 'controllermanager';
/** How long an approved eviction may take to become a deletion. */
const DELETION_TIMEOUT_SECONDS = 120;

/** Starts the controller of PodDisruptionBudgets. */
export function startDisruptionController(context: ControlContext): Controller {
  const { store } = context.client;
  const concerned = (pod: Pod) =>
    store
      .list(BUDGETS, pod.metadata.namespace)
      .filter((budget) => selects(budget)(pod.metadata.labels))
      .map(queueKey);
  return startController({
    context,
    wakes: {
      '*': ({ type, resource, object }) =>
        resource === BUDGETS && type !== 'DELETED' ? [queueKey(object)] : [],
      pods: ({ object, previous }) => [
        ...concerned(object),
        ...(previous === undefined || previous.metadata.labels === object.metadata.labels
          ? []
          : concerned(previous)),
      ],
    },
    initial: () => store.list(BUDGETS).map(queueKey),
    sync: (key, queue) => sync(context, key, queue),
  });
}

/** Nothing without a selector; everything with an empty one. */
function selects({ spec }: KubeObject): (labels: Pod['metadata']['labels']) => boolean {
  const selector = asObject(spec)?.selector as LabelSelector | undefined;
  return selector === undefined ? () => false : labelSelectorMatcher(selector);
}

function sync(context: ControlContext, key: string, queue: WorkQueue): SyncOutcome {
  const { store } = context.client;
  const budget = store.get(BUDGETS, ...splitQueueKey(key));
  if (budget === undefined) return 'done';
  const matches = selects(budget);
  const pods = store
    .list('pods', budget.metadata.namespace)
    .filter(({ metadata }) => matches(metadata.labels));
  const say = (type: 'Normal' | 'Warning', reason: string, message: string) =>
    context.recorder.record(budget, { type, reason, message, component: COMPONENT });
  if (pods.length === 0) say('Normal', 'NoPods', 'No matching pods found');
  const wanted = expectedPods(context, budget, pods);
  if (!wanted.ok) {
    const message = `Failed to calculate the number of expected pods: ${wanted.message}`;
    say('Warning', 'CalculateExpectedPodCountFailed', message);
    return failSafe(context, budget, wanted.message);
  }
  if (wanted.unmanaged) {
    const selector = selectorText(asObject(budget.spec)?.selector);
    const message = `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
    say('Warning', 'UnmanagedPods', message);
  }
  const disrupted = stillDisrupted(context, budget, pods);
  const [soonest] = Object.values(disrupted)
    .map((since) => context.time.untilNs(since, DELETION_TIMEOUT_SECONDS))
    .sort((a, b) => a - b);
  if (soonest !== undefined) queue.addAfter(key, soonest + 1);
  const healthy = pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      disrupted[pod.metadata.name] === undefined &&
      isReady(pod),
  ).length;
  return writeStatus(context, budget, { healthy, ...wanted, disrupted });
}

type Expected =
  | {
      readonly ok: true;
      readonly expected: number;
      readonly desired: number;
      readonly unmanaged: boolean;
    }
  | { readonly ok: false; readonly message: string };

function expectedPods(context: ControlContext, budget: KubeObject, pods: readonly Pod[]): Expected {
  const spec = asObject(budget.spec) ?? {};
  const maxUnavailable = spec.maxUnavailable as IntOrString | undefined;
  const minAvailable = spec.minAvailable as IntOrString | undefined;
  if (maxUnavailable === undefined && typeof minAvailable !== 'string') {
    return { ok: true, expected: pods.length, desired: minAvailable ?? 0, unmanaged: false };
  }
  const scale = totalScale(context, pods);
  if (!scale.ok) return scale;
  const { expected, unmanaged } = scale;
  const share = scaledUp(maxUnavailable ?? minAvailable ?? 0, expected) ?? 0;
  const desired = maxUnavailable === undefined ? share : Math.max(0, expected - share);
  return { ok: true, expected, desired, unmanaged };
}

type Scale =
  | { readonly ok: true; readonly expected: number; readonly unmanaged: boolean }
  | { readonly ok: false; readonly message: string };

/** What the controllers of some pods want together, each counted once. */
function totalScale(context: ControlContext, pods: readonly Pod[]): Scale {
  const scales = new Map<string, number>();
  const seen = new Set<string>();
  let unmanaged = false;
  for (const pod of pods) {
    const owner = controllerOf(pod);
    unmanaged ||= owner === undefined;
    if (owner === undefined || seen.has(owner.uid)) continue;
    seen.add(owner.uid);
    const scaled = scaledOwner(context, owner, pod.metadata.namespace);
    if (scaled === undefined) {
      return { ok: false, message: `found no controllers for pod "${pod.metadata.name}"` };
    }
    if (typeof scaled === 'string') return { ok: false, message: scaled };
    scales.set(scaled.metadata.uid ?? '', Number(asObject(scaled.spec)?.replicas ?? 1));
  }
  const expected = [...scales.values()].reduce((sum, replicas) => sum + replicas, 0);
  return { ok: true, expected, unmanaged };
}

const SCALED: Readonly<Record<string, string>> = {
  Deployment: 'apps/deployments',
  ReplicaSet: 'apps/replicasets',
  ReplicationController: 'replicationcontrollers',
  StatefulSet: 'apps/statefulsets',
};
const UNSCALED: Readonly<Record<string, string>> = {
  DaemonSet: 'daemonsets.apps',
  Job: 'jobs.batch',
};

/** The object that says how many pods there are to be: a Deployment rather than its ReplicaSet. */
function scaledOwner(
  context: ControlContext,
  { kind, name, uid }: { readonly kind: string; readonly name: string; readonly uid: string },
  namespace: string | undefined,
): KubeObject | string | undefined {
  const without = UNSCALED[kind];
  if (without !== undefined) return `${without} does not implement the scale subresource`;
  const found = context.client.store.get(SCALED[kind] ?? '', namespace, name);
  if (found === undefined || found.metadata.uid !== uid) return undefined;
  const above = kind === 'ReplicaSet' ? controllerOf(found) : undefined;
  return above === undefined ? found : (scaledOwner(context, above, namespace) ?? found);
}

/** Approved evictions whose pods are there and not going yet, within the time they have. */
function stillDisrupted(
  context: ControlContext,
  budget: KubeObject,
  pods: readonly Pod[],
): Readonly<Record<string, string>> {
  const approved = asObject(asObject(budget.status)?.disruptedPods) ?? {};
  const left: Record<string, string> = {};
  for (const pod of pods) {
    const since = approved[pod.metadata.name];
    if (typeof since !== 'string' || pod.metadata.deletionTimestamp !== undefined) continue;
    if (context.time.untilNs(since, DELETION_TIMEOUT_SECONDS) > 0) left[pod.metadata.name] = since;
    else {
      const { namespace, name } = budget.metadata;
      const message = `Pod was expected by PDB ${namespace}/${name} to be deleted but it wasn't`;
      context.recorder.record(pod, {
        type: 'Warning',
        reason: 'NotDeleted',
        message,
        component: COMPONENT,
      });
    }
  }
  return left;
}

function writeStatus(
  context: ControlContext,
  budget: KubeObject,
  counts: {
    readonly healthy: number;
    readonly desired: number;
    readonly expected: number;
    readonly disrupted: Readonly<Record<string, string>>;
  },
): SyncOutcome {
  const { healthy, desired, expected, disrupted } = counts;
  const spare = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  const generation = budget.metadata.generation ?? 0;
  const condition: Condition = {
    type: 'DisruptionAllowed',
    status: spare > 0 ? 'True' : 'False',
    reason: spare > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration: generation,
  };
  const status = {
    conditions: withCondition(conditionsOf(budget), condition, context.time.now()),
    currentHealthy: healthy,
    desiredHealthy: desired,
    ...(Object.keys(disrupted).length === 0 ? {} : { disruptedPods: disrupted }),
    disruptionsAllowed: spare,
    expectedPods: expected,
    observedGeneration: generation,
  };
  if (deepEqual(status, budget.status)) return 'done';
  return context.client.updateStatus(BUDGETS, { ...budget, status }).ok ? 'done' : 'retry';
}

/** Where nothing can be counted, nothing is allowed. */
function failSafe(context: ControlContext, budget: KubeObject, message: string): SyncOutcome {
  const current = asObject(budget.status) ?? {};
  const observedGeneration = Number(current.observedGeneration ?? 0);
  const condition: Condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    reason: 'SyncFailed',
    message,
    observedGeneration,
  };
  const conditions = withCondition(conditionsOf(budget), condition, context.time.now());
  const counts = { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  const status = { ...counts, ...current, disruptionsAllowed: 0, conditions };
  if (deepEqual(status, budget.status)) return 'done';
  return context.client.updateStatus(BUDGETS, { ...budget, status }).ok ? 'done' : 'retry';
}

function conditionsOf({ status }: KubeObject): readonly Condition[] | undefined {
  return asObject(status)?.conditions as readonly Condition[] | undefined;
}
