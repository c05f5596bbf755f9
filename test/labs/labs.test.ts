import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { projectFile, type Scenario, startCluster } from '../scenario/helper/start-cluster.js';

interface Lab {
  /** Pods and what `kubectl get pods` shows of each; names may leave out what a controller generated. */
  readonly pods: Readonly<Record<string, string>>;
}

const LABS: Readonly<Record<string, Lab>> = {
  'broken-service': { pods: { web: 'Running', client: 'Running' } },
  'dns-and-headless': {
    pods: { 'peer-0': 'Running', 'peer-1': 'Running', 'peer-2': 'Running', asker: 'Running' },
  },
  'hostport-and-nodeport': { pods: { first: 'Running', second: 'Pending' } },
  'live-traffic': {
    pods: { 'load/files': 'Running', 'load/loader': 'Running', 'load/pinger': 'Running' },
  },
  'localhost-only': { pods: { shy: 'Running', open: 'Running', client: 'Running' } },
  'network-policy': {
    pods: {
      'db-pod': 'Running',
      shop: 'Running',
      stranger: 'Running',
      'visitors/guest': 'Running',
    },
  },
  'port-conflict': { pods: { twins: 'CrashLoopBackOff' } },
  'rolling-update': { pods: { web: 'Running', visitor: 'Running' } },
  'sample-app': { pods: { 'shop/web': 'Running', 'shop/api': 'Running' } },
  'sidecar-queue': { pods: { pair: 'Running', alone: 'Running' } },
};

let scenario: Scenario;

async function start(lab: string): Promise<Scenario> {
  scenario = await startCluster({ files: [projectFile(`labs/${lab}.yaml`)] });
  return scenario;
}

afterEach(() => scenario?.stop());

test('every lab has its row in the table', () => {
  const files = readdirSync(projectFile('labs')).filter((file) => file.endsWith('.yaml'));
  expect(files.map((file) => file.slice(0, -'.yaml'.length)).sort()).toEqual(
    Object.keys(LABS).sort(),
  );
});

test.each(Object.entries(LABS))(
  '%s: its pods reach the state that it is about',
  async (name, lab) => {
    const { pods } = lab;
    const cluster = await start(name);
    const seen = Object.keys(pods).map((pod) => {
      const [namespace] = pod.split('/');
      const found = pod.includes('/')
        ? cluster.pods(namespace).find((p) => p.metadata.name.startsWith(pod.split('/')[1] ?? ''))
        : undefined;
      const full = found === undefined ? pod : `${namespace}/${found.metadata.name}`;
      return [pod, cluster.shownStatus(full)];
    });
    expect(Object.fromEntries(seen)).toEqual(pods);
  },
);

describe('traces that the headers of labs promise', () => {
  test.each([
    ['broken-service', 'client good:80', 'delivered', undefined],
    ['broken-service', 'client typo:80', 'refused', /app=wbe\) matches no pod .* have app=web/],
    ['broken-service', 'client wrong-port:80', 'refused', /targetPort 8080, but .* 80\/tcp/],
    ['dns-and-headless', 'asker front:80', 'delivered', undefined],
    ['dns-and-headless', 'asker peer-1.peers.default.svc.cluster.local:80', 'delivered', undefined],
    ['dns-and-headless', 'asker partner:80', 'delivered', undefined],
    ['hostport-and-nodeport', 'outside node/worker-1:8088', 'delivered', undefined],
    ['hostport-and-nodeport', 'outside node/worker-2:8088', 'refused', undefined],
    ['hostport-and-nodeport', 'outside node/worker-2:30080', 'delivered', undefined],
    ['hostport-and-nodeport', 'outside node/worker-1:30081', 'delivered', undefined],
    ['hostport-and-nodeport', 'outside node/worker-2:30081', 'dropped', /Local .* ask worker-1/],
    ['localhost-only', 'shy localhost:6379', 'delivered', undefined],
    ['localhost-only', 'client shy:6379', 'refused', /bind 0\.0\.0\.0, not 127\.0\.0\.1/],
    ['localhost-only', 'client open:6379', 'delivered', undefined],
    ['network-policy', 'shop db:6379', 'delivered', undefined],
    ['network-policy', 'stranger db:6379', 'dropped', /default\/closed selects pod .* egress/],
    [
      'network-policy',
      'visitors/guest db-pod:6379',
      'dropped',
      /select pod default\/db-pod .* ingress/,
    ],
    ['network-policy', 'shop example.com:80', 'dropped', /default\/shop-asks select .* egress/],
  ] as const)('%s: %s is %s', async (lab, ends, disposition, advice) => {
    const cluster = await start(lab);
    const [from = '', to = ''] = ends.split(' ');
    const { journey } = await cluster.trace(from, to);
    expect(journey.disposition).toBe(disposition);
    if (advice === undefined) return;
    expect(journey.advice).toMatch(advice);
  });
});

test('sidecar-queue: messages pass between the containers of one pod and no other', async () => {
  const cluster = await start('sidecar-queue');
  await cluster.run(12);
  expect(cluster.logs('pair', 'consumer')).toMatch(/^1 order 1\nnote 1\n1 order 2\nnote 2\n/);
  expect(cluster.logs('alone')).toContain('no order here: another pod, another IPC namespace');
});

test('dns-and-headless: a headless name has the addresses of all pods', async () => {
  const cluster = await start('dns-and-headless');
  await cluster.run(30);
  const addresses = ['peer-0', 'peer-1', 'peer-2'].map((name) => cluster.pod(name).status?.podIP);
  const log = cluster.logs('asker');
  for (const address of addresses) expect(log).toContain(`Address: ${address}`);
});

test('rolling-update: no request is lost while the image changes', async () => {
  const cluster = await start('rolling-update');
  await cluster.run(20);
  const deployment = cluster.cluster.store.get('apps/deployments', 'default', 'web');
  if (deployment === undefined) throw new Error('the Deployment is gone');
  const { template } = deployment.spec;
  const containers = template.spec.containers.map((c) => ({ ...c, image: 'nginx:1.28' }));
  cluster.cluster.store.update('apps/deployments', {
    ...deployment,
    metadata: { ...deployment.metadata, generation: 2 },
    spec: { ...deployment.spec, template: { ...template, spec: { ...template.spec, containers } } },
  });
  await cluster.run(60);
  const images = cluster.pods().flatMap((pod) => pod.spec.containers.map((c) => c.image));
  expect(images.filter((image) => image === 'nginx:1.28')).toHaveLength(3);
  expect(images).not.toContain('nginx:1.27');
  expect(cluster.logs('visitor')).not.toContain('failed');
  expect(cluster.logs('visitor').match(/ok/g)?.length).toBeGreaterThan(50);
});
