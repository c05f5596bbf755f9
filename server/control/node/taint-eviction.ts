/** Evicts pods from nodes with taints that they do not tolerate, or not for ever (upstream `pkg/controller/tainteviction`). */

import type { Pod, Taint } from '../../contract/kube.js';
import { tolerates } from '../../kube/taints.js';
import { type ControlContext, type Controller, queueKey, splitQueueKey } from '../context.js';
import { startController } from '../controller.js';
import { BY_NODE } from '../pod/owned.js';
import { isFinished } from '../pod/pod-state.js';
import type { SyncOutcome, WorkQueue } from '../work-queue.js';

const COMPONENT = 'taint-eviction-controller';
/** What the admission plugin DefaultTolerationSeconds gives to every pod for a node that fails. */
const DEFAULT_TOLERATION_SECONDS = 300;
const NODE_FAILURE: ReadonlySet<string> = new Set([
  'node.kubernetes.io/not-ready',
  'node.kubernetes.io/unreachable',
]);

/** Starts the eviction of pods by taints. */
export function startTaintEvictionController(context: ControlContext): Controller {
  const { store } = context.client;
  const isTainted = (pod: Pod) =>
    pod.spec.nodeName !== undefined &&
    evictingTaints(store.get('nodes', undefined, pod.spec.nodeName)?.spec.taints).length > 0;
  return startController({
    context,
    sync: (key, queue) => sync(context, queue, key),
    wakes: {
      nodes: ({ type, object, previous }) =>
        type === 'DELETED' || previous?.spec.taints === object.spec.taints
          ? []
          : store.byIndex('pods', BY_NODE, object.metadata.name).map(queueKey),
      pods: ({ type, object, previous }) =>
        type !== 'DELETED' && previous?.spec.nodeName !== object.spec.nodeName && isTainted(object)
          ? [queueKey(object)]
          : [],
    },
    initial: () => store.list('pods').filter(isTainted).map(queueKey),
  });
}

function evictingTaints(taints: readonly Taint[] | undefined): readonly Taint[] {
  return (taints ?? []).filter((taint) => taint.effect === 'NoExecute');
}

function sync(context: ControlContext, queue: WorkQueue, key: string): SyncOutcome {
  const { client, time, recorder } = context;
  const [namespace, name] = splitQueueKey(key);
  const pod = client.store.get('pods', namespace, name);
  if (pod?.spec.nodeName === undefined || pod.metadata.deletionTimestamp !== undefined)
    return 'done';
  if (isFinished(pod)) return 'done';
  const node = client.store.get('nodes', undefined, pod.spec.nodeName);
  let waitNs = Number.POSITIVE_INFINITY;
  for (const taint of evictingTaints(node?.spec.taints)) {
    const seconds = toleratedSeconds(pod, taint);
    if (seconds === undefined) continue;
    waitNs = Math.min(waitNs, time.untilNs(taint.timeAdded ?? time.now(), seconds));
  }
  if (waitNs === Number.POSITIVE_INFINITY) return 'done';
  if (waitNs > 0) {
    queue.addAfter(key, waitNs);
    return 'done';
  }
  recorder.record(pod, {
    type: 'Normal',
    reason: 'TaintManagerEviction',
    message: `Marking for deletion Pod ${namespace}/${name}`,
    component: COMPONENT,
  });
  return client.delete('pods', namespace, name).ok ? 'done' : 'retry';
}

/** How long a pod stays under a taint: 0 when it does not tolerate it, undefined when for ever. */
function toleratedSeconds(pod: Pod, taint: Taint): number | undefined {
  const tolerations = (pod.spec.tolerations ?? []).filter((one) => tolerates(one, taint));
  if (tolerations.length === 0) {
    return NODE_FAILURE.has(taint.key) ? DEFAULT_TOLERATION_SECONDS : 0;
  }
  const limits = tolerations
    .map((toleration) => toleration.tolerationSeconds)
    .filter((seconds) => seconds !== undefined);
  return limits.length === 0 ? undefined : Math.max(0, Math.min(...limits));
}
