import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { resolveSource, resolveTarget } from '../../../server/cluster/ends.js';
import { endContext } from '../../../server/cluster/tracing.js';
import { type Scenario, startCluster } from '../../scenario/helper/start-cluster.js';
import { SHOP } from './shop.js';

let cluster: Scenario;
beforeAll(async () => {
  cluster = await startCluster({ manifests: SHOP });
});
afterAll(() => cluster.stop());

const context = (protocol: 'tcp' | 'udp' | 'icmp' = 'tcp') =>
  endContext(cluster.cluster, { protocol, namespace: 'default' });

describe('the sender of a trace', () => {
  const source = (text: string): string => {
    const found = resolveSource(text, context());
    if (!found.ok) return `refused: ${found.error}`;
    return found.value.kind === 'machine' ? found.value.name : found.value.pod.metadata.name;
  };

  test.each([
    ['a pod by its name', 'client', 'client'],
    ['a pod by kind and name', 'pod/client', 'client'],
    ['a pod by namespace and name', 'default/db-0', 'db-0'],
    ['a StatefulSet by its name', 'sts/db', 'db-0'],
    ['a node', 'node/worker-1', 'worker-1'],
    ['a node by its name alone', 'worker-1', 'worker-1'],
    ['the world outside', 'outside', 'outside'],
  ])('may be %s', (_name, text, found) => {
    expect(source(text)).toBe(found);
  });

  test('may be a Deployment, which stands for one of its pods', () => {
    expect(source('deploy/web')).toMatch(/^web-[a-z0-9]+-[a-z0-9]{5}$/);
    expect(source('web')).toBe(source('deploy/web'));
  });

  test('may be the address of a pod', () => {
    expect(source(cluster.pod('client').status?.podIP ?? '')).toBe('client');
  });

  test.each([
    ['a name that nothing has', 'clint', 'clint'],
    ['a node that is not there', 'node/worker-9', "no node is named 'worker-9'"],
    ['an address without a pod', '10.244.9.9', 'no pod has the address 10.244.9.9'],
    ['a Service', 'svc/shop', 'is a Service'],
  ])('is not %s', (_name, text, words) => {
    const answer = source(text);
    expect(answer).toMatch(/^refused: /);
    expect(answer).toContain(words);
  });
});

describe('the receiver of a trace', () => {
  const target = (text: string, protocol?: 'tcp' | 'udp' | 'icmp') => {
    const found = resolveTarget(text, context(protocol));
    return found.ok ? found.value : { error: found.error };
  };

  test.each([
    ['a Service, at its first port', 'shop', 8080],
    ['a Service with a port', 'svc/shop:9', 9],
    ['a Service by its DNS name', 'shop.default.svc.cluster.local', 8080],
    ['a Service by a short DNS name', 'shop.default', 8080],
    ['a headless Service, at the port of its pod', 'db', 6379],
    ['a pod of a headless Service', 'db-0.db.default.svc.cluster.local', 6379],
    ['a pod, at the port that it has bound', 'db-0', 6379],
    ['an address with a port', '10.244.1.9:81', 81],
    ['an IPv6 address with a port', '[fd00::1]:81', 81],
    ['a node port', 'node/worker-1:30080', 30080],
    ['a host of the outside', 'example.com:80', 80],
  ])('may be %s', (_name, text, port) => {
    expect(target(text)).toMatchObject({ port });
  });

  test.each([
    ['a port out of range', 'tcp', 'shop:70000', 'a port must be a whole number from 0 to 65535'],
    ['a Service without such a protocol', 'udp', 'shop', 'has no udp port'],
    ['a name without an address', 'tcp', 'nope.example.invalid', 'NXDOMAIN'],
    ['a pod that has bound nothing', 'tcp', 'client', 'pod default/client has no tcp port'],
  ] as const)('is not %s', (_name, protocol, text, words) => {
    expect(target(text, protocol)).toMatchObject({ error: expect.stringContaining(words) });
  });
});
