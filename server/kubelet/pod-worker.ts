import type { Timer } from '../../topology/index.js';
import type { Container, ContainerStatus, Pod } from '../contract/kube.js';
import type { Volume } from '../program/index.js';
import { BackOff, MOUNT_BACK_OFF } from './back-off.js';
import {
  type ContainerSlot,
  containerStatusOf,
  isRunning,
  isStarted,
  makeSlot,
  terminatedOf,
} from './container-slot.js';
import { ContainerStarter, type PodHandle } from './container-starter.js';
import { stopContainer } from './container-stopper.js';
import type { PodStage } from './contract.js';
import type { EventText } from './events.js';
import type { DownwardFacts } from './field-ref.js';
import { runHandler } from './handler.js';
import { formatPod, namespaceOf, uidOf } from './names.js';
import type { NodeContext } from './node-context.js';
import { isSidecar, phaseOf, podStatusOf } from './pod-status.js';
import { type ProbeKind, Prober } from './prober.js';
import { qosClassOf } from './qos.js';
import type { RuntimeContainer } from './runtime.js';
import { runPodSandbox, type Sandbox, stopPodSandbox } from './sandbox.js';
import { mountVolumes } from './volumes.js';

const SECOND = 1_000_000_000;
/** Time from "pod seen" to "pause runs and CNI has answered". */
const SANDBOX_NS = 180_000_000;
const SANDBOX_RETRY_NS = 12 * SECOND;
/** The kubelet looks at its containers once a second (PLEG). */
const RELIST_NS = SECOND;
const DEFAULT_GRACE_SECONDS = 30;
const HOOK_TIMEOUT_NS = 3600 * SECOND;

/**
 * The life of one pod on its node: a state machine that is woken by changes, ends of processes and timers, looks at what is, and takes the
 * next step towards what should be (kubelet's syncPod). It never waits; it is woken again.
 */
export class PodWorker implements PodHandle {
  pod: Pod;
  sandbox: Sandbox | undefined;
  volumes: ReadonlyMap<string, Volume> = new Map();
  readonly uid: string;
  readonly slots: readonly ContainerSlot[];
  private readonly ephemeral: ContainerSlot[] = [];
  private readonly node: NodeContext;
  private readonly starter: ContainerStarter;
  private readonly onGone: (worker: PodWorker) => void;
  private readonly mountBackOff = new BackOff(MOUNT_BACK_OFF);
  private readonly startTime: string;
  private admitted = false;
  private mounted = false;
  private sandboxPending = false;
  private sandboxAttempts = 0;
  private lastIp: string | undefined;
  private verdict: { readonly reason: string; readonly message: string } | undefined;
  private terminating = false;
  private forced = false;
  private killDeadlineNs = Number.POSITIVE_INFINITY;
  private killAnnounced = false;
  private gone = false;
  private syncTimer: Timer | undefined;
  private deadlineTimer: Timer | undefined;
  private flushTimer: Timer | undefined;

  constructor(node: NodeContext, pod: Pod, onGone: (worker: PodWorker) => void) {
    this.node = node;
    this.pod = pod;
    this.uid = uidOf(pod);
    this.onGone = onGone;
    this.starter = new ContainerStarter(node, this);
    const now = node.options.timestamp();
    this.startTime = pod.status?.startTime ?? now;
    const earlier = (name: string): ContainerStatus | undefined =>
      [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
        (status) => status.name === name,
      );
    this.slots = [
      ...(pod.spec.initContainers ?? []).map((spec) =>
        makeSlot(spec, isSidecar(spec) ? 'sidecar' : 'init', earlier(spec.name), now),
      ),
      ...pod.spec.containers.map((spec) => makeSlot(spec, 'app', earlier(spec.name), now)),
    ];
    this.lastIp = pod.status?.podIP;
    if (this.isFinished()) {
      this.admitted = true;
      if (pod.status?.phase === 'Failed' && pod.status.reason !== undefined) {
        this.verdict = { reason: pod.status.reason, message: pod.status.message ?? '' };
      }
    } else if (this.slots.some(({ hadRun }) => hadRun)) this.announceLostSandbox();
    this.noteDeletion();
    this.syncIn(0);
  }

  get ending(): boolean {
    return this.gone || this.terminating || this.verdict !== undefined;
  }

  get facts(): DownwardFacts {
    const { nodeIp, nodeName } = this.node.options;
    return {
      podIp: this.sandbox?.ip ?? '',
      hostIp: nodeIp,
      nodeName,
      allocatable: this.node.allocatable,
    };
  }

  /** Every container, ephemeral ones last. */
  get allSlots(): readonly ContainerSlot[] {
    return [...this.slots, ...this.ephemeral];
  }

  /** The pod object changed. */
  update(pod: Pod): void {
    const before = this.pod;
    this.pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) {
      const was = this.killDeadlineNs;
      this.noteDeletion();
      if (this.terminating && this.killDeadlineNs !== was) this.syncIn(0);
    }
    if (pod.spec !== before.spec) this.applySpec(pod);
    if (
      pod.spec.readinessGates !== undefined &&
      pod.status?.conditions !== before.status?.conditions
    ) {
      this.changed();
    }
  }

  /** The pod is gone from the API, by force: end it without writing anything more. */
  deleted(): void {
    if (this.gone) return;
    this.forced = true;
    this.terminating = true;
    this.killDeadlineNs = this.node.options.clock.nowNs + SECOND;
    this.syncIn(0);
  }

  /** Stops all timers without touching what runs: the kubelet itself ends. */
  abandon(): void {
    this.gone = true;
    for (const slot of this.allSlots) slot.prober?.stop();
    for (const timer of [this.syncTimer, this.deadlineTimer, this.flushTimer]) timer?.cancel();
  }

  event(slot: ContainerSlot | undefined, event: Omit<EventText, 'fieldPath'>): void {
    const list = slot === undefined ? '' : listName(slot);
    this.node.events.record(
      this.pod,
      slot === undefined ? event : { ...event, fieldPath: `spec.${list}{${slot.spec.name}}` },
    );
  }

  report(
    stage: PodStage,
    action: string,
    reason: string,
    about: { readonly slot?: ContainerSlot; readonly code?: string } = {},
  ): void {
    const { clock, journey, nodeName } = this.node.options;
    journey({
      podUid: this.uid,
      namespace: namespaceOf(this.pod),
      name: this.pod.metadata.name,
      node: nodeName,
      stage,
      ...(about.slot === undefined ? {} : { container: about.slot.spec.name }),
      step: {
        atNs: clock.nowNs,
        component: stage === 'cni' ? 'cni' : 'kubelet',
        action,
        reason,
        ...(about.code === undefined ? {} : { code: about.code }),
      },
    });
  }

  /** Status is written once, at the end of the instant in which something changed. */
  changed(): void {
    if (this.gone || this.flushTimer !== undefined) return;
    this.flushTimer = this.node.options.clock.schedule(0, () => this.flush());
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

  exited(slot: ContainerSlot, run: RuntimeContainer): void {
    if (slot.run !== run || this.gone) return;
    slot.prober?.stop();
    slot.prober = undefined;
    slot.hookPending = false;
    slot.killing = false;
    slot.terminated = terminatedOf(run);
    slot.waiting = undefined;
    const code = run.exitCode === 0 ? {} : { code: run.reason };
    this.report('start', 'exit', `${slot.spec.name} ended with exit code ${run.exitCode}`, {
      slot,
      ...code,
    });
    if (run.exitCode !== 0) slot.lastError = run.message ?? `exit code ${run.exitCode}`;
    this.changed();
    this.syncIn(this.ending || this.isSandboxLost() ? 0 : RELIST_NS);
  }

  started(slot: ContainerSlot, run: RuntimeContainer): void {
    this.changed();
    const hook = slot.spec.lifecycle?.postStart;
    if (hook === undefined) {
      this.probe(slot, run);
      return;
    }
    slot.hookPending = true;
    slot.waiting = this.initialWaiting();
    const done = () => {
      if (slot.run !== run || run.state !== 'running') return;
      slot.hookPending = false;
      slot.waiting = undefined;
      this.probe(slot, run);
      this.changed();
      this.syncIn(0);
    };
    if (hook.sleep !== undefined) {
      this.node.options.clock.schedule(hook.sleep.seconds * SECOND, done);
      return;
    }
    runHandler(hook, this.handlerContext(run, HOOK_TIMEOUT_NS), ({ output, success }) => {
      if (success) {
        done();
        return;
      }
      if (slot.run !== run || run.state !== 'running') return;
      this.event(slot, {
        type: 'Warning',
        reason: 'FailedPostStartHook',
        message: 'PostStartHook failed',
      });
      this.report('start', 'fail', `postStart hook failed: ${output}`, {
        slot,
        code: 'PostStartHookError',
      });
      this.kill(slot, this.graceNs(), 'FailedPostStartHook');
    });
  }

  // --- one step -----------------------------------------------------------------------------------

  private sync(): void {
    if (this.gone) return;
    if (this.terminating) {
      if (this.stopEverything(Math.max(0, this.killDeadlineNs - this.node.options.clock.nowNs)))
        this.leave();
      return;
    }
    if (this.isFinished()) {
      this.finish();
      return;
    }
    if (!this.admitted && !this.admit()) return;
    if (!this.mounted && !this.mount()) return;
    if (this.isSandboxLost() && !this.loseSandbox()) return;
    if (this.sandbox === undefined) {
      this.createSandbox();
      return;
    }
    for (const slot of this.ephemeral) {
      if (!slot.hadRun) this.starter.start(slot);
    }
    if (!this.syncInit()) return;
    for (const slot of this.slots) {
      if (slot.kind === 'app' && !isRunning(slot) && this.shouldRun(slot)) this.starter.start(slot);
    }
    if (this.isFinished()) this.finish();
  }

  /** Starts init containers one after the other; true when the containers of the pod may start. */
  private syncInit(): boolean {
    for (const slot of this.slots) {
      if (slot.kind === 'app') return true;
      if (slot.kind === 'sidecar') {
        if (!isRunning(slot)) this.starter.start(slot);
        if (!isStarted(slot) && !this.haveAppsRun()) return false;
        continue;
      }
      if (this.isInitDone(slot)) continue;
      if (isRunning(slot)) return false;
      const failed = slot.terminated !== undefined && slot.terminated.exitCode !== 0;
      if (failed && this.pod.spec.restartPolicy === 'Never' && slot.run !== undefined) return false;
      this.starter.start(slot);
      return false;
    }
    return true;
  }

  private admit(): boolean {
    const { ledger, options } = this.node;
    const rejection = ledger.admit(
      this.pod,
      options.store.get('nodes', undefined, options.nodeName),
    );
    this.admitted = true;
    if (rejection === undefined) {
      this.report('admit', 'admit', `${options.nodeName} takes the pod`);
      this.watchDeadline();
      this.changed();
      return true;
    }
    this.verdict = rejection;
    this.event(undefined, { type: 'Warning', ...rejection });
    this.report('admit', 'reject', rejection.message, { code: rejection.reason });
    this.changed();
    return false;
  }

  private mount(): boolean {
    const { durable, options } = this.node;
    const made = mountVolumes({ pod: this.pod, store: options.store, durable, facts: this.facts });
    if (made.ok) {
      this.volumes = made.value;
      this.mounted = true;
      return true;
    }
    const { message } = made.error;
    this.event(undefined, { type: 'Warning', reason: 'FailedMount', message });
    this.report('volumes', 'fail', message, { code: 'FailedMount' });
    const { nowNs } = options.clock;
    this.mountBackOff.next(nowNs);
    this.syncIn(this.mountBackOff.delayAt(nowNs));
    this.changed();
    return false;
  }

  // --- sandbox ------------------------------------------------------------------------------------

  private createSandbox(): void {
    if (this.sandboxPending) return;
    this.sandboxPending = true;
    this.node.options.clock.schedule(SANDBOX_NS, () => {
      this.sandboxPending = false;
      if (this.ending) {
        this.syncIn(0);
        return;
      }
      this.runSandbox();
    });
  }

  private runSandbox(): void {
    const { clock, cni, host, nodeIp, nodeName } = this.node.options;
    const attempt = this.sandboxAttempts++;
    const made = runPodSandbox({
      pod: this.pod,
      attempt,
      host,
      cni,
      nodeName,
      nodeIp,
      nowNs: clock.nowNs,
    });
    if (!made.ok) {
      const { code, message, stage } = made.error;
      this.event(undefined, {
        type: 'Warning',
        reason: 'FailedCreatePodSandBox',
        message: `Failed to create pod sandbox: ${message}`,
      });
      this.report(stage === 'cni' ? 'cni' : 'sandbox', 'fail', message, { code });
      this.changed();
      this.syncIn(SANDBOX_RETRY_NS);
      return;
    }
    const sandbox = made.value;
    this.sandbox = sandbox;
    this.lastIp = sandbox.ip;
    const { network, pause } = sandbox;
    this.report('sandbox', 'run', `pause runs as pid ${pause.pid} and holds the namespaces`);
    if (network !== undefined) {
      this.report(
        'cni',
        'add',
        `eth0 has ${network.ip}, reached by ${network.hostDevice} on ${nodeName}`,
      );
    }
    pause.onExit(() => {
      if (this.sandbox === sandbox && !this.gone) this.syncIn(RELIST_NS);
    });
    this.changed();
    this.syncIn(0);
  }

  private isSandboxLost(): boolean {
    return this.sandbox !== undefined && this.sandbox.pause.state !== 'running';
  }

  /** Pause is dead: ends every container, then gives the network back. True when that is done and a new sandbox should come. */
  private loseSandbox(): boolean {
    const { sandbox } = this;
    if (sandbox === undefined) return true;
    if (!this.killAnnounced) {
      this.killAnnounced = true;
      this.report('sandbox', 'lost', 'pause has ended, so the sandbox is replaced', {
        code: 'SandboxChanged',
      });
      this.changed();
    }
    if (!this.stopEverything(this.graceNs())) return false;
    const { cni, host } = this.node.options;
    stopPodSandbox(sandbox, host, cni);
    this.sandbox = undefined;
    this.killAnnounced = false;
    if (this.isFinished()) {
      this.finish();
      return false;
    }
    this.announceLostSandbox();
    return true;
  }

  private announceLostSandbox(): void {
    const message = 'Pod sandbox changed, it will be killed and re-created.';
    this.event(undefined, { type: 'Normal', reason: 'SandboxChanged', message });
  }

  // --- containers ---------------------------------------------------------------------------------

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

  private probe(slot: ContainerSlot, run: RuntimeContainer): void {
    const { livenessProbe, readinessProbe, startupProbe } = slot.spec;
    if (livenessProbe ?? readinessProbe ?? startupProbe) {
      const prober = new Prober({
        clock: this.node.options.clock,
        context: this.handlerContext(run, 0),
        probes: { Startup: startupProbe, Liveness: livenessProbe, Readiness: readinessProbe },
        reports: {
          unhealthy: (kind, outcome) => this.unhealthy(slot, kind, outcome),
          verdict: (kind, success) => this.judged(slot, kind, success),
        },
      });
      slot.prober = prober;
      prober.start();
    }
    // A sidecar that has started lets the next container start.
    if (slot.kind === 'sidecar') this.syncIn(0);
  }

  private unhealthy(
    slot: ContainerSlot,
    kind: ProbeKind,
    outcome: { output: string; errored?: boolean },
  ): void {
    const message = `${kind} probe ${outcome.errored === true ? 'errored' : 'failed'}: ${outcome.output}`;
    this.event(slot, { type: 'Warning', reason: 'Unhealthy', message });
    this.report('probe', 'fail', message, { slot, code: 'Unhealthy' });
  }

  private judged(slot: ContainerSlot, kind: ProbeKind, success: boolean): void {
    this.changed();
    if (success) {
      this.report('probe', 'succeed', `${kind.toLowerCase()} probe of ${slot.spec.name} succeeds`, {
        slot,
      });
      if (kind === 'Startup') this.syncIn(0);
      return;
    }
    if (kind === 'Readiness') return;
    const probe = kind === 'Liveness' ? slot.spec.livenessProbe : slot.spec.startupProbe;
    const graceNs =
      probe?.terminationGracePeriodSeconds === undefined
        ? this.graceNs()
        : probe.terminationGracePeriodSeconds * SECOND;
    this.kill(
      slot,
      graceNs,
      `Container ${slot.spec.name} failed ${kind.toLowerCase()} probe, will be restarted`,
    );
  }

  private kill(slot: ContainerSlot, graceNs: number, message: string): void {
    if (!isRunning(slot) || slot.killing) return;
    this.event(slot, { type: 'Normal', reason: 'Killing', message });
    this.report('stop', 'kill', message, { slot });
    stopContainer(this.node, {
      pod: this.pod,
      slot,
      podIp: this.sandbox?.ip ?? '',
      graceNs,
      hookFailed: () =>
        this.event(slot, {
          type: 'Warning',
          reason: 'FailedPreStopHook',
          message: 'PreStopHook failed',
        }),
    });
    this.changed();
  }

  /** Ends the containers, then the sidecars from the last to the first; true when nothing runs. */
  private stopEverything(graceNs: number): boolean {
    const first = this.allSlots.filter((slot) => slot.kind !== 'sidecar' && isRunning(slot));
    const sidecar = this.slots.findLast((slot) => slot.kind === 'sidecar' && isRunning(slot));
    const targets = first.length > 0 ? first : sidecar === undefined ? [] : [sidecar];
    for (const slot of targets) {
      if (slot.killing && slot.run !== undefined && graceNs === 0)
        this.node.runtime.stopContainer(slot.run, 0);
      else this.kill(slot, graceNs, `Stopping container ${slot.spec.name}`);
    }
    return !targets.some(isRunning);
  }

  // --- the end ------------------------------------------------------------------------------------

  /** Whether the pod has come to its end by itself: nothing of it will run any more. */
  private isFinished(): boolean {
    if (this.verdict !== undefined) return true;
    const phase = this.pod.status?.phase;
    if (phase === 'Succeeded' || phase === 'Failed') return true;
    const policy = this.pod.spec.restartPolicy ?? 'Always';
    if (policy === 'Always') return false;
    const init = this.slots.some(
      ({ kind, run, terminated }) =>
        kind === 'init' &&
        policy === 'Never' &&
        run?.state === 'exited' &&
        (terminated?.exitCode ?? 0) !== 0,
    );
    return (
      init ||
      this.slots.every((slot) => slot.kind !== 'app' || (!isRunning(slot) && !this.shouldRun(slot)))
    );
  }

  private finish(): void {
    if (!this.stopEverything(this.graceNs())) return;
    this.deadlineTimer?.cancel();
    this.node.ledger.release(this.uid);
    this.dropSandbox();
    this.changed();
  }

  private dropSandbox(): void {
    const { sandbox } = this;
    if (sandbox === undefined) return;
    this.sandbox = undefined;
    const { cni, host } = this.node.options;
    stopPodSandbox(sandbox, host, cni);
    this.report('stop', 'stop', 'the sandbox is gone and its address is free');
  }

  /** Everything has ended: tells it, and takes the pod out of the API. */
  private leave(): void {
    this.dropSandbox();
    this.node.ledger.release(this.uid);
    if (!this.forced) {
      this.flush();
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
      store.update('pods', {
        ...current,
        metadata: { ...current.metadata, deletionGracePeriodSeconds: 0 },
      });
      return;
    }
    store.delete('pods', namespaceOf(this.pod), name, { uid: this.uid });
  }

  private noteDeletion(): void {
    const { deletionGracePeriodSeconds = DEFAULT_GRACE_SECONDS, deletionTimestamp } =
      this.pod.metadata;
    if (deletionTimestamp === undefined) return;
    const { nowNs } = this.node.options.clock;
    this.terminating = true;
    this.killDeadlineNs = Math.min(
      this.killDeadlineNs,
      nowNs + deletionGracePeriodSeconds * SECOND,
    );
  }

  private watchDeadline(): void {
    const { activeDeadlineSeconds } = this.pod.spec;
    if (activeDeadlineSeconds === undefined || this.deadlineTimer !== undefined) return;
    this.deadlineTimer = this.node.options.clock.schedule(activeDeadlineSeconds * SECOND, () => {
      if (this.ending || this.isFinished()) return;
      const message = 'Pod was active on the node longer than the specified deadline';
      this.verdict = { reason: 'DeadlineExceeded', message };
      this.event(undefined, { type: 'Normal', reason: 'DeadlineExceeded', message });
      this.report('stop', 'deadline', message, { code: 'DeadlineExceeded' });
      this.changed();
      this.syncIn(0);
    });
  }

  // --- status -------------------------------------------------------------------------------------

  private flush(): void {
    this.flushTimer?.cancel();
    this.flushTimer = undefined;
    const { options } = this.node;
    const current = options.store.get('pods', namespaceOf(this.pod), this.pod.metadata.name);
    if (current === undefined || uidOf(current) !== this.uid) return;
    const initial = this.initialWaiting();
    const statuses = (kinds: readonly string[]) =>
      this.allSlots
        .filter(({ kind }) => kinds.includes(kind))
        .map((slot) => containerStatusOf(slot, initial));
    const sandboxReady = this.sandbox !== undefined && !this.isSandboxLost();
    const status = podStatusOf({
      pod: current,
      init: statuses(['init', 'sidecar']),
      app: statuses(['app']),
      ephemeral: statuses(['ephemeral']),
      sandboxReady,
      podIp: this.sandbox?.ip ?? this.lastIp,
      hostIp: options.nodeIp,
      startTime: this.startTime,
      qosClass: qosClassOf(this.pod),
      now: options.timestamp(),
      ...(this.verdict === undefined ? {} : { verdict: this.verdict }),
    });
    options.store.update('pods', { ...current, status });
  }

  private initialWaiting(): { readonly reason: string } {
    const initializing = this.slots.some(({ kind }) => kind !== 'app');
    return { reason: initializing ? 'PodInitializing' : 'ContainerCreating' };
  }

  private handlerContext(run: RuntimeContainer, timeoutNs: number) {
    const { runtime, sys } = this.node;
    return { sys, runtime, container: run, podIp: this.sandbox?.ip ?? '', timeoutNs };
  }

  private graceNs(): number {
    return (this.pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * SECOND;
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
      if (slot.kind === 'app')
        this.kill(
          slot,
          this.graceNs(),
          `Container ${spec.name} definition changed, will be restarted`,
        );
    }
    for (const spec of pod.spec.ephemeralContainers ?? []) {
      if (!this.ephemeral.some((slot) => slot.spec.name === spec.name)) {
        this.ephemeral.push(makeSlot(spec, 'ephemeral', undefined, this.startTime));
      }
    }
    this.syncIn(0);
  }

  /** For tests and views: the phase as the containers make it. */
  get phase(): string {
    const initial = this.initialWaiting();
    const of = (app: boolean) =>
      this.slots
        .filter(({ kind }) => (kind === 'app') === app)
        .map((slot) => containerStatusOf(slot, initial));
    return this.verdict === undefined ? phaseOf(this.pod, of(false), of(true)) : 'Failed';
  }

  /** `web_default(uid)`, for messages about the pod. */
  get title(): string {
    return formatPod(this.pod);
  }
}

function listName({ kind }: ContainerSlot): string {
  if (kind === 'app') return 'containers';
  return kind === 'ephemeral' ? 'ephemeralContainers' : 'initContainers';
}
