import { describe, expect, test } from '@jest/globals';
import type { PodVertex, Vertex } from '../../server/contract/graph.js';
import { hitAt } from '../../web/model/map-hit.js';
import { MapKeeper } from '../../web/model/map-layout.js';
import type { Folding } from '../../web/model/map-rooms.js';
import { neighbourOf } from '../../web/model/neighbours.js';
import { PENDING_BOX } from '../../web/model/slots.js';
import { layTracks } from '../../web/model/tracks.js';
import { boxOf, bridge, cluster, edges, node, pod, STAGE } from './build.js';

function held(...vertices: readonly Vertex[]): ReadonlyMap<string, Vertex> {
  return new Map(vertices.map((vertex) => [vertex.id, vertex]));
}

function keep(folding: Folding = { by: 'nothing', opened: new Set() }): MapKeeper {
  return new MapKeeper({ stage: STAGE, folding });
}

const small = [...cluster, pod('c', 'w2')];
const bad: PodVertex = { ...pod('a', 'w1'), tone: 'bad', status: 'CrashLoopBackOff' };

describe('the map', () => {
  test('is the same object while nothing is different', () => {
    const keeper = keep();
    expect(keeper.update(held(...small))).toBe(keeper.update(held(...small)));
  });

  test('touches a pod that changed and the count of its node, and places nothing anew', () => {
    const keeper = keep();
    const before = keeper.update(held(...small));
    const after = keeper.update(held(...small.map((v) => (v.id === bad.id ? bad : v))));
    expect(after.placing).toBe(before.placing);
    expect([...(after.touched ?? [])].sort()).toEqual(['node:w1', 'pod:default/a']);
    expect(after.rooms.get('node:w1')?.room.tally).toEqual({ good: 0, busy: 0, bad: 1, done: 0 });
  });

  test('gives the place of a pod that went to the next one and moves no other', () => {
    const keeper = keep();
    const place = boxOf(keeper.update(held(...small)), 'pod:default/b');
    const other = boxOf(keeper.update(held(...small)), 'pod:default/c');
    const after = keeper.update(
      held(...small.filter((v) => v.id !== 'pod:default/b'), pod('new', 'w2')),
    );
    expect(boxOf(after, 'pod:default/new')).toEqual(place);
    expect(boxOf(after, 'pod:default/c')).toEqual(other);
    expect(after.boxes.has('pod:default/b')).toBe(false);
  });

  test('places rooms anew when a node has more pods than its room holds', () => {
    const keeper = keep();
    const before = keeper.update(held(...small));
    const many = Array.from({ length: 12 }, (_, i) => pod(`more-${i}`, 'w1'));
    expect(keeper.update(held(...small, ...many)).placing).not.toBe(before.placing);
  });

  test('keeps a room where it was pinned, with its pods in it, and gives the others their places', () => {
    const keeper = keep();
    const before = keeper.update(held(...small));
    const pins = new Map([['node:w1', { x: -900, y: -700 }]]);
    const after = keeper.update(held(...small), pins);
    expect(boxOf(after, 'node:w1')).toMatchObject({ x: -900, y: -700 });
    expect(boxOf(after, 'pod:default/a').x).toBe(
      boxOf(before, 'pod:default/a').x - boxOf(before, 'node:w1').x - 900,
    );
    expect(boxOf(after, 'node:w2')).toEqual(boxOf(before, 'node:w2'));
    expect(keeper.update(held(...small), new Map(pins))).toBe(after);
  });

  test('keeps pods without a node in a place below the nodes, which goes with the last of them', () => {
    const keeper = keep();
    const waiting = keeper.update(held(...small, pod('lost')));
    expect(boxOf(waiting, PENDING_BOX).y).toBeGreaterThan(boxOf(waiting, 'node:w1').y);
    expect(waiting.rooms.get(PENDING_BOX)?.room.tally.good).toBe(1);
    expect(keeper.update(held(...small)).boxes.has(PENDING_BOX)).toBe(false);
  });

  test('counts the pods of folded nodes and draws none but those of opened ones', () => {
    const folding: Folding = { by: 'nodes', opened: new Set(['node:w1']) };
    const layout = keep(folding).update(held(...small));
    expect(layout.boxes.has('pod:default/a')).toBe(true);
    expect(layout.boxes.has('pod:default/b')).toBe(false);
    expect(layout.rooms.get('node:w2')?.room.tally.good).toBe(2);
  });

  test('draws the pods of a namespace on a node as one where namespaces are folded', () => {
    const folding: Folding = { by: 'namespaces', opened: new Set() };
    const layout = keep(folding).update(held(...small, pod('x', 'w2', 'shop')));
    expect(layout.boxes.has('fold:node:w2|default')).toBe(true);
    expect(layout.boxes.has('fold:node:w2|shop')).toBe(true);
    expect(layout.book.homeOf('pod:default/b')?.occupant.pods.size).toBe(2);
  });

  test.each([
    ['pod:default/a', 'pod'],
    ['bridge:w1/cni0', 'machine'],
    ['switch:lan', 'machine'],
  ])('finds %s under the pointer', (id, kind) => {
    const layout = keep().update(held(...small));
    const tracks = layTracks(layout, edges);
    const byId = new Map(edges.map((edge) => [edge.id, edge]));
    const { x, y } = boxOf(layout, id);
    expect(hitAt({ layout, tracks, edges: byId }, { x: x + 3, y: y + 3 }, 2)).toMatchObject({
      id,
      kind,
    });
  });
});

describe('neighbours', () => {
  const square = (x: number, y: number) => ({ x, y, width: 10, height: 10 });
  const around = [
    ['east', square(40, 0)],
    ['far east', square(90, 0)],
    ['aside', square(20, 30)],
    ['south', square(0, 50)],
  ] as const;

  test.each([
    ['right', 'east'],
    ['down', 'south'],
    ['left', undefined],
  ] as const)('lie straight ahead: %s', (direction, expected) => {
    expect(neighbourOf(square(0, 0), direction, around)).toBe(expected);
  });
});

test('a pod on the network of its node has a line to the stack of the node', () => {
  const hosted: PodVertex = { ...pod('h', 'w1'), hostNetwork: true };
  const layout = keep().update(held(node('w1'), bridge('w1'), hosted));
  const { hosted: lines, graph } = layTracks(layout, [], [hosted]);
  expect(lines.get(hosted.id)?.at(-1)?.x).toBe(boxOf(layout, 'stack:node:w1').x);
  expect(graph.way(hosted.id, 'node:w1#stack')?.length).toBeGreaterThan(4);
});
