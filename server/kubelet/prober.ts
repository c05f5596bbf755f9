import type { Timer } from '../../topology/index.js';
import type { Probe } from '../contract/kube.js';
import type { KubeletClock } from './contract.js';
import { type HandlerContext, type HandlerOutcome, runHandler } from './handler.js';
import type { ProbeHistory, ProbeRun } from './pod-record.js';

/** Kinds of probe, in the words of events. */
export type ProbeKind = 'Startup' | 'Liveness' | 'Readiness';

/** What the probes of a container report. */
export interface ProbeReports {
  /** One probe failed or could not be run, whatever the threshold says. */
  readonly unhealthy: (kind: ProbeKind, outcome: HandlerOutcome, history: ProbeHistory) => void;
  /** The verdict changed: a threshold was reached. */
  readonly verdict: (kind: ProbeKind, success: boolean, history: ProbeHistory) => void;
}

/** What a prober is made of. */
export interface ProberOptions {
  readonly clock: KubeletClock;
  readonly context: Omit<HandlerContext, 'timeoutNs'>;
  readonly probes: {
    readonly Startup?: Probe | undefined;
    readonly Liveness?: Probe | undefined;
    readonly Readiness?: Probe | undefined;
  };
  readonly reports: ProbeReports;
}

const SECOND = 1_000_000_000;

/**
 * Probes of one run of a container: each in its own period, the startup probe before the others.
 *
 * Fidelity: the period counts from the start of the container; the kubelet's counts from when it noticed the pod.
 */
export class Prober {
  private readonly options: ProberOptions;
  private readonly loops = new Map<ProbeKind, ProbeLoop>();
  private ready: boolean;
  private startedUp: boolean;

  constructor(options: ProberOptions) {
    this.options = options;
    const { Readiness, Startup } = options.probes;
    this.startedUp = Startup === undefined;
    this.ready = Readiness === undefined;
  }

  /** The startup probe has succeeded, or there is none. */
  get started(): boolean {
    return this.startedUp;
  }

  /** The container may receive requests. */
  get isReady(): boolean {
    return this.startedUp && this.ready;
  }

  /** Begins to probe; call when the container has started. */
  start(): void {
    if (this.startedUp) this.startRest();
    else this.startLoop('Startup', initialDelayNs(this.options.probes.Startup));
  }

  /** Ends all probes; nothing is reported any more. */
  stop(): void {
    for (const loop of this.loops.values()) loop.stop();
    this.loops.clear();
    this.ready = false;
  }

  private startRest(): void {
    const sinceNs = this.options.clock.nowNs - this.options.context.container.startedNs;
    const { Liveness, Readiness } = this.options.probes;
    for (const [kind, probe] of [
      ['Liveness', Liveness],
      ['Readiness', Readiness],
    ] as const) {
      if (probe !== undefined) this.startLoop(kind, Math.max(0, initialDelayNs(probe) - sinceNs));
    }
  }

  private startLoop(kind: ProbeKind, delayNs: number): void {
    const probe = this.options.probes[kind];
    if (probe === undefined) return;
    const { clock, context, reports } = this.options;
    const loop = new ProbeLoop(clock, { kind, probe }, context, {
      failed: (outcome, history) => reports.unhealthy(kind, outcome, history),
      verdict: (success, history) => this.decide(kind, success, history),
    });
    this.loops.set(kind, loop);
    loop.start(delayNs);
  }

  private decide(kind: ProbeKind, success: boolean, history: ProbeHistory): void {
    if (kind === 'Startup' && success) {
      this.startedUp = true;
      this.loops.get(kind)?.stop();
      this.startRest();
    } else if (kind !== 'Readiness' && !success) {
      // The container is about to be killed; probing goes on with its next run.
      this.stop();
    } else if (kind === 'Readiness') this.ready = success;
    this.options.reports.verdict(kind, success, history);
  }
}

interface LoopReports {
  readonly failed: (outcome: HandlerOutcome, history: ProbeHistory) => void;
  readonly verdict: (success: boolean, history: ProbeHistory) => void;
}

/** Runs of a probe that are kept to be shown. */
const KEPT_RUNS = 8;
/** Characters of a run's output that are kept. */
const KEPT_OUTPUT = 200;
const NAMES = { Startup: 'startup', Liveness: 'liveness', Readiness: 'readiness' } as const;

/** One probe, again and again. */
class ProbeLoop {
  private readonly clock: KubeletClock;
  private readonly probe: Probe;
  private readonly context: Omit<HandlerContext, 'timeoutNs'>;
  private readonly reports: LoopReports;
  private readonly history: ProbeHistory;
  private readonly recent: ProbeRun[] = [];
  private timer: Timer | undefined;
  private stopped = false;
  private last: boolean | undefined;
  private runs = 0;
  private told: boolean | undefined;

  constructor(
    clock: KubeletClock,
    { kind, probe }: { readonly kind: ProbeKind; readonly probe: Probe },
    context: Omit<HandlerContext, 'timeoutNs'>,
    reports: LoopReports,
  ) {
    this.history = { name: NAMES[kind], probe, podIp: context.podIp, runs: this.recent };
    this.clock = clock;
    this.probe = probe;
    this.context = context;
    this.reports = reports;
  }

  start(delayNs: number): void {
    this.timer = this.clock.schedule(delayNs, () => this.tick());
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private tick(): void {
    const beganNs = this.clock.nowNs;
    const timeoutNs = (this.probe.timeoutSeconds ?? 1) * SECOND;
    runHandler(this.probe, { ...this.context, timeoutNs }, (outcome) => {
      if (this.stopped) return;
      this.keep(outcome, beganNs);
      this.note(outcome);
      if (this.stopped) return;
      const periodNs = (this.probe.periodSeconds ?? 10) * SECOND;
      this.start(Math.max(0, beganNs + periodNs - this.clock.nowNs));
    });
  }

  private keep({ output, success }: HandlerOutcome, beganNs: number): void {
    const tookNs = this.clock.nowNs - beganNs;
    this.recent.push({ atNs: beganNs, tookNs, success, output: output.slice(0, KEPT_OUTPUT) });
    if (this.recent.length > KEPT_RUNS) this.recent.shift();
  }

  private note(outcome: HandlerOutcome): void {
    const { success } = outcome;
    if (!success) this.reports.failed(outcome, this.history);
    // A probe that could not be run says nothing about the container.
    if (outcome.errored === true) return;
    this.runs = success === this.last ? this.runs + 1 : 1;
    this.last = success;
    const threshold = success
      ? (this.probe.successThreshold ?? 1)
      : (this.probe.failureThreshold ?? 3);
    if (this.runs < threshold || this.told === success) return;
    this.told = success;
    this.reports.verdict(success, this.history);
  }
}

function initialDelayNs(probe: Probe | undefined): number {
  return (probe?.initialDelaySeconds ?? 0) * SECOND;
}
