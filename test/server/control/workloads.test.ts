import { describe, expect, test } from '@jest/globals';
import { ControlPlane, namespace, template, workload } from './control-plane.js';

function plane(nodes = 2): ControlPlane {
  const made = new ControlPlane();
  for (let index = 1; index <= nodes; index++) made.node(`node${index}`);
  made.settle();
  return made;
}

describe('a Deployment', () => {
  test('becomes a ReplicaSet and ready pods, and says so', () => {
    const it = plane();
    it.create('apps/deployments', workload('Deployment', 'web', { replicas: 3 }));
    it.settle();
    const [set] = it.client.store.list('apps/replicasets');
    expect(set?.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{8,10}$/);
    expect(set?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1');
    expect(it.pods().map((pod) => pod.status?.phase)).toEqual(['Running', 'Running', 'Running']);
    expect(it.get('apps/deployments', 'web').status).toMatchObject({
      replicas: 3,
      updatedReplicas: 3,
      availableReplicas: 3,
      conditions: [
        { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' },
        { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
      ],
    });
    expect(it.events('ScalingReplicaSet')).toEqual([
      `Scaled up replica set ${set?.metadata.name} from 0 to 3`,
    ]);
    expect(it.events('SuccessfulCreate')[0]).toMatch(/^Created pod: web-[a-z0-9]+-[a-z0-9]{5}$/);
  });

  test('rests when all is as it should be', () => {
    const it = plane();
    it.create('apps/deployments', workload('Deployment', 'web', { replicas: 3 }));
    it.settle();
    const { revision } = it.client.store;
    it.settle(60);
    expect(it.client.store.revision).toBe(revision);
    expect(it.controllers.pendingWork).toBe(0);
  });

  test('rolls out a new template and never falls below what must be available', () => {
    const it = plane();
    it.create('apps/deployments', workload('Deployment', 'web', { replicas: 4 }));
    it.settle();
    let fewest = 4;
    let most = 4;
    it.client.store.watch('apps/deployments', ({ object }) => {
      fewest = Math.min(fewest, object.status?.availableReplicas ?? 0);
      most = Math.max(most, object.status?.replicas ?? 0);
    });
    it.change('apps/deployments', 'web', { template: template('nginx:2') });
    expect(it.pods().map((pod) => pod.spec.containers[0]?.image)).toEqual(Array(4).fill('nginx:2'));
    expect(fewest).toBeGreaterThanOrEqual(3);
    expect(most).toBeLessThanOrEqual(5);
    expect(
      it.client.store
        .list('apps/replicasets')
        .map((set) => set.spec.replicas)
        .sort(),
    ).toEqual([0, 4]);
    expect(it.get('apps/deployments', 'web').metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '2',
    });
  });

  test('goes back to an older ReplicaSet when its template comes back', () => {
    const it = plane();
    it.create('apps/deployments', workload('Deployment', 'web', { replicas: 2 }));
    it.settle();
    it.change('apps/deployments', 'web', { template: template('nginx:2') });
    it.change('apps/deployments', 'web', { template: template() });
    expect(it.client.store.list('apps/replicasets').length).toBe(2);
    expect(it.get('apps/deployments', 'web').metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
    });
    expect(it.pods().map((pod) => pod.spec.containers[0]?.image)).toEqual(['nginx', 'nginx']);
  });

  test('that recreates takes the old pods away first', () => {
    const it = plane();
    it.create(
      'apps/deployments',
      workload('Deployment', 'web', { replicas: 2, strategy: { type: 'Recreate' } }),
    );
    it.settle();
    const images: string[] = [];
    it.client.store.watch('pods', ({ type }) => {
      if (type === 'ADDED')
        images.push(
          it
            .pods()
            .map((one) => one.spec.containers[0]?.image)
            .join(),
        );
    });
    it.change('apps/deployments', 'web', { template: template('nginx:2') });
    expect(images).toEqual(['nginx:2', 'nginx:2,nginx:2']);
  });

  test('scales both ways', () => {
    const it = plane();
    it.create('apps/deployments', workload('Deployment', 'web', { replicas: 1 }));
    it.settle();
    it.change('apps/deployments', 'web', { replicas: 5 });
    expect(it.pods().length).toBe(5);
    it.change('apps/deployments', 'web', { replicas: 2 });
    expect(it.pods().length).toBe(2);
    expect(it.get('apps/deployments', 'web').status?.replicas).toBe(2);
  });

  test('settles when its one ReplicaSet already has the new number', () => {
    const it = plane();
    it.create('apps/deployments', workload('Deployment', 'web', { replicas: 2 }));
    it.settle();
    const [set] = it.client.store.list('apps/replicasets');
    if (set === undefined) throw new Error('no ReplicaSet');
    it.client.update('apps/replicasets', { ...set, spec: { ...set.spec, replicas: 3 } });
    it.change('apps/deployments', 'web', { replicas: 3 });
    expect(it.pods().length).toBe(3);
    expect(it.controllers.pendingWork).toBe(0);
  });

  test('that does not come up exceeds its progress deadline', () => {
    const it = plane(0);
    it.create('apps/deployments', workload('Deployment', 'web', { progressDeadlineSeconds: 30 }));
    it.settle(40);
    expect(it.get('apps/deployments', 'web').status?.conditions).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          type: 'Progressing',
          status: 'False',
          reason: 'ProgressDeadlineExceeded',
        }),
      ]),
    );
  });

  test('takes its pods with it when it is deleted', () => {
    const it = plane();
    it.create('apps/deployments', workload('Deployment', 'web', { replicas: 3 }));
    it.settle();
    it.client.delete('apps/deployments', 'default', 'web');
    it.settle();
    expect(it.client.store.list('apps/replicasets')).toEqual([]);
    expect(it.pods()).toEqual([]);
  });

  test.each(['Foreground', 'Orphan'] as const)('is deleted with propagation %s', (propagation) => {
    const it = plane();
    it.create('apps/deployments', workload('Deployment', 'web', { replicas: 2 }));
    it.settle();
    it.client.delete('apps/deployments', 'default', 'web', { propagation });
    it.settle();
    expect(it.client.store.get('apps/deployments', 'default', 'web')).toBeUndefined();
    expect(it.client.store.list('apps/replicasets').length).toBe(propagation === 'Orphan' ? 1 : 0);
    expect(it.pods().length).toBe(propagation === 'Orphan' ? 2 : 0);
  });
});

describe('a StatefulSet', () => {
  test('makes its pods one after another, each with its claim and name', () => {
    const it = plane();
    it.stuck.add('db-1');
    it.create(
      'apps/statefulsets',
      workload('StatefulSet', 'db', {
        replicas: 3,
        serviceName: 'db',
        volumeClaimTemplates: [
          { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' }, spec: {} },
        ],
      }),
    );
    it.settle();
    expect(it.podNames()).toEqual(['db-0', 'db-1']);
    expect(it.get('pods', 'db-0').spec).toMatchObject({ hostname: 'db-0', subdomain: 'db' });
    expect(it.get('persistentvolumeclaims', 'data-db-1').status).toMatchObject({ phase: 'Bound' });
    it.stuck.clear();
    it.client.delete('pods', 'default', 'db-1', { gracePeriodSeconds: 0 });
    it.settle();
    expect(it.podNames()).toEqual(['db-0', 'db-1', 'db-2']);
    expect(it.events('SuccessfulCreate')).toContain('create Pod db-2 in StatefulSet db successful');
  });

  test('updates from the last pod down to the partition', () => {
    const it = plane();
    it.create('apps/statefulsets', workload('StatefulSet', 'db', { replicas: 3 }));
    it.settle();
    it.change('apps/statefulsets', 'db', {
      template: template('nginx:2'),
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } },
    });
    it.settle();
    expect(it.pods().map((one) => one.spec.containers[0]?.image)).toEqual([
      'nginx',
      'nginx:2',
      'nginx:2',
    ]);
  });

  test('gives up its last pods first', () => {
    const it = plane();
    it.create('apps/statefulsets', workload('StatefulSet', 'db', { replicas: 3 }));
    it.settle();
    it.change('apps/statefulsets', 'db', { replicas: 1 });
    expect(it.podNames()).toEqual(['db-0']);
  });
});

describe('a DaemonSet', () => {
  test('has one pod on each node it tolerates, also on those that come later', () => {
    const it = plane();
    it.node('control', {
      taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
    });
    it.create('apps/daemonsets', workload('DaemonSet', 'agent', {}));
    it.settle();
    expect(
      it
        .pods()
        .map((one) => one.spec.nodeName)
        .sort(),
    ).toEqual(['node1', 'node2']);
    it.node('node3');
    it.settle();
    expect(
      it
        .pods()
        .map((one) => one.spec.nodeName)
        .sort(),
    ).toEqual(['node1', 'node2', 'node3']);
    expect(it.get('apps/daemonsets', 'agent').status).toMatchObject({
      desiredNumberScheduled: 3,
      numberReady: 3,
      numberMisscheduled: 0,
    });
  });

  test('replaces its pods when the template changes', () => {
    const it = plane();
    it.create('apps/daemonsets', workload('DaemonSet', 'agent', {}));
    it.settle();
    it.change('apps/daemonsets', 'agent', { template: template('nginx:2') });
    expect(it.pods().map((one) => one.spec.containers[0]?.image)).toEqual(['nginx:2', 'nginx:2']);
  });
});

describe('a Job', () => {
  const job = (spec: object) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'pi', namespace: 'default' },
    spec: { template: template('pi', { restartPolicy: 'Never' }), ...spec },
  });

  test('is complete when enough pods succeeded', () => {
    const it = plane();
    it.outcome = 'Succeeded';
    it.create('batch/jobs', job({ completions: 3, parallelism: 2, completionMode: 'Indexed' }));
    it.settle();
    expect(it.get('batch/jobs', 'pi').status).toMatchObject({
      succeeded: 3,
      completedIndexes: '0-2',
      conditions: [
        { type: 'SuccessCriteriaMet', status: 'True', reason: 'CompletionsReached' },
        { type: 'Complete', status: 'True' },
      ],
    });
    expect(it.events('Completed')).toEqual(['Job completed']);
  });

  test('tries again after 10, 20, 40 seconds and fails at its limit', () => {
    const it = plane();
    it.outcome = 'Failed';
    it.create('batch/jobs', job({ completions: 1, parallelism: 1, backoffLimit: 2 }));
    it.settle(9);
    expect(it.pods().length).toBe(1);
    it.settle(10);
    expect(it.pods().length).toBe(2);
    it.settle(25);
    expect(it.get('batch/jobs', 'pi').status).toMatchObject({
      failed: 3,
      conditions: [{ type: 'FailureTarget' }, { type: 'Failed', reason: 'BackoffLimitExceeded' }],
    });
  });

  test('goes away when its time to live is over', () => {
    const it = plane();
    it.outcome = 'Succeeded';
    it.create('batch/jobs', job({ completions: 1, parallelism: 1, ttlSecondsAfterFinished: 30 }));
    it.settle(10);
    expect(it.client.store.list('batch/jobs').length).toBe(1);
    it.settle(30);
    expect(it.client.store.list('batch/jobs')).toEqual([]);
    expect(it.pods()).toEqual([]);
  });
});

describe('a CronJob', () => {
  test('starts a Job at each time and keeps the last three', () => {
    const it = plane();
    it.outcome = 'Succeeded';
    it.create('batch/cronjobs', {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'tick', namespace: 'default' },
      spec: {
        schedule: '*/1 * * * *',
        jobTemplate: { spec: { template: template('pi', { restartPolicy: 'Never' }) } },
      },
    });
    it.settle(5 * 60 + 10);
    expect(
      it.events('SuccessfulCreate').filter((one) => one.startsWith('Created job')).length,
    ).toBe(5);
    expect(it.client.store.list('batch/jobs').length).toBe(3);
  });
});

describe('a namespace', () => {
  test('has a service account and the root certificate from the start', () => {
    const it = plane();
    it.create('namespaces', namespace('shop'));
    it.settle();
    expect(it.client.store.get('serviceaccounts', 'shop', 'default')).toBeDefined();
    expect(it.client.store.get('configmaps', 'shop', 'kube-root-ca.crt')).toBeDefined();
  });

  test('is emptied before it goes', () => {
    const it = plane();
    it.create('namespaces', namespace('shop'));
    it.create('configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'shop' },
    });
    it.settle();
    it.client.delete('namespaces', undefined, 'shop');
    it.settle();
    expect(it.client.store.list('configmaps', 'shop')).toEqual([]);
    expect(it.client.store.get('namespaces', undefined, 'shop')).toBeUndefined();
  });
});

describe('a Service', () => {
  const service = (spec: object) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
  });

  test('has its ready pods in slices of at most a hundred, and in Endpoints', () => {
    const it = plane();
    it.create('apps/deployments', workload('Deployment', 'web', { replicas: 120 }));
    it.create('services', service({}));
    it.settle();
    const slices = it.client.store.list('discovery.k8s.io/endpointslices');
    expect(slices.map((slice) => slice.endpoints.length).sort()).toEqual([100, 20]);
    expect(slices[0]?.ports).toEqual([{ name: '', port: 8080, protocol: 'TCP' }]);
    expect(slices[0]?.endpoints[0]?.conditions).toEqual({
      ready: true,
      serving: true,
      terminating: false,
    });
    expect(it.get('endpoints', 'web').subsets?.[0]?.addresses?.length).toBe(120);
  });

  test('without pods has one empty slice, which goes with it', () => {
    const it = plane();
    it.create('services', service({}));
    it.settle();
    expect(
      it.client.store.list('discovery.k8s.io/endpointslices').map((one) => one.endpoints),
    ).toEqual([[]]);
    it.client.delete('services', 'default', 'web');
    it.settle();
    expect(it.client.store.list('discovery.k8s.io/endpointslices')).toEqual([]);
  });
});

describe('a node', () => {
  test('that falls silent is tainted after 50 s and loses its pods 300 s later', () => {
    const it = plane(1);
    it.create('namespaces', namespace('kube-node-lease'));
    it.create('coordination.k8s.io/leases', {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'node1', namespace: 'kube-node-lease' },
      spec: { renewTime: '2026-01-05T00:00:01Z' },
    });
    it.create('apps/deployments', workload('Deployment', 'web', { replicas: 1 }));
    it.settle(5);
    expect(it.client.store.get('nodes', undefined, 'node1')?.spec.taints).toBeUndefined();
    it.settle(50);
    const node = it.client.store.get('nodes', undefined, 'node1');
    expect(node?.spec.taints?.map((taint) => `${taint.key}:${taint.effect}`)).toEqual([
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ]);
    expect(it.pods()[0]?.status?.conditions).toEqual(
      expect.arrayContaining([expect.objectContaining({ type: 'Ready', status: 'False' })]),
    );
    it.settle(301);
    expect(it.events('TaintManagerEviction').length).toBe(1);
  });
});

describe('the control plane', () => {
  test.each([[[0, 1, 2, 3]], [[3, 2, 1, 0]], [[2, 0, 3, 1]]])(
    'reaches the same end whatever comes first: %j',
    (order) => {
      const it = new ControlPlane();
      const steps = [
        () => it.node('node1'),
        () => it.node('node2'),
        () => it.create('apps/deployments', workload('Deployment', 'web', { replicas: 4 })),
        () =>
          it.create('services', {
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { name: 'web', namespace: 'default' },
            spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
          }),
      ];
      for (const step of order) {
        steps[step]?.();
        it.settle(order[0] === 2 ? 3 : 0);
      }
      it.settle(15);
      expect(it.pods().map((pod) => pod.status?.phase)).toEqual(Array(4).fill('Running'));
      expect(new Set(it.pods().map((pod) => pod.spec.nodeName)).size).toBeGreaterThanOrEqual(1);
      expect(it.get('endpoints', 'web').subsets?.[0]?.addresses?.length).toBe(4);
      expect(it.get('apps/deployments', 'web').status?.availableReplicas).toBe(4);
      expect(it.controllers.pendingWork).toBe(0);
    },
  );
});
