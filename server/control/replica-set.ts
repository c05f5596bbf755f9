/** ReplicaSets and ReplicationControllers: as many pods as asked for (upstream `pkg/controller/replicaset`). */

import type {
  KubeObject,
  LabelSelector,
  Pod,
  PodTemplateSpec,
  ReplicaSet,
  ReplicationController,
} from '../contract/kube.js';
import { deepEqual } from '../kube/json.js';
import { labelSelectorMatcher } from '../kube/label-selector.js';
import type { WallTime } from '../kube/wall-time.js';
import { findCondition, withCondition, withoutCondition } from './conditions.js';
import { type ControlContext, type Controller, queueKey, splitQueueKey } from './context.js';
import { deletionOrder } from './pod/deletion-order.js';
import { claim, orphansIn } from './pod/owned.js';
import { OwnedPodCounts } from './pod/owned-counts.js';
import { createPod, deletePod } from './pod/pod-control.js';
import { availableInNs, controllerOf, isActive, isAvailable, isReady } from './pod/pod-state.js';
import { type SyncOutcome, WorkQueue } from './work-queue.js';

/** Upstream makes or deletes at most so many pods in one pass. */
const BURST_REPLICAS = 500;

type Replicated = ReplicaSet | ReplicationController;

interface Flavor {
  readonly resource: 'apps/replicasets' | 'replicationcontrollers';
  readonly kind: 'ReplicaSet' | 'ReplicationController';
  readonly component: string;
}

const REPLICA_SET: Flavor = {
  resource: 'apps/replicasets',
  kind: 'ReplicaSet',
  component: 'replicaset-controller',
};
const REPLICATION_CONTROLLER: Flavor = {
  resource: 'replicationcontrollers',
  kind: 'ReplicationController',
  component: 'replication-controller',
};

/** Starts the controller of ReplicaSets. */
export function startReplicaSetController(context: ControlContext): Controller {
  return start(context, REPLICA_SET);
}

/** Starts the controller of ReplicationControllers. */
export function startReplicationController(context: ControlContext): Controller {
  return start(context, REPLICATION_CONTROLLER);
}

function selectorOf(set: Replicated): LabelSelector {
  return set.kind === 'ReplicationController'
    ? { matchLabels: (set as ReplicationController).spec.selector ?? {} }
    : (set as ReplicaSet).spec.selector;
}

function start(context: ControlContext, flavor: Flavor): Controller {
  const { client, clock } = context;
  const { store } = client;
  const counts = new OwnedPodCounts(flavor.kind, store.list('pods'));
  const queue: WorkQueue = new WorkQueue({
    clock,
    sync: (key): SyncOutcome => sync({ context, flavor, counts, queue }, key),
  });

  function wake(pod: Pod): void {
    const owner = controllerOf(pod);
    if (owner !== undefined) {
      if (owner.kind === flavor.kind) queue.add(`${pod.metadata.namespace ?? ''}/${owner.name}`);
      return;
    }
    for (const set of store.list(flavor.resource, pod.metadata.namespace)) {
      if (labelSelectorMatcher(selectorOf(set))(pod.metadata.labels)) queue.add(queueKey(set));
    }
  }

  const ends = [
    store.watch(flavor.resource, ({ object }) => queue.add(queueKey(object))),
    store.watch('pods', (change) => {
      counts.take(change);
      const { type, object, previous } = change;
      if (previous !== undefined && controllerOf(previous)?.uid !== controllerOf(object)?.uid) {
        wake(previous);
      }
      // An orphan that goes concerns nobody.
      if (type !== 'DELETED' || controllerOf(object) !== undefined) wake(object);
    }),
  ];
  for (const set of store.list(flavor.resource)) queue.add(queueKey(set));
  return {
    get pendingWork() {
      return queue.pending;
    },
    stop() {
      for (const end of ends) end();
      queue.stop();
    },
  };
}

interface Parts {
  readonly context: ControlContext;
  readonly flavor: Flavor;
  readonly counts: OwnedPodCounts;
  readonly queue: WorkQueue;
}

function sync(parts: Parts, key: string): SyncOutcome {
  const { context, flavor, queue } = parts;
  const [namespace, name] = splitQueueKey(key);
  const set: Replicated | undefined = context.client.store.get(flavor.resource, namespace, name);
  if (set === undefined) return 'done';
  const complete = completeCounts(parts, set);
  if (complete !== undefined) {
    updateStatus({ context, flavor, set, counts: complete, failed: undefined });
    return 'done';
  }
  const claimed = claim({
    client: context.client,
    resource: 'pods',
    owner: set,
    selector: selectorOf(set),
  });
  const active = claimed.filter(isActive);
  const managed =
    set.metadata.deletionTimestamp === undefined
      ? manage(context, flavor, set, active)
      : { failed: undefined, more: false };
  // What was made or deleted just now counts from the next pass on, as upstream.
  updateStatus({
    context,
    flavor,
    set,
    counts: countPods(set, active, context.time),
    failed: managed.failed,
  });
  const minReady = set.spec.minReadySeconds ?? 0;
  if (minReady > 0) {
    const waits = active
      .filter((pod) => isReady(pod) && !isAvailable(pod, minReady, context.time))
      .map((pod) => availableInNs(pod, minReady, context.time));
    if (waits.length > 0) queue.addAfter(key, Math.min(...waits));
  }
  if (managed.more) queue.add(key);
  return managed.failed === undefined ? 'done' : 'retry';
}

interface PodCounts {
  readonly active: number;
  readonly ready: number;
  readonly available: number;
  readonly fullyLabeled: number;
}

/**
 * The counts of a set that has as many pods as it wants and none to take over or let go, so that only its status can
 * differ: no pod need be looked at. Undefined for any other set.
 */
function completeCounts({ context, counts }: Parts, set: Replicated): PodCounts | undefined {
  const { metadata, spec } = set;
  const { active, labels, ready } = counts.of(metadata.uid ?? '');
  if (metadata.deletionTimestamp !== undefined || (spec.minReadySeconds ?? 0) > 0) return undefined;
  if (active !== (spec.replicas ?? 1)) return undefined;
  if (orphansIn(context.client.store, 'pods', metadata.namespace).length > 0) return undefined;
  const matches = labelSelectorMatcher(selectorOf(set));
  for (const each of labels) {
    if (!matches(each) || !hasLabels(each, spec.template)) return undefined;
  }
  return { active, ready, available: ready, fullyLabeled: active };
}

function countPods(set: Replicated, active: readonly Pod[], time: WallTime): PodCounts {
  const minReady = set.spec.minReadySeconds ?? 0;
  const ready = active.filter(isReady);
  return {
    active: active.length,
    ready: ready.length,
    available: ready.filter((pod) => isAvailable(pod, minReady, time)).length,
    fullyLabeled: active.filter(({ metadata }) => hasLabels(metadata.labels, set.spec.template))
      .length,
  };
}

function hasLabels(labels: Pod['metadata']['labels'], template: PodTemplateSpec): boolean {
  const wanted = Object.entries(template.metadata?.labels ?? {});
  return wanted.every(([key, value]) => labels?.[key] === value);
}

interface Managed {
  /** Why pods could not be made or deleted. */
  readonly failed:
    | { readonly reason: 'FailedCreate' | 'FailedDelete'; readonly message: string }
    | undefined;
  readonly more: boolean;
}

function manage(
  context: ControlContext,
  flavor: Flavor,
  set: Replicated,
  active: readonly Pod[],
): Managed {
  const missing = (set.spec.replicas ?? 1) - active.length;
  const count = Math.min(Math.abs(missing), BURST_REPLICAS);
  const more = Math.abs(missing) > BURST_REPLICAS;
  if (missing > 0) {
    const message = slowStart(count, () => {
      const made = createPod(context, {
        owner: set,
        component: flavor.component,
        template: set.spec.template,
      });
      return made.ok ? undefined : made.message;
    });
    return message === undefined
      ? { failed: undefined, more }
      : { failed: { reason: 'FailedCreate', message }, more: false };
  }
  if (missing === 0) return { failed: undefined, more: false };
  for (const pod of deletionOrder(active).slice(0, count)) {
    if (!deletePod(context, set, pod, flavor.component)) {
      return {
        failed: { reason: 'FailedDelete', message: 'a pod could not be deleted' },
        more: false,
      };
    }
  }
  return { failed: undefined, more };
}

/**
 * Makes things in batches of 1, 2, 4 … and stops after the first batch with a failure, so that a refusal that
 * hits all of them is not repeated hundreds of times. Returns the failure.
 */
export function slowStart(count: number, make: () => string | undefined): string | undefined {
  let left = count;
  for (let batch = Math.min(left, 1); batch > 0; batch = Math.min(2 * batch, left)) {
    let failure: string | undefined;
    for (let index = 0; index < batch; index++) failure = make() ?? failure;
    if (failure !== undefined) return failure;
    left -= batch;
  }
  return undefined;
}

function updateStatus(options: {
  readonly context: ControlContext;
  readonly flavor: Flavor;
  readonly set: Replicated;
  readonly counts: PodCounts;
  readonly failed: Managed['failed'];
}): void {
  const { context, flavor, set, failed } = options;
  const { active, available, fullyLabeled, ready } = options.counts;
  const current = set.status?.conditions;
  // The message names the pod that could not be made, another one each time: only the reason counts as a change.
  const said = findCondition(current, 'ReplicaFailure')?.reason === failed?.reason;
  const conditions =
    failed === undefined
      ? withoutCondition(current, 'ReplicaFailure')
      : said
        ? (current ?? [])
        : withCondition(
            current,
            {
              type: 'ReplicaFailure',
              status: 'True',
              reason: failed.reason,
              message: failed.message,
            },
            context.time.now(),
          );
  const status: Replicated['status'] = {
    replicas: active,
    ...(fullyLabeled === 0 ? {} : { fullyLabeledReplicas: fullyLabeled }),
    ...(ready === 0 ? {} : { readyReplicas: ready }),
    ...(available === 0 ? {} : { availableReplicas: available }),
    ...(set.metadata.generation === undefined
      ? {}
      : { observedGeneration: set.metadata.generation }),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
  if (deepEqual(status, set.status)) return;
  const next: KubeObject = { ...set, status };
  context.client.updateStatus(flavor.resource, next as Replicated & KubeObject & ReplicaSet);
}
