import { describe, expect, test } from '@jest/globals';
import { asObject } from '../../../server/kube/json.js';
import { ControlPlane, workload } from './control-plane.js';

const BUDGETS = 'policy/poddisruptionbudgets';

function budgeted(spec: object): ControlPlane {
  const it = new ControlPlane();
  it.node('node1');
  it.create('apps/deployments', workload('Deployment', 'web', { replicas: 4 }));
  const selector = { matchLabels: { app: 'web' } };
  it.create(BUDGETS, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'keep', namespace: 'default' },
    spec: { selector, ...spec },
  });
  it.settle();
  return it;
}

function evict(it: ControlPlane, name: string): string {
  const made = it.api.create({
    resource: 'pods',
    namespace: 'default',
    name,
    subresource: 'eviction',
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } },
  });
  return made.ok
    ? 'evicted'
    : `${made.error.code} ${made.error.details?.causes?.[0]?.message ?? made.error.message}`;
}

describe('a PodDisruptionBudget', () => {
  test.each([
    [{ minAvailable: 3 }, 3, 1],
    [{ minAvailable: '50%' }, 2, 2],
    [{ maxUnavailable: 1 }, 3, 1],
    [{ maxUnavailable: '30%' }, 2, 2],
    [{ minAvailable: 9 }, 9, 0],
  ])('with %j needs %i healthy pods and allows %i disruptions', (spec, desired, allowed) => {
    const { status } = budgeted(spec).get(BUDGETS, 'keep');
    expect(status).toMatchObject({
      currentHealthy: 4,
      desiredHealthy: desired,
      disruptionsAllowed: allowed,
      expectedPods: 4,
      observedGeneration: 1,
      conditions: [{ type: 'DisruptionAllowed', status: allowed > 0 ? 'True' : 'False' }],
    });
  });

  test('is charged by an eviction and recovers when the pod is replaced', () => {
    const it = budgeted({ minAvailable: 3 });
    const [first = '', second = ''] = it.podNames();
    expect(evict(it, first)).toBe('evicted');
    expect(evict(it, second)).toBe(
      '429 The disruption budget keep needs 3 healthy pods and has 4 currently',
    );
    it.settle();
    expect(asObject(it.get(BUDGETS, 'keep').status)?.disruptionsAllowed).toBe(1);
    expect(evict(it, second)).toBe('evicted');
  });

  test('is one of at most one', () => {
    const it = budgeted({ minAvailable: 1 });
    const { metadata, ...rest } = it.get(BUDGETS, 'keep');
    it.create(BUDGETS, {
      ...rest,
      metadata: { name: 'other', namespace: metadata.namespace ?? '' },
    });
    expect(evict(it, it.podNames()[0] ?? '')).toBe(
      '500 This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  });
});

describe('a ResourceQuota', () => {
  test('says in its status what is used, and refuses what controllers make beyond', () => {
    const it = new ControlPlane();
    it.node('node1');
    it.create('resourcequotas', {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q', namespace: 'default' },
      spec: { hard: { pods: '2' } },
    });
    it.create('apps/deployments', workload('Deployment', 'web', { replicas: 3 }));
    it.settle();
    expect(it.get('resourcequotas', 'q').status).toEqual({
      hard: { pods: '2' },
      used: { pods: '2' },
    });
    expect(it.pods().length).toBe(2);
    expect(it.events('FailedCreate')[0]).toMatch(
      /^Error creating: pods "web-\w+-\w+" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2$/,
    );
  });
});

describe('a namespace that goes', () => {
  test('says what remains and what holds it', () => {
    const it = new ControlPlane();
    it.api.create({ resource: 'namespaces', body: { metadata: { name: 'lab' } } });
    const body = { metadata: { name: 'held', finalizers: ['example.com/hold'] } };
    it.api.create({ resource: 'configmaps', namespace: 'lab', body });
    it.settle();
    it.api.delete({ resource: 'namespaces', name: 'lab' });
    it.settle();
    const { status } = it.client.store.get('namespaces', undefined, 'lab') ?? {};
    const messages = (status?.conditions ?? []).map(({ message }) => message);
    expect(messages).toContain(
      'Some resources are remaining: configmaps. has 1 resource instances',
    );
    expect(messages).toContain(
      'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    );
  });
});
