/** Whole applications from their manifests: every pod comes up, every Service answers, every step says why. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Service } from '../../server/contract/kube.js';
import { expectDelivered, unexplained } from './helper/explained.js';
import { projectFile, type Scenario, startCluster } from './helper/start-cluster.js';
import { dissect, hasTshark } from './helper/tshark.js';

const corpus = process.env.PODNET_CORPUS ?? '';

/** A pod on each node, to ask Services from; `pods` names the workloads that must be Ready, with their size. */
interface App {
  readonly name: string;
  readonly files: readonly string[];
  readonly namespace: string;
  readonly ready: Readonly<Record<string, number>>;
  /** Services that speak HTTP, and a word of their page. */
  readonly http: Readonly<Record<string, string>>;
}

const GUESTBOOK = 'kubernetes-examples/manifests/web/guestbook';

const APPS: readonly App[] = [
  {
    name: 'the sample application',
    files: [projectFile('labs/sample-app.yaml')],
    namespace: 'shop',
    ready: { web: 2, api: 2, store: 2, visitor: 1 },
    http: { web: 'Welcome to nginx!', api: 'Hello, world!' },
  },
  {
    name: 'the guestbook',
    files: [join(corpus, `${GUESTBOOK}/all-in-one/guestbook-all-in-one.yaml`)],
    namespace: 'default',
    ready: { 'redis-master': 1, 'redis-replica': 2, frontend: 3 },
    http: { frontend: 'Guestbook' },
  },
  {
    name: 'the guestbook, file by file',
    files: [
      'frontend-deployment',
      'redis-master-deployment',
      'redis-replica-deployment',
      'frontend-service',
      'redis-replica-service',
      'redis-master-service',
    ].map((file) => join(corpus, GUESTBOOK, `${file}.yaml`)),
    namespace: 'default',
    ready: { 'redis-master': 1, 'redis-replica': 2, frontend: 3 },
    http: { frontend: 'Guestbook' },
  },
  {
    name: 'the voting application',
    files: [join(corpus, 'voting-app/manifests')],
    namespace: 'default',
    ready: { vote: 1, redis: 1, worker: 1, db: 1, result: 1 },
    http: { vote: 'Cats', result: 'Result' },
  },
];

/** One pod on every node, the control plane too. */
const OBSERVERS = `
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: observer, namespace: kube-public }
spec:
  selector: { matchLabels: { app: observer } }
  template:
    metadata: { labels: { app: observer } }
    spec:
      tolerations: [{ operator: Exists }]
      containers: [{ name: tools, image: "nicolaka/netshoot:v0.13", command: [sleep, infinity] }]
`;

describe.each(APPS)('$name', ({ name, files, namespace, ready, http }) => {
  const present = name === APPS[0]?.name || existsSync(corpus);
  const when = present ? test : test.skip;
  const why = present ? '' : ' (skipped: PODNET_CORPUS is not set)';
  const withTshark = present && hasTshark ? test : test.skip;
  const captures: string[] = [];
  let scenario: Scenario;

  beforeAll(async () => {
    if (!present) return;
    scenario = await startCluster({ files, namespace, manifests: OBSERVERS });
    await scenario.run(15);
  });
  afterAll(() => scenario?.stop());

  const services = (): readonly Service[] =>
    scenario.cluster.store
      .list('services', namespace)
      .filter((service) => service.metadata.name !== 'kubernetes');
  const observers = () => scenario.pods('kube-public');
  /** Observers on nodes where no pod behind the Service is: their packets must cross the network. */
  const elsewhere = (service: Service) => {
    const selector = Object.entries(service.spec.selector ?? {});
    const nodes = scenario
      .pods()
      .filter((pod) => selector.every(([key, value]) => pod.metadata.labels?.[key] === value))
      .map((pod) => pod.spec.nodeName);
    return observers().filter((pod) => !nodes.includes(pod.spec.nodeName));
  };

  when(`has every pod Running and Ready${why}`, () => {
    const counted: Record<string, number> = {};
    for (const pod of scenario.pods()) {
      expect([pod.metadata.name, scenario.shownStatus(pod.metadata.name)]).toEqual([
        pod.metadata.name,
        'Running',
      ]);
      expect(pod.status?.conditions).toContainEqual(
        expect.objectContaining({ type: 'Ready', status: 'True' }),
      );
      const workload = Object.keys(ready).find((each) =>
        new RegExp(`^${each}(-[a-z0-9]+)*$`).test(pod.metadata.name),
      );
      counted[workload ?? pod.metadata.name] = (counted[workload ?? pod.metadata.name] ?? 0) + 1;
    }
    expect(counted).toEqual(ready);
  });

  when(`answers at every Service from a pod on another node${why}`, async () => {
    expect(services().length).toBeGreaterThan(0);
    for (const service of services()) {
      const [from] = elsewhere(service);
      expect([service.metadata.name, from]).not.toEqual([service.metadata.name, undefined]);
      for (const { port } of service.spec.ports ?? []) {
        const traced = await scenario.trace(
          `kube-public/${from?.metadata.name}`,
          `${service.metadata.name}.${namespace}.svc.cluster.local:${port}`,
        );
        expectDelivered(traced.journey);
        const places = new Set(traced.journey.hops.map((hop) => hop.host));
        expect(places.size).toBeGreaterThanOrEqual(3);
        captures.push(traced.capture);
      }
    }
  });

  when(`answers by name to real commands in pods${why}`, async () => {
    for (const service of services()) {
      const from = `kube-public/${elsewhere(service)[0]?.metadata.name}`;
      const full = `${service.metadata.name}.${namespace}.svc.cluster.local`;
      const looked = await scenario.exec(from, ['nslookup', full]);
      expect(looked.exitCode).toBe(0);
      if (service.spec.clusterIP !== 'None')
        expect(looked.stdout).toContain(`Address: ${service.spec.clusterIP}`);
      for (const { port } of service.spec.ports ?? []) {
        const opened = await scenario.exec(from, ['nc', '-zv', '-w', '3', full, String(port)]);
        expect([full, opened.exitCode, opened.stderr]).toMatchObject([full, 0, /./]);
        const word = http[service.metadata.name];
        if (word === undefined) continue;
        const url = `http://${service.metadata.name}.${namespace}:${port}/`;
        const curl = await scenario.exec(from, ['curl', '-sS', '--max-time', '5', url]);
        expect([url, curl.exitCode, curl.stderr]).toEqual([url, 0, '']);
        expect(curl.stdout).toContain(word);
        const wget = await scenario.exec(from, ['wget', '-q', '-O', '-', url]);
        expect([url, wget.exitCode]).toEqual([url, 0]);
        expect(wget.stdout).toContain(word);
      }
    }
  });

  when(`answers at every node port of every node from outside${why}`, async () => {
    const nodes = [...scenario.cluster.fabric.nodes.keys()];
    expect(nodes).toHaveLength(3);
    for (const service of services()) {
      for (const { nodePort } of service.spec.ports ?? []) {
        if (nodePort === undefined) continue;
        for (const node of nodes) {
          const traced = await scenario.trace('outside', `node/${node}:${nodePort}`);
          expectDelivered(traced.journey);
          captures.push(traced.capture);
        }
      }
    }
  });

  when(`says why where packets do not arrive${why}`, async () => {
    const [first] = services().filter((service) => service.spec.clusterIP !== 'None');
    const closed = await scenario.trace(
      `kube-public/${observers()[0]?.metadata.name}`,
      `${scenario.pods()[0]?.status?.podIP}:4`,
    );
    expect(closed.journey.disposition).toBe('refused');
    expect(unexplained(closed.journey)).toEqual([]);
    const noPort = await scenario.trace(
      `kube-public/${observers()[0]?.metadata.name}`,
      `${first?.spec.clusterIP}:4`,
    );
    expect(noPort.journey.disposition).not.toBe('delivered');
    expect(unexplained(noPort.journey)).toEqual([]);
    captures.push(closed.capture, noPort.capture);
  });

  withTshark(
    `leaves captures that tshark finds nothing wrong with${why}${hasTshark ? '' : ' (skipped: no tshark)'}`,
    () => {
      expect(captures.length).toBeGreaterThan(3);
      const { frames, bad } = dissect(captures);
      expect(bad).toBe('');
      expect(frames).toBeGreaterThan(50);
    },
    120_000,
  );
});

describe('a vote', () => {
  const present = existsSync(corpus);
  (present ? test : test.skip)(
    `travels from the page through redis and the worker to the database${present ? '' : ' (skipped: PODNET_CORPUS is not set)'}`,
    async () => {
      const scenario = await startCluster({
        files: [join(corpus, 'voting-app/manifests')],
        manifests: OBSERVERS,
      });
      await scenario.run(10);
      const from = `kube-public/${scenario.pods('kube-public')[0]?.metadata.name}`;
      const posted = await scenario.exec(from, [
        'curl',
        '-sS',
        '-d',
        'vote=b',
        '-b',
        'voter_id=1234abcd',
        'http://vote.default:8080/',
      ]);
      expect([posted.exitCode, posted.stderr]).toEqual([0, '']);
      await scenario.run(2);
      expect(scenario.logs('vote')).toContain('Received vote for b');
      expect(scenario.logs('worker')).toContain("Processing vote for 'b' by '1234abcd'");
      const left = await scenario.shell(from, 'echo LLEN votes | nc -w1 redis.default 6379');
      expect(left.stdout).toBe(':0\r\n');
      // Without its worker a vote waits in redis.
      await scenario.fault({
        kind: 'kill-container',
        pod: `default/${scenario.pod('worker').metadata.name}`,
        container: 'worker',
      });
      await scenario.exec(from, [
        'curl',
        '-sS',
        '-o',
        '/dev/null',
        '-d',
        'vote=a',
        'http://vote.default:8080/',
      ]);
      const waiting = await scenario.shell(from, 'echo LLEN votes | nc -w1 redis.default 6379');
      expect(waiting.stdout).toBe(':1\r\n');
      await scenario.run(30);
      const done = await scenario.shell(from, 'echo LLEN votes | nc -w1 redis.default 6379');
      expect(done.stdout).toBe(':0\r\n');
      await scenario.stop();
    },
  );
});
