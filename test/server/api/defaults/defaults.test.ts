import { expect, test } from '@jest/globals';
import { pullPolicyFor, qosClassOf } from '../../../../server/api/defaults/pod.js';
import type { Deployment } from '../../../../server/contract/kube.js';
import { deploymentBody, newApi, podBody } from '../helper.js';

test('a pod shows the defaults of a real cluster', () => {
  const api = newApi();
  const body = {
    ...podBody(),
    spec: {
      containers: [
        {
          name: 'a',
          image: 'nginx',
          ports: [{ containerPort: 80 }],
          livenessProbe: { httpGet: { port: 80 } },
        },
      ],
      volumes: [{ name: 'v' }],
      automountServiceAccountToken: false,
    },
  };
  const made = api.create({ resource: 'pods', body });
  expect(made.ok && made.value.spec).toEqual({
    containers: [
      {
        name: 'a',
        image: 'nginx',
        imagePullPolicy: 'Always',
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        livenessProbe: {
          httpGet: { path: '/', port: 80, scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
    ],
    automountServiceAccountToken: false,
    volumes: [{ name: 'v', emptyDir: {} }],
    dnsPolicy: 'ClusterFirst',
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
    priority: 0,
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    serviceAccount: 'default',
    serviceAccountName: 'default',
    terminationGracePeriodSeconds: 30,
    tolerations: ['not-ready', 'unreachable'].map((taint) => ({
      key: `node.kubernetes.io/${taint}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    })),
  });
});

test('pods made from one template share its containers', () => {
  const api = newApi();
  api.create({ resource: 'apps/deployments', body: deploymentBody() });
  const { spec } = api.store.get('apps/deployments', 'default', 'web') as Deployment;
  const make = (name: string) =>
    api.createTrusted('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default' },
      spec: spec.template.spec,
    });
  const [a, b] = [make('a'), make('b')];
  expect(a.ok && b.ok && a.value.spec.containers === b.value.spec.containers).toBe(true);
});

test('a Deployment rolls a quarter at a time', () => {
  const made = newApi().create({
    resource: 'apps/deployments',
    body: deploymentBody({ replicas: undefined }),
  });
  expect(made).toMatchObject({
    ok: true,
    value: {
      spec: {
        replicas: 1,
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        strategy: {
          type: 'RollingUpdate',
          rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' },
        },
      },
    },
  });
});

test('a Secret keeps its texts as base64', () => {
  const body = { metadata: { name: 's' }, stringData: { a: 'b' } };
  const made = newApi().create({ resource: 'secrets', body });
  expect(made).toMatchObject({ ok: true, value: { type: 'Opaque', data: { a: 'Yg==' } } });
});

test.each([
  ['nginx', 'Always'],
  ['nginx:latest', 'Always'],
  ['nginx:1.25', 'IfNotPresent'],
  ['registry:5000/nginx', 'Always'],
  ['nginx@sha256:abc', 'IfNotPresent'],
])('%s is pulled %s', (image, policy) => {
  expect(pullPolicyFor(image)).toBe(policy);
});

test.each([
  ['BestEffort', {}],
  ['Burstable', { requests: { cpu: '1' } }],
  ['Guaranteed', { limits: { cpu: '1', memory: '1Gi' } }],
] as const)('is %s', (expected, resources) => {
  const pod = { ...podBody(), spec: { containers: [{ name: 'a', resources }] } };
  expect(qosClassOf(pod)).toBe(expected);
});
