import type { GhostPod } from '../../contract/acting.js';
import type { KubeObject } from '../../contract/kube.js';
import { asObject } from '../../kube/json.js';

/** How many pods of one object are shown as ghosts. */
const MOST_PODS = 20;

/** Pods that an object would make at once, so that a dry run can show them; a CronJob makes none before its time. */
export function ghostPodsOf(object: KubeObject): readonly GhostPod[] {
  const { name, namespace = 'default' } = object.metadata;
  const count = podCount(object);
  const template = object.kind === 'Pod' ? object : asObject(asObject(object.spec)?.template);
  const spec = asObject(template?.spec);
  if (count === 0 || spec === undefined) return [];
  const containers = Array.isArray(spec.containers) ? spec.containers : [];
  const marks = containers.flatMap((container: unknown) => {
    const { name: called, image } = asObject(container) ?? {};
    return typeof called === 'string' ? [{ name: called, image: String(image ?? '') }] : [];
  });
  return Array.from({ length: Math.min(count, MOST_PODS) }, (_, index) => ({
    namespace,
    name: object.kind === 'Pod' ? name : `${name}-${index}`,
    ...(object.kind === 'Pod' ? {} : { owner: `${object.kind}/${name}` }),
    hostNetwork: spec.hostNetwork === true,
    containers: marks,
  }));
}

function podCount({ kind, spec }: KubeObject): number {
  const { replicas, parallelism, completions } = asObject(spec) ?? {};
  switch (kind) {
    case 'Pod':
      return 1;
    case 'Deployment':
    case 'ReplicaSet':
    case 'ReplicationController':
    case 'StatefulSet':
      return Number(replicas ?? 1);
    case 'Job':
      return Math.min(Number(parallelism ?? 1), Number(completions ?? parallelism ?? 1));
    default:
      return 0;
  }
}
