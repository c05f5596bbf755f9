import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeVertex } from '../../../server/cluster/details.js';
import { queueIn } from '../../../server/cluster/pod-queues.js';
import { tryBindIn } from '../../../server/cluster/try-bind.js';
import type { BindRequest, QueueRequest } from '../../../server/contract/inspector.js';
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

  test('is listed with its IPC namespace', () => {
    queue({ action: 'create', name: '/seen' });
    const section = describeVertex(it.cluster, 'pod:default/db-0')?.sections.find(
      ({ title }) => title === 'Message queues',
    );
    expect(section).toMatchObject({ tab: 'queues' });
    expect(JSON.stringify(section)).toContain('"/seen"');
  });
});
