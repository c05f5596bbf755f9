import type { Device, LaneInit } from '../../topology/index.js';
import type { Edge } from '../contract/graph.js';
import type { Cluster } from './cluster.js';

/** Where the packets of an edge are seen, in both directions; nothing when its devices are gone. */
export function lanesOf(cluster: Cluster, edge: Edge): readonly LaneInit[] {
  switch (edge.kind) {
    case 'cable':
      return cableLanes(cluster, edge);
    case 'veth':
      return vethLanes(cluster, edge);
    case 'uplink':
      return uplinkLanes(cluster, edge);
    case 'tunnel':
      return [];
  }
}

function cableLanes({ fabric }: Cluster, { id }: Edge): readonly LaneInit[] {
  const [from, to] = (fabric.links.get(id)?.ends ?? []).map(({ machine, device }) =>
    fabric.machines.get(machine)?.host.root.device(device),
  );
  return [...sent(id, true, from, false), ...sent(id, false, to, false)];
}

/** The pod sends to the bridge by its end, the bridge to the pod by the other. */
function vethLanes(cluster: Cluster, { id, to, toDevice }: Edge): readonly LaneInit[] {
  const outer = rootDevice(cluster, to, toDevice);
  const inner = outer?.peer;
  return [...sent(id, true, inner, true), ...sent(id, false, outer, true)];
}

/** A bridge hands up to the node what it receives; a tunnel hands down what it wraps. */
function uplinkLanes(cluster: Cluster, { id, from, fromDevice }: Edge): readonly LaneInit[] {
  const device = rootDevice(cluster, from, fromDevice);
  if (device === undefined) return [];
  const up = from.startsWith('bridge:');
  return [
    { edge: id, forward: up, device, seen: 'in', probes: up },
    { edge: id, forward: !up, device, seen: 'out', probes: up },
  ];
}

function sent(
  edge: string,
  forward: boolean,
  device: Device | undefined,
  probes: boolean,
): readonly LaneInit[] {
  return device === undefined ? [] : [{ edge, forward, device, seen: 'out', probes }];
}

/** `bridge:NODE/DEVICE` names the node. */
function rootDevice({ fabric }: Cluster, vertex: string, device: string): Device | undefined {
  const path = vertex.slice(vertex.indexOf(':') + 1);
  const [node = ''] = path.split('/');
  return fabric.nodes.get(node)?.host.root.device(device);
}
