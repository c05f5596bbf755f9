import type { KernelOp } from '../../topology/index.js';
import type { Pod } from '../contract/kube.js';
import type { FaultRequest } from '../contract/live.js';
import type { Cluster } from './cluster.js';
import { type Reply, refuse, reply } from './reply.js';

/** Breaks something, or mends it; answers with a sentence that says what was done. */
export function applyFault(cluster: Cluster, request: FaultRequest): Reply<string> {
  switch (request.kind) {
    case 'link-down':
    case 'link-up':
      return setLink(cluster, String(request.edge), request.kind === 'link-up');
    case 'kill-container':
      return killContainer(cluster, String(request.pod), String(request.container));
    case 'kill-pause':
      return killPause(cluster, String(request.pod));
    case 'node-down':
    case 'node-up':
      return setNode(cluster, String(request.node), request.kind === 'node-up');
    default:
      return refuse(`no fault is named '${(request as { readonly kind: unknown }).kind}'`);
  }
}

function setLink(cluster: Cluster, edge: string, up: boolean): Reply<string> {
  const word = up ? 'up' : 'down';
  const link = cluster.fabric.links.get(edge);
  if (link !== undefined) {
    link.cable.setUp(up);
    const [a, b] = link.ends;
    cluster.linkChanged(edge);
    return reply(
      `the cable between ${a.machine} ${a.device} and ${b.machine} ${b.device} is ${word}`,
    );
  }
  if (!edge.startsWith('veth:')) return refuse(`'${edge}' is no link that can be taken ${word}`);
  const pod = podOf(cluster, edge.slice('veth:'.length));
  const view =
    pod === undefined ? undefined : cluster.kubeletOf(pod)?.podRuntimeView(pod.metadata.uid ?? '');
  const device = view?.sandbox?.hostDevice;
  if (pod === undefined || device === undefined) return refuse(`'${edge}' is gone`);
  const op: KernelOp = { op: 'link.set', name: device, up };
  const applied = cluster.fabric.nodes.get(pod.spec.nodeName ?? '')?.host.apply([op]);
  if (applied?.ok !== true) return refuse(applied?.error.message ?? `${pod.spec.nodeName} is gone`);
  cluster.linkChanged(edge);
  return reply(`ip link set ${device} ${word} on ${pod.spec.nodeName}`);
}

function killContainer(cluster: Cluster, name: string, container: string): Reply<string> {
  const pod = podOf(cluster, name);
  if (pod === undefined) return refuse(`pod ${name} is gone`);
  const killed = cluster.kubeletOf(pod)?.killContainer(pod.metadata.uid ?? '', container) === true;
  return killed
    ? reply(
        `SIGKILL to ${container}: the kubelet restarts it in the same sandbox, so IP and queues stay`,
      )
    : refuse(`container ${container} of ${name} does not run`);
}

function killPause(cluster: Cluster, name: string): Reply<string> {
  const pod = podOf(cluster, name);
  if (pod === undefined) return refuse(`pod ${name} is gone`);
  return cluster.kubeletOf(pod)?.killPause(pod.metadata.uid ?? '') === true
    ? reply('SIGKILL to pause: the sandbox is gone, a new one comes with a new IP')
    : refuse(`pod ${name} has no sandbox`);
}

function setNode(cluster: Cluster, name: string, up: boolean): Reply<string> {
  if (!cluster.setNodePower(name, up)) return refuse(`no node is named '${name}'`);
  return reply(
    up
      ? `${name} is started: its kubelet makes its pods anew`
      : `${name} has lost power: it becomes NotReady after 40 s`,
  );
}

function podOf(cluster: Cluster, name: string): Pod | undefined {
  const [namespace = '', pod = ''] = name.split('/');
  return cluster.store.get('pods', namespace, pod);
}
