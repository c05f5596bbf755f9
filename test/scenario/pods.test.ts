/** What containers of a pod share, what survives whose death, and in which order things end. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Scenario, startCluster } from './helper/start-cluster.js';

let scenario: Scenario;
afterEach(() => scenario.stop());

const pod = (spec: string, name = 'p') =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { ${spec} } }\n---\n`;
const SLEEP = 'image: "debian:12", command: [sleep, infinity]';

describe('a pod', () => {
  test('with hostNetwork has the address and the ports of its node', async () => {
    scenario = await startCluster({
      manifests:
        pod('hostNetwork: true, containers: [{ name: c, image: nginx }]') +
        pod(`containers: [{ name: c, ${SLEEP} }]`, 'asker'),
    });
    const { nodeName = '' } = scenario.pod('p').spec;
    const nodeIp = { 'worker-1': '192.168.50.11', 'worker-2': '192.168.50.12' }[nodeName];
    expect(scenario.pod('p').status).toMatchObject({ podIP: nodeIp, hostIP: nodeIp });
    expect((await scenario.trace('asker', `node/${nodeName}:80`)).journey.disposition).toBe(
      'delivered',
    );
    const addresses = await scenario.shell('p', 'hostname -i');
    expect(addresses.stdout).toContain(nodeIp);
    expect((await scenario.exec('p', ['hostname'])).stdout).toBe(`${nodeName}\n`);
  });

  test('with shareProcessNamespace sees pause as process 1 and the other containers', async () => {
    const two = `containers: [{ name: a, image: nginx }, { name: b, image: busybox, command: [sleep, infinity] }]`;
    scenario = await startCluster({
      manifests: pod(`shareProcessNamespace: true, ${two}`) + pod(two, 'q'),
    });
    const shared = await scenario.exec('p', ['ps'], 'b');
    expect(shared.stdout).toMatch(/^ +1 \S+ +\S+ \/pause$/m);
    expect(shared.stdout).toContain('nginx -g daemon off;');
    const alone = await scenario.exec('q', ['ps'], 'b');
    expect(alone.stdout).toMatch(/^ +1 \S+ +\S+ sleep infinity$/m);
    expect(alone.stdout).not.toContain('nginx');
  });

  test('shares message queues among its containers, with hostIPC among pods of a node', async () => {
    const two = `containers: [{ name: a, ${SLEEP} }, { name: b, ${SLEEP} }]`;
    scenario = await startCluster({
      manifests:
        pod(`nodeName: worker-1, ${two}`, 'p') +
        pod(`nodeName: worker-1, ${two}`, 'q') +
        pod(`nodeName: worker-1, hostIPC: true, ${two}`, 'h') +
        pod(`nodeName: worker-1, hostIPC: true, ${two}`, 'i') +
        pod(`nodeName: worker-2, hostIPC: true, ${two}`, 'j'),
    });
    expect((await scenario.exec('p', ['ipcmk', '-Q'], 'a')).stdout).toBe('Message queue id: 0\n');
    expect((await scenario.exec('h', ['ipcmk', '-Q'], 'a')).stdout).toBe('Message queue id: 0\n');
    const queues = async (name: string) =>
      (await scenario.exec(name, ['ipcs', '-q'], 'b')).stdout
        .split('\n')
        .filter((line) => line.startsWith('0x')).length;
    expect([
      await queues('p'),
      await queues('q'),
      await queues('h'),
      await queues('i'),
      await queues('j'),
    ]).toEqual([1, 0, 1, 1, 0]);
  });

  test('keeps its address and the content of its queues when a container is killed', async () => {
    scenario = await startCluster({
      manifests: pod(`containers: [{ name: a, ${SLEEP} }, { name: b, ${SLEEP} }]`),
    });
    const before = scenario.pod('p').status?.podIP;
    const sent = await scenario.exec('p', ['mq', 'msgsnd', '1', 'hello'], 'a');
    expect(sent).toMatchObject({ exitCode: 0, stderr: '' });
    const said = await scenario.fault({ kind: 'kill-container', pod: 'default/p', container: 'a' });
    expect(said).toContain('IP and queues stay');
    await scenario.until(
      'restarted',
      () => scenario.container('p', 'a').restartCount === 1 && scenario.container('p', 'a').ready,
    );
    expect(scenario.container('p', 'a').lastState?.terminated).toMatchObject({
      exitCode: 137,
      reason: 'Error',
    });
    expect(scenario.container('p', 'b').restartCount).toBe(0);
    expect(scenario.pod('p').status?.podIP).toBe(before);
    const read = await scenario.exec('p', ['mq', 'msgrcv', '1'], 'a');
    expect(read).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('hello') });
  });

  test('gets a new sandbox with a new address and no queues when pause is killed', async () => {
    scenario = await startCluster({ manifests: pod(`containers: [{ name: a, ${SLEEP} }]`) });
    const { podIP, uid } = { ...scenario.pod('p').status, ...scenario.pod('p').metadata };
    await scenario.exec('p', ['ipcmk', '-Q']);
    await scenario.fault({ kind: 'kill-pause', pod: 'default/p' });
    await scenario.until('up again', () => {
      const { status } = scenario.pod('p');
      return status?.podIP !== undefined && status.podIP !== podIP && scenario.container('p').ready;
    });
    expect(scenario.pod('p').metadata.uid).toBe(uid);
    expect(scenario.events('p')).toContainEqual(
      'SandboxChanged: Pod sandbox changed, it will be killed and re-created.',
    );
    expect((await scenario.exec('p', ['ipcs', '-q'])).stdout).not.toContain('0x');
  });

  test('starts a native sidecar before its containers and ends it after them', async () => {
    scenario = await startCluster({
      manifests: `
apiVersion: batch/v1
kind: Job
metadata: { name: j }
spec:
  template:
    spec:
      restartPolicy: Never
      initContainers:
        - { name: proxy, image: nginx, restartPolicy: Always, startupProbe: { httpGet: { port: 80, path: / }, periodSeconds: 1 } }
        - { name: setup, image: curlimages/curl, command: [curl, -sSf, -o, /dev/null, "http://127.0.0.1/"] }
      containers:
        - { name: main, image: curlimages/curl, command: [curl, -sSf, -o, /dev/null, "http://127.0.0.1/"] }
`,
    });
    await scenario.until(
      'complete',
      () => scenario.cluster.store.get('batch/jobs', 'default', 'j')?.status?.succeeded === 1,
    );
    expect(scenario.shownStatus('j')).toBe('Completed');
    expect(scenario.container('j', 'setup').state?.terminated?.exitCode).toBe(0);
    const ended = (name: string) =>
      Date.parse(scenario.container('j', name).state?.terminated?.finishedAt ?? '');
    expect(ended('proxy')).toBeGreaterThanOrEqual(ended('main'));
    expect(scenario.container('j', 'proxy').restartCount).toBe(0);
  });

  test('ends gracefully: out of the endpoints at once, preStop, SIGTERM, and SIGKILL after its grace period', async () => {
    scenario = await startCluster({
      manifests:
        pod(
          `terminationGracePeriodSeconds: 10, containers: [{ name: c, image: busybox, command: [sh, -c, "trap 'echo got TERM' TERM; while true; do sleep 1; done"], ports: [{ containerPort: 80 }], lifecycle: { preStop: { exec: { command: [sh, -c, "echo stopping > /proc/1/fd/1; sleep 3"] } } } }]`,
        ) +
        '{ apiVersion: v1, kind: Service, metadata: { name: svc }, spec: { selector: { app: p }, ports: [{ port: 80 }] } }',
    });
    const readyEndpoints = () =>
      scenario.cluster.store
        .list('discovery.k8s.io/endpointslices', 'default')
        .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === 'svc')
        .flatMap((slice) => slice.endpoints)
        .map(({ conditions }) => [conditions?.ready, conditions?.serving, conditions?.terminating]);
    expect(readyEndpoints()).toEqual([[true, true, false]]);
    const started = scenario.seconds;
    scenario.cluster.api.delete({ resource: 'pods', namespace: 'default', name: 'p' });
    await scenario.run(1);
    expect(scenario.shownStatus('p')).toBe('Terminating');
    expect(readyEndpoints()).toEqual([[false, true, true]]);
    expect(scenario.logs('p')).not.toContain('got TERM');
    await scenario.run(3.5);
    expect(scenario.logs('p')).toContain('got TERM');
    await scenario.until('gone', () => scenario.findPod('p') === undefined, 60);
    expect(Math.round(scenario.seconds - started)).toBe(10);
    expect(readyEndpoints()).toEqual([]);
  });

  test('reads a ConfigMap as files', async () => {
    scenario = await startCluster({
      manifests:
        '{ apiVersion: v1, kind: ConfigMap, metadata: { name: cm }, data: { greeting: hello } }\n---\n' +
        pod(
          'containers: [{ name: c, image: busybox, command: [sleep, infinity], volumeMounts: [{ name: v, mountPath: /etc/cm }] }], volumes: [{ name: v, configMap: { name: cm } }]',
        ),
    });
    expect((await scenario.exec('p', ['cat', '/etc/cm/greeting'])).stdout).toBe('hello');
  });

  test.each([
    [
      'ClusterFirst',
      '',
      'search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
    ],
    [
      'None',
      'dnsPolicy: None, dnsConfig: { nameservers: [192.0.2.53], searches: [lab.test], options: [{ name: ndots, value: "2" }] },',
      'search lab.test\nnameserver 192.0.2.53\noptions ndots:2\n',
    ],
    ['Default', 'dnsPolicy: Default,', 'nameserver 203.0.113.10\n'],
  ])('with dnsPolicy %s has the resolv.conf of a real one', async (_policy, spec, expected) => {
    scenario = await startCluster({
      manifests: pod(`${spec} containers: [{ name: c, ${SLEEP} }]`),
    });
    const { stdout } = await scenario.exec('p', ['cat', '/etc/resolv.conf']);
    expect(stdout).toBe(expected);
  });
});

describe('a workload', () => {
  test('Job runs its completions and is Complete', async () => {
    scenario = await startCluster({
      manifests: `
apiVersion: batch/v1
kind: Job
metadata: { name: sums }
spec: { completions: 3, parallelism: 2, template: { spec: { restartPolicy: Never, containers: [{ name: c, image: busybox, command: [sh, -c, "echo $((6 * 7))"] }] } } }
`,
    });
    await scenario.until(
      'complete',
      () => scenario.cluster.store.get('batch/jobs', 'default', 'sums')?.status?.succeeded === 3,
    );
    expect(scenario.pods().map((each) => scenario.shownStatus(each.metadata.name))).toEqual([
      'Completed',
      'Completed',
      'Completed',
    ]);
    expect(scenario.logs(scenario.pods()[0]?.metadata.name ?? '')).toBe('42\n');
    await scenario.run(1);
    expect(
      scenario.cluster.store.get('batch/jobs', 'default', 'sums')?.status?.conditions,
    ).toContainEqual(expect.objectContaining({ type: 'Complete', status: 'True' }));
  });

  test('Job that fails gives up after its backoffLimit', async () => {
    scenario = await startCluster({
      manifests:
        '{ apiVersion: batch/v1, kind: Job, metadata: { name: bad }, spec: { backoffLimit: 1, template: { spec: { restartPolicy: Never, containers: [{ name: c, image: busybox, command: ["false"] }] } } } }',
    });
    await scenario.run(120);
    expect(scenario.cluster.store.get('batch/jobs', 'default', 'bad')?.status).toMatchObject({
      failed: 2,
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: 'Failed', reason: 'BackoffLimitExceeded' }),
      ]),
    });
  });

  test('CronJob makes a Job each minute', async () => {
    scenario = await startCluster({
      manifests:
        '{ apiVersion: batch/v1, kind: CronJob, metadata: { name: tick }, spec: { schedule: "* * * * *", jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: c, image: busybox, command: [date] }] } } } } } }',
    });
    await scenario.run(190);
    expect(scenario.cluster.store.list('batch/jobs', 'default')).toHaveLength(3);
    expect(scenario.pods().map((each) => scenario.shownStatus(each.metadata.name))).toEqual([
      'Completed',
      'Completed',
      'Completed',
    ]);
  });

  test('DaemonSet has one pod on each node that it tolerates', async () => {
    const daemons = (name: string, tolerations: string) =>
      `{ apiVersion: apps/v1, kind: DaemonSet, metadata: { name: ${name} }, spec: { selector: { matchLabels: { app: ${name} } }, template: { metadata: { labels: { app: ${name} } }, spec: { ${tolerations} containers: [{ name: c, image: nginx }] } } } }\n---\n`;
    scenario = await startCluster({
      manifests: daemons('few', '') + daemons('all', 'tolerations: [{ operator: Exists }],'),
    });
    const nodes = (name: string) =>
      scenario
        .pods()
        .filter((each) => each.metadata.labels?.app === name)
        .map((each) => each.spec.nodeName)
        .sort();
    expect(nodes('few')).toEqual(['worker-1', 'worker-2']);
    expect(nodes('all')).toEqual(['control-plane', 'worker-1', 'worker-2']);
  });

  test('StatefulSet starts its pods in order, names them, and keeps their names', async () => {
    scenario = await startCluster({
      manifests: `
{ apiVersion: v1, kind: Service, metadata: { name: db }, spec: { clusterIP: None, selector: { app: db }, ports: [{ port: 6379 }] } }
---
{ apiVersion: apps/v1, kind: StatefulSet, metadata: { name: db }, spec: { serviceName: db, replicas: 3, selector: { matchLabels: { app: db } }, template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: c, image: "redis:7.4" }] } } } }
---
${pod(`containers: [{ name: c, image: "nicolaka/netshoot", command: [sleep, infinity] }]`, 'asker')}`,
    });
    await scenario.until(
      'three Ready',
      () =>
        scenario.cluster.store.get('apps/statefulsets', 'default', 'db')?.status?.readyReplicas ===
        3,
    );
    const started = ['db-0', 'db-1', 'db-2'].map((name) =>
      Date.parse(scenario.container(name).state?.running?.startedAt ?? ''),
    );
    expect([...started].sort((a, b) => a - b)).toEqual(started);
    const address = scenario.pod('db-1').status?.podIP ?? '';
    const one = await scenario.exec('asker', ['nslookup', 'db-1.db.default.svc.cluster.local']);
    expect(one.stdout).toContain(`Address: ${address}`);
    const all = await scenario.exec('asker', ['nslookup', 'db.default.svc.cluster.local']);
    for (const name of ['db-0', 'db-1', 'db-2'])
      expect(all.stdout).toContain(`Address: ${scenario.pod(name).status?.podIP}`);
    scenario.cluster.api.delete({ resource: 'pods', namespace: 'default', name: 'db-1' });
    await scenario.until(
      'replaced',
      () =>
        scenario.findPod('db-1')?.status?.podIP !== undefined &&
        scenario.pod('db-1').status?.podIP !== address &&
        scenario.container('db-1').ready,
    );
    expect((await scenario.exec('db-1', ['hostname'])).stdout).toBe('db-1\n');
  });
});
