import { describe, expect, test } from '@jest/globals';
import type { Vertex } from '../../server/contract/graph.js';
import type { Box } from '../../web/model/geometry.js';
import { PENDING_BOX } from '../../web/model/slots.js';
import { boxOf, bridge, cluster, node, place, pod } from './build.js';

function many(nodes: number, podsEach: number): Vertex[] {
  return Array.from({ length: nodes }, (_, n) => [
    node(`w${n}`),
    bridge(`w${n}`),
    ...Array.from({ length: podsEach }, (_, p) => pod(`p${n}-${p}`, `w${n}`)),
  ]).flat();
}

function inside(inner: Box, outer: Box): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

function overlaps(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

describe('the layout', () => {
  test('puts the control plane first and workers in order of name', () => {
    const layout = place([node('w10'), node('w2'), node('cp', 'control-plane')]);
    const xs = ['node:cp', 'node:w2', 'node:w10'].map((id) => boxOf(layout, id).x);
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
  });

  test.each([
    ['no pods', many(3, 0)],
    ['one pod', many(1, 1)],
    ['fifty pods on three nodes', many(3, 17)],
    ['a thousand pods on fifty nodes', many(50, 20)],
  ])(
    'keeps pods and bridges inside their node and apart from each other: %s',
    (_name, vertices) => {
      const layout = place(vertices);
      const taken = new Map<string, Box[]>();
      for (const { id, parent } of vertices) {
        if (parent === undefined) continue;
        const box = boxOf(layout, id);
        expect(inside(box, boxOf(layout, parent))).toBe(true);
        const neighbours = taken.get(parent) ?? [];
        expect(neighbours.some((other) => overlaps(box, other))).toBe(false);
        taken.set(parent, [...neighbours, box]);
      }
    },
  );

  test.each([
    ['nine pods on three nodes in full', 3, 3, 'full'],
    ['fifty pods on three nodes with name and state', 3, 17, 'compact'],
    ['a thousand pods on fifty nodes as a map', 50, 20, 'map'],
  ] as const)('draws %s', (_name, nodes, pods, density) => {
    expect(place(many(nodes, pods)).plan.density).toBe(density);
  });

  test('gives the same picture for the same cluster in any order', () => {
    expect(place([...cluster].reverse()).boxes.get('pod:default/b')).toEqual(
      place(cluster).boxes.get('pod:default/b'),
    );
  });

  test('moves nothing when a pod comes', () => {
    const before = place(cluster);
    const after = place([...cluster, pod('0-first-by-name', 'w2')], { slots: before.slots });
    for (const id of ['pod:default/a', 'pod:default/b', 'node:w1', 'switch:lan']) {
      expect(after.boxes.get(id)).toEqual(before.boxes.get(id));
    }
  });

  test('moves only the pods of a node that must grow and what stands right of it', () => {
    const vertices = many(3, 4);
    const before = place(vertices);
    const grown = [...vertices, ...['x1', 'x2'].map((name) => pod(name, 'w1'))];
    const after = place(grown, { slots: before.slots, plan: before.plan });
    expect(after.plan).toEqual(before.plan);
    for (const { id, parent } of vertices) {
      if (id === 'node:w2' || parent === 'node:w2' || parent === 'node:w1') continue;
      const { x, y } = boxOf(before, id);
      expect(boxOf(after, id)).toMatchObject({ x, y });
    }
  });

  test('gives the place of a pod that went to the one that replaces it', () => {
    const before = place([node('w1'), pod('a', 'w1'), pod('b', 'w1'), pod('c', 'w1')]);
    const after = place([node('w1'), pod('a', 'w1'), pod('new', 'w1'), pod('c', 'w1')], {
      slots: before.slots,
    });
    expect(after.boxes.get('pod:default/new')).toEqual(before.boxes.get('pod:default/b'));
    expect(after.boxes.get('pod:default/c')).toEqual(before.boxes.get('pod:default/c'));
  });

  test('keeps a node where it was pinned, with its pods in it', () => {
    const layout = place(cluster, { pins: new Map([['node:w2', { x: 900, y: 500 }]]) });
    expect(boxOf(layout, 'node:w2')).toMatchObject({ x: 900, y: 500 });
    expect(inside(boxOf(layout, 'pod:default/b'), boxOf(layout, 'node:w2'))).toBe(true);
  });

  test('gathers pods without a node in a box of their own', () => {
    const layout = place([...cluster, pod('lost')]);
    expect(inside(boxOf(layout, 'pod:default/lost'), boxOf(layout, PENDING_BOX))).toBe(true);
    expect(boxOf(layout, PENDING_BOX).y).toBeGreaterThan(boxOf(layout, 'node:w1').y);
  });
});
