import { expect, test } from '@jest/globals';
import { censusOf } from '../../web/model/census.js';
import { bridge, node, pod } from './build.js';

test('the census of a state is taken once: pods by state, namespaces in order, what has a place', () => {
  const list = [
    pod('web', 'worker-10', 'shop'),
    { ...pod('dns', 'worker-2', 'kube-system'), tone: 'bad' as const, hostNetwork: true },
    node('worker-10'),
    bridge('worker-10'),
  ];
  const vertices = new Map(list.map((vertex) => [vertex.id, vertex]));
  const census = censusOf(vertices);
  expect(census.pods).toBe(2);
  expect(census.nodes).toBe(1);
  expect(census.tally).toEqual({ good: 1, busy: 0, bad: 1, done: 0 });
  expect(census.podNamespaces).toEqual(['kube-system', 'shop']);
  expect(census.hosted.map(({ name }) => name)).toEqual(['dns']);
  expect(census.machines.map(({ id }) => id)).toEqual(['bridge:worker-10/cni0', 'node:worker-10']);
  expect(census.hasPolicies).toBe(false);
  expect(censusOf(vertices)).toBe(census);
});
