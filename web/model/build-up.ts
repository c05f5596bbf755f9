import type { PodVertex } from '../../server/contract/graph.js';
import type { Journey } from '../../server/contract/journey.js';
import type { LiveState } from '../state/live-store.js';
import { type Frame, isFailure } from './playback.js';

/** What of a pod is there at a step of its journey. */
export interface Built {
  readonly room: boolean;
  readonly pause: boolean;
  readonly network: boolean;
  /** Names of containers that run. */
  readonly containers: ReadonlySet<string>;
}

/** What the steps up to a position have built, less what they have broken. */
export function builtAt(frames: readonly Frame[], position: number): Built {
  let built = { room: false, pause: false, network: false };
  let containers = new Set<string>();
  for (const { step } of frames.slice(0, position + 1)) {
    if (step.breaks === 'pause') {
      built = { ...built, pause: false, network: false };
      containers = new Set();
    } else if (step.breaks === 'container') containers.delete(step.container ?? '');
    if (step.builds === 'container') containers.add(step.container ?? '');
    else if (step.builds !== undefined) built = { ...built, [step.builds]: true };
  }
  return { ...built, containers };
}

/** A pod as it was at a position of its journey: what was not there yet is left out. */
export function podAsOf(pod: PodVertex, frames: readonly Frame[], position: number): PodVertex {
  const now = frames[position];
  if (now === undefined) return pod;
  const { containers, network, pause } = builtAt(frames, position);
  const { ip, problem: _, ...rest } = pod;
  const marks = pod.containers.map((mark) => {
    const runs = mark.role === 'pause' ? pause : containers.has(mark.name);
    const { reason: __, ...plain } = mark;
    return { ...plain, state: runs ? ('running' as const) : ('waiting' as const), ready: runs };
  });
  return {
    ...rest,
    ...(network && ip !== undefined ? { ip } : {}),
    status: now.hop.place,
    tone: isFailure(now.step) ? 'bad' : 'busy',
    ready: `0/${pod.containers.length - 1}`,
    restarts: 0,
    containers: marks.map((mark) => (mark.state === 'running' ? mark : { ...mark, ports: [] })),
  };
}

/** The cluster with the pod of a journey as it was at a position; at the end of the journey as it is. */
export function withBuildUp(
  live: LiveState,
  played: {
    readonly journey: Journey | undefined;
    readonly frames: readonly Frame[];
    readonly position: number;
  },
): Pick<LiveState, 'vertices' | 'edges'> {
  const { frames, journey, position } = played;
  if (journey?.kind !== 'pod' || position >= frames.length - 1) return live;
  const id = podOf(journey);
  const pod = live.vertices.get(id);
  if (pod?.kind !== 'pod') return live;
  const vertices = new Map(live.vertices).set(id, podAsOf(pod, frames, position));
  if (builtAt(frames, position).network) return { vertices, edges: live.edges };
  const edges = new Map(live.edges);
  for (const { id: edge, kind, from } of live.edges.values()) {
    if (kind === 'veth' && from === id) edges.delete(edge);
  }
  return { vertices, edges };
}

/** Id of the vertex of the pod that a journey tells of. */
export function podOf({ id }: Journey): string {
  return id.slice(0, id.lastIndexOf(':'));
}
