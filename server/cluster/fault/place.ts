/** Where a fault acts. */

import {
  type FabricLink,
  type Host,
  type KernelOp,
  type NetnsView,
  parseCommand,
  printOp,
  viewNetns,
} from '../../../topology/index.js';
import type { FaultSpec, Pod } from '../../contract/kube.js';
import type { Cluster } from '../cluster.js';
import { type Reply, refuse, reply } from '../reply.js';
import type { Change } from './layers.js';

/** A network namespace of a machine. */
export interface Place {
  readonly host: Host;
  /** Name as `ip netns` has it; undefined for the machine's own. */
  readonly netns: string | undefined;
  /** Tells this namespace from a later one of the same pod. */
  readonly id: string;
  /** For people: `node worker-1`, `pod shop/web-0`. */
  readonly label: string;
  /** The device that is meant where none is named. */
  readonly device: string;
  /** The pod, and the node's end of its veth. */
  readonly pod?: { readonly pod: Pod; readonly hostDevice: string | undefined };
}

/** Why there is no place: it may come yet, or never. */
export type Missing = { readonly ok: false; readonly error: string; readonly mayCome: boolean };

/** Finds the machine or pod of a fault. */
export function findPlace(cluster: Cluster, spec: FaultSpec): { ok: true; value: Place } | Missing {
  if (spec.pod !== undefined) return findPod(cluster, spec.pod, spec.device);
  const name = spec.node ?? '';
  const machine = cluster.fabric.machines.get(name);
  if (machine === undefined) {
    const names = [...cluster.fabric.machines.keys()].slice(0, 12).join(', ');
    return {
      ok: false,
      mayCome: false,
      error: `no machine is named '${name}'; there are ${names}`,
    };
  }
  const device = spec.device ?? firstDevice(cluster, name);
  const { kind, host } = machine;
  return {
    ok: true,
    value: { host, netns: undefined, id: `${name}/`, label: `${kind} ${name}`, device },
  };
}

function firstDevice(cluster: Cluster, machine: string): string {
  for (const { ends } of cluster.fabric.links.values())
    for (const end of ends) if (end.machine === machine) return end.device;
  return 'eth0';
}

/** `namespace/name` of a pod that a fault names. */
export function podKey(text: string): string {
  return text.includes('/') ? text : `default/${text}`;
}

function findPod(
  cluster: Cluster,
  text: string,
  device = 'eth0',
): { ok: true; value: Place } | Missing {
  const key = podKey(text);
  const [namespace = '', name = ''] = key.split('/');
  const pod = cluster.store.get('pods', namespace, name);
  if (pod === undefined) return { ok: false, mayCome: true, error: `pod ${key} is not there` };
  const uid = pod.metadata.uid ?? '';
  const view = cluster.kubeletOf(pod)?.podRuntimeView(uid);
  const node = cluster.fabric.nodes.get(pod.spec.nodeName ?? '');
  if (view?.sandbox === undefined || node === undefined)
    return { ok: false, mayCome: true, error: `pod ${key} has no sandbox yet` };
  const { id, hostDevice } = view.sandbox;
  const netns = view.netnsName === '' ? undefined : view.netnsName;
  if (netns === undefined)
    return {
      ok: false,
      mayCome: false,
      error: `pod ${key} uses the host's network: name its node, ${node.name}`,
    };
  return {
    ok: true,
    value: {
      host: node.host,
      netns,
      id: `${node.name}/${netns}/${id}`,
      label: `pod ${key}`,
      device,
      pod: { pod, hostDevice },
    },
  };
}

/** The namespace as it is now; undefined when it is gone. */
export function viewPlace({ host, netns }: Place): NetnsView | undefined {
  const found = netns === undefined ? host.root : host.netns(netns);
  return found === undefined ? undefined : viewNetns(found);
}

/** A change by typed commands, applied whole or not at all. */
export function typed(place: Place, texts: readonly string[]): Reply<Change> {
  const ops: KernelOp[] = [];
  for (const text of texts) {
    const parsed = parseCommand(text, place.netns);
    if (!parsed.ok) return refuse(`${text}: ${parsed.error.message}`);
    ops.push(...parsed.value);
  }
  return reply({
    commands: ops.flatMap(printOp).map((line) => `${place.host.name}# ${line}`),
    run: () => {
      const applied = place.host.apply(ops);
      return applied.ok ? reply(undefined) : refuse(applied.error.message);
    },
  });
}

/** Finds the cable of a fault: by one of its ends, or by the device of a machine. */
export function findCable(cluster: Cluster, spec: FaultSpec): Reply<FabricLink> {
  const wanted =
    spec.cable ?? `${spec.node}:${spec.device ?? firstDevice(cluster, spec.node ?? '')}`;
  for (const link of cluster.fabric.links.values())
    if (link.id === wanted || link.ends.some((end) => endName(end) === wanted)) return reply(link);
  const [machine = ''] = wanted.split(':');
  const near = [...cluster.fabric.links.values()]
    .flatMap(({ ends }) => ends)
    .filter((end) => end.machine === machine);
  const known = near.length > 0 ? near : [...cluster.fabric.links.values()].flatMap((l) => l.ends);
  return refuse(
    `no cable ends at '${wanted}'; there are ${known.slice(0, 8).map(endName).join(', ')}`,
  );
}

/** `worker-1:eth0`. */
export function endName({ machine, device }: FabricLink['ends'][number]): string {
  return `${machine}:${device}`;
}
