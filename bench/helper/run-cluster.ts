import { Cluster } from '../../server/cluster/cluster.js';
import { loadTopology } from '../../server/cluster/load-topology.js';
import { createZone } from '../../server/cluster/zone.js';
import { createMemoryStore } from '../../server/store/index.js';

const EPOCH_MS = Date.UTC(2026, 0, 1);

/** A cluster of a preset, with its system pods Ready. */
export async function runCluster(preset: string): Promise<Cluster> {
  const topology = loadTopology(preset);
  if (!topology.ok) throw new Error(topology.error.join('\n'));
  const cluster = new Cluster(
    { topology: topology.value, store: createMemoryStore(), seed: 1, epochMs: EPOCH_MS },
    createZone,
  );
  await cluster.settle(60e9);
  return cluster;
}

const LABELS = { app: 'load' };

/** Makes a Deployment of so many nginx pods. */
export function createLoad(cluster: Cluster, replicas: number): void {
  const made = cluster.api.create({
    resource: 'apps/deployments',
    namespace: 'default',
    body: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'load' },
      spec: {
        replicas,
        selector: { matchLabels: LABELS },
        template: {
          metadata: { labels: LABELS },
          spec: {
            containers: [{ name: 'web', image: 'nginx:1.27', ports: [{ containerPort: 80 }] }],
          },
        },
      },
    },
  });
  if (!made.ok) throw new Error(made.error.message);
}

/** How many pods of the Deployment are Ready, as its status says. */
export function readyCount(cluster: Cluster): number {
  return cluster.store.get('apps/deployments', 'default', 'load')?.status?.readyReplicas ?? 0;
}
