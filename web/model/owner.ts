import type { PodVertex } from '../../server/contract/graph.js';

/** The controller that people know a pod by. */
export interface PodOwner {
  readonly kind: string;
  readonly name: string;
}

/** Who makes a pod: for those of a Deployment that one, not its ReplicaSet, whose name ends in the hash of the template. */
export function podOwner({ owner = '', labels }: PodVertex): PodOwner | undefined {
  const [kind = '', name = ''] = owner.split('/');
  if (name === '') return undefined;
  const tail = `-${labels['pod-template-hash'] ?? ''}`;
  if (kind === 'ReplicaSet' && tail !== '-' && name.endsWith(tail))
    return { kind: 'Deployment', name: name.slice(0, -tail.length) };
  return { kind, name };
}
