import { type Figure, report } from './helper/figure.js';
import { createLoad, readyCount, runCluster } from './helper/run-cluster.js';

/** Pods of one Deployment on 50 nodes, from its write until the last pod is Ready, clock unpaced. */
async function run(replicas: number): Promise<readonly Figure[]> {
  const cluster = await runCluster('fifty-nodes');
  const startMs = performance.now();
  createLoad(cluster, replicas);
  await cluster.driver.runUntil(
    cluster.fabric.clock.nowNs + 300e9,
    () => readyCount(cluster) >= replicas,
  );
  const seconds = (performance.now() - startMs) / 1000;
  if (readyCount(cluster) < replicas)
    throw new Error(`${readyCount(cluster)} of ${replicas} pods are Ready`);
  const megabytes = process.memoryUsage().rss / 1e6;
  await cluster.stop();
  const name = `${replicas.toLocaleString('en-US')} pods on 50 nodes to Ready`;
  const large = replicas >= 1000;
  return [
    { name, value: seconds, unit: 's', ...(large ? { target: '2 s' } : {}) },
    {
      name: `${name}: resident memory`,
      value: megabytes,
      unit: 'MB',
      ...(large ? { target: '300 MB' } : {}),
    },
  ];
}

report(...(await run(Number(process.argv[2] ?? 1000))));
