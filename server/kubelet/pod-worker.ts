import type { Timer } from '../../topology/index.js';
import type { Container, Pod } from '../contract/kube.js';
import type { Volume } from '../program/index.js';
import { BackOff, MOUNT_BACK_OFF } from './back-off.js';
import {
  type ContainerSlot,
  isRunning,
  isStarted,
  makeSlot,
  slotsOf,
  terminatedOf,
} from './container-slot.js';
import { ContainerStarter, type PodHandle } from './container-starter.js';
import { ContainerWatch, graceNsOf, type WatchedPod } from './container-watch.js';
import type { DownwardFacts } from './field-ref.js';
import { namespaceOf, uidOf } from './names.js';
import type { NodeContext } from './node-context.js';
import { PodReporter } from './pod-reporter.js';
import { DEADLINE_EXCEEDED } from './pod-status.js';
import type { RuntimeContainer } from './runtime.js';
import type { Sandbox } from './sandbox.js';
import { SandboxKeeper, type SandboxOwner } from './sandbox-keeper.js';
import { mountVolumes } from './volumes.js';

const SECOND = 1_000_000_000;
/** The kubelet looks at its containers once a second (PLEG). */
const RELIST_NS = SECOND;
const DEFAULT_GRACE_SECONDS = 30;

/**
 * The life of one pod on its node: a state machine that is woken by changes, ends of processes and timers, looks at
 * what is, and takes the next step towards what should be (kubelet's syncPod). It never waits; it is woken again.
 */
export class PodWorker implements PodHandle, SandboxOwner, WatchedPod {
  pod: Pod;
  volumes: ReadonlyMap<string, Volume> = new Map();
  verdict: { readonly reason: string; readonly message: string } | undefined;
  readonly uid: string;
  readonly startTime: string;
  readonly reporter: PodReporter;
  private slots: readonly ContainerSlot[];
  private readonly node: NodeContext;
  private readonly starter: ContainerStarter;
  private readonly watch: ContainerWatch;
  private readonly keeper: SandboxKeeper;
  private readonly onGone: (worker: PodWorker) => void;
  private readonly mountBackOff = new BackOff(MOUNT_BACK_OFF);
  /** The pod had come to its end before this kubelet started; its status is history. */
  private readonly past: boolean;
  private admitted = false;
  private mounted = false;
  private terminating = false;
  private forced = false;
  /** The time to end was made shorter after it had begun. */
  private hurried = false;
  private gone = false;
  private killDeadlineNs = Number.POSITIVE_INFINITY;
  private syncTimer: Timer | undefined;
  private deadlineTimer: Timer | undefined;

  constructor(node: NodeContext, pod: Pod, onGone: (worker: PodWorker) => void) {
    this.node = node;
    this.pod = pod;
    this.uid = uidOf(pod);
    this.onGone = onGone;
    const now = node.options.timestamp();
    this.startTime = pod.status?.startTime ?? now;
    this.slots = slotsOf(pod, now);
    this.reporter = new PodReporter(node, this);
    this.keeper = new SandboxKeeper(node, this, this.reporter);
    this.watch = new ContainerWatch(node, this, this.reporter);
    this.starter = new ContainerStarter(node, this);
    const phase = pod.status?.phase;
    this.past = phase === 'Succeeded' || phase === 'Failed';
    if (!this.past && this.slots.some(({ hadRun }) => hadRun)) this.keeper.announceChange();
    this.noteDeletion();
    this.syncIn(0);
  }

  get allSlots(): readonly ContainerSlot[] {
    return this.slots;
  }

  get sandbox(): Sandbox | undefined {
    return this.keeper.sandbox;
  }

  get sandboxReady(): boolean {
    return this.keeper.ready;
  }

  get podIp(): string | undefined {
    return this.keeper.ip;
  }

  /** Nothing new starts any more. */
  get ending(): boolean {
    return this.gone || this.terminating || this.verdict !== undefined;
  }

  get facts(): DownwardFacts {
    const { nodeIp, nodeName } = this.node.options;
    const podIp = this.sandbox?.ip ?? '';
    return { podIp, hostIp: nodeIp, nodeName, allocatable: this.node.allocatable };
  }

  /** The pod object changed. */
  update(pod: Pod): void {
    const before = this.pod;
    this.pod = pod;
    const { killDeadlineNs, terminating } = this;
    this.noteDeletion();
    if (this.killDeadlineNs !== killDeadlineNs) {
      this.hurried ||= terminating;
      this.syncIn(0);
    }
    if (pod.spec !== before.spec) this.applySpec(pod);
    const gated = pod.spec.readinessGates !== undefined;
    if (gated && pod.status?.conditions !== before.status?.conditions) this.changed();
  }

  /** The pod is gone from the API, by force: ends it without writing anything more. */
  deleted(): void {
    if (this.gone) return;
    this.forced = true;
    this.hurried = true;
    this.terminating = true;
    this.killDeadlineNs = Math.min(this.killDeadlineNs, this.nowNs + SECOND);
    this.syncIn(0);
  }

  /** Stops all timers without touching what runs: the kubelet itself ends. */
  abandon(): void {
    this.gone = true;
    for (const slot of this.slots) slot.prober?.stop();
    this.reporter.stop();
    this.syncTimer?.cancel();
    this.deadlineTimer?.cancel();
  }

  changed(): void {
    if (!this.gone && !this.past) this.reporter.changed();
  }

  syncIn(delayNs: number): void {
    const { clock } = this.node.options;
    const atNs = clock.nowNs + delayNs;
    if (this.gone || (this.syncTimer !== undefined && this.syncTimer.atNs <= atNs)) return;
    this.syncTimer?.cancel();
    this.syncTimer = clock.schedule(delayNs, () => {
      this.syncTimer = undefined;
      this.sync();
    });
  }

  started(slot: ContainerSlot, run: RuntimeContainer): void {
    this.watch.started(slot, run);
  }

  exited(slot: ContainerSlot, run: RuntimeContainer): void {
    if (slot.run !== run || this.gone) return;
    slot.prober?.stop();
    slot.prober = undefined;
    slot.hookPending = false;
    slot.killing = false;
    slot.terminated = terminatedOf(run);
    slot.waiting = undefined;
    const code = run.exitCode === 0 ? {} : { code: run.reason };
    const words = `${slot.spec.name} ended with exit code ${run.exitCode}`;
    this.reporter.step('start', 'exit', words, { slot, ...code, breaks: 'container' });
    if (run.exitCode !== 0) slot.lastError = run.message ?? `exit code ${run.exitCode}`;
    this.changed();
    this.syncIn(this.ending || this.keeper.lost ? 0 : RELIST_NS);
  }

  private get nowNs(): number {
    return this.node.options.clock.nowNs;
  }

  // --- one step ---------------------------------------------------------------------------------

  private sync(): void {
    if (this.gone) return;
    if (this.terminating) {
      if (this.stopEverything(Math.max(0, this.killDeadlineNs - this.nowNs))) this.leave();
      return;
    }
    if (this.past) return;
    if (this.isFinished()) {
      this.finish();
      return;
    }
    if (!this.admitted && !this.admit()) return;
    if (!this.mounted && !this.mount()) return;
    if (this.keeper.lost && !this.replaceSandbox()) return;
    if (this.sandbox === undefined) {
      this.keeper.create();
      return;
    }
    this.startContainers();
  }

  private startContainers(): void {
    for (const slot of this.slots) {
      if (slot.kind === 'ephemeral' && !slot.hadRun) this.starter.start(slot);
    }
    if (!this.startInitContainers()) return;
    for (const slot of this.slots) {
      if (slot.kind === 'app' && !isRunning(slot) && this.shouldRun(slot)) this.starter.start(slot);
    }
  }

  /** Starts init containers one after the other; true when the containers of the pod may start. */
  private startInitContainers(): boolean {
    for (const slot of this.slots) {
      if (slot.kind === 'app' || slot.kind === 'ephemeral') return true;
      if (slot.kind === 'sidecar') {
        if (!isRunning(slot)) this.starter.start(slot);
        if (!isStarted(slot) && !this.haveAppsRun()) return false;
      } else if (!this.isInitDone(slot)) {
        if (!isRunning(slot)) this.starter.start(slot);
        return false;
      }
    }
    return true;
  }

  private admit(): boolean {
    const { ledger, options } = this.node;
    const node = options.store.get('nodes', undefined, options.nodeName);
    const rejection = ledger.admit(this.pod, node);
    this.admitted = true;
    this.changed();
    if (rejection === undefined) {
      this.reporter.step('admit', 'admit', `${options.nodeName} takes the pod`, {
        builds: 'room',
        record: { kind: 'room', room: ledger.roomOf(this.uid) },
      });
      this.watchDeadline();
      return true;
    }
    this.verdict = rejection;
    this.reporter.event(undefined, { type: 'Warning', ...rejection });
    this.reporter.step('admit', 'reject', rejection.message, { code: rejection.reason });
    return false;
  }

  private mount(): boolean {
    const { durable, options } = this.node;
    const made = mountVolumes({
      pod: this.pod,
      store: options.store,
      durable,
      facts: this.facts,
      token: options.podToken,
    });
    if (made.ok) {
      this.volumes = made.value;
      this.mounted = true;
      const names = [...made.value.keys()];
      if (names.length > 0) {
        const words = `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} ready to be mounted`;
        this.reporter.step('volumes', 'mount', words);
      }
      return true;
    }
    const { message } = made.error;
    this.reporter.event(undefined, { type: 'Warning', reason: 'FailedMount', message });
    this.reporter.step('volumes', 'fail', message, { code: 'FailedMount' });
    this.mountBackOff.next(this.nowNs);
    this.syncIn(this.mountBackOff.delayAt(this.nowNs));
    this.changed();
    return false;
  }

  /** Pause is dead: ends every container, then gives the network back. True when a new sandbox should come. */
  private replaceSandbox(): boolean {
    this.changed();
    if (!this.stopEverything(graceNsOf(this.pod))) return false;
    this.keeper.release();
    if (this.isFinished()) {
      this.finish();
      return false;
    }
    this.keeper.announceChange();
    return true;
  }

  // --- containers -------------------------------------------------------------------------------

  private shouldRun({ terminated }: ContainerSlot): boolean {
    if (terminated === undefined) return true;
    const policy = this.pod.spec.restartPolicy ?? 'Always';
    return policy === 'Always' || (policy === 'OnFailure' && terminated.exitCode !== 0);
  }

  /** An init container runs again in every new sandbox. */
  private isInitDone({ run }: ContainerSlot): boolean {
    return run?.state === 'exited' && run.exitCode === 0 && run.config.sandbox === this.sandbox;
  }

  private haveAppsRun(): boolean {
    return this.slots.some(
      ({ kind, run }) => kind === 'app' && run !== undefined && run.config.sandbox === this.sandbox,
    );
  }

  /** Ends the containers, then the sidecars from the last to the first; true when nothing runs. */
  private stopEverything(graceNs: number): boolean {
    const first = this.slots.filter((slot) => slot.kind !== 'sidecar' && isRunning(slot));
    const sidecar = this.slots.findLast((slot) => slot.kind === 'sidecar' && isRunning(slot));
    const targets = first.length > 0 ? first : sidecar === undefined ? [] : [sidecar];
    for (const slot of targets) {
      const { run } = slot;
      if (!slot.killing) this.watch.kill(slot, graceNs, `Stopping container ${slot.spec.name}`);
      else if (run !== undefined && this.hurried) this.node.runtime.killIn(run, graceNs);
    }
    return !targets.some(isRunning);
  }

  // --- the end ----------------------------------------------------------------------------------

  /** Whether the pod has come to its end by itself: nothing of it will run any more. */
  private isFinished(): boolean {
    if (this.verdict !== undefined) return true;
    const policy = this.pod.spec.restartPolicy ?? 'Always';
    if (policy === 'Always') return false;
    const initFailed = this.slots.some(
      ({ kind, run }) => kind === 'init' && run?.state === 'exited' && run.exitCode !== 0,
    );
    if (initFailed && policy === 'Never') return true;
    return this.slots.every(
      (slot) => slot.kind !== 'app' || (!isRunning(slot) && !this.shouldRun(slot)),
    );
  }

  private finish(): void {
    if (!this.stopEverything(graceNsOf(this.pod))) return;
    this.deadlineTimer?.cancel();
    this.node.ledger.release(this.uid);
    this.keeper.release();
    this.changed();
  }

  /** Everything has ended: tells it, and takes the pod out of the API. */
  private leave(): void {
    this.keeper.release();
    this.node.ledger.release(this.uid);
    if (!this.forced) {
      if (!this.past) this.reporter.flush();
      this.removeFromApi();
    }
    this.abandon();
    this.onGone(this);
  }

  private removeFromApi(): void {
    const { store } = this.node.options;
    const { name } = this.pod.metadata;
    const current = store.get('pods', namespaceOf(this.pod), name);
    if (current === undefined || uidOf(current) !== this.uid) return;
    if ((current.metadata.finalizers ?? []).length > 0) {
      // Whoever takes the last finalizer away deletes it.
      const metadata = { ...current.metadata, deletionGracePeriodSeconds: 0 };
      store.update('pods', { ...current, metadata });
      return;
    }
    store.delete('pods', namespaceOf(this.pod), name, { uid: this.uid });
  }

  private noteDeletion(): void {
    const { deletionGracePeriodSeconds, deletionTimestamp } = this.pod.metadata;
    if (deletionTimestamp === undefined) return;
    this.terminating = true;
    const seconds = deletionGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    this.killDeadlineNs = Math.min(this.killDeadlineNs, this.nowNs + seconds * SECOND);
  }

  private watchDeadline(): void {
    const { activeDeadlineSeconds } = this.pod.spec;
    if (activeDeadlineSeconds === undefined) return;
    this.deadlineTimer = this.node.options.clock.schedule(activeDeadlineSeconds * SECOND, () => {
      if (this.ending || this.isFinished()) return;
      const message = 'Pod was active on the node longer than the specified deadline';
      this.verdict = { reason: DEADLINE_EXCEEDED, message };
      this.reporter.event(undefined, { type: 'Normal', reason: 'DeadlineExceeded', message });
      this.reporter.step('stop', 'deadline', message, { code: 'DeadlineExceeded' });
      this.changed();
      this.syncIn(0);
    });
  }

  /** A running pod may change its images and gain ephemeral containers. */
  private applySpec(pod: Pod): void {
    const specs = new Map<string, Container>(
      [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map((spec) => [spec.name, spec]),
    );
    for (const slot of this.slots) {
      const spec = specs.get(slot.spec.name);
      if (spec === undefined || spec.image === slot.spec.image) continue;
      slot.spec = spec;
      slot.notBeforeNs = 0;
      slot.busy = false;
      slot.pullBackOff.reset();
      const message = `Container ${spec.name} definition changed, will be restarted`;
      if (slot.kind === 'app') this.watch.kill(slot, graceNsOf(pod), message);
    }
    const known = new Set(this.slots.map(({ spec }) => spec.name));
    const added = (pod.spec.ephemeralContainers ?? []).filter(({ name }) => !known.has(name));
    const made = added.map((spec) => makeSlot(spec, 'ephemeral', undefined, this.startTime));
    this.slots = [...this.slots, ...made];
    this.syncIn(0);
  }
}
