import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Cluster } from '../../../server/cluster/cluster.js';
import { loadTopology } from '../../../server/cluster/load-topology.js';
import { createZone } from '../../../server/cluster/zone.js';
import { ClusterHost } from '../../../server/host/cluster-host.js';
import { ClusterKeeper } from '../../../server/host/cluster-keeper.js';
import { CLUSTERS, type ClusterObject, clusterKind } from '../../../server/host/cluster-kind.js';
import {
  createMemoryStores,
  type DataStores,
  openDataStores,
} from '../../../server/store/index.js';

const folders: string[] = [];
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function start(stores: DataStores) {
  const topology = loadTopology('single-node');
  if (!topology.ok) throw new Error(topology.error.join());
  const store = stores.open();
  const kinds = [clusterKind(() => store.list(CLUSTERS).length)];
  const rootCa = 'a certificate';
  const authority = { certificate: rootCa, key: 'its key' };
  const main = new Cluster(
    { topology: topology.value, store, seed: 1, epochMs: 0, kinds, rootCa, authority },
    createZone,
  );
  const host = new ClusterHost(main);
  const errors: string[] = [];
  const keeper = new ClusterKeeper({
    host,
    main,
    stores,
    onError: (error) => errors.push(String(error)),
  });
  const expectedErrors: string[] = [];
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await keeper.stop();
    await host.stop();
    await stores.close();
    expect(errors).toEqual(expectedErrors);
  };
  stops.push(stop);
  const create = (name: string, spec: object = { topology: 'single-node' }) =>
    main.api.create({
      resource: CLUSTERS,
      body: { apiVersion: 'podnet.dev/v1', kind: 'Cluster', metadata: { name }, spec },
    });
  const find = (name: string) => store.get(CLUSTERS, undefined, name) as ClusterObject | undefined;
  return { expectedErrors, main, host, keeper, stop, create, find };
}

const TWO_NODES = `kind: Topology
apiVersion: podnet.dev/v1
metadata: { name: tiny }
spec:
  nodes:
    - { name: a, address: 192.168.50.11/24 }
    - { name: b, address: 192.168.50.12/24 }
  switches: [{ name: lan }]
`;
/** Nothing that its node's cable could lead to. */
const NO_SWITCH = TWO_NODES.replace('  switches: [{ name: lan }]\n', '');

describe('Cluster objects', () => {
  test('start clusters with objects of their own, and end them', async () => {
    const { main, host, keeper, create, find } = start(createMemoryStores());
    expect(create('blue', { topology: 'single-node', speed: 3, quota: { maxPods: 2 } }).ok).toBe(
      true,
    );
    expect(find('blue')?.status).toEqual({ phase: 'Pending' });
    await keeper.idle();
    expect(find('blue')?.status).toEqual({ phase: 'Ready', url: '/clusters/blue', nodes: 1 });
    const blue = host.get('blue');
    expect([blue?.driver.speed, blue?.driver.paused]).toEqual([3, false]);
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'only-here' } };
    expect(blue?.api.create({ resource: 'configmaps', body: map }).ok).toBe(true);
    expect(main.store.get('configmaps', 'default', 'only-here')).toBeUndefined();
    expect(blue?.api.registry.byStorage(CLUSTERS)).toBeUndefined();
    const pod = (name: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { containers: [{ name: 'c', image: 'nginx' }] },
    });
    const made = ['a', 'b', 'c'].map((name) =>
      blue?.api.create({ resource: 'pods', body: pod(name) }),
    );
    expect(made.map((one) => (one?.ok === false ? one.error.message : 'made'))).toContain(
      'the cluster holds 2 pods and may hold no more (limit 2)',
    );

    expect(main.api.delete({ resource: CLUSTERS, name: 'blue' }).ok).toBe(true);
    expect(find('blue')?.metadata.deletionTimestamp).toBeDefined();
    await keeper.idle();
    expect([find('blue'), host.get('blue')]).toEqual([undefined, undefined]);
    expect(blue?.driver.paused).toBe(true);
  });

  test('start clusters that trust the server and sign no certificates, which are good everywhere', async () => {
    const { host, keeper, create } = start(createMemoryStores());
    create('blue');
    await keeper.idle();
    const { rootCa, authority } = host.get('blue')?.options ?? {};
    expect([rootCa, authority]).toEqual(['a certificate', undefined]);
  });

  test('with one seed have one course, whatever the others do meanwhile', async () => {
    const { host, keeper, create } = start(createMemoryStores());
    const workload = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'c', image: 'nginx' }] },
        },
      },
    };
    for (const name of ['one', 'two', 'other'])
      create(name, { topology: 'single-node', speed: 0.001, seed: name === 'other' ? 2 : 1 });
    await keeper.idle();
    const courses: string[] = [];
    for (const name of ['one', 'other', 'two']) {
      const cluster = host.get(name);
      cluster?.driver.pause();
      cluster?.api.create({ resource: 'apps/deployments', namespace: 'default', body: workload });
      await cluster?.settle(60_000_000_000);
      const pods = cluster?.store
        .list('pods')
        .filter(({ metadata }) => metadata.namespace === 'default');
      courses.push(
        (pods ?? [])
          .map(({ metadata, status }) => [metadata.name, metadata.uid, status?.podIP].join(' '))
          .join('\n'),
      );
    }
    const [one, other, two] = courses;
    expect(one?.split('\n')).toHaveLength(3);
    expect(two).toBe(one);
    expect(other).not.toBe(one);
  });

  test('stay, and say why, when their data cannot be removed', async () => {
    const remove = () => Promise.reject(new Error('the disk is full'));
    const { expectedErrors, main, keeper, create, find } = start({
      ...createMemoryStores(),
      remove,
    });
    create('blue');
    await keeper.idle();
    main.api.delete({ resource: CLUSTERS, name: 'blue' });
    for (let turn = 0; turn < 5; turn++) await keeper.idle();
    const { phase, message } = find('blue')?.status ?? {};
    expect([phase, message]).toEqual(['Terminating', 'the disk is full']);
    expectedErrors.push(...Array(2).fill('Error: the disk is full'));
  });

  test('last over a restart with what is in them; those deleted leave nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'podnet-host-'));
    folders.push(folder);
    const first = start(await openDataStores({ folder }));
    for (const name of ['kept', 'gone']) first.create(name);
    await first.keeper.idle();
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' } };
    for (const name of ['kept', 'gone'])
      first.host.get(name)?.api.create({ resource: 'configmaps', body: map });
    first.main.api.delete({ resource: CLUSTERS, name: 'gone' });
    await first.keeper.idle();
    await first.stop();

    const second = start(await openDataStores({ folder }));
    second.create('gone');
    await second.keeper.idle();
    const has = (name: string) =>
      second.host.get(name)?.store.get('configmaps', 'default', 'm') !== undefined;
    expect([has('kept'), has('gone')]).toEqual([true, false]);
    expect(second.find('kept')?.status?.phase).toBe('Ready');
  });

  test.each<[string, string, object | undefined, string]>([
    [
      'a preset that is not there',
      'a',
      { topology: 'moon' },
      'Cluster.podnet.dev "a" is invalid: spec.topology: Unsupported value: "moon": supported values: "fifty-nodes", "single-node", "three-nodes", "vxlan"',
    ],
    [
      'a file of the server',
      'a',
      { topology: '/etc/passwd' },
      'Cluster.podnet.dev "a" is invalid: spec.topology: Unsupported value: "/etc/passwd": supported values: "fifty-nodes", "single-node", "three-nodes", "vxlan"',
    ],
    [
      'more nodes than its quota',
      'a',
      { topology: TWO_NODES, quota: { maxNodes: 1 } },
      'Cluster.podnet.dev "a" is invalid: spec.topology: Forbidden: has 2 nodes, and spec.quota.maxNodes is 1',
    ],
    [
      'the name of the first',
      'default',
      {},
      'Cluster.podnet.dev "default" is invalid: metadata.name: Invalid value: "default": is the cluster that this server started with',
    ],
    [
      'a name with dots',
      'a.b',
      {},
      `Cluster.podnet.dev "a.b" is invalid: metadata.name: Invalid value: "a.b": must be at most 40 lower case letters, digits and '-', and begin and end with a letter or digit`,
    ],
    [
      'a speed of nothing',
      'a',
      { speed: 0 },
      'Cluster.podnet.dev "a" is invalid: spec.speed: Invalid value: 0: spec.speed in body should be greater than 0',
    ],
  ])('with %s are refused', (_, name, spec, message) => {
    const { create } = start(createMemoryStores());
    const made = create(name, spec);
    expect(made.ok ? 'made' : made.error.message).toBe(message);
  });

  test('keep topology, seed and quota; their speed may change', async () => {
    const { main, host, keeper, create } = start(createMemoryStores());
    create('a', { topology: TWO_NODES });
    await keeper.idle();
    const patch = (spec: object) =>
      main.api.patch({ resource: CLUSTERS, name: 'a', type: 'merge', body: { spec } });
    expect(patch({ speed: 7 }).ok).toBe(true);
    await keeper.idle();
    expect(host.get('a')?.driver.speed).toBe(7);
    const refused = patch({ seed: 9 });
    expect(refused.ok ? '' : refused.error.message).toBe(
      'Cluster.podnet.dev "a" is invalid: spec.seed: Invalid value: 9: field is immutable',
    );
  });

  test('that cannot be started say why, once, and can be deleted', async () => {
    const { expectedErrors, keeper, create, find, main } = start(createMemoryStores());
    create('a', { topology: NO_SWITCH });
    await keeper.idle();
    const message = 'a: Cannot find device "eth0" (addr.add)';
    expectedErrors.push(`InvariantError: ${message}`);
    expect(find('a')?.status).toEqual({ phase: 'Failed', message });
    main.api.delete({ resource: CLUSTERS, name: 'a' });
    await keeper.idle();
    expect(find('a')).toBeUndefined();
  });
});
