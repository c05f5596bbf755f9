import type { PodVertex } from '../../server/contract/graph.js';
import { compareNames } from './names.js';

/** Which place among the pods of its node each pod has: `group` is the node's id, `index` counts from 0. */
export type Slots = ReadonlyMap<string, { readonly group: string; readonly index: number }>;

/** Group of the pods that no node has taken. */
export const PENDING_BOX = 'pending';

/**
 * Gives every pod a place. A pod keeps the one it had; a new one takes the first that is free, in order of name.
 * So a rollout fills the places of the pods it replaces and nothing else moves. When more than half of a node's places
 * are empty they are given out anew.
 */
export function assignSlots(pods: readonly PodVertex[], before: Slots): Slots {
  const groups = new Map<string, PodVertex[]>();
  for (const pod of pods) {
    const group = pod.parent ?? PENDING_BOX;
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [pod]);
    else members.push(pod);
  }
  const next = new Map<string, { group: string; index: number }>();
  for (const [group, members] of groups) {
    members.sort(byNamespaceThenName);
    const kept = keptPlaces(group, members, before);
    const free = freePlaces(new Set(kept.values()));
    for (const pod of members) {
      next.set(pod.id, { group, index: kept.get(pod.id) ?? free() });
    }
  }
  return next;
}

function keptPlaces(group: string, members: readonly PodVertex[], before: Slots) {
  const kept = new Map<string, number>();
  for (const { id } of members) {
    const slot = before.get(id);
    if (slot !== undefined && slot.group === group) kept.set(id, slot.index);
  }
  const highest = Math.max(-1, ...kept.values());
  return highest + 1 > members.length * 2 + 4 ? new Map<string, number>() : kept;
}

function freePlaces(taken: ReadonlySet<number>): () => number {
  let candidate = -1;
  return () => {
    do candidate += 1;
    while (taken.has(candidate));
    return candidate;
  };
}

function byNamespaceThenName(a: PodVertex, b: PodVertex): number {
  return compareNames(a.namespace, b.namespace) || compareNames(a.name, b.name);
}
