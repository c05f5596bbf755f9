import type { Edge, PodVertex, Vertex } from '../../server/contract/graph.js';
import { type Layout, type LayoutOptions, layOut } from '../../web/model/layout.js';

/** A stage as large as a laptop shows. */
export const STAGE = { width: 1040, height: 720 } as const;

export function node(name: string, role = 'worker'): Vertex {
  return {
    id: `node:${name}`,
    kind: 'node',
    name,
    role,
    ready: true,
    schedulable: true,
    powered: true,
    addresses: ['192.168.50.11'],
  };
}

export function pod(name: string, nodeName?: string, namespace = 'default'): PodVertex {
  return {
    id: `pod:${namespace}/${name}`,
    kind: 'pod',
    name,
    namespace,
    uid: name,
    ...(nodeName === undefined ? {} : { parent: `node:${nodeName}` }),
    status: 'Running',
    phase: 'Running',
    tone: 'good',
    ready: '1/1',
    restarts: 0,
    hostNetwork: false,
    labels: {},
    containers: [],
  };
}

export function bridge(nodeName: string): Vertex {
  return {
    id: `bridge:${nodeName}/cni0`,
    kind: 'bridge',
    name: 'cni0',
    parent: `node:${nodeName}`,
    addresses: [],
    up: true,
  };
}

export function veth(podId: string, nodeName: string, device: string): Edge {
  return {
    id: `veth:${podId}`,
    kind: 'veth',
    from: podId,
    to: `bridge:${nodeName}/cni0`,
    fromDevice: 'eth0',
    toDevice: device,
    up: true,
  };
}

/** Two nodes on a switch, a pod on each, a router and the outside behind the switch. */
export const cluster: readonly Vertex[] = [
  node('w1'),
  node('w2'),
  bridge('w1'),
  bridge('w2'),
  { id: 'switch:lan', kind: 'switch', name: 'lan' },
  {
    id: 'node:gateway',
    kind: 'router',
    name: 'gateway',
    role: 'router',
    ready: true,
    schedulable: true,
    powered: true,
    addresses: ['192.168.50.1'],
  },
  {
    id: 'node:outside',
    kind: 'outside',
    name: 'outside',
    role: 'outside',
    ready: true,
    schedulable: true,
    powered: true,
    addresses: ['203.0.113.10'],
  },
  pod('a', 'w1'),
  pod('b', 'w2'),
];

function cable(a: string, aDevice: string, b: string, bDevice: string): Edge {
  return {
    id: `cable:${a}-${b}`,
    kind: 'cable',
    from: a,
    to: b,
    fromDevice: aDevice,
    toDevice: bDevice,
    up: true,
  };
}

function uplink(nodeName: string): Edge {
  return {
    id: `uplink:${nodeName}/cni0`,
    kind: 'uplink',
    from: `bridge:${nodeName}/cni0`,
    to: `node:${nodeName}`,
    fromDevice: 'cni0',
    toDevice: 'eth0',
    up: true,
  };
}

export const edges: readonly Edge[] = [
  veth('pod:default/a', 'w1', 'veth1'),
  veth('pod:default/b', 'w2', 'veth2'),
  uplink('w1'),
  uplink('w2'),
  cable('node:w1', 'eth0', 'switch:lan', 'p1'),
  cable('node:w2', 'eth0', 'switch:lan', 'p2'),
  cable('node:gateway', 'eth0', 'switch:lan', 'p3'),
  cable('node:gateway', 'eth1', 'node:outside', 'eth0'),
];

export function place(vertices: readonly Vertex[], options: Partial<LayoutOptions> = {}): Layout {
  return layOut(vertices, { pins: new Map(), stage: STAGE, slots: new Map(), ...options });
}

export function boxOf(layout: Layout, id: string) {
  const box = layout.boxes.get(id);
  if (box === undefined) throw new Error(`${id} is not placed`);
  return box;
}
