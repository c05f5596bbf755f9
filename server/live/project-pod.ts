import type { ContainerMark, PodVertex, PolicyDirection } from '../contract/graph.js';
import type { Container, ContainerStatus, Pod } from '../contract/kube.js';

/** What runs of a pod, as far as the graph shows it. */
export interface PodRuntime {
  readonly pauseRunning: boolean;
  /** Ports bound in the pod, by container name: `80/tcp`. */
  readonly boundPorts: ReadonlyMap<string, readonly string[]>;
  /** One sentence about a port that was taken, if any. */
  readonly conflict: string | undefined;
}

/** Names of the policies that isolate a pod. */
export type Isolation = Readonly<Record<PolicyDirection, readonly string[]>>;

/** What is drawn of a pod beside its object. */
export interface PodFacts {
  /** The word of `kubectl get pods`. */
  readonly status: string;
  readonly runtime: PodRuntime | undefined;
  readonly isolation: Isolation;
}

/** Words that mean that a pod cannot go on by itself. */
const BAD_WORDS =
  /BackOff|^Err|Error|Invalid|Unhealthy|^OOM|Evicted|OutOf|Unschedulable|NodeAffinity|NodePorts|Failed|Unknown|DeadlineExceeded/;

/** Draws a pod. */
export function projectPod(pod: Pod, { status, runtime, isolation }: PodFacts): PodVertex {
  const { metadata, spec } = pod;
  const statuses = pod.status?.containerStatuses ?? [];
  const owner = metadata.ownerReferences?.find((reference) => reference.controller === true);
  const problem = runtime?.conflict ?? problemOf(pod);
  const nodeName = spec.nodeName ?? '';
  return {
    id: `pod:${metadata.namespace}/${metadata.name}`,
    kind: 'pod',
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    uid: metadata.uid ?? '',
    ...(nodeName === '' ? {} : { parent: `node:${nodeName}` }),
    status,
    phase: pod.status?.phase ?? 'Pending',
    tone: toneOf(pod, status),
    ready: `${statuses.filter((s) => s.ready).length}/${spec.containers.length}`,
    restarts: statuses.reduce((sum, s) => sum + s.restartCount, 0),
    ...(pod.status?.podIP === undefined ? {} : { ip: pod.status.podIP }),
    hostNetwork: spec.hostNetwork === true,
    ...(owner === undefined ? {} : { owner: `${owner.kind}/${owner.name}` }),
    labels: metadata.labels ?? {},
    containers: [pauseMark(runtime), ...containerMarks(pod, runtime)],
    ...(problem === undefined ? {} : { problem }),
    ...isolationOf(isolation),
  };
}

function isolationOf({ ingress, egress }: Isolation): Pick<PodVertex, 'isolatedBy'> {
  if (ingress.length === 0 && egress.length === 0) return {};
  return {
    isolatedBy: {
      ...(ingress.length === 0 ? {} : { ingress }),
      ...(egress.length === 0 ? {} : { egress }),
    },
  };
}

function toneOf(pod: Pod, status: string): PodVertex['tone'] {
  if (status === 'Completed' || status === 'Succeeded') return 'done';
  if (BAD_WORDS.test(status)) return 'bad';
  const ready = pod.status?.conditions?.find((c) => c.type === 'Ready')?.status === 'True';
  if (status === 'Running' && ready) return 'good';
  const unschedulable = pod.status?.conditions?.some(
    (c) => c.type === 'PodScheduled' && c.status === 'False',
  );
  return unschedulable === true ? 'bad' : 'busy';
}

function pauseMark(runtime: PodRuntime | undefined): ContainerMark {
  const running = runtime?.pauseRunning === true;
  return {
    name: 'pause',
    role: 'pause',
    state: running ? 'running' : 'waiting',
    ready: running,
    restarts: 0,
    image: 'registry.k8s.io/pause',
    ports: [],
  };
}

function containerMarks(pod: Pod, runtime: PodRuntime | undefined): ContainerMark[] {
  const { spec, status } = pod;
  const mark =
    (role: ContainerMark['role'], statuses: readonly ContainerStatus[] | undefined) =>
    (container: Container) =>
      markOf(
        container,
        role,
        statuses?.find((s) => s.name === container.name),
        runtime,
      );
  return [
    ...(spec.initContainers ?? []).map((container) =>
      mark(
        container.restartPolicy === 'Always' ? 'sidecar' : 'init',
        status?.initContainerStatuses,
      )(container),
    ),
    ...spec.containers.map(mark('app', status?.containerStatuses)),
    ...(spec.ephemeralContainers ?? []).map(mark('ephemeral', status?.ephemeralContainerStatuses)),
  ];
}

function markOf(
  container: Container,
  role: ContainerMark['role'],
  status: ContainerStatus | undefined,
  runtime: PodRuntime | undefined,
): ContainerMark {
  const { state } = status ?? {};
  const reason = state?.waiting?.reason ?? state?.terminated?.reason;
  return {
    name: container.name,
    role,
    state:
      state?.running !== undefined
        ? 'running'
        : state?.terminated !== undefined
          ? 'terminated'
          : 'waiting',
    ...(reason === undefined ? {} : { reason }),
    ready: status?.ready ?? false,
    restarts: status?.restartCount ?? 0,
    image: container.image ?? '',
    ports: runtime?.boundPorts.get(container.name) ?? [],
  };
}

/** The message of what keeps the pod from running, shortest first found. */
function problemOf(pod: Pod): string | undefined {
  const unscheduled = pod.status?.conditions?.find(
    (c) => c.type === 'PodScheduled' && c.status === 'False',
  );
  if (unscheduled?.message !== undefined) return unscheduled.message;
  if (pod.status?.message !== undefined && pod.status.message !== '') return pod.status.message;
  for (const status of [
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.containerStatuses ?? []),
  ]) {
    const { waiting } = status.state ?? {};
    if (waiting?.message !== undefined) return `${status.name}: ${waiting.message}`;
  }
  return undefined;
}
