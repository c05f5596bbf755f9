import type { Container, ContainerState, ContainerStatus, Pod } from '../contract/kube.js';
import type { ResolvedImage } from '../registry/index.js';
import { BackOff, KUBELET_BACK_OFF } from './back-off.js';
import { isSidecar } from './pod-status.js';
import type { Prober } from './prober.js';
import type { RuntimeContainer } from './runtime.js';

/** How a run ended, as the API tells it. */
export type Terminated = NonNullable<ContainerState['terminated']>;

/** What a container waits for, as the API tells it. */
export interface Waiting {
  readonly reason: string;
  readonly message?: string;
}

/** Which list of the pod spec a container stands in; a sidecar is an init container that restarts. */
export type ContainerKind = 'init' | 'sidecar' | 'app' | 'ephemeral';

/** One container of a pod over all its runs. Belongs to one pod worker. */
export interface ContainerSlot {
  /** `targetContainerName` is of ephemeral containers alone. */
  spec: Container & { readonly targetContainerName?: string };
  readonly kind: ContainerKind;
  /** The newest run. */
  run: RuntimeContainer | undefined;
  /** The run before, for `kubectl logs --previous`. */
  previousRun: RuntimeContainer | undefined;
  image: ResolvedImage | undefined;
  waiting: Waiting | undefined;
  /** How the newest run ended; undefined while it runs and before the first. */
  terminated: Terminated | undefined;
  /** How the run before ended. */
  previous: Terminated | undefined;
  hadRun: boolean;
  restartCount: number;
  /** A pull or a start is under way. */
  busy: boolean;
  /** The postStart hook has not ended yet. */
  hookPending: boolean;
  killing: boolean;
  /** No new attempt before this moment. */
  notBeforeNs: number;
  readonly restartBackOff: BackOff;
  readonly pullBackOff: BackOff;
  prober: Prober | undefined;
  lastError: string | undefined;
}

/** A container that has not run yet, or what is left in the API of one that ran before the kubelet started. */
export function makeSlot(
  spec: Container,
  kind: ContainerKind,
  earlier: ContainerStatus | undefined,
  now: string,
): ContainerSlot {
  return {
    spec,
    kind,
    run: undefined,
    previousRun: undefined,
    image: undefined,
    waiting: undefined,
    terminated: endedBefore(earlier, now),
    previous: undefined,
    hadRun: earlier?.containerID !== undefined,
    restartCount: earlier?.restartCount ?? 0,
    busy: false,
    hookPending: false,
    killing: false,
    notBeforeNs: 0,
    restartBackOff: new BackOff(KUBELET_BACK_OFF),
    pullBackOff: new BackOff(KUBELET_BACK_OFF),
    prober: undefined,
    lastError: undefined,
  };
}

/** A slot for every container of a pod: init containers, containers, ephemeral ones, in the order of the spec. */
export function slotsOf(pod: Pod, now: string): readonly ContainerSlot[] {
  const { containers, ephemeralContainers = [], initContainers = [] } = pod.spec;
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const earlier = new Map<string, ContainerStatus>(
    [...initContainerStatuses, ...containerStatuses].map((status) => [status.name, status]),
  );
  return [
    ...initContainers.map((spec) =>
      makeSlot(spec, isSidecar(spec) ? 'sidecar' : 'init', earlier.get(spec.name), now),
    ),
    ...containers.map((spec) => makeSlot(spec, 'app', earlier.get(spec.name), now)),
    ...ephemeralContainers.map((spec) => makeSlot(spec, 'ephemeral', undefined, now)),
  ];
}

/** Whether its process runs. */
export function isRunning(slot: ContainerSlot): boolean {
  return slot.run?.state === 'running';
}

/** Whether it runs and everything that comes with its start is done. */
export function isStarted(slot: ContainerSlot): boolean {
  return isRunning(slot) && !slot.hookPending && slot.prober?.started !== false;
}

/** Whether it counts as ready; an init container is once it has succeeded. */
export function isReady(slot: ContainerSlot): boolean {
  if (slot.kind === 'init') return slot.terminated?.exitCode === 0;
  return isStarted(slot) && slot.prober?.isReady !== false;
}

/** A finished run in the API's words. */
export function terminatedOf(run: RuntimeContainer): Terminated {
  return {
    exitCode: run.exitCode,
    reason: run.reason,
    ...(run.message === undefined ? {} : { message: run.message }),
    ...(run.startedAt === undefined ? {} : { startedAt: run.startedAt }),
    ...(run.finishedAt === undefined ? {} : { finishedAt: run.finishedAt }),
    containerID: `containerd://${run.id}`,
  };
}

/** The status of a container; `initial` is what it waits for before anything is known. */
export function containerStatusOf(slot: ContainerSlot, initial: Waiting): ContainerStatus {
  const { image, run, spec } = slot;
  const lastTerminated =
    slot.waiting === undefined ? slot.previous : (slot.terminated ?? slot.previous);
  return {
    name: spec.name,
    state: stateOf(slot, initial),
    lastState: lastTerminated === undefined ? {} : { terminated: lastTerminated },
    ready: isReady(slot),
    started: isStarted(slot),
    restartCount: slot.restartCount,
    image: run === undefined ? (spec.image ?? '') : run.config.image.reference.canonical,
    imageID: image?.imageId ?? '',
    ...(run === undefined ? {} : { containerID: `containerd://${run.id}` }),
  };
}

function stateOf(slot: ContainerSlot, initial: Waiting): ContainerState {
  const { run, terminated, waiting } = slot;
  if (run !== undefined && isRunning(slot) && !slot.hookPending) {
    return { running: run.startedAt === undefined ? {} : { startedAt: run.startedAt } };
  }
  if (waiting !== undefined) return { waiting };
  return terminated === undefined ? { waiting: initial } : { terminated };
}

/** A container that the API last saw running is gone with its node's memory. */
function endedBefore(status: ContainerStatus | undefined, now: string): Terminated | undefined {
  const state = status?.state;
  if (state?.running !== undefined) {
    return {
      exitCode: 255,
      reason: 'Unknown',
      ...(state.running.startedAt === undefined ? {} : { startedAt: state.running.startedAt }),
      finishedAt: now,
      ...(status?.containerID === undefined ? {} : { containerID: status.containerID }),
    };
  }
  return state?.terminated ?? status?.lastState?.terminated;
}
