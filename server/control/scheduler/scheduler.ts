/**
 * The default scheduler: binds pods to nodes, one after another (upstream `pkg/scheduler`).
 *
 * Fidelity: no preemption, no extenders, no profiles; priority orders the queue only.
 */

import type { Condition, KubeNode, Pod } from '../../contract/kube.js';
import { SECOND_NS } from '../clock.js';
import { withCondition } from '../conditions.js';
import { type ControlContext, type Controller, queueKey, splitQueueKey } from '../context.js';
import { isFinished } from '../pod/pod-state.js';
import { type Choice, chooseNode } from './choose-node.js';
import { ClusterState } from './cluster-state.js';
import { fitMessage } from './fit-error.js';
import { LazyReport, type SchedulingReport } from './report.js';

const COMPONENT = 'default-scheduler';
const MAX_BACKOFF_SECONDS = 10;
/** `podMaxInUnschedulablePodsDuration`. */
const FLUSH_SECONDS = 300;

/** What can make an unschedulable pod schedulable. */
type ClusterEvent = 'node' | 'pod-gone' | 'pod-bound' | 'claim';

/** Which happenings can change the mind of which plugin. */
const HELPED_BY: Readonly<Record<string, readonly ClusterEvent[]>> = {
  NodeUnschedulable: ['node'],
  TaintToleration: ['node'],
  NodeAffinity: ['node'],
  NodePorts: ['node', 'pod-gone'],
  NodeResourcesFit: ['node', 'pod-gone'],
  PodTopologySpread: ['node', 'pod-gone', 'pod-bound'],
  InterPodAffinity: ['node', 'pod-gone', 'pod-bound'],
  VolumeBinding: ['claim', 'node'],
};

/** Seeded numbers from 0 up to 1, of which a copy can be drawn ahead. */
export interface Draws {
  unit(): number;
  copy(): Draws;
}

/** Where a pod that does not exist yet would go. */
export interface Foreseen {
  readonly pod: Pod;
  /** Absent when no node would take it. */
  readonly node?: string;
  /** Why it would wait: the text of its condition `PodScheduled`. */
  readonly message?: string;
}

/** What came of looking for a pod's node. */
interface Outcome {
  readonly choice?: Choice;
  readonly message?: string;
  /** Those that refused. */
  readonly plugins: readonly string[];
}

const GATED = 'Scheduling is blocked due to non-empty scheduling gates';

interface Waiting {
  readonly key: string;
  readonly plugins: ReadonlySet<string>;
  readonly notBeforeNs: number;
}

/** A scheduler, and what it last thought of each pod. */
export interface Scheduler extends Controller {
  /** Why a pod is where it is, or nowhere; undefined for a pod that was never looked at. */
  report(podUid: string): SchedulingReport | undefined;
  /**
   * Where pods would go if they were made now, one after another, the one of highest priority first; nothing is
   * bound, and what is drawn by chance is drawn as it will be.
   */
  foresee(pods: readonly Pod[]): readonly Foreseen[];
}

/** Starts the scheduler. */
export function startScheduler(context: ControlContext, random: Draws): Scheduler {
  const scheduler = new DefaultScheduler(context, random);
  scheduler.start();
  return scheduler;
}

class DefaultScheduler implements Scheduler {
  private readonly context: ControlContext;
  private readonly random: Draws;
  private readonly cluster = new ClusterState();
  private queue = new Map<string, number>();
  private readonly unschedulable = new Map<string, Waiting>();
  private readonly attempts = new Map<string, number>();
  private readonly reports = new Map<string, SchedulingReport>();
  private readonly timers = new Map<string, { cancel(): void }>();
  private names: { readonly of: readonly unknown[]; readonly list: readonly string[] } | undefined;
  private ends: readonly (() => void)[] = [];
  private scheduled: { cancel(): void } | undefined;
  private nextStart = 0;

  constructor(context: ControlContext, random: Draws) {
    this.context = context;
    this.random = random;
  }

  get pendingWork(): number {
    return this.queue.size;
  }

  start(): void {
    const { store } = this.context.client;
    for (const node of store.list('nodes')) this.cluster.setNode(node);
    for (const pod of store.list('pods')) this.see(pod);
    this.ends = [
      store.watch('nodes', ({ type, object, previous }) => {
        if (type === 'DELETED') {
          this.cluster.removeNode(object.metadata.name);
          return;
        }
        this.cluster.setNode(object);
        if (previous === undefined || mattersToScheduling(previous, object)) this.wake('node');
      }),
      store.watch('pods', ({ type, object }) => {
        if (type === 'DELETED') this.forget(object);
        else this.see(object);
      }),
      store.watch('persistentvolumeclaims', () => this.wake('claim')),
    ];
  }

  stop(): void {
    for (const end of this.ends) end();
    for (const timer of this.timers.values()) timer.cancel();
    this.scheduled?.cancel();
    this.queue.clear();
  }

  report(podUid: string): SchedulingReport | undefined {
    return this.reports.get(podUid);
  }

  foresee(pods: readonly Pod[]): readonly Foreseen[] {
    const draws = this.random.copy();
    let startAt = this.nextStart;
    const placed: string[] = [];
    const foreseen = [...pods]
      .sort((a, b) => (b.spec.priority ?? 0) - (a.spec.priority ?? 0))
      .map((pod): Foreseen => {
        if (pod.spec.nodeName !== undefined) return { pod, node: pod.spec.nodeName };
        if (isGated(pod)) return { pod, message: GATED };
        const { choice, message = '' } = this.look(pod, draws, startAt);
        startAt += choice?.looked.length ?? 0;
        const node = choice?.chosen?.name;
        if (node === undefined) return { pod, message };
        const uid = `foreseen ${placed.length}`;
        placed.push(uid);
        this.cluster.placePod(uid, { ...pod, spec: { ...pod.spec, nodeName: node } });
        return { pod, node };
      });
    for (const uid of placed) this.cluster.removePod(uid);
    return foreseen;
  }

  private see(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const { nodeName, schedulerName = COMPONENT } = pod.spec;
    if (isFinished(pod)) {
      if (this.cluster.removePod(uid)) this.wake('pod-gone');
      return;
    }
    if (nodeName !== undefined && nodeName !== '') {
      this.unqueue(uid);
      this.cluster.placePod(uid, pod);
      return;
    }
    if (schedulerName !== COMPONENT || pod.metadata.deletionTimestamp !== undefined) return;
    const waiting = this.unschedulable.get(uid);
    // A waiting pod's own status changes nothing; taking away its gates does.
    if (waiting !== undefined && !(waiting.plugins.has('SchedulingGates') && !isGated(pod))) return;
    this.enqueue(uid, pod);
  }

  private forget(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    this.unqueue(uid);
    this.attempts.delete(uid);
    this.reports.delete(uid);
    if (this.cluster.removePod(uid)) this.wake('pod-gone');
  }

  private enqueue(uid: string, pod: Pod): void {
    this.timers.get(uid)?.cancel();
    this.timers.delete(uid);
    this.unschedulable.delete(uid);
    this.queue.set(`${uid} ${queueKey(pod)}`, pod.spec.priority ?? 0);
    this.scheduled ??= this.context.clock.schedule(0, () => this.drain());
  }

  private unqueue(uid: string): void {
    this.timers.get(uid)?.cancel();
    this.timers.delete(uid);
    this.unschedulable.delete(uid);
  }

  /** Moves the waiting pods that this can help back to the queue, each when its back-off is over. */
  private wake(event: ClusterEvent): void {
    if (this.unschedulable.size === 0) return;
    for (const [uid, waiting] of this.unschedulable) {
      const helped = [...waiting.plugins].some((plugin) => HELPED_BY[plugin]?.includes(event));
      if (helped) this.retryAt(uid, waiting);
    }
  }

  private retryAt(uid: string, { key, notBeforeNs }: Waiting): void {
    const { clock, client } = this.context;
    this.timers.get(uid)?.cancel();
    const timer = clock.schedule(Math.max(0, notBeforeNs - clock.nowNs), () => {
      const [namespace, name] = splitQueueKey(key);
      const pod = client.store.get('pods', namespace, name);
      if (pod?.metadata.uid === uid && pod.spec.nodeName === undefined) this.enqueue(uid, pod);
      else this.unqueue(uid);
    });
    this.timers.set(uid, timer);
  }

  private drain(): void {
    this.scheduled = undefined;
    const queue = this.queue;
    this.queue = new Map();
    const ordered = [...queue].sort(([, a], [, b]) => b - a);
    for (const [entry] of ordered) {
      const [uid = '', key = ''] = entry.split(' ');
      const [namespace, name] = splitQueueKey(key);
      const pod = this.context.client.store.get('pods', namespace, name);
      if (pod === undefined || pod.metadata.uid !== uid || pod.spec.nodeName !== undefined)
        continue;
      if (pod.metadata.deletionTimestamp === undefined) this.scheduleOne(uid, pod);
    }
  }

  private scheduleOne(uid: string, pod: Pod): void {
    if (isGated(pod)) {
      this.wait(uid, pod, ['SchedulingGates']);
      this.setCondition(pod, {
        type: 'PodScheduled',
        status: 'False',
        reason: 'SchedulingGated',
        message: GATED,
      });
      return;
    }
    const nodes = this.cluster.nodes.length;
    const outcome = this.look(pod, this.random, this.nextStart);
    this.keep(uid, outcome);
    const { choice, message = '', plugins } = outcome;
    if (nodes > 0 && choice !== undefined)
      this.nextStart = (this.nextStart + choice.looked.length) % nodes;
    if (choice?.chosen !== undefined) this.bind(uid, pod, choice.chosen.name);
    else this.fail(uid, pod, { message, plugins });
  }

  private look(pod: Pod, draws: Draws, startAt: number): Outcome {
    const nodes = this.cluster.nodes.length;
    const claim = this.missingClaim(pod);
    if (claim !== undefined) {
      const message = fitMessage({ nodes, wholePod: claim, rejections: [], preemption: 'tried' });
      return { message, plugins: ['VolumeBinding'] };
    }
    const { store } = this.context.client;
    const choice = chooseNode({
      pod,
      cluster: this.cluster,
      namespaceLabels: (name) => store.get('namespaces', undefined, name)?.metadata.labels,
      random: () => draws.unit(),
      startAt,
    });
    if (choice.chosen !== undefined) return { choice, plugins: [] };
    const rejections = choice.rejections.filter((rejection) => rejection !== undefined);
    const message = fitMessage({
      nodes,
      rejections,
      preemption: pod.spec.preemptionPolicy === 'Never' ? 'never' : 'tried',
    });
    const plugins = nodes === 0 ? ['NodeAffinity'] : rejections.map(({ plugin }) => plugin);
    return { choice, message, plugins };
  }

  /** What a pod's claims lack, in the words of VolumeBinding. */
  private missingClaim(pod: Pod): string | undefined {
    const { store } = this.context.client;
    for (const volume of pod.spec.volumes ?? []) {
      const claimName = volume.persistentVolumeClaim?.claimName;
      if (claimName === undefined) continue;
      const claim = store.get('persistentvolumeclaims', pod.metadata.namespace, claimName);
      if (claim === undefined) return `persistentvolumeclaim "${claimName}" not found`;
      if (claim.metadata.deletionTimestamp !== undefined) {
        return `persistentvolumeclaim "${claimName}" is being deleted`;
      }
      const status = claim.status as { readonly phase?: string } | undefined;
      if (status?.phase !== 'Bound') return 'pod has unbound immediate PersistentVolumeClaims';
    }
    return undefined;
  }

  private bind(uid: string, pod: Pod, node: string): void {
    const { client, recorder } = this.context;
    const bound = client.bind(pod, node);
    if (!bound.ok) {
      this.fail(uid, pod, { message: bound.message, plugins: Object.keys(HELPED_BY) });
      return;
    }
    this.attempts.delete(uid);
    const { namespace = 'default', name } = pod.metadata;
    recorder.record(pod, {
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${namespace}/${name} to ${node}`,
      component: COMPONENT,
    });
    this.wake('pod-bound');
  }

  private fail(
    uid: string,
    pod: Pod,
    { message, plugins }: { readonly message: string; readonly plugins: readonly string[] },
  ): void {
    this.wait(uid, pod, plugins);
    this.context.recorder.record(pod, {
      type: 'Warning',
      reason: 'FailedScheduling',
      message,
      component: COMPONENT,
    });
    this.setCondition(pod, {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
    });
  }

  private wait(uid: string, pod: Pod, plugins: readonly string[]): void {
    const { clock } = this.context;
    const attempts = this.attempts.get(uid) ?? 0;
    this.attempts.set(uid, attempts + 1);
    const backoff = Math.min(2 ** attempts, MAX_BACKOFF_SECONDS) * SECOND_NS;
    this.unschedulable.set(uid, {
      key: queueKey(pod),
      plugins: new Set(plugins),
      notBeforeNs: clock.nowNs + backoff,
    });
    if (plugins.includes('SchedulingGates')) return;
    this.retryAt(uid, {
      key: queueKey(pod),
      plugins: new Set(),
      notBeforeNs: clock.nowNs + FLUSH_SECONDS * SECOND_NS,
    });
  }

  private setCondition(pod: Pod, condition: Condition): void {
    const conditions = withCondition(
      pod.status?.conditions,
      { lastProbeTime: null, ...condition },
      this.context.time.now(),
    );
    if (conditions === pod.status?.conditions) return;
    this.context.client.updateStatus('pods', { ...pod, status: { ...pod.status, conditions } });
  }

  private keep(uid: string, { choice, message }: Outcome): void {
    const report = new LazyReport({
      atNs: this.context.clock.nowNs,
      node: choice?.chosen?.name,
      message,
      names: this.namesOf(choice?.looked ?? []),
      rejections: choice?.rejections ?? [],
      scores: choice?.scores ?? new Uint16Array(),
    });
    this.reports.set(uid, report);
  }

  /** The same list of names for reports that looked at the same nodes in the same order. */
  private namesOf(looked: Choice['looked']): readonly string[] {
    const { names } = this;
    if (
      names !== undefined &&
      names.of.length === looked.length &&
      looked.every((state, index) => names.of[index] === state)
    ) {
      return names.list;
    }
    const list = looked.map(({ name }) => name);
    this.names = { of: looked, list };
    return list;
  }
}

function isGated(pod: Pod): boolean {
  return (pod.spec.schedulingGates ?? []).length > 0;
}

function mattersToScheduling(previous: KubeNode, next: KubeNode): boolean {
  return (
    previous.spec !== next.spec ||
    previous.metadata.labels !== next.metadata.labels ||
    previous.status?.allocatable !== next.status?.allocatable
  );
}
