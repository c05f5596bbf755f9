import type { GhostPod } from '../../contract/acting.js';
import type { DaemonSet, KubeObject, Pod, PodTemplateSpec } from '../../contract/kube.js';
import { daemonPodSpec, shouldRun } from '../../control/index.js';
import { asObject } from '../../kube/json.js';
import type { Cluster } from '../cluster.js';

/** How many pods of one object are shown as ghosts, and of one request in all. */
const MOST_PODS = 20;
const MOST_IN_ALL = 200;

/**
 * Pods that objects would make at once, so that a dry run can show them where the scheduler would put them, or why it
 * would not; by object. A CronJob makes none before its time.
 *
 * Fidelity: pods of a template are looked at as the template stands, before admission adds to them.
 */
export function ghostPodsOf(
  cluster: Cluster,
  objects: readonly KubeObject[],
): ReadonlyMap<KubeObject, readonly GhostPod[]> {
  const owners = new Map<Pod, KubeObject>();
  for (const object of objects) {
    for (const pod of podsOf(cluster, object)) {
      if (owners.size >= MOST_IN_ALL) break;
      owners.set(pod, object);
    }
  }
  const ghosts = new Map<KubeObject, GhostPod[]>();
  for (const { pod, node, message } of cluster.controllers.foresee([...owners.keys()])) {
    const object = owners.get(pod);
    if (object === undefined) continue;
    const { name, namespace = 'default' } = pod.metadata;
    const { containers, hostNetwork } = pod.spec;
    const ghost: GhostPod = {
      namespace,
      name,
      ...(object.kind === 'Pod' ? {} : { owner: `${object.kind}/${object.metadata.name}` }),
      hostNetwork: hostNetwork === true,
      containers: containers.map((container) => ({
        name: container.name,
        image: container.image ?? '',
      })),
      ...(node === undefined ? {} : { node }),
      ...(message === undefined ? {} : { waits: message }),
    };
    ghosts.set(object, [...(ghosts.get(object) ?? []), ghost]);
  }
  return ghosts;
}

function podsOf(cluster: Cluster, object: KubeObject): readonly Pod[] {
  if (object.kind === 'Pod') return [object as Pod];
  if (object.kind === 'DaemonSet') return daemonPods(cluster, object as DaemonSet);
  const template = asObject(object.spec)?.template as PodTemplateSpec | undefined;
  if (template === undefined) return [];
  const count = Math.min(podCount(object), MOST_PODS);
  return Array.from({ length: count }, (_, index) =>
    podOf(object, template, `${object.metadata.name}-${index}`),
  );
}

function daemonPods(cluster: Cluster, set: DaemonSet): readonly Pod[] {
  const { template } = set.spec;
  const nodes = cluster.store.list('nodes').filter((node) => shouldRun(set, node).run);
  return nodes
    .slice(0, MOST_PODS)
    .map(({ metadata }, index) =>
      podOf(
        set,
        { ...template, spec: daemonPodSpec(template.spec, metadata.name) },
        `${set.metadata.name}-${index}`,
      ),
    );
}

function podOf(
  { apiVersion, kind, metadata }: KubeObject,
  template: PodTemplateSpec,
  name: string,
): Pod {
  const { namespace = 'default' } = metadata;
  // Pods of one owner are spread, so they need one; its uid comes when it is made.
  const uid = `${kind} ${namespace}/${metadata.name}`;
  const owner = { apiVersion, kind, name: metadata.name, uid, controller: true };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, name, namespace, ownerReferences: [owner] },
    spec: template.spec,
  };
}

function podCount({ kind, spec }: KubeObject): number {
  const { replicas, parallelism, completions } = asObject(spec) ?? {};
  switch (kind) {
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
