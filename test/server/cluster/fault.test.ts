import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FaultSpec } from '../../../server/contract/kube.js';
import { parseCommand, Rng, viewNetns } from '../../../topology/index.js';
import { type Scenario, startCluster } from '../../scenario/helper/start-cluster.js';
import { SHOP } from './shop.js';

const FAULTS = 'podnet.dev/faults';

let it: Scenario;
beforeAll(async () => {
  it = await startCluster({ manifests: SHOP });
});
afterAll(() => it.stop());

/** Everything that a fault may change, as text. */
function network(): string {
  const { fabric } = it.cluster;
  const lines = [...fabric.machines.values()].flatMap(({ name, host }) =>
    [...host.namespaces].flatMap((netns) => {
      const view = viewNetns(netns);
      const { devices, routes, neighbors, sysctls, iptables } = view;
      return [
        ...devices.map(({ name: dev, up, mtuBytes, addresses }) => ({
          dev,
          up,
          mtuBytes,
          addresses,
        })),
        ...routes.map(({ line }) => line).sort(),
        ...neighbors.filter(({ state }) => state === 'permanent'),
        ...sysctls,
        ...iptables,
      ].map((one) => `${name} ${view.label} ${JSON.stringify(one)}`);
    }),
  );
  const cables = [...fabric.links.values()].map(({ id, cable }) =>
    JSON.stringify([
      id,
      cable.up,
      cable.properties.delayNs,
      cable.properties.jitterNs ?? 0,
      cable.properties.loss,
    ]),
  );
  return [...lines, ...cables].join('\n');
}

async function breakIt(name: string, spec: FaultSpec) {
  const body = { apiVersion: 'podnet.dev/v1', kind: 'Fault', metadata: { name }, spec };
  const made = it.cluster.api.create({ resource: FAULTS, body });
  expect(made.ok ? '' : made.error.message).toBe('');
  await it.run(0.01);
  return it.cluster.store.get(FAULTS, undefined, name)?.status;
}

async function heal(name: string) {
  it.cluster.api.delete({ resource: FAULTS, name });
  await it.run(0.01);
  expect(it.cluster.store.get(FAULTS, undefined, name)).toBeUndefined();
}

const onNode = { node: 'worker-1' };
const onPod = { pod: 'client' };
const ROWS: readonly (readonly [name: string, spec: FaultSpec, command: string])[] = [
  ['link', { type: 'LinkDown', ...onNode }, 'worker-1# ip link set dev eth0 down'],
  [
    'cable',
    { type: 'LinkDown', cable: 'worker-1:eth0' },
    '# unplug the cable between worker-1:eth0 and lan:p2',
  ],
  [
    'delay',
    { type: 'Delay', ...onNode, delay: '100ms', jitter: '10ms' },
    'worker-1# tc qdisc replace dev eth0 root netem delay 100.05ms 10ms',
  ],
  [
    'more-delay',
    { type: 'Delay', cable: 'worker-1:eth0', delay: '50ms' },
    'worker-1# tc qdisc replace dev eth0 root netem delay 50.05ms',
  ],
  [
    'loss',
    { type: 'Loss', ...onNode, lossPercent: 5 },
    'worker-1# tc qdisc replace dev eth0 root netem delay 0.05ms loss 5%',
  ],
  [
    'route',
    { type: 'CorruptRoute', ...onNode, route: { dst: 'default', via: '192.168.50.99' } },
    'worker-1# ip route del default via 192.168.50.1 dev eth0',
  ],
  [
    'no-route',
    { type: 'DeletedRoute', ...onPod, route: { dst: 'default' } },
    ' route del default via ',
  ],
  [
    'mask',
    { type: 'WrongMask', ...onNode, prefixLength: 30 },
    'worker-1# ip addr del 192.168.50.11/24 dev eth0',
  ],
  ['mtu', { type: 'WrongMTU', ...onPod, mtu: 600 }, ' link set dev eth0 mtu 600'],
  ['forward', { type: 'IPForwardOff', ...onNode }, 'worker-1# sysctl -w net.ipv4.ip_forward=0'],
  [
    'sysctl',
    { type: 'Sysctl', ...onNode, sysctl: { name: 'net.ipv4.conf.all.rp_filter', value: '1' } },
    'worker-1# sysctl -w net.ipv4.conf.all.rp_filter=1',
  ],
  [
    'rule',
    { type: 'DropRule', ...onNode, rule: { chain: 'FORWARD', match: '-p tcp --dport 80' } },
    '-I FORWARD 1 -p tcp -m tcp --dport 80',
  ],
  [
    'neighbor',
    {
      type: 'WrongNeighbor',
      ...onNode,
      neighbor: { address: '192.168.50.1', mac: '02:00:00:00:99:99' },
    },
    'lladdr 02:00:00:00:99:99',
  ],
  ['veth', { type: 'LinkDown', ...onPod }, ' down'],
];

describe('a Fault', () => {
  test.each(ROWS)(
    '%s breaks what it says, and its deletion heals it',
    async (name, spec, command) => {
      const before = network();
      const status = await breakIt(name, spec);
      expect(status?.conditions?.[0]?.message).toMatch(/^in force on /);
      expect(status?.commands?.join('\n')).toContain(command);
      expect(network()).not.toBe(before);
      await heal(name);
      expect(network()).toBe(before);
    },
  );

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'among others is healed by itself, in any order (%i)',
    async (seed) => {
      const before = network();
      const rng = new Rng(seed);
      const shuffled = (rows: typeof ROWS) =>
        rows
          .map((row) => [rng.unit(), row] as const)
          .sort(([a], [b]) => a - b)
          .map(([, row]) => row);
      const chosen = shuffled(ROWS).slice(0, 8);
      for (const [name, spec] of chosen) await breakIt(name, spec);
      for (const [name] of shuffled(chosen)) await heal(name);
      expect(network()).toBe(before);
    },
  );

  test('leaves another one of the same cable in force when it is healed', async () => {
    const cable = [...it.cluster.fabric.links.values()].find(({ id }) =>
      id.includes('worker-1'),
    )?.cable;
    await breakIt('one', { type: 'Delay', ...onNode, delay: '100ms' });
    await breakIt('two', { type: 'Delay', ...onNode, delay: '20ms' });
    expect(cable?.properties.delayNs).toBe(120_050_000);
    await heal('one');
    expect(cable?.properties.delayNs).toBe(20_050_000);
    await heal('two');
    expect(cable?.properties.delayNs).toBe(50_000);
  });

  test('waits for its pod, breaks it, and breaks the one that comes after it', async () => {
    const spec: FaultSpec = { type: 'WrongMTU', pod: 'default/db-0', mtu: 700 };
    await breakIt('small', spec);
    const mtu = () => {
      const pod = it.pod('db-0');
      const view = it.cluster.kubeletOf(pod)?.podRuntimeView(pod.metadata.uid ?? '');
      const netns = it.cluster.fabric.nodes
        .get(view?.node ?? '')
        ?.host.netns(view?.netnsName ?? '');
      return netns === undefined
        ? undefined
        : viewNetns(netns).devices.find(({ name }) => name === 'eth0')?.mtuBytes;
    };
    expect(mtu()).toBe(700);
    it.cluster.api.delete({
      resource: 'pods',
      namespace: 'default',
      name: 'db-0',
      options: { gracePeriodSeconds: 0 },
    });
    await it.run(5);
    await it.settle();
    expect(mtu()).toBe(700);
    await heal('small');
    expect(mtu()).toBe(1500);
  });

  test('goes, and says so, when somebody else has changed what it broke', async () => {
    const rule = { chain: 'FORWARD', match: '-p tcp --dport 80' };
    await breakIt('rule', { type: 'DropRule', ...onNode, rule });
    const fault = it.cluster.store.get(FAULTS, undefined, 'rule');
    const finalizers = [...(fault?.metadata.finalizers ?? []), 'example.com/keep'];
    it.cluster.api.patch({
      resource: FAULTS,
      name: 'rule',
      type: 'merge',
      body: { metadata: { finalizers } },
    });
    const removed = parseCommand('iptables -D FORWARD 1');
    const { host } = it.cluster.fabric.machines.get('worker-1') ?? {};
    expect(removed.ok && host?.apply(removed.value).ok).toBe(true);
    it.cluster.api.delete({ resource: FAULTS, name: 'rule' });
    await it.run(1);
    const left = it.cluster.store.get(FAULTS, undefined, 'rule');
    expect(left?.metadata.finalizers).toEqual(['example.com/keep']);
    expect(left?.status?.phase).toBe('Healed');
    expect(left?.status?.conditions?.[0]?.reason).toBe('ChangedMeanwhile');
    it.cluster.api.patch({
      resource: FAULTS,
      name: 'rule',
      type: 'merge',
      body: { metadata: { finalizers: [] } },
    });
    expect(it.cluster.store.get(FAULTS, undefined, 'rule')).toBeUndefined();
  });

  test.each([
    [{ type: 'LinkDown', pod: 'nobody' }, 'Pending', 'pod default/nobody is not there'],
    [
      { type: 'LinkDown', node: 'nowhere' },
      'Failed',
      "no machine is named 'nowhere'; there are control-plane, worker-1, worker-2, lan, gateway, outside",
    ],
    [
      { type: 'DeletedRoute', node: 'worker-1', route: { dst: '9.9.9.0/24' } },
      'Failed',
      'node worker-1 has no route to 9.9.9.0/24',
    ],
    [{ type: 'WrongMTU', node: 'worker-1', device: 'eth7', mtu: 600 }, 'Failed', 'it is gone'],
  ] as const)('%j is %s', async (spec, phase, message) => {
    const status = await breakIt('odd', spec);
    expect([status?.phase, status?.conditions?.[0]?.message]).toEqual([phase, message]);
    await heal('odd');
  });
});
