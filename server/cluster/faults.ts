import type { Fault, FaultSpec } from '../contract/kube.js';
import type { FaultRequest } from '../contract/live.js';
import type { Cluster } from './cluster.js';
import { findCable, podKey } from './fault/place.js';
import { killIn } from './fault/plan.js';
import { type Reply, refuse, reply } from './reply.js';

const FAULTS = 'podnet.dev/faults';

/**
 * Breaks something, or mends it, as a click on the page does; answers with a sentence that says what was done. What
 * lasts is a Fault object, so `kubectl get faults` shows it and `kubectl delete` heals it.
 */
export function applyFault(cluster: Cluster, request: FaultRequest): Reply<string> {
  switch (request.kind) {
    case 'link-down':
      return cutLink(cluster, String(request.edge));
    case 'link-up':
      return mendLink(cluster, String(request.edge));
    case 'kill-container':
      return kill(cluster, String(request.pod), String(request.container));
    case 'kill-pause':
      return kill(cluster, String(request.pod), 'pause');
    case 'node-down':
      return nodeDown(cluster, String(request.node));
    case 'node-up':
      return nodeUp(cluster, String(request.node));
    default:
      return refuse(`no fault is named '${(request as { readonly kind: unknown }).kind}'`);
  }
}

/** What a link of the graph is to a Fault. */
function linkSpec(cluster: Cluster, edge: string): Reply<FaultSpec> {
  if (cluster.fabric.links.has(edge)) return reply({ type: 'LinkDown', cable: edge });
  if (!edge.startsWith('veth:')) return refuse(`'${edge}' is no link that can be taken down`);
  const pod = edge.slice('veth:'.length);
  const [namespace = '', name = ''] = pod.split('/');
  return cluster.store.get('pods', namespace, name) === undefined
    ? refuse(`'${edge}' is gone`)
    : reply({ type: 'LinkDown', pod });
}

function cutLink(cluster: Cluster, edge: string): Reply<string> {
  const spec = linkSpec(cluster, edge);
  if (!spec.ok) return spec;
  return create(cluster, `link-down-${slug(edge)}`, spec.value);
}

function mendLink(cluster: Cluster, edge: string): Reply<string> {
  const spec = linkSpec(cluster, edge);
  if (!spec.ok) return spec;
  const isIt = faultsOn(cluster, spec.value);
  const names = cluster.store
    .list(FAULTS)
    .filter(isIt)
    .map(({ metadata }) => metadata.name);
  for (const name of names) remove(cluster, name);
  return reply(
    names.length === 0 ? 'no Fault holds that link down' : `healed: ${names.join(', ')}`,
  );
}

/** Whether a Fault cuts the same link. */
function faultsOn(cluster: Cluster, wanted: FaultSpec): (fault: Fault) => boolean {
  return ({ spec }) => {
    if (spec.type !== 'LinkDown') return false;
    if (wanted.pod !== undefined)
      return spec.pod !== undefined && podKey(spec.pod) === wanted.pod && spec.device === undefined;
    if (spec.cable === undefined) return false;
    const link = findCable(cluster, spec);
    return link.ok && link.value.id === wanted.cable;
  };
}

function nodeDown(cluster: Cluster, node: string): Reply<string> {
  if (!cluster.kubelets.has(node)) return refuse(`no node is named '${node}'`);
  const done = create(cluster, `node-down-${slug(node)}`, { type: 'NodeDown', node });
  return done.ok ? reply(`${node} has lost power: it becomes NotReady after 50 s`) : done;
}

function nodeUp(cluster: Cluster, node: string): Reply<string> {
  if (!cluster.kubelets.has(node)) return refuse(`no node is named '${node}'`);
  for (const { metadata, spec } of cluster.store.list(FAULTS))
    if (spec.type === 'NodeDown' && spec.node === node) remove(cluster, metadata.name);
  return reply(`${node} is started: its kubelet makes its pods anew`);
}

/** What is done once needs no object that heals it. */
function kill(cluster: Cluster, pod: string, container: string): Reply<string> {
  const killed = killIn(cluster, pod, container);
  if (!killed.ok) return killed;
  return reply(
    container === 'pause'
      ? 'SIGKILL to pause: the sandbox is gone, a new one comes with a new IP'
      : `SIGKILL to ${container}: the kubelet restarts it in the same sandbox, so IP and queues stay`,
  );
}

/** Commands in a sentence; what no command does stands there as a shell's comment. */
function saying(commands: readonly string[] = []): string {
  return commands.map((line) => line.replace(/^# /, '')).join('; ');
}

function create(cluster: Cluster, name: string, spec: FaultSpec): Reply<string> {
  const body = { apiVersion: 'podnet.dev/v1', kind: 'Fault', metadata: { name }, spec };
  const made = cluster.api.create({ resource: FAULTS, body });
  if (!made.ok && made.error.reason !== 'AlreadyExists')
    return refuse(made.error.message ?? 'refused');
  cluster.faults.sync(name);
  const { status } = cluster.store.get(FAULTS, undefined, name) ?? {};
  const [condition] = status?.conditions ?? [];
  if (status?.phase === 'Active')
    return reply(`fault ${name}: ${saying(status.commands) || condition?.message}`);
  remove(cluster, name);
  return refuse(condition?.message ?? `fault ${name} could not be applied`);
}

function remove(cluster: Cluster, name: string): void {
  cluster.api.delete({ resource: FAULTS, name });
  cluster.faults.sync(name);
}

/** A name of an object for an edge or node: `cable:a/eth0--b/p1` becomes `a.eth0--b.p1`. */
function slug(text: string): string {
  return text
    .replace(/^(cable|veth):/, '')
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '.')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
}
