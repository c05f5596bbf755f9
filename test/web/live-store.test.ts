import { describe, expect, test } from '@jest/globals';
import type { GraphSnapshot, SwitchVertex } from '../../server/contract/graph.js';
import { clusterBase } from '../../web/state/cluster-base.js';
import { withDiff, withSnapshot } from '../../web/state/live-store.js';

const clock = { nowNs: 0, now: '2026-01-01T00:00:00Z', paused: false, speed: 1 };
const vertex = (name: string): SwitchVertex => ({ id: `switch:${name}`, kind: 'switch', name });
const snapshot: GraphSnapshot = {
  seq: 4,
  clock,
  cluster: {
    name: 'c',
    version: 'v1.33.1',
    clusterCidr: '',
    serviceCidr: '',
    dnsIp: '',
    network: 'host-gw',
  },
  vertices: [vertex('a'), vertex('b')],
  edges: [],
};
const nothing = { vertices: [], edges: [], removedVertices: [], removedEdges: [] };

describe('the page follows the graph', () => {
  test('applies a diff that follows what it has', () => {
    const next = withDiff(withSnapshot(snapshot), {
      ...nothing,
      seq: 5,
      after: 4,
      clock,
      vertices: [vertex('c')],
      removedVertices: ['switch:a'],
    });
    expect([...(next?.vertices.keys() ?? [])]).toEqual(['switch:b', 'switch:c']);
    expect(next?.seq).toBe(5);
  });

  test('asks for a snapshot when a diff was missed', () => {
    expect(
      withDiff(withSnapshot(snapshot), { ...nothing, seq: 7, after: 6, clock }),
    ).toBeUndefined();
  });

  test('keeps the maps that a diff does not touch', () => {
    const state = withSnapshot(snapshot);
    const next = withDiff(state, { ...nothing, seq: 5, after: 4, clock });
    expect(next?.vertices).toBe(state.vertices);
  });
});

test.each([
  ['/', ''],
  ['/index.html', ''],
  ['/clusters/blue/', '/clusters/blue'],
  ['/clusters/blue/index.html', '/clusters/blue'],
])('the page at %s follows the cluster at "%s"', (pathname, base) => {
  expect(clusterBase(pathname)).toBe(base);
});
