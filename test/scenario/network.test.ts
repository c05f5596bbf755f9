/** Services, DNS and faults over emulated packets. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { unexplained } from './helper/explained.js';
import { type Scenario, startCluster } from './helper/start-cluster.js';

let scenario: Scenario;
afterEach(() => scenario.stop());

const pod = (spec: string, name = 'p') =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { ${spec} } }\n---\n`;
const asker = (node: string, name = 'asker') =>
  pod(
    `nodeName: ${node}, containers: [{ name: c, image: "nicolaka/netshoot", command: [sleep, infinity] }]`,
    name,
  );
const service = (name: string, spec: string) =>
  `{ apiVersion: v1, kind: Service, metadata: { name: ${name} }, spec: { ${spec} } }\n---\n`;
const hostnames = (replicas: number, more = '') =>
  `{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { replicas: ${replicas}, selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { ${more} containers: [{ name: c, image: "registry.k8s.io/e2e-test-images/agnhost:2.47", args: [serve-hostname] , ports: [{ containerPort: 9376 }] }] } } } }\n---\n`;

describe('a Service', () => {
  test('spreads connections over its endpoints', async () => {
    scenario = await startCluster({
      manifests:
        hostnames(3) +
        service('web', 'selector: { app: web }, ports: [{ port: 80, targetPort: 9376 }]') +
        asker('worker-1'),
    });
    const answer = await scenario.shell(
      'asker',
      'for i in $(seq 30); do curl -s http://web/; echo; done',
    );
    const names = answer.stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '');
    expect(names).toHaveLength(30);
    expect(new Set(names).size).toBe(3);
  });

  test('with session affinity sends a client to the same endpoint until its time is up', async () => {
    scenario = await startCluster({
      manifests:
        hostnames(3) +
        service(
          'web',
          'sessionAffinity: ClientIP, sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } }, selector: { app: web }, ports: [{ port: 80, targetPort: 9376 }]',
        ) +
        asker('worker-1'),
    });
    const seen = new Set<string>();
    for (let round = 0; round < 10; round++) {
      seen.add((await scenario.exec('asker', ['curl', '-s', 'http://web/'])).stdout);
      await scenario.run(10);
    }
    expect(seen.size).toBe(1);
    for (let round = 0; round < 8; round++) {
      await scenario.run(90);
      seen.add((await scenario.exec('asker', ['curl', '-s', 'http://web/'])).stdout);
    }
    expect(seen.size).toBeGreaterThan(1);
  });

  test('without endpoints refuses, and the trace names the rule', async () => {
    scenario = await startCluster({
      manifests:
        service('nobody', 'selector: { app: nobody }, ports: [{ port: 80 }]') + asker('worker-1'),
    });
    const { journey } = await scenario.trace('asker', 'nobody:80');
    expect(journey.disposition).toBe('refused');
    expect(journey.summary).toContain('default/nobody has no endpoints');
    expect(unexplained(journey)).toEqual([]);
    expect(await scenario.exec('asker', ['curl', '-sS', 'http://nobody/'])).toMatchObject({
      exitCode: 7,
      stderr: expect.stringContaining('Failed to connect to nobody'),
    });
  });

  test('with externalTrafficPolicy Local answers on nodes with an endpoint only and keeps the client address', async () => {
    scenario = await startCluster({
      manifests:
        hostnames(1, 'nodeName: worker-2,') +
        service(
          'web',
          'type: NodePort, externalTrafficPolicy: Local, selector: { app: web }, ports: [{ port: 80, targetPort: 9376, nodePort: 30100 }]',
        ),
    });
    const local = await scenario.trace('outside', 'node/worker-2:30100');
    expect(local.journey.disposition).toBe('delivered');
    const changes = local.journey.hops
      .flatMap((hop) => hop.steps)
      .flatMap((step) => step.changes ?? []);
    expect(
      changes.filter(({ field }) => field === 'source IP').map(({ before }) => before),
    ).not.toContain('203.0.113.10');
    const other = await scenario.trace('outside', 'node/worker-1:30100');
    expect(other.journey.disposition).toBe('dropped');
    expect(other.journey.summary).toContain('hook-dropped');
    expect(unexplained(other.journey)).toEqual([]);
    const cluster = await startCluster({
      manifests:
        hostnames(1, 'nodeName: worker-2,') +
        service(
          'web',
          'type: NodePort, selector: { app: web }, ports: [{ port: 80, targetPort: 9376, nodePort: 30100 }]',
        ),
    });
    const masqueraded = await cluster.trace('outside', 'node/worker-1:30100');
    expect(masqueraded.journey.disposition).toBe('delivered');
    expect(
      masqueraded.journey.hops.flatMap((hop) => hop.steps).flatMap((step) => step.changes ?? []),
    ).toContainEqual({ field: 'source IP', before: '203.0.113.10', after: '192.168.50.11' });
    await cluster.stop();
  });

  test('of type ExternalName is an alias, and a headless one is its pods', async () => {
    scenario = await startCluster({
      manifests:
        hostnames(2) +
        service('ext', 'type: ExternalName, externalName: example.com') +
        service('web', 'clusterIP: None, selector: { app: web }, ports: [{ port: 9376 }]') +
        asker('worker-1'),
    });
    const alias = await scenario.exec('asker', ['dig', '+short', 'ext.default.svc.cluster.local']);
    expect(alias.stdout).toBe('example.com.\n203.0.113.10\n');
    expect(
      (
        await scenario.exec('asker', [
          'curl',
          '-s',
          '-o',
          '/dev/null',
          '-w',
          '%{http_code}',
          'http://ext/',
        ])
      ).stdout,
    ).toBe('200');
    const pods = await scenario.exec('asker', ['dig', '+short', 'web.default.svc.cluster.local']);
    const addresses = scenario
      .pods()
      .filter((each) => each.metadata.labels?.app === 'web')
      .map((each) => each.status?.podIP);
    expect(pods.stdout.trim().split('\n').sort()).toEqual(addresses.sort());
  });

  test('is found by its bare name in the namespace of the pod that sends', async () => {
    const shop = (text: string) => text.replace('{ name: ', '{ namespace: shop, name: ');
    scenario = await startCluster({
      manifests:
        '{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }\n---\n' +
        shop(hostnames(1)) +
        shop(service('web', 'selector: { app: web }, ports: [{ port: 80, targetPort: 9376 }]')) +
        shop(asker('worker-1')) +
        asker('worker-1', 'stranger'),
    });
    const { journey } = await scenario.trace('shop/asker', 'web:80');
    expect(journey).toMatchObject({ disposition: 'delivered' });
    expect(journey.title).toContain('svc shop/web');
    await expect(scenario.trace('stranger', 'web:80')).rejects.toThrow('write shop/web');
  });

  test('reaches a pod through its own Service (hairpin)', async () => {
    scenario = await startCluster({
      manifests:
        hostnames(1) +
        service('web', 'selector: { app: web }, ports: [{ port: 80, targetPort: 9376 }]'),
    });
    const { journey } = await scenario.trace('web', 'svc/web:80');
    expect(journey).toMatchObject({ disposition: 'delivered' });
  });
});

/** The edge of the cable that a machine hangs on. */
function cableOf(name: string): string {
  const links = [...scenario.cluster.fabric.links];
  return links.find(([, { ends }]) => ends.some(({ machine }) => machine === name))?.[0] ?? '';
}

describe('a fault', () => {
  const two =
    asker('worker-1') +
    pod('nodeName: worker-2, containers: [{ name: c, image: nginx }]', 'server');

  test('cable down: the trace says which link, and packets pass again once it is up', async () => {
    scenario = await startCluster({ manifests: two });
    const edge = cableOf('worker-2');
    expect((await scenario.trace('asker', 'server:80')).journey.disposition).toBe('delivered');
    expect(await scenario.fault({ kind: 'link-down', edge })).toMatch(
      /unplug the cable between worker-2:eth0 and /,
    );
    const down = await scenario.trace('asker', 'server:80');
    expect(down.journey.disposition).toBe('dropped');
    expect(down.journey.summary).toContain(
      'dropped in switch lan: port p3 has no carrier: the cable to eth0 of worker-2 is unplugged',
    );
    expect(unexplained(down.journey)).toEqual([]);
    await scenario.fault({ kind: 'link-up', edge });
    await scenario.run(5);
    expect((await scenario.trace('asker', 'server:80')).journey.disposition).toBe('delivered');
  });

  test('cable down before the first packet: nobody answers, and the trace says which link', async () => {
    scenario = await startCluster({ manifests: two });
    await scenario.fault({ kind: 'link-down', edge: cableOf('worker-2') });
    const { journey } = await scenario.trace('asker', 'server:80');
    expect(journey.disposition).toBe('dropped');
    expect(journey.summary).toContain(
      'nobody on eth0 answered 3 times to "who has 192.168.50.12?"',
    );
    expect(journey.summary).toContain('the cable to eth0 of worker-2 is unplugged');
    expect(unexplained(journey)).toEqual([]);
  });

  test('veth down: the pod is cut off', async () => {
    scenario = await startCluster({ manifests: two });
    await scenario.fault({ kind: 'link-down', edge: 'veth:default/server' });
    const { journey } = await scenario.trace('asker', 'server:80');
    expect(journey.disposition).toBe('dropped');
    expect(unexplained(journey)).toEqual([]);
    await scenario.fault({ kind: 'link-up', edge: 'veth:default/server' });
    expect((await scenario.trace('asker', 'server:80')).journey.disposition).toBe('delivered');
  });

  test('cable down: the node falls silent, and is Ready again once it is plugged in', async () => {
    scenario = await startCluster({ manifests: two });
    const ready = () =>
      scenario.cluster.store
        .get('nodes', undefined, 'worker-2')
        ?.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
    const edge = cableOf('worker-2');
    await scenario.fault({ kind: 'link-down', edge });
    await scenario.run(45);
    expect(ready()).toBe('True');
    await scenario.run(10);
    expect(ready()).toBe('Unknown');
    await scenario.fault({ kind: 'link-up', edge });
    await scenario.run(1);
    expect(ready()).toBe('True');
  });

  test('power off: the node is NotReady after 50 s and its pods are evicted after 300 s more', async () => {
    scenario = await startCluster({
      manifests:
        hostnames(2) +
        service('web', 'selector: { app: web }, ports: [{ port: 80, targetPort: 9376 }]') +
        asker('worker-1'),
    });
    const ready = () =>
      scenario.cluster.store
        .get('nodes', undefined, 'worker-2')
        ?.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
    const there = () =>
      scenario
        .pods()
        .filter(
          (each) =>
            each.spec.nodeName === 'worker-2' && each.metadata.deletionTimestamp === undefined,
        ).length;
    expect([ready(), there() > 0]).toEqual(['True', true]);
    const offAt = scenario.seconds;
    await scenario.fault({ kind: 'node-down', node: 'worker-2' });
    const ping = await scenario.trace('asker', 'node/worker-2', { protocol: 'icmp' });
    expect(ping.journey.disposition).toBe('dropped');
    expect(ping.journey.hops.map(({ place }) => place)).not.toContain('node worker-2');
    await scenario.run(20);
    expect(ready()).toBe('True');
    await scenario.until('NotReady', () => ready() === 'Unknown', 40);
    const notReadyAt = scenario.seconds;
    expect(notReadyAt - offAt).toBeGreaterThanOrEqual(49);
    expect(notReadyAt - offAt).toBeLessThan(52);
    await scenario.run(5);
    for (let round = 0; round < 5; round++)
      expect((await scenario.trace('asker', 'web:80')).journey.disposition).toBe('delivered');
    await scenario.until('evicted', () => there() === 0, 400);
    expect(scenario.seconds - notReadyAt).toBeGreaterThanOrEqual(299);
    expect(scenario.seconds - notReadyAt).toBeLessThan(310);
    await scenario.run(30);
    expect(
      scenario.cluster.store.get('apps/deployments', 'default', 'web')?.status?.readyReplicas,
    ).toBe(2);
    await scenario.fault({ kind: 'node-up', node: 'worker-2' });
    await scenario.until('Ready again', () => ready() === 'True', 60);
    await scenario.run(60);
    expect(scenario.pods().filter((each) => each.metadata.deletionTimestamp !== undefined)).toEqual(
      [],
    );
  });
});
