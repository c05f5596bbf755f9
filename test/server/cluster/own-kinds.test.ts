import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Trace } from '../../../server/contract/kube.js';
import { type Scenario, startCluster } from '../../scenario/helper/start-cluster.js';
import { SHOP } from './shop.js';

const TRACES = 'podnet.dev/traces';
const TOPOLOGIES = 'podnet.dev/topologies';

let it: Scenario;
beforeAll(async () => {
  it = await startCluster({ manifests: SHOP });
});
afterAll(() => it.stop());

function create(name: string, spec: object) {
  const body = { apiVersion: 'podnet.dev/v1', kind: 'Trace', metadata: { name }, spec };
  return it.cluster.api.create({ resource: TRACES, namespace: 'default', body });
}

async function traced(name: string, spec: object): Promise<Trace | undefined> {
  expect(create(name, spec)).toMatchObject({ ok: true });
  for (let second = 0; second < 60; second++) {
    await it.run(1);
    const { phase } = get(name)?.status ?? {};
    if (phase === 'Complete' || phase === 'Failed') break;
  }
  return get(name);
}

const get = (name: string) => it.cluster.store.get(TRACES, 'default', name);

describe('a Trace', () => {
  test('tells how its probe reached a Service', async () => {
    const trace = await traced('ok', { from: 'client', to: 'shop' });
    expect(trace?.status).toMatchObject({ phase: 'Complete', disposition: 'delivered' });
    expect(trace?.status?.conditions?.map(({ type, status }) => `${type} ${status}`)).toEqual([
      'Complete True',
      'Delivered True',
    ]);
    expect(trace?.status?.hops?.[0]).toMatchObject({ place: 'pod default/client', packet: 0 });
    const capture = trace === undefined ? undefined : it.cluster.traces.captureOf(trace);
    expect([...(capture?.slice(0, 4) ?? [])]).toEqual([0x0a, 0x0d, 0x0d, 0x0a]);
  });

  test('says why nothing answered', async () => {
    const trace = await traced('refused', { from: 'client', to: 'db-0', port: 81 });
    expect(trace?.status).toMatchObject({ phase: 'Complete', disposition: 'refused' });
    expect(trace?.status?.conditions?.[1]).toMatchObject({
      type: 'Delivered',
      status: 'False',
      reason: 'Refused',
    });
  });

  test('is kept with the packets of its steps, as the traces of pages are', async () => {
    await traced('kept', { from: 'client', to: 'shop' });
    const { archive } = it.cluster;
    const kept = archive.list()[0];
    expect(kept).toMatchObject({ object: 'default/kept', disposition: 'delivered' });
    const id = kept?.id ?? '';
    const first = archive.step(id, 1, 0);
    const packets = archive.packets(id);
    if (!first.ok || !packets.ok) throw new Error('the trace is not kept');
    const [, after = -1] = packets.value.steps[0]?.[0] ?? [];
    const { layers = [], ...picture } = packets.value.pictures[after] ?? {};
    expect(first.value).toEqual({
      after: { ...picture, layers: layers.map((index) => packets.value.layers[index]) },
    });
    expect(archive.find('packet-0-0')).toEqual({
      ok: false,
      error: 'this trace is no longer kept: send it again',
    });
  });

  test('waits for its ends, and fails when they do not come', async () => {
    const trace = await traced('nobody', { from: 'nobody', to: 'shop', activeDeadlineSeconds: 3 });
    expect(trace?.status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
    expect(trace?.status?.summary).toContain('nobody');
  });

  test('is deleted when its time is over', async () => {
    await traced('short', { from: 'client', to: 'shop', ttlSecondsAfterFinished: 0 });
    await it.run(1);
    expect(get('short')).toBeUndefined();
  });

  test.each([
    [{}, 'Trace.podnet.dev "bad" is invalid: [spec.from: Required value, spec.to: Required value]'],
    [
      { from: 'a', to: 'b', protocol: 'sctp' },
      'Trace.podnet.dev "bad" is invalid: spec.protocol: Unsupported value: "sctp": supported values: "tcp", "udp", "icmp"',
    ],
    [
      { from: 'a', to: 'b', port: 70000 },
      'Trace.podnet.dev "bad" is invalid: spec.port: Invalid value: 70000: spec.port in body should be less than or equal to 65535',
    ],
  ])('%j is refused', (spec, message) => {
    expect(create('bad', spec)).toMatchObject({ ok: false, error: { code: 422, message } });
  });
});

describe('the Topology', () => {
  const patch = (body: unknown) =>
    it.cluster.api.patch({ resource: TOPOLOGIES, name: 'three-nodes', type: 'json', body });
  const topology = () => it.cluster.store.get(TOPOLOGIES, undefined, 'three-nodes');

  test('shows machines and cables', () => {
    expect(topology()?.status).toMatchObject({
      nodes: 3,
      switches: 1,
      routers: 1,
      outside: 1,
      links: '5/5',
    });
    expect(topology()?.spec.links?.[0]).toEqual({
      endpoints: ['control-plane:eth0', 'lan:p1'],
      delay: '50us',
    });
  });

  test('changes a cable while the cluster runs, beneath the faults of that cable', async () => {
    const [link] = [...it.cluster.fabric.links.values()];
    const fault = {
      apiVersion: 'podnet.dev/v1',
      kind: 'Fault',
      metadata: { name: 'slow' },
      spec: { type: 'Delay', node: 'control-plane', delay: '10ms' },
    };
    it.cluster.api.create({ resource: 'podnet.dev/faults', body: fault });
    await it.run(0.1);
    expect(patch([{ op: 'replace', path: '/spec/links/0/delay', value: '2ms' }])).toMatchObject({
      ok: true,
    });
    await it.run(0.1);
    expect(link?.cable.properties.delayNs).toBe(12_000_000);
    expect(topology()?.status?.linkStates[0]).toMatchObject({ state: 'Up', delay: '12ms' });
    it.cluster.api.delete({ resource: 'podnet.dev/faults', name: 'slow' });
    await it.run(0.1);
    expect(link?.cable.properties.delayNs).toBe(2_000_000);
  });

  test.each([
    [
      '/spec/nodes/0/address',
      '192.168.50.99/24',
      'spec.nodes: Forbidden: is fixed while the cluster runs: start it with another --topology',
    ],
    [
      '/spec/links/1/endpoints/0',
      'worker-1:eth1',
      'spec.links[1]: Forbidden: only delay, rate and loss can be changed',
    ],
    [
      '/spec/links/1/delay',
      'soon',
      'spec.links[1].delay: Invalid value: "soon": spec.links[1].delay in body should match \'^[0-9]{1,9}(\\.[0-9]{1,6})?(us|ms|s)$\'',
    ],
  ])('%s cannot become %s', (path, value, message) => {
    const answer = patch([{ op: 'replace', path, value }]);
    expect(answer.ok ? '' : answer.error.message).toBe(
      `Topology.podnet.dev "three-nodes" is invalid: ${message}`,
    );
  });
});
