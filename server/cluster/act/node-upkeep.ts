import type { Done } from '../../contract/acting.js';
import type { Cluster } from '../cluster.js';
import { type Reply, refuse, reply } from '../reply.js';
import { patched } from './patched.js';
import type { UndoLog } from './undo-log.js';

const MIRROR = 'kubernetes.io/config.mirror';

/** `kubectl cordon` and `uncordon`. */
export function cordon(
  cluster: Cluster,
  undo: UndoLog,
  { node, on }: { readonly node: string; readonly on: boolean },
): Reply<Done> {
  const info = cluster.api.registry.byStorage('nodes');
  const found = cluster.api.get({ resource: 'nodes', name: node });
  if (!found.ok || info === undefined) return refuse(`nodes "${node}" not found`);
  return patched(cluster, undo, {
    info,
    object: found.value,
    body: { spec: { unschedulable: on ? true : null } },
    text: on ? `node ${node} cordoned: no new pods are placed on it` : `node ${node} uncordoned`,
  });
}

/**
 * `kubectl drain --ignore-daemonsets --delete-emptydir-data --force`: cordons the node, then evicts its pods.
 *
 * Fidelity: asks each disruption budget once; kubectl goes on asking every 5 s.
 */
export function drain(cluster: Cluster, undo: UndoLog, node: string): Reply<Done> {
  const done = cordon(cluster, undo, { node, on: true });
  if (!done.ok) return done;
  let evicted = 0;
  const refused: string[] = [];
  for (const pod of cluster.store.list('pods')) {
    const { namespace = 'default', name, annotations, ownerReferences = [] } = pod.metadata;
    if (pod.spec.nodeName !== node || annotations?.[MIRROR] !== undefined) continue;
    if (ownerReferences.some(({ kind }) => kind === 'DaemonSet')) continue;
    const result = cluster.api.create({
      resource: 'pods',
      subresource: 'eviction',
      namespace,
      name,
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } },
    });
    if (result.ok) evicted += 1;
    else refused.push(`${namespace}/${name}: ${result.error.message}`);
  }
  const stay = refused.length === 0 ? '' : `; not evicted: ${refused.slice(0, 3).join('; ')}`;
  return reply({
    ...done.value,
    text: `node ${node} drained: ${evicted} pods evicted${stay}. Undo uncordons it; pods do not move back.`,
  });
}
