import { applyManifest, readManifests } from '../server/api/manifest/index.js';
import { Operations } from '../server/cluster/operations.js';
import { median, report } from './helper/figure.js';
import { runCluster } from './helper/run-cluster.js';

const MANIFEST = `
apiVersion: v1
kind: Pod
metadata: { name: a, labels: { app: a } }
spec: { nodeName: worker-1, containers: [{ name: c, image: nginx:1.27 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: b, labels: { app: b } }
spec: { nodeName: worker-2, containers: [{ name: c, image: nginx:1.27 }] }
---
apiVersion: v1
kind: Service
metadata: { name: b }
spec: { selector: { app: b }, ports: [{ port: 80 }] }
`;

const RUNS = 200;

/** One traced connection through a Service to a pod on another node: send it, follow it, write its journey and capture. */
const cluster = await runCluster('three-nodes');
applyManifest(cluster.api, readManifests([{ file: 'bench', content: MANIFEST }]).objects);
await cluster.settle(60e9);
const operations = new Operations(cluster);
const times: number[] = [];
let steps = 0;
for (let run = 0; run < RUNS; run++) {
  const startMs = performance.now();
  const traced = await operations.trace({ from: 'a', to: 'b:80', protocol: 'tcp' });
  times.push(performance.now() - startMs);
  if (!traced.ok || traced.value.journey.disposition !== 'delivered')
    throw new Error('the probe did not arrive');
  steps = traced.value.journey.hops.reduce((sum, hop) => sum + hop.steps.length, 0);
}
const packets = 7;
report(
  {
    name: `traced connection with its journey of ${steps} steps and capture`,
    value: median(times),
    unit: 'ms',
  },
  {
    name: `one traced packet (of ${packets})`,
    value: median(times) / packets,
    unit: 'ms',
    target: 'under 1 ms',
  },
);
await cluster.stop();
