import { describe, expect, test } from '@jest/globals';
import type { Condition } from '../../../server/contract/kube.js';
import { deploymentBody, newApi, podBody } from './helper.js';

const bind = (api: ReturnType<typeof newApi>, name: string, node: string) =>
  api.create({
    resource: 'pods',
    name,
    subresource: 'binding',
    body: { target: { kind: 'Node', name: node } },
  });

describe('subresources', () => {
  test('binding puts a pod on a node once', () => {
    const api = newApi();
    api.create({ resource: 'pods', body: podBody() });
    expect(bind(api, 'p', 'n1')).toMatchObject({ ok: true, created: true });
    expect(api.get({ resource: 'pods', name: 'p' })).toMatchObject({
      ok: true,
      value: {
        spec: { nodeName: 'n1' },
        status: { conditions: [{ type: 'PodScheduled', status: 'True' }] },
      },
    });
    expect(bind(api, 'p', 'n2')).toMatchObject({
      ok: false,
      error: {
        code: 409,
        message:
          'Operation cannot be fulfilled on pods "p": pod p is already assigned to node "n1"',
      },
    });
  });

  test('scale shows and sets replicas', () => {
    const api = newApi();
    api.create({ resource: 'apps/deployments', body: deploymentBody() });
    const scale = { resource: 'apps/deployments', name: 'web', subresource: 'scale' } as const;
    expect(api.get(scale)).toMatchObject({
      ok: true,
      value: { kind: 'Scale', spec: { replicas: 1 }, status: { selector: 'app=web' } },
    });
    api.patch({ ...scale, type: 'merge', body: { spec: { replicas: 4 } } });
    expect(api.store.get('apps/deployments', 'default', 'web')).toMatchObject({
      spec: { replicas: 4 },
      metadata: { generation: 2 },
    });
    expect(api.patch({ ...scale, type: 'merge', body: { spec: { replicas: -1 } } })).toMatchObject({
      ok: false,
      error: { code: 422 },
    });
  });

  test('eviction asks the disruption budget', () => {
    const api = newApi();
    const ready: Condition = { type: 'Ready', status: 'True' };
    for (const name of ['a', 'b']) {
      const made = api.create({
        resource: 'pods',
        body: { ...podBody(name), metadata: { name, labels: { app: 'x' } } },
      });
      bind(api, name, 'n1');
      if (made.ok) {
        const pod = api.store.get('pods', 'default', name);
        if (pod !== undefined)
          api.updateStatusTrusted('pods', {
            ...pod,
            status: { phase: 'Running', conditions: [ready] },
          });
      }
    }
    api.create({
      resource: 'policy/poddisruptionbudgets',
      body: {
        metadata: { name: 'keep' },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } },
      },
    });
    const budget = api.store.get('policy/poddisruptionbudgets', 'default', 'keep');
    const counted = {
      currentHealthy: 2,
      desiredHealthy: 1,
      expectedPods: 2,
      disruptionsAllowed: 1,
      observedGeneration: 1,
    };
    if (budget !== undefined)
      api.updateStatusTrusted('policy/poddisruptionbudgets', { ...budget, status: counted });
    const evict = (name: string) =>
      api.create({ resource: 'pods', name, subresource: 'eviction', body: { metadata: { name } } });
    expect(evict('a')).toMatchObject({ ok: true });
    expect(evict('b')).toMatchObject({
      ok: false,
      error: {
        code: 429,
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
        details: {
          causes: [
            {
              reason: 'DisruptionBudget',
              message: 'The disruption budget keep needs 1 healthy pods and has 2 currently',
            },
          ],
        },
      },
    });
    expect(api.store.get('pods', 'default', 'a')?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', reason: 'EvictionByEvictionAPI' }),
    );
  });

  test('finalizing a namespace that is going lets it go', () => {
    const api = newApi();
    api.create({ resource: 'namespaces', body: { metadata: { name: 'lab' } } });
    expect(api.delete({ resource: 'namespaces', name: 'lab' })).toMatchObject({
      ok: true,
      value: { status: { phase: 'Terminating' }, spec: { finalizers: ['kubernetes'] } },
    });
    expect(api.create({ resource: 'pods', namespace: 'lab', body: podBody() })).toMatchObject({
      ok: false,
      error: {
        code: 403,
        message:
          'pods "p" is forbidden: unable to create new content in namespace lab because it is being terminated',
      },
    });
    api.update({
      resource: 'namespaces',
      name: 'lab',
      subresource: 'finalize',
      body: { spec: { finalizers: [] } },
    });
    expect(api.store.get('namespaces', undefined, 'lab')).toBeUndefined();
  });

  test('both versions of an autoscaler are one object', () => {
    const api = newApi();
    const v1 = api.registry.byPath('autoscaling', 'v1', 'horizontalpodautoscalers');
    if (v1 === undefined) throw new Error('autoscaling/v1 is not served');
    const spec = {
      maxReplicas: 3,
      scaleTargetRef: { kind: 'Deployment', name: 'web' },
      targetCPUUtilizationPercentage: 50,
    };
    expect(api.create({ resource: v1, body: { metadata: { name: 'h' }, spec } })).toMatchObject({
      ok: true,
      value: { apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 50 } },
    });
    expect(api.get({ resource: 'autoscaling/horizontalpodautoscalers', name: 'h' })).toMatchObject({
      ok: true,
      value: {
        apiVersion: 'autoscaling/v2',
        spec: { metrics: [{ resource: { name: 'cpu', target: { averageUtilization: 50 } } }] },
      },
    });
  });

  test('a cluster that is full takes no more', () => {
    const api = newApi({ quota: { maxObjects: 2 } });
    expect(api.create({ resource: 'pods', body: podBody('a') }).ok).toBe(true);
    expect(api.create({ resource: 'pods', body: podBody('b') })).toMatchObject({
      ok: false,
      error: { code: 507 },
    });
  });
});

describe('a resize', () => {
  test.each([
    [{ requests: { cpu: '-5' } }, 'spec.containers[0].resources.requests[cpu]'],
    [{ requests: { cpu: '20m' }, limits: { cpu: '10m' } }, 'spec.containers[0].resources.requests'],
    [{ requests: { 'ephemeral-storage': '1Gi' } }, 'spec'],
  ])('to %j is refused', (resources, field) => {
    const api = newApi();
    api.create({ resource: 'pods', body: podBody('p') });
    const resized = api.patch({
      resource: 'pods',
      name: 'p',
      subresource: 'resize',
      type: 'strategic',
      body: { spec: { containers: [{ name: 'main', resources }] } },
    });
    expect(resized).toMatchObject({
      ok: false,
      error: { code: 422, details: { causes: [{ field }] } },
    });
  });
});
