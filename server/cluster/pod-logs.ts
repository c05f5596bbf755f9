/** Finding the log that somebody asks for, with the refusals of the API server and the kubelet. */
import type { ContainerStatus, Pod } from '../contract/kube.js';
import {
  followLog,
  type LogFollower,
  type LogOptions,
  type LogRing,
  type LogSink,
  printLog,
} from '../kubelet/index.js';
import type { Cluster } from './cluster.js';
import { type Reply, refuse, reply } from './reply.js';

/** Which container's log. */
export interface LogTarget {
  /** May be absent when the pod has one container. */
  readonly container?: string | undefined;
  /** The run before the present one. */
  readonly previous?: boolean;
}

/** A log that was found; one that has not begun prints nothing and has ended. */
export interface FoundLog {
  print(options: LogOptions): Uint8Array;
  follow(options: LogOptions, sink: LogSink): LogFollower;
}

/** The log of a container (`pkg/registry/core/pod/strategy.go` LogLocation, kubelet `validateContainerLogStatus`). */
export function findLog(cluster: Cluster, pod: Pod, target: LogTarget): Reply<FoundLog> {
  const named = containerOf(pod, target.container);
  if (!named.ok) return named;
  if ((pod.spec.nodeName ?? '') === '') return reply(NOTHING);
  const which = target.previous === true ? 'previous' : 'current';
  const ring = cluster.kubeletOf(pod)?.logs(pod.metadata.uid ?? '', named.value, which);
  const refused = refusal(pod, named.value, which);
  if (refused !== undefined) return refuse(refused);
  if (ring !== undefined) return reply(found(ring));
  // The kubelet was started anew: of what ran before it knows the status alone.
  const { state, lastState } = statusOf(pod, named.value) ?? {};
  const terminated = (which === 'current' ? state?.terminated : undefined) ?? lastState?.terminated;
  const id = terminated?.containerID ?? '';
  return reply(fixed(`unable to retrieve container logs for ${id}`));
}

const NOTHING = fixed('');

/** A log of which there is nothing but a text. */
function fixed(text: string): FoundLog {
  const octets = new TextEncoder().encode(text);
  return {
    print: () => octets,
    follow: (_options, sink) => {
      if (octets.length > 0) sink.write(octets);
      sink.end();
      return { stop: () => undefined, resume: () => undefined };
    },
  };
}

function found(ring: LogRing): FoundLog {
  return {
    print: (options) => printLog(ring, options),
    follow: (options, sink) => followLog(ring, options, sink),
  };
}

/** The container that a request means: the one it names, or the only one. */
export function containerOf(pod: Pod, asked: string | undefined): Reply<string> {
  const { containers, ephemeralContainers = [], initContainers = [] } = pod.spec;
  const { name } = pod.metadata;
  const [first] = containers;
  if (asked === undefined && containers.length === 1 && first !== undefined) {
    return reply(first.name);
  }
  if (asked === undefined) {
    const listed = (list: readonly { readonly name: string }[]) =>
      `[${list.map((one) => one.name).join(' ')}]`;
    const more =
      initContainers.length === 0
        ? ''
        : ` or one of the init containers: ${listed(initContainers)}`;
    return refuse(
      `a container name must be specified for pod ${name}, choose one of: ${listed(containers)}${more}`,
    );
  }
  return [...initContainers, ...containers, ...ephemeralContainers].some(
    (one) => one.name === asked,
  )
    ? reply(asked)
    : refuse(`container ${asked} is not valid for pod ${name}`);
}

function statusOf(pod: Pod, container: string): ContainerStatus | undefined {
  const {
    containerStatuses = [],
    ephemeralContainerStatuses = [],
    initContainerStatuses = [],
  } = pod.status ?? {};
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find(
    (one) => one.name === container,
  );
}

function refusal(pod: Pod, container: string, which: 'current' | 'previous'): string | undefined {
  const status = statusOf(pod, container);
  const pair = `container "${container}" in pod "${pod.metadata.name}"`;
  if (which === 'previous') {
    return status?.lastState?.terminated === undefined
      ? `previous terminated ${pair} not found`
      : undefined;
  }
  if (status === undefined) return `${pair} is not available`;
  const { running, terminated, waiting: waits } = status.state ?? {};
  if (running !== undefined || terminated !== undefined) return undefined;
  if (status.lastState?.terminated !== undefined) return undefined;
  return waiting(pod, container, waits?.reason);
}

const WAITS: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
};

function waiting(pod: Pod, container: string, reason: string | undefined): string {
  const pair = `container "${container}" in pod "${pod.metadata.name}"`;
  return reason === undefined
    ? `${pair} is waiting to start - no logs yet`
    : `${pair} is waiting to start: ${WAITS[reason] ?? reason}`;
}
