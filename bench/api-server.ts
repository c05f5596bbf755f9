import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasEtcd, startEtcd } from './helper/etcd.js';
import { median, report } from './helper/figure.js';
import { fetchBytes, open, perSecond } from './helper/http-client.js';
import { startPodnet } from './helper/podnet-server.js';

const LOAD = { writers: 32, seconds: 5 };
/** A server that has just started compiles what it runs; one that is used has long done so. */
const WARM_UP = { writers: 32, seconds: 3 };
const OBJECT_OCTETS = 1500;
const PODS = 10_000;
const FEW_PODS = 1000;
const WATCHERS = 100;
const WATCHED_WRITES = 300;
const WRITE_EVERY_MS = 10;
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const KUBECTLS = [
  process.env.PODNET_KUBECTL ?? '',
  '/usr/lib/google-cloud-sdk/bin/kubectl.1.33',
  '/usr/local/bin/kubectl',
  '/usr/bin/kubectl',
];

const server = await startPodnet();
try {
  await creates();
  await watches();
  await lists();
} finally {
  await server.stop();
}
await etcdPuts();

function configMap(name: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data: { filler: 'x'.repeat(OBJECT_OCTETS) },
  });
}

function createMap(name: string): Promise<Buffer> {
  return fetchBytes(`${server.url}/api/v1/namespaces/default/configmaps`, {
    method: 'POST',
    body: configMap(name),
  });
}

/** POSTs that are acknowledged when they are on disk. */
async function creates(): Promise<void> {
  await perSecond(WARM_UP, (index) => createMap(`warm-${index}`));
  const rate = await perSecond(LOAD, (index) => createMap(`load-${index}`));
  report({ name: `durable creates over HTTP, ${LOAD.writers} writers`, value: rate, unit: '/s' });
}

/** From before the POST is sent until a watcher has read the event: 100 watchers, 100 writes a second. */
async function watches(): Promise<void> {
  const sentMs = new Map<string, number>();
  const delaysMs: number[] = [];
  const all = new Promise<void>((resolve) => {
    const heard = (text: string): void => {
      for (const [, name = ''] of text.matchAll(/"name":"(seen-\d+)"/g)) {
        const began = sentMs.get(name);
        if (began !== undefined) delaysMs.push(performance.now() - began);
      }
      if (delaysMs.length >= WATCHERS * WATCHED_WRITES) resolve();
    };
    for (let index = 0; index < WATCHERS; index++) void follow(heard);
  });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  for (let index = 0; index < WATCHED_WRITES; index++) {
    const name = `seen-${index}`;
    sentMs.set(name, performance.now());
    await Promise.all([
      createMap(name),
      new Promise((resolve) => setTimeout(resolve, WRITE_EVERY_MS)),
    ]);
  }
  await all;
  delaysMs.sort((a, b) => a - b);
  const at = (share: number) => delaysMs[Math.floor(delaysMs.length * share)] ?? Number.NaN;
  report(
    { name: `from a write to ${WATCHERS} watchers, median`, value: at(0.5), unit: 'ms' },
    { name: `from a write to ${WATCHERS} watchers, 99th percentile`, value: at(0.99), unit: 'ms' },
  );
}

async function follow(heard: (text: string) => void): Promise<void> {
  const { metadata } = JSON.parse(
    (await fetchBytes(`${server.url}/api/v1/namespaces/default/configmaps?limit=1`)).toString(),
  ) as { readonly metadata: { readonly resourceVersion: string } };
  const answer = await open(
    `${server.url}/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=${metadata.resourceVersion}`,
  );
  let rest = '';
  answer.on('error', () => {});
  answer.on('data', (chunk: Buffer) => {
    const lines = `${rest}${chunk.toString()}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) heard(line);
  });
}

/** Whole lists, and what `kubectl get pods` takes as a process. */
async function lists(): Promise<void> {
  for (const namespace of ['many', 'few']) {
    await fetchBytes(`${server.url}/api/v1/namespaces`, {
      method: 'POST',
      body: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }),
    });
  }
  await createPods('few', FEW_PODS);
  await createPods('many', PODS - FEW_PODS);
  const timed = async (name: string, accept: string): Promise<void> => {
    const timesMs: number[] = [];
    let octets = 0;
    for (let index = 0; index < 5; index++) {
      const startMs = performance.now();
      octets = (await fetchBytes(`${server.url}/api/v1/pods`, { accept })).length;
      timesMs.push(performance.now() - startMs);
    }
    report({
      name: `${name} (${(octets / 1e6).toFixed(1)} MB)`,
      value: median(timesMs),
      unit: 'ms',
    });
  };
  await timed(`list of ${PODS.toLocaleString('en-US')} pods as JSON`, 'application/json');
  await timed(`list of ${PODS.toLocaleString('en-US')} pods as a table`, TABLE);
  kubectlGet();
}

async function createPods(namespace: string, count: number): Promise<void> {
  const spec = { schedulerName: 'none', containers: [{ name: 'web', image: 'nginx:1.27' }] };
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < count) {
      const body = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `web-${next++}`, labels: { app: 'web' } },
        spec,
      };
      await fetchBytes(`${server.url}/api/v1/namespaces/${namespace}/pods`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
    }
  };
  await Promise.all(Array.from({ length: LOAD.writers }, writer));
}

function kubectlGet(): void {
  const kubectl = KUBECTLS.find((path) => path !== '' && existsSync(path));
  if (kubectl === undefined) {
    process.stdout.write('kubectl get pods: skipped, no kubectl here\n');
    return;
  }
  const home = mkdtempSync(join(tmpdir(), 'podnet-bench-kubectl-'));
  const env = { HOME: home, KUBECACHEDIR: join(home, 'cache'), PATH: process.env.PATH ?? '' };
  const timesMs: number[] = [];
  for (let index = 0; index < 6; index++) {
    const startMs = performance.now();
    const { stdout } = spawnSync(kubectl, ['--server', server.url, '-n', 'few', 'get', 'pods'], {
      env,
    });
    const lines = stdout.toString().trim().split('\n').length;
    if (lines !== FEW_PODS + 1) throw new Error(`kubectl get pods printed ${lines} lines`);
    // The first one fills the cache of discovery.
    if (index > 0) timesMs.push(performance.now() - startMs);
  }
  rmSync(home, { recursive: true });
  report({
    name: `kubectl get pods, ${FEW_PODS.toLocaleString('en-US')} pods`,
    value: median(timesMs),
    unit: 'ms',
  });
}

/** A real API server cannot be faster than its etcd: the same writes by gRPC, on the same disk. */
async function etcdPuts(): Promise<void> {
  if (!hasEtcd) {
    process.stdout.write('etcd puts: skipped, no etcd here (Debian: etcd-server)\n');
    return;
  }
  const etcd = await startEtcd();
  try {
    const rate = await perSecond(LOAD, (index) => {
      const name = `load-${index}`;
      return etcd.put(`/registry/configmaps/default/${name}`, Buffer.from(configMap(name)));
    });
    report({ name: `for comparison: etcd puts, ${LOAD.writers} writers`, value: rate, unit: '/s' });
  } finally {
    await etcd.stop();
  }
}
