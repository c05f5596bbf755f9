import type { PodVertex } from '../../server/contract/graph.js';

/** Names of the containers that run programs. */
export function containersOf(pod: PodVertex): string[] {
  return pod.containers.filter(({ role }) => role !== 'pause').map(({ name }) => name);
}
