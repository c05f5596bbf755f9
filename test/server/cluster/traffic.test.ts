import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createGraph } from '../../../server/cluster/graph-sources.js';
import { createTraffic } from '../../../server/cluster/traffic.js';
import type { PacketCrossing, TrafficSlice } from '../../../server/contract/traffic.js';
import type { TrafficSource } from '../../../server/live/traffic-source.js';
import { type Scenario, startCluster } from '../../scenario/helper/start-cluster.js';

const TWO_PODS = `
apiVersion: v1
kind: Pod
metadata: { name: a }
spec:
  nodeName: worker-1
  containers: [{ name: shell, image: "busybox:1.36", command: [sleep, "100000"] }]
---
apiVersion: v1
kind: Pod
metadata: { name: b }
spec:
  nodeName: worker-2
  containers:
    - { name: web, image: "nginx:1.27", ports: [{ containerPort: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: probed }
spec:
  nodeName: worker-1
  containers:
    - name: web
      image: "nginx:1.27"
      readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 5 }
`;

let scenario: Scenario;
let traffic: TrafficSource;

beforeAll(async () => {
  scenario = await startCluster({ manifests: TWO_PODS });
});

afterAll(() => scenario.stop());

beforeEach(() => {
  traffic = createTraffic(scenario.cluster, createGraph(scenario.cluster));
});

afterEach(() => traffic.stop());

const ipOf = (pod: string): string => scenario.pod(pod).status?.podIP ?? '';

/** The ways of the packets of a kind that were followed: edges in order, `>` along and `<` against the edge. */
function ways(slice: TrafficSlice | undefined, kind: string): readonly string[] {
  const crossings = (slice?.crossings ?? []).filter((c) => c.kind === kind);
  const last = crossings.filter((c) => !crossings.some(({ after }) => after === c.id));
  return last.map((end) => {
    const steps: string[] = [];
    let at: PacketCrossing | undefined = end;
    while (at !== undefined) {
      steps.unshift(`${at.edge}${at.forward ? '>' : '<'}`);
      const before: number = at.after;
      at = crossings.find(({ id }) => id === before);
    }
    return `${end.tone}: ${steps.join(' ')}`;
  });
}

describe('live traffic', () => {
  test('follows a packet along every edge, and its reply back', async () => {
    traffic.start();
    await scenario.exec('a', ['ping', '-c', '1', ipOf('b')]);
    expect(ways(traffic.take(), 'icmp')).toEqual([
      'request: veth:default/a> uplink:worker-1/cni0> cable:worker-1/eth0--lan/p2> cable:worker-2/eth0--lan/p3< uplink:worker-2/cni0< veth:default/b<',
      'reply: veth:default/b> uplink:worker-2/cni0> cable:worker-2/eth0--lan/p3> cable:worker-1/eth0--lan/p2< uplink:worker-1/cni0< veth:default/a<',
    ]);
  });

  test('counts packets and octets by edge, direction and kind', async () => {
    traffic.start();
    await scenario.exec('a', ['ping', '-c', '3', ipOf('b')]);
    const lane = traffic.take()?.lanes.find((l) => l.edge === 'veth:default/a' && l.forward);
    // Ethernet 14, IPv4 20, ICMP 8, payload 56.
    expect(lane?.counts.icmp).toEqual([3, 3 * 98]);
  });

  test('tells the connections of probes from others', async () => {
    traffic.start();
    await scenario.run(11);
    const slice = traffic.take();
    const kinds = new Set((slice?.lanes ?? []).flatMap(({ counts }) => Object.keys(counts)));
    kinds.delete('arp');
    expect([...kinds]).toEqual(['probe']);
  });

  test('tells where packets are dropped and why', async () => {
    traffic.start();
    await scenario.exec('a', ['ping', '-c', '2', '-W', '1', '-t', '1', ipOf('b')]);
    const drops = traffic.take()?.drops.filter(({ kind }) => kind === 'icmp');
    expect(drops).toMatchObject([
      {
        vertex: 'node:worker-1',
        reason: 'ttl-expired',
        text: 'the time to live reached zero',
        kind: 'icmp',
        count: 2,
      },
    ]);
  });

  test('only counts where there are many packets', async () => {
    const flood = () => scenario.shell('a', `ping -q -c 400 -i 0.002 ${ipOf('b')}`);
    traffic.start();
    await flood();
    const first = traffic.take();
    await flood();
    const second = traffic.take();
    expect(first?.crossings.length).toBeLessThanOrEqual(400);
    expect(second?.crossings.filter(({ kind }) => kind === 'icmp')).toEqual([]);
    const lane = second?.lanes.find((l) => l.edge === 'veth:default/b' && !l.forward);
    expect(lane?.counts.icmp?.[0]).toBe(400);
  });

  test('follows a pod that came later, and is silent once stopped', async () => {
    traffic.start();
    scenario.apply(TWO_PODS.replaceAll('name: a ', 'name: c '));
    await scenario.settle();
    traffic.take();
    await scenario.exec('c', ['ping', '-c', '1', ipOf('b')]);
    expect(traffic.take()?.lanes.map(({ edge }) => edge)).toContain('veth:default/c');
    traffic.stop();
    await scenario.exec('c', ['ping', '-c', '1', ipOf('b')]);
    expect(traffic.take()).toBeUndefined();
  });
});
