import { type ContainerSlot, isRunning } from './container-slot.js';
import { stopContainer } from './container-stopper.js';
import { type HandlerContext, type HandlerOutcome, runHandler } from './handler.js';
import type { NodeContext } from './node-context.js';
import type { ProbeHistory } from './pod-record.js';
import { initialWaiting, type PodFacts, type PodReporter } from './pod-reporter.js';
import { type ProbeKind, Prober } from './prober.js';
import type { RuntimeContainer } from './runtime.js';

/** What the watch asks of the pod it works for. */
export interface WatchedPod extends PodFacts {
  syncIn(delayNs: number): void;
}

const SECOND = 1_000_000_000;
const DEFAULT_GRACE_SECONDS = 30;
const HOOK_TIMEOUT_NS = 3600 * SECOND;

/** Looks after running containers: postStart, probes, and the order to stop. */
export class ContainerWatch {
  private readonly node: NodeContext;
  private readonly pod: WatchedPod;
  private readonly reporter: PodReporter;

  constructor(node: NodeContext, pod: WatchedPod, reporter: PodReporter) {
    this.node = node;
    this.pod = pod;
    this.reporter = reporter;
  }

  /** A container has started: runs its postStart hook, then its probes. */
  started(slot: ContainerSlot, run: RuntimeContainer): void {
    this.reporter.changed();
    const hook = slot.spec.lifecycle?.postStart;
    if (hook === undefined) {
      this.probe(slot, run);
      return;
    }
    slot.hookPending = true;
    slot.waiting = initialWaiting(this.pod.allSlots);
    const done = () => {
      if (slot.run !== run || run.state !== 'running') return;
      slot.hookPending = false;
      slot.waiting = undefined;
      this.reporter.step(
        'start',
        'postStart',
        'the postStart hook has ended, now it counts as running',
        {
          slot,
        },
      );
      this.probe(slot, run);
      this.reporter.changed();
      this.pod.syncIn(0);
    };
    if (hook.sleep !== undefined) {
      this.node.options.clock.schedule(hook.sleep.seconds * SECOND, done);
      return;
    }
    runHandler(hook, this.context(run, HOOK_TIMEOUT_NS), ({ output, success }) => {
      if (success) {
        done();
        return;
      }
      if (slot.run !== run || run.state !== 'running') return;
      const message = 'PostStartHook failed';
      this.reporter.event(slot, { type: 'Warning', reason: 'FailedPostStartHook', message });
      this.reporter.step('start', 'fail', `${message}: ${output}`, {
        slot,
        code: 'PostStartHookError',
      });
      this.kill(slot, graceNsOf(this.pod.pod), 'FailedPostStartHook');
    });
  }

  /** Orders a running container to stop, once, and says so. */
  kill(slot: ContainerSlot, graceNs: number, message: string): void {
    if (!isRunning(slot) || slot.killing) return;
    this.reporter.event(slot, { type: 'Normal', reason: 'Killing', message });
    this.reporter.step('stop', 'kill', message, { slot });
    const hookFailed = () => {
      const words = 'PreStopHook failed';
      this.reporter.event(slot, { type: 'Warning', reason: 'FailedPreStopHook', message: words });
    };
    const { pod, podIp = '' } = this.pod;
    stopContainer(this.node, { pod, slot, podIp, graceNs, hookFailed });
    this.reporter.changed();
  }

  private probe(slot: ContainerSlot, run: RuntimeContainer): void {
    const { livenessProbe, readinessProbe, startupProbe } = slot.spec;
    if (livenessProbe ?? readinessProbe ?? startupProbe) {
      const prober = new Prober({
        clock: this.node.options.clock,
        context: this.context(run, 0),
        probes: { Startup: startupProbe, Liveness: livenessProbe, Readiness: readinessProbe },
        reports: {
          unhealthy: (kind, outcome, history) => this.unhealthy(slot, { kind, outcome, history }),
          verdict: (kind, success, history) => this.judged(slot, { kind, success, history }),
        },
      });
      slot.prober = prober;
      prober.start();
    }
    // A sidecar that has started lets the next container start.
    if (slot.kind === 'sidecar') this.pod.syncIn(0);
  }

  private unhealthy(
    slot: ContainerSlot,
    said: {
      readonly kind: ProbeKind;
      readonly outcome: HandlerOutcome;
      readonly history: ProbeHistory;
    },
  ): void {
    const { history, kind, outcome } = said;
    const message = `${kind} probe ${outcome.errored === true ? 'errored' : 'failed'}: ${outcome.output}`;
    this.reporter.event(slot, { type: 'Warning', reason: 'Unhealthy', message });
    const record = { kind: 'probe', history } as const;
    this.reporter.step('probe', 'fail', message, { slot, code: 'Unhealthy', record });
  }

  private judged(
    slot: ContainerSlot,
    said: { readonly kind: ProbeKind; readonly success: boolean; readonly history: ProbeHistory },
  ): void {
    const { history, kind, success } = said;
    this.reporter.changed();
    const { livenessProbe, name, startupProbe } = slot.spec;
    if (success) {
      this.reporter.step('probe', 'succeed', `${kind.toLowerCase()} probe of ${name} succeeds`, {
        slot,
        record: { kind: 'probe', history },
      });
      if (kind === 'Startup') this.pod.syncIn(0);
      return;
    }
    if (kind === 'Readiness') return;
    const seconds = (kind === 'Liveness' ? livenessProbe : startupProbe)
      ?.terminationGracePeriodSeconds;
    const graceNs = seconds === undefined ? graceNsOf(this.pod.pod) : seconds * SECOND;
    this.kill(
      slot,
      graceNs,
      `Container ${name} failed ${kind.toLowerCase()} probe, will be restarted`,
    );
  }

  private context(container: RuntimeContainer, timeoutNs: number): HandlerContext {
    const { runtime, sys } = this.node;
    return { sys, runtime, container, podIp: this.pod.podIp ?? '', timeoutNs };
  }
}

/** Grace period of a pod's containers. */
export function graceNsOf({ spec }: PodFacts['pod']): number {
  return (spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * SECOND;
}
