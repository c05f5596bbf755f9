import { describe, expect, test } from '@jest/globals';
import { GraphModel } from '../../../server/live/graph-model.js';

describe('a graph that nobody follows', () => {
  test('is brought up to date in parts, and then has nothing to tell', () => {
    const asked: string[] = [];
    const model = new GraphModel({
      vertex: (id) => {
        asked.push(id);
        return { id, kind: 'switch', name: id };
      },
      edge: () => undefined,
      clock: () => ({ nowNs: 0, now: '2026-01-01T00:00:00Z', paused: true, speed: 1 }),
      cluster: () => ({
        name: 'test',
        version: 'v1.33.1',
        clusterCidr: '10.244.0.0/16',
        serviceCidr: '10.96.0.0/12',
        dnsIp: '10.96.0.10',
        network: 'host-gw',
      }),
    });
    for (const id of ['a', 'b', 'c']) model.markVertex(id);
    model.markEdge('e');
    expect(model.freshen(2)).toBe(2);
    expect(asked).toEqual(['a', 'b']);
    expect(model.dirty).toBe(true);
    expect(model.freshen(10)).toBe(2);
    expect(model.freshen(10)).toBe(0);
    expect(model.flush()).toBeUndefined();
    expect(model.snapshot().vertices.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });
});
