/** Nodes that fall silent: condition, taints, and what becomes of their pods (upstream `pkg/controller/nodelifecycle`). */

import type { Condition, KubeNode, Pod, Taint } from '../../contract/kube.js';
import { deepEqual } from '../../kube/json.js';
import { SECOND_NS } from '../clock.js';
import { findCondition, withCondition } from '../conditions.js';
import type { ControlContext, Controller } from '../context.js';
import { startController } from '../controller.js';
import { BY_NODE } from '../pod/owned.js';
import { isReady } from '../pod/pod-state.js';
import type { SyncOutcome, WorkQueue } from '../work-queue.js';

const COMPONENT = 'node-controller';
/** `--node-monitor-grace-period`. */
const GRACE_SECONDS = 50;
/** How often a kubelet renews its Lease: a quarter of its duration of 40 s. A silent one may be heard of again so soon. */
const RENEWAL_SECONDS = 10;
const LEASES = 'kube-node-lease';
const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
const MANAGED_TAINTS: ReadonlySet<string> = new Set([NOT_READY, UNREACHABLE, UNSCHEDULABLE]);

/** When a node's kubelet was last heard of, on the control clock; undefined for a node nobody listens to. */
export type NodeHealth = (node: KubeNode) => number | undefined;

/**
 * Starts the node life cycle. A node's health comes from `health`, or else from its Lease in
 * kube-node-lease; a node with neither is taken at its own word.
 */
export function startNodeLifecycleController(
  context: ControlContext,
  health?: NodeHealth,
): Controller {
  const { store } = context.client;
  return startController({
    context,
    sync: (name, queue) => sync(context, queue, { name, health }),
    wakes: {
      nodes: ({ object }) => [object.metadata.name],
      'coordination.k8s.io/leases': ({ object }) =>
        object.metadata.namespace === LEASES ? [object.metadata.name] : [],
    },
    initial: () => store.list('nodes').map((node) => node.metadata.name),
  });
}

function sync(
  context: ControlContext,
  queue: WorkQueue,
  { name, health }: { readonly name: string; readonly health: NodeHealth | undefined },
): SyncOutcome {
  const { client } = context;
  const node = client.store.get('nodes', undefined, name);
  if (node === undefined) {
    // Pods of a node that is gone can end no other way (podgc's `gcOrphaned`).
    for (const pod of client.store.byIndex('pods', BY_NODE, name)) {
      client.delete('pods', pod.metadata.namespace, pod.metadata.name, { gracePeriodSeconds: 0 });
    }
    return 'done';
  }
  const waitNs = untilSilentNs(context, node, health);
  if (waitNs !== undefined && waitNs > 0) queue.addAfter(name, waitNs);
  if (waitNs !== undefined && waitNs <= 0) {
    markSilent(context, node);
    queue.addAfter(name, RENEWAL_SECONDS * SECOND_NS);
  }
  const now = client.store.get('nodes', undefined, name) ?? node;
  const ready = findCondition(now.status?.conditions, 'Ready');
  taint(context, now, ready);
  if (ready !== undefined && ready.status !== 'True') markPods(context, now);
  return 'done';
}

function untilSilentNs(
  { client, clock, time }: ControlContext,
  node: KubeNode,
  health: NodeHealth | undefined,
): number | undefined {
  const heardNs = health?.(node);
  // Rounded up: the clock may stand between two nanoseconds, and a wait of less than one would end at once.
  if (heardNs !== undefined) return Math.ceil(heardNs + GRACE_SECONDS * SECOND_NS - clock.nowNs);
  const lease = client.store.get('coordination.k8s.io/leases', LEASES, node.metadata.name);
  const { renewTime } = (lease?.spec ?? {}) as { readonly renewTime?: string };
  return renewTime === undefined ? undefined : time.untilNs(renewTime, GRACE_SECONDS);
}

function markSilent(context: ControlContext, node: KubeNode): void {
  const { client, time, recorder } = context;
  let conditions = node.status?.conditions ?? [];
  for (const type of ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']) {
    if (type !== 'Ready' && findCondition(conditions, type) === undefined) continue;
    conditions = withCondition(
      conditions,
      {
        type,
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
      },
      time.now(),
    );
  }
  if (conditions === node.status?.conditions) return;
  client.updateStatus('nodes', { ...node, status: { ...node.status, conditions } });
  recorder.record(node, {
    type: 'Normal',
    reason: 'NodeNotReady',
    message: `Node ${node.metadata.name} status is now: NodeNotReady`,
    component: COMPONENT,
  });
}

function taint(context: ControlContext, node: KubeNode, ready: Condition | undefined): void {
  const wanted: Taint[] = [];
  const current = node.spec.taints ?? [];
  const add = (key: string, effect: Taint['effect']) => {
    const had = current.find((one) => one.key === key && one.effect === effect);
    wanted.push(had ?? { key, effect, timeAdded: context.time.now() });
  };
  const key =
    ready?.status === 'Unknown' ? UNREACHABLE : ready?.status === 'False' ? NOT_READY : undefined;
  if (key !== undefined) {
    add(key, 'NoSchedule');
    add(key, 'NoExecute');
  }
  if (node.spec.unschedulable === true) add(UNSCHEDULABLE, 'NoSchedule');
  const others = current.filter((one) => !MANAGED_TAINTS.has(one.key));
  // A node that has not reported yet keeps the taint it registered with.
  if (ready === undefined) others.push(...current.filter((one) => one.key === NOT_READY));
  const taints = [...others, ...wanted];
  if (deepEqual(taints, current)) return;
  const { taints: _, ...spec } = node.spec;
  const { resourceVersion: __, ...metadata } = node.metadata;
  context.client.update('nodes', {
    ...node,
    metadata,
    spec: taints.length === 0 ? spec : { ...spec, taints },
  });
}

/** Pods of a node that is not ready are not ready either, so that Services stop sending to them. */
function markPods(context: ControlContext, node: KubeNode): void {
  const { client, time, recorder } = context;
  for (const pod of client.store.byIndex('pods', BY_NODE, node.metadata.name)) {
    if (!isReady(pod)) continue;
    const ready = { type: 'Ready', status: 'False' as const, lastProbeTime: null };
    const conditions = withCondition(pod.status?.conditions, ready, time.now());
    const next: Pod = { ...pod, status: { ...pod.status, conditions } };
    client.updateStatus('pods', next);
    recorder.record(pod, {
      type: 'Warning',
      reason: 'NodeNotReady',
      message: 'Node is not ready',
      component: COMPONENT,
    });
  }
}
