import { expect, test } from '@jest/globals';
import { ensureSystemObjects } from '../../../server/api/bootstrap.js';
import { newApi, podBody } from './helper.js';

test('a cluster begins with its namespaces and the Service kubernetes, however often it is begun', () => {
  const api = newApi();
  ensureSystemObjects(api);
  const { revision } = api.store;
  ensureSystemObjects(api);
  expect(api.store.revision).toBe(revision);
  expect(api.store.list('namespaces').map((one) => one.metadata.name)).toEqual([
    'default',
    'kube-node-lease',
    'kube-public',
    'kube-system',
  ]);
  expect(api.store.get('services', 'default', 'kubernetes')?.spec.clusterIP).toBe('10.96.0.1');
});

test('a pod may name a system priority class, and no unknown one', () => {
  const api = newApi();
  ensureSystemObjects(api);
  const withClass = (priorityClassName: string) => ({
    ...podBody(),
    spec: { ...podBody().spec, priorityClassName },
  });
  expect(api.create({ resource: 'pods', body: withClass('nope') })).toMatchObject({
    ok: false,
    error: {
      code: 403,
      message: 'pods "p" is forbidden: no PriorityClass with name nope was found',
    },
  });
  expect(api.create({ resource: 'pods', body: withClass('system-node-critical') })).toMatchObject({
    ok: true,
    value: { spec: { priority: 2000001000 } },
  });
});
