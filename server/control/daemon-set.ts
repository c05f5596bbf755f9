/** DaemonSets: a pod on every node that it may run on (upstream `pkg/controller/daemon`). */

import type { DaemonSet, KubeNode, Pod, PodSpec, Toleration } from '../contract/kube.js';
import { deepEqual } from '../kube/json.js';
import { matchesRequired, namedNodes } from '../kube/node-affinity.js';
import { untoleratedTaint } from '../kube/taints.js';
import { type ControlContext, type Controller, queueKey, splitQueueKey } from './context.js';
import { startController } from './controller.js';
import { resolveIntOrPercent } from './deployment/rolling.js';
import { claim } from './pod/owned.js';
import { createPod, deletePod } from './pod/pod-control.js';
import { availableInNs, controllerOf, isAvailable, isFinished, isReady } from './pod/pod-state.js';
import { ensureRevision, REVISION_HASH, trimRevisions } from './revision.js';
import type { SyncOutcome, WorkQueue } from './work-queue.js';

const COMPONENT = 'daemonset-controller';

const TOLERATIONS: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];
const HOST_NETWORK_TOLERATION: Toleration = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
};

/** Starts the controller of DaemonSets. */
export function startDaemonSetController(context: ControlContext): Controller {
  const { store } = context.client;
  const all = () => store.list('apps/daemonsets').map(queueKey);
  return startController({
    context,
    sync: (key, queue) => sync(context, queue, key),
    wakes: {
      'apps/daemonsets': ({ object }) => [queueKey(object)],
      nodes: ({ type, object, previous }) => {
        const same =
          type === 'MODIFIED' &&
          deepEqual(previous?.metadata.labels, object.metadata.labels) &&
          deepEqual(previous?.spec, object.spec);
        return same ? [] : all();
      },
      pods: ({ object }) => {
        const owner = controllerOf(object);
        if (owner?.kind === 'DaemonSet')
          return [`${object.metadata.namespace ?? ''}/${owner.name}`];
        return [];
      },
    },
    initial: all,
  });
}

/** Whether a node should get a pod of the set, and whether it may keep one that it has. */
export function shouldRun(
  set: DaemonSet,
  node: KubeNode,
): { readonly run: boolean; readonly keep: boolean } {
  const { spec } = set.spec.template;
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: '' }, spec };
  const none = { run: false, keep: false };
  if (spec.nodeName !== undefined && spec.nodeName !== node.metadata.name) return none;
  if (!matchesRequired(pod, node)) return none;
  const tolerations = withTolerations(spec);
  const barred = untoleratedTaint(node.spec.taints, tolerations, ['NoSchedule', 'NoExecute']);
  if (barred === undefined) return { run: true, keep: true };
  const evicted = untoleratedTaint(node.spec.taints, tolerations, ['NoExecute']);
  return { run: false, keep: evicted === undefined };
}

function withTolerations(spec: PodSpec): readonly Toleration[] {
  const added = spec.hostNetwork === true ? [...TOLERATIONS, HOST_NETWORK_TOLERATION] : TOLERATIONS;
  return [...(spec.tolerations ?? []), ...added];
}

/** The template's spec for one node: bound to it by affinity, so that the scheduler still decides. */
export function daemonPodSpec(spec: PodSpec, node: string): PodSpec {
  const here = { matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [node] }] };
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms = required?.nodeSelectorTerms ?? [];
  return {
    ...spec,
    affinity: {
      ...spec.affinity,
      nodeAffinity: {
        ...spec.affinity?.nodeAffinity,
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms:
            terms.length === 0
              ? [here]
              : terms.map((term) => ({ ...term, matchFields: here.matchFields })),
        },
      },
    },
    tolerations: withTolerations(spec),
  };
}

/** The node that a set's pod is on, or is meant for. */
function nodeOf(pod: Pod): string | undefined {
  if (pod.spec.nodeName !== undefined) return pod.spec.nodeName;
  const [name] = namedNodes(pod) ?? [];
  return name;
}

function sync(context: ControlContext, queue: WorkQueue, key: string): SyncOutcome {
  const { client } = context;
  const set = client.store.get('apps/daemonsets', ...splitQueueKey(key));
  if (set === undefined) return 'done';
  const pods = () => claim({ client, resource: 'pods', owner: set, selector: set.spec.selector });
  const { hash } = ensureRevision(context, set, set.spec.template);
  let outcome: SyncOutcome = 'done';
  if (set.metadata.deletionTimestamp === undefined) {
    outcome = place(context, { set, hash, pods: pods() });
    if (set.spec.updateStrategy?.type !== 'OnDelete') roll(context, { set, hash, pods: pods() });
  }
  const now = pods();
  report(context, { set, hash, pods: now });
  trimRevisions(context, set, {
    used: new Set([hash, ...now.map((pod) => pod.metadata.labels?.[REVISION_HASH] ?? '')]),
    limit: undefined,
  });
  const minReady = set.spec.minReadySeconds ?? 0;
  for (const pod of now) {
    if (minReady > 0 && isReady(pod) && !isAvailable(pod, minReady, context.time)) {
      queue.addAfter(key, availableInNs(pod, minReady, context.time));
    }
  }
  return outcome;
}

interface Pass {
  readonly set: DaemonSet;
  readonly hash: string;
  readonly pods: readonly Pod[];
}

function byNode(pods: readonly Pod[]): Map<string, Pod[]> {
  const map = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = nodeOf(pod) ?? '';
    map.set(node, [...(map.get(node) ?? []), pod]);
  }
  return map;
}

function place(context: ControlContext, { set, hash, pods }: Pass): SyncOutcome {
  const { client } = context;
  const have = byNode(pods);
  let outcome: SyncOutcome = 'done';
  for (const node of client.store.list('nodes')) {
    const { name } = node.metadata;
    const { run, keep } = shouldRun(set, node);
    const here = have.get(name) ?? [];
    have.delete(name);
    const alive = here.filter((pod) => pod.metadata.deletionTimestamp === undefined);
    for (const pod of alive.filter(isFinished)) {
      context.recorder.record(set, {
        type: 'Warning',
        reason: pod.status?.phase === 'Failed' ? 'FailedDaemonPod' : 'SucceededDaemonPod',
        message: `Found ${pod.status?.phase === 'Failed' ? 'failed' : 'succeeded'} daemon pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${name}, will try to ${pod.status?.phase === 'Failed' ? 'kill' : 'delete'} it`,
        component: COMPONENT,
      });
      deletePod(context, set, pod, COMPONENT);
    }
    const running = alive.filter((pod) => !isFinished(pod));
    if (run && here.length === 0) {
      const made = createPod(context, {
        owner: set,
        component: COMPONENT,
        template: set.spec.template,
        labels: {
          [REVISION_HASH]: hash,
          'pod-template-generation': String(set.metadata.generation ?? 1),
        },
        adapt: (spec) => daemonPodSpec(spec, name),
      });
      if (!made.ok) outcome = 'retry';
    }
    const surplus = keep ? running.slice(1) : running;
    for (const pod of surplus) deletePod(context, set, pod, COMPONENT);
  }
  for (const left of have.values()) {
    for (const pod of left) {
      if (pod.metadata.deletionTimestamp === undefined) deletePod(context, set, pod, COMPONENT);
    }
  }
  return outcome;
}

/**
 * Replaces old pods as far as maxUnavailable lets it; old ones that are not available go first and do not count.
 *
 * Fidelity: maxSurge is not carried out; with it one pod at a time is replaced.
 */
function roll(context: ControlContext, { set, hash, pods }: Pass): void {
  const desired = desiredNodes(context, set).length;
  const { maxUnavailable = 1 } = set.spec.updateStrategy?.rollingUpdate ?? {};
  let budget = Math.max(1, resolveIntOrPercent(maxUnavailable, desired, 'up'));
  const available = (pod: Pod) =>
    pod.metadata.deletionTimestamp === undefined &&
    isAvailable(pod, set.spec.minReadySeconds ?? 0, context.time);
  const old = pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined && pod.metadata.labels?.[REVISION_HASH] !== hash,
  );
  if (old.length === 0) return;
  budget -= desired - pods.filter(available).length;
  for (const pod of old.filter((one) => !available(one))) deletePod(context, set, pod, COMPONENT);
  for (const pod of old.filter(available)) {
    if (budget <= 0) return;
    budget--;
    deletePod(context, set, pod, COMPONENT);
  }
}

function desiredNodes(context: ControlContext, set: DaemonSet): readonly KubeNode[] {
  return context.client.store.list('nodes').filter((node) => shouldRun(set, node).run);
}

function report(context: ControlContext, { set, hash, pods }: Pass): void {
  const { client, time } = context;
  const have = byNode(pods.filter((pod) => pod.metadata.deletionTimestamp === undefined));
  const desired = desiredNodes(context, set);
  let scheduled = 0;
  let ready = 0;
  let available = 0;
  let updated = 0;
  for (const node of desired) {
    const [pod] = have.get(node.metadata.name) ?? [];
    have.delete(node.metadata.name);
    if (pod === undefined) continue;
    scheduled++;
    if (isReady(pod)) ready++;
    if (isAvailable(pod, set.spec.minReadySeconds ?? 0, time)) available++;
    if (pod.metadata.labels?.[REVISION_HASH] === hash) updated++;
  }
  const status = {
    currentNumberScheduled: scheduled,
    numberMisscheduled: have.size,
    desiredNumberScheduled: desired.length,
    numberReady: ready,
    ...(set.metadata.generation === undefined
      ? {}
      : { observedGeneration: set.metadata.generation }),
    ...(updated === 0 ? {} : { updatedNumberScheduled: updated }),
    ...(available === 0 ? {} : { numberAvailable: available }),
    ...(desired.length === available ? {} : { numberUnavailable: desired.length - available }),
  };
  if (!deepEqual(status, set.status)) client.updateStatus('apps/daemonsets', { ...set, status });
}
