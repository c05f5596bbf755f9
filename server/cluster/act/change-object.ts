import { resolveKind } from '../../api/manifest/index.js';
import type { ActRequest, Done, ObjectName } from '../../contract/acting.js';
import type { Cluster } from '../cluster.js';
import { type Reply, refuse, reply } from '../reply.js';
import { cordon, drain } from './node-upkeep.js';
import { type Found, patched } from './patched.js';
import type { UndoLog } from './undo-log.js';

const MOST_REPLICAS = 1000;
/** What `kubectl rollout restart` works on. */
const RESTARTABLE = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** Scales, restarts or deletes an object, or takes a node out of service, as the kubectl commands of the same names do. */
export function act(cluster: Cluster, undo: UndoLog, request: ActRequest): Reply<Done> {
  if ('node' in request) {
    const node = String(request.node);
    if (request.act === 'drain') return drain(cluster, undo, node);
    if (request.act === 'cordon' || request.act === 'uncordon')
      return cordon(cluster, undo, { node, on: request.act === 'cordon' });
    return refuse('a node is cordoned, uncordoned or drained');
  }
  const found = find(cluster, request);
  if (!found.ok) return found;
  switch (request.act) {
    case 'scale':
      return scale(cluster, undo, { ...found.value, replicas: request.replicas });
    case 'restart':
      return restart(cluster, undo, found.value);
    case 'delete':
      return remove(cluster, undo, { ...found.value, grace: request.gracePeriodSeconds });
    default:
      return refuse(`no act is named '${String((request as { readonly act: unknown }).act)}'`);
  }
}

function find(cluster: Cluster, wanted: ObjectName): Reply<Found> {
  const resolved = resolveKind(
    cluster.api.registry,
    String(wanted.apiVersion),
    String(wanted.kind),
  );
  if (!resolved.ok) return refuse(resolved.message);
  const { info } = resolved;
  const namespace = info.namespaced ? (wanted.namespace ?? 'default') : undefined;
  const found = cluster.api.get({ resource: info, namespace, name: String(wanted.name) });
  if (!found.ok) return refuse(found.error.message ?? 'not found');
  return reply({ info, object: found.value });
}

function scale(
  cluster: Cluster,
  undo: UndoLog,
  { info, object, replicas }: Found & { readonly replicas: unknown },
): Reply<Done> {
  if (!info.subresources.includes('scale')) return refuse(`a ${info.kind} cannot be scaled`);
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0)
    return refuse('the number of replicas must be a whole number from 0 on');
  if (replicas > MOST_REPLICAS)
    return refuse(`at most ${MOST_REPLICAS} replicas can be asked for here`);
  return patched(cluster, undo, {
    info,
    object,
    body: { spec: { replicas } },
    text: `${info.kind} ${object.metadata.name} scaled to ${replicas}`,
  });
}

function restart(cluster: Cluster, undo: UndoLog, { info, object }: Found): Reply<Done> {
  if (!RESTARTABLE.includes(info.kind)) return refuse(`a ${info.kind} has no rollout to restart`);
  const annotations = { 'kubectl.kubernetes.io/restartedAt': cluster.now() };
  return patched(cluster, undo, {
    info,
    object,
    body: { spec: { template: { metadata: { annotations } } } },
    text: `${info.kind} ${object.metadata.name} restarted: its pods are replaced one after the other`,
  });
}

function remove(
  cluster: Cluster,
  undo: UndoLog,
  { info, object, grace }: Found & { readonly grace: unknown },
): Reply<Done> {
  if (grace !== undefined && !(typeof grace === 'number' && Number.isInteger(grace) && grace >= 0))
    return refuse('the grace period must be a whole number of seconds from 0 on');
  const { namespace, name } = object.metadata;
  const deleted = cluster.api.delete({
    resource: info,
    namespace,
    name,
    options: grace === undefined ? {} : { gracePeriodSeconds: grace },
  });
  if (!deleted.ok) return refuse(deleted.error.message ?? 'refused');
  const id = undo.record([{ info, namespace, name, before: object, after: undefined }]);
  return reply({
    text: `${info.kind} ${name} deleted`,
    ...(id === undefined ? {} : { undo: id }),
  });
}
