import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeVertex } from '../../../server/cluster/details.js';
import { queueIn } from '../../../server/cluster/pod-queues.js';
import { tryBindIn } from '../../../server/cluster/try-bind.js';
import type { BindRequest, QueueRequest } from '../../../server/contract/inspector.js';
import type { DetailSection } from '../../../server/contract/live.js';
import { type Scenario, startCluster } from '../../scenario/helper/start-cluster.js';
import { SHOP } from './shop.js';

let it: Scenario;
beforeAll(async () => {
  it = await startCluster({ manifests: SHOP });
  await it.run(20);
});
afterAll(() => it.stop());

const REDIS = { pod: 'default/db-0', container: 'redis' };

function bind(request: Partial<BindRequest>): string {
  const asked = { ...REDIS, protocol: 'tcp', address: '0.0.0.0', port: 6379, ...request } as const;
  const answer = tryBindIn(it.cluster, asked);
  return answer.ok ? answer.value.summary : `refused: ${answer.error}`;
}

function queue(request: Partial<QueueRequest>): string {
  const asked = { ...REDIS, kind: 'posix', action: 'send', name: '/jobs', ...request } as const;
  const answer = queueIn(it.cluster, asked);
  if (!answer.ok) return `refused: ${answer.error}`;
  const { errno, summary, text } = answer.value;
  return errno ?? (text === undefined ? summary : `${summary}: ${text}`);
}

function sectionOf(vertex: string, title: string): DetailSection | undefined {
  return describeVertex(it.cluster, vertex)?.sections.find((section) =>
    section.title.startsWith(title),
  );
}

function textOf(vertex: string, title: string): string {
  const section = sectionOf(vertex, title);
  return section?.kind === 'text' ? section.text : `no text ${title}`;
}

describe('the rules about a pod', () => {
  test('lead from the hooks to its own, with what they counted', async () => {
    const [pod] = it.cluster.store.byIndex('pods', 'ip', endpoint());
    const vertex = `pod:default/${pod?.metadata.name}`;
    const about = textOf(vertex, 'Rules about this pod');
    expect(about.split('\n')[0]).toBe('*nat');
    expect(about).toMatch(/\n\[\d+:\d+\] -A PREROUTING .*-j KUBE-SERVICES\n/);
    expect(about).toMatch(/\n\[\d+:\d+\] -A KUBE-SERVICES -d 10\.[\d.]+\/32 .*-j KUBE-SVC-\w+\n/);
    expect(about).toContain(`--to-destination ${endpoint()}:80`);
    expect(about).not.toContain('6379');
  });

  test('count the packets that they match, also among the connections', async () => {
    await it.shell(
      'client',
      'for i in 1 2 3 4 5 6; do wget -qO- http://shop:8080/ >/dev/null; done',
    );
    const node = it.cluster.store.get('pods', 'default', 'client')?.spec.nodeName;
    const rules = textOf(`node:${node}`, 'Rules with counters');
    const counted = [...rules.matchAll(/\[(\d+):\d+\] -A KUBE-SVC-\w+ .*-j KUBE-SEP/g)];
    expect(counted.some(([, packets]) => Number(packets) > 0)).toBe(true);
    expect(textOf('pod:default/client', 'Connections of')).toMatch(/tcp .*dport=8080 .*sport=80 /);
  });
});

describe('the panel of a machine or wire', () => {
  test.each([
    ['a node', 'node:worker-1', ['Machine', 'Pods', 'Devices', 'kube-proxy']],
    ['a switch', 'switch:lan', ['Machine', 'Devices']],
    ['a veth', 'veth:default/client', ['Pair', 'Counters (ip -s link)']],
    ['an uplink', 'uplink:worker-1/cni0', ['Devices', 'Forwarding database (bridge fdb)']],
  ])('of %s has its parts', (_what, vertex, titles) => {
    const sections = describeVertex(it.cluster, vertex)?.sections ?? [];
    expect(sections.map(({ title }) => title)).toEqual(expect.arrayContaining(titles));
  });
});

/** The address of one of the pods behind the Service. */
function endpoint(): string {
  const [slice] = it.cluster.store.byIndex(
    'discovery.k8s.io/endpointslices',
    'service',
    'default/shop',
  );
  return slice?.endpoints[0]?.addresses[0] ?? '';
}

describe('a bind that a person asks about', () => {
  test.each<readonly [Partial<BindRequest>, RegExp]>([
    [{}, /fails with EADDRINUSE .*: redis \(redis.*, pid \d+\) holds 0\.0\.0\.0:6379 LISTEN$/],
    [{ port: 6380 }, /^bind\(2\) of 0\.0\.0\.0:6380\/tcp succeeds$/],
    [{ protocol: 'udp' }, /succeeds$/],
    [{ address: '192.0.2.1', port: 81 }, /EADDRNOTAVAIL .*192\.0\.2\.1 is no address/],
    [{ address: 'here' }, /^refused: 'here' is no IP address$/],
    [{ port: 70000 }, /^refused: port must be a whole number from 0 to 65535, not 70000$/],
    [{ port: 1.5 }, /^refused: port must be/],
    [{ pod: 'default/none' }, /^refused: pods "none" not found$/],
    [{ container: 'none' }, /^refused: container none of pod default\/db-0 does not run$/],
  ])('%j is answered', (request, words) => {
    expect(bind(request)).toMatch(words);
  });
});

describe('a message queue that a person uses', () => {
  test('gives the highest priority first, and says why nothing comes', () => {
    expect(queue({ action: 'receive' })).toBe('ENOENT');
    expect(queue({ action: 'create' })).toContain('room for 10 messages');
    expect(queue({ action: 'create' })).toBe('EEXIST');
    expect(queue({ text: 'low', priority: 1 })).toBe('sent: 1 of 10 messages wait');
    expect(queue({ text: 'high', priority: 9 })).toBe('sent: 2 of 10 messages wait');
    expect(queue({ priority: 40000 })).toBe('EINVAL');
    expect(queue({ action: 'receive', pod: 'default/client', container: 'shell' })).toBe('ENOENT');
    expect(queue({ action: 'receive' })).toBe('received with priority 9: 1 left: high');
    expect(queue({ action: 'receive' })).toBe('received with priority 1: 0 left: low');
    expect(queue({ action: 'receive' })).toBe('EAGAIN');
    expect(queue({ action: 'remove' })).toBe('removed');
  });

  test('of System V is found by its key', () => {
    const key = { kind: 'sysv', name: '0x1234' } as const;
    expect(queue({ ...key, action: 'create' })).toMatch(/^made, with id \d+$/);
    expect(queue({ ...key, text: 'hello', priority: 3 })).toBe('sent');
    expect(queue({ ...key, action: 'receive', priority: 2 })).toBe('ENOMSG');
    expect(queue({ ...key, action: 'receive' })).toBe('received with type 3: hello');
    expect(queue({ ...key, name: 'jobs' })).toMatch(/^refused: a key is a number/);
  });

  test('is seen by no other pod of the node', () => {
    queue({ action: 'create', name: '/mine' });
    const section = sectionOf('pod:default/db-0', 'What pods of this node see');
    const rows = section?.kind === 'table' ? section.rows : [];
    const [own] = rows.filter(([pod]) => pod === 'default/db-0');
    const others = rows.filter(([pod]) => pod !== 'default/db-0');
    expect(own?.[2]).toContain('/mine');
    expect(own?.[3]).toBe('the same ones');
    expect(others.length).toBeGreaterThan(0);
    for (const [, inode, lists, same] of others) {
      expect(inode).not.toBe(own?.[1]);
      expect(lists).not.toContain('/mine');
      expect(same).toBe('none of these');
    }
  });

  test('is listed with its IPC namespace', () => {
    queue({ action: 'create', name: '/seen' });
    const section = describeVertex(it.cluster, 'pod:default/db-0')?.sections.find(
      ({ title }) => title === 'Message queues',
    );
    expect(section).toMatchObject({ tab: 'queues' });
    expect(JSON.stringify(section)).toContain('"/seen"');
  });
});
