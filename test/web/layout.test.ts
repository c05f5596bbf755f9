import { describe, expect, test } from '@jest/globals';
import type { PodVertex, Vertex } from '../../server/contract/graph.js';
import { layOut, PENDING_BOX } from '../../web/model/layout.js';

function node(name: string, role = 'worker'): Vertex {
  return {
    id: `node:${name}`,
    kind: 'node',
    name,
    role,
    ready: true,
    schedulable: true,
    addresses: [],
  };
}

function pod(name: string, nodeName?: string): PodVertex {
  return {
    id: `pod:default/${name}`,
    kind: 'pod',
    name,
    namespace: 'default',
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

const cluster: readonly Vertex[] = [
  node('w1'),
  node('w2'),
  node('cp', 'control-plane'),
  {
    id: 'bridge:w1/cni0',
    kind: 'bridge',
    name: 'cni0',
    parent: 'node:w1',
    addresses: [],
    up: true,
  },
  { id: 'switch:lan', kind: 'switch', name: 'lan' },
  pod('a', 'w1'),
  pod('b', 'w1'),
  pod('c', 'w2'),
];

function boxOf(layout: ReturnType<typeof layOut>, id: string) {
  const box = layout.boxes.get(id);
  if (box === undefined) throw new Error(`${id} is not placed`);
  return box;
}

describe('the layout', () => {
  test('puts the control plane first and workers in order of name', () => {
    const layout = layOut(cluster, new Map());
    const xs = ['node:cp', 'node:w1', 'node:w2'].map((id) => boxOf(layout, id).x);
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
  });

  test('keeps every pod and bridge inside its node', () => {
    const layout = layOut(cluster, new Map());
    const outer = boxOf(layout, 'node:w1');
    for (const id of ['pod:default/a', 'pod:default/b', 'bridge:w1/cni0']) {
      const inner = boxOf(layout, id);
      expect(inner.x).toBeGreaterThanOrEqual(outer.x);
      expect(inner.y).toBeGreaterThanOrEqual(outer.y);
      expect(inner.x + inner.width).toBeLessThanOrEqual(outer.x + outer.width);
      expect(inner.y + inner.height).toBeLessThanOrEqual(outer.y + outer.height);
    }
  });

  test('gives the same picture for the same cluster in any order', () => {
    expect(layOut([...cluster].reverse(), new Map()).boxes.get('pod:default/b')).toEqual(
      layOut(cluster, new Map()).boxes.get('pod:default/b'),
    );
  });

  test('moves nothing elsewhere when a pod comes', () => {
    const before = layOut(cluster, new Map());
    const after = layOut([...cluster, pod('z', 'w2')], new Map());
    for (const id of ['pod:default/a', 'pod:default/b', 'pod:default/c', 'node:w1', 'switch:lan']) {
      expect(after.boxes.get(id)).toEqual(before.boxes.get(id));
    }
  });

  test('keeps a node where it was pinned, with its pods in it', () => {
    const layout = layOut(cluster, new Map([['node:w2', { x: 900, y: 500 }]]));
    expect(boxOf(layout, 'node:w2')).toMatchObject({ x: 900, y: 500 });
    expect(boxOf(layout, 'pod:default/c').x).toBeGreaterThan(900);
  });

  test('gathers pods without a node in a box of their own', () => {
    const layout = layOut([...cluster, pod('lost')], new Map());
    expect(boxOf(layout, PENDING_BOX).y).toBeGreaterThan(boxOf(layout, 'node:w1').y);
    expect(layout.boxes.has('pod:default/lost')).toBe(true);
  });
});
