/** The words that `kubectl get pods` shows (kubernetes `pkg/printers/internalversion/printers.go`, printPod). */

import type { Container, ContainerStatus, Pod } from '../../contract/kube.js';
import { ageOf } from './duration.js';

/** READY, STATUS and RESTARTS of a pod. */
export interface PodWords {
  /** `1/2`. */
  readonly ready: string;
  /** `Running`, `CrashLoopBackOff`, `Init:0/1`, `Terminating` … */
  readonly status: string;
  /** `3 (5m ago)`. */
  readonly restarts: string;
}

interface Restarts {
  count: number;
  last: string | undefined;
}

/** Computes the words at a time (RFC 3339). */
export function podWords(pod: Pod, now: string): PodWords {
  const init = initPhase(pod);
  const main = mainPhase(pod, init.reason);
  const restarts = init.initializing ? init.restarts : main.restarts;
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar).length;
  const total = pod.spec.containers.length + sidecars;
  const counted: Restarts = init.initializing
    ? restarts
    : {
        count: restarts.count + init.sidecarRestarts.count,
        last: later(restarts.last, init.sidecarRestarts.last),
      };
  const ago =
    counted.count > 0 && counted.last !== undefined ? ` (${ageOf(counted.last, now)} ago)` : '';
  return {
    ready: `${(init.initializing ? 0 : main.ready) + init.readySidecars}/${total}`,
    status: finalWord(pod, init.initializing ? init.reason : main.reason),
    restarts: `${counted.count}${ago}`,
  };
}

function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}

function baseReason({ status }: Pod): string {
  const scheduled = (status?.conditions ?? []).find((one) => one.type === 'PodScheduled');
  if (scheduled?.reason === 'SchedulingGated') return 'SchedulingGated';
  return status?.reason !== undefined && status.reason !== ''
    ? status.reason
    : (status?.phase ?? 'Unknown');
}

function addRestarts(sum: Restarts, status: ContainerStatus): void {
  sum.count += status.restartCount;
  sum.last = later(sum.last, status.lastState?.terminated?.finishedAt);
}

function exitWord(terminated: { readonly signal?: number; readonly exitCode: number }): string {
  return terminated.signal !== undefined && terminated.signal !== 0
    ? `Signal:${terminated.signal}`
    : `ExitCode:${terminated.exitCode}`;
}

interface InitPhase {
  readonly reason: string;
  readonly initializing: boolean;
  readonly restarts: Restarts;
  readonly sidecarRestarts: Restarts;
  readonly readySidecars: number;
}

function initPhase(pod: Pod): InitPhase {
  const containers = new Map((pod.spec.initContainers ?? []).map((one) => [one.name, one]));
  const restarts: Restarts = { count: 0, last: undefined };
  const sidecarRestarts: Restarts = { count: 0, last: undefined };
  let reason = baseReason(pod);
  let readySidecars = 0;
  for (const [index, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    addRestarts(restarts, status);
    const container = containers.get(status.name);
    const sidecar = container !== undefined && isSidecar(container);
    if (sidecar) addRestarts(sidecarRestarts, status);
    const { terminated, waiting } = status.state ?? {};
    if (terminated !== undefined && terminated.exitCode === 0) continue;
    if (sidecar && status.started === true) {
      if (status.ready) readySidecars += 1;
      continue;
    }
    if (terminated !== undefined) reason = `Init:${terminated.reason || exitWord(terminated)}`;
    else if (
      waiting?.reason !== undefined &&
      waiting.reason !== '' &&
      waiting.reason !== 'PodInitializing'
    ) {
      reason = `Init:${waiting.reason}`;
    } else reason = `Init:${index}/${containers.size}`;
    return { reason, initializing: true, restarts, sidecarRestarts, readySidecars };
  }
  return { reason, initializing: false, restarts, sidecarRestarts, readySidecars };
}

function mainPhase(pod: Pod, base: string): { reason: string; ready: number; restarts: Restarts } {
  const restarts: Restarts = { count: 0, last: undefined };
  let reason = base;
  let ready = 0;
  let running = false;
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    addRestarts(restarts, status);
    const { terminated, waiting, running: runs } = status.state ?? {};
    if (waiting?.reason !== undefined && waiting.reason !== '') reason = waiting.reason;
    else if (terminated !== undefined) reason = terminated.reason || exitWord(terminated);
    else if (status.ready && runs !== undefined) {
      running = true;
      ready += 1;
    }
  }
  if (reason === 'Completed' && running) {
    const isReady = (pod.status?.conditions ?? []).some(
      (one) => one.type === 'Ready' && one.status === 'True',
    );
    reason = isReady ? 'Running' : 'NotReady';
  }
  return { reason, ready, restarts };
}

function finalWord(pod: Pod, reason: string): string {
  if (pod.metadata.deletionTimestamp === undefined) return reason;
  if (pod.status?.reason === 'NodeLost') return 'Unknown';
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
    ? reason
    : 'Terminating';
}
