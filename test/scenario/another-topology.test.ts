import { expect, test } from '@jest/globals';
import { Cluster } from '../../server/cluster/cluster.js';
import { loadTopology } from '../../server/cluster/load-topology.js';
import { createZone } from '../../server/cluster/zone.js';
import { createMemoryStore, type ObjectStore } from '../../server/store/index.js';

const PATIENCE_NS = 180_000_000_000;

async function run(store: ObjectStore, preset: string, epochMs: number): Promise<Cluster> {
  const topology = loadTopology(preset);
  if (!topology.ok) throw new Error(topology.error.join('\n'));
  const cluster = new Cluster({ topology: topology.value, store, seed: 1, epochMs }, createZone);
  await cluster.settle(PATIENCE_NS);
  return cluster;
}

test('nodes that a later topology lacks are removed, and their pods start on those it has', async () => {
  const store = createMemoryStore();
  const before = await run(store, 'three-nodes', Date.UTC(2026, 0, 1));
  expect(store.list('nodes')).toHaveLength(3);
  await before.driver.stop();
  before.controllers.stop();
  const after = await run(store, 'single-node', Date.UTC(2026, 0, 2));
  expect(after.vanishedNodes).toEqual(['control-plane', 'worker-1', 'worker-2']);
  expect(store.list('nodes').map(({ metadata }) => metadata.name)).toEqual(['node-1']);
  const pods = store.list('pods', 'kube-system');
  expect(pods.map(({ spec, status }) => [spec.nodeName, status?.phase])).toEqual([
    ['node-1', 'Running'],
    ['node-1', 'Running'],
  ]);
  await after.stop();
});
