import type { PodVertex } from '../../server/contract/graph.js';

const names = new Intl.Collator('en', { numeric: true });

/** worker-2 before worker-10. */
export function compareNames(a: string, b: string): number {
  return names.compare(a, b);
}

/** A pod's name in two parts: what a person called it, and what a controller appended to tell copies apart. */
export interface PodTitle {
  readonly base: string;
  readonly suffix: string;
}

/** Letters and digits that Kubernetes uses for generated names: no vowels, nothing that reads as another sign. */
const SUFFIX = /^(.+)-([bcdfghjklmnpqrstvwxz2456789]{5})$/;

/** `web-6f75f4d665-k5r78` of a ReplicaSet is `web` and `k5r78`: the hash of the template says nothing to a reader. */
export function titleOfPod(pod: Pick<PodVertex, 'name' | 'owner'>): PodTitle {
  const [kind = '', owner = ''] = (pod.owner ?? '').split('/');
  const match = SUFFIX.exec(pod.name);
  if (match?.[1] === undefined || match[2] === undefined || match[1] !== owner) {
    return { base: pod.name, suffix: '' };
  }
  const hash = kind === 'ReplicaSet' ? owner.lastIndexOf('-') : -1;
  return { base: hash > 0 ? owner.slice(0, hash) : owner, suffix: match[2] };
}

/** A hue from 0 to 359 that a namespace keeps wherever it appears. */
export function hueOf(namespace: string): number {
  let hash = 2166136261;
  for (const letter of namespace) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16777619);
  // Twelve hues far enough apart to be told from each other.
  return (((hash >>> 0) % 12) * 30 + 15) % 360;
}
