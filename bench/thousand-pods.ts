import { createApiClient, readyCount, runCluster } from './helper/run-cluster.js';

/** 1,000 pods of one Deployment on 50 nodes, from the write of the Deployment until the last is Ready, clock unpaced. */
for (const replicas of [100, 1000]) {
  const cluster = await runCluster('fifty-nodes');
  const api = createApiClient(cluster);
  const startMs = performance.now();
  api.create(replicas);
  await cluster.driver.runUntil(cluster.fabric.clock.nowNs + 120e9, () => readyCount(cluster) >= replicas);
  const seconds = (performance.now() - startMs) / 1000;
  const megabytes = process.memoryUsage().rss / 1e6;
  console.log(`${replicas} pods on 50 nodes to Ready: ${seconds.toFixed(2)} s, ${megabytes.toFixed(0)} MB resident, simulated ${(cluster.fabric.clock.nowNs / 1e9).toFixed(1)} s, ready ${readyCount(cluster)}`);
  await cluster.stop();
}
