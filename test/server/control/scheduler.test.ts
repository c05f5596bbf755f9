import { describe, expect, test } from '@jest/globals';
import type { KubeNode, Pod, PodSpec } from '../../../server/contract/kube.js';
import { ControlPlane, pod, workload } from './control-plane.js';

const CONTROL_PLANE = {
  key: 'node-role.kubernetes.io/control-plane',
  effect: 'NoSchedule',
} as const;

function unschedulable(it: ControlPlane, wanted: Pod): string {
  it.create('pods', wanted);
  it.settle(0.5);
  const condition = it
    .get('pods', wanted.metadata.name)
    .status?.conditions?.find((one) => one.type === 'PodScheduled');
  expect(condition?.status).toBe('False');
  return condition?.message ?? '';
}

const needs = (cpu: string): Partial<PodSpec> => ({
  containers: [{ name: 'c', image: 'nginx', resources: { requests: { cpu } } }],
});

describe('the scheduler says', () => {
  const two = (more: Partial<KubeNode['spec']> = {}) => {
    const it = new ControlPlane();
    it.node('control', { taints: [CONTROL_PLANE] });
    it.node('node1', more);
    it.node('node2', more);
    it.settle();
    return it;
  };

  test.each<[string, Partial<PodSpec>, string]>([
    [
      'what asks for more than any node has',
      needs('5'),
      '0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient cpu. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
    ],
    [
      'what selects a label that no node has',
      { nodeSelector: { disk: 'ssd' } },
      "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
    ],
    [
      'what needs a claim that is missing',
      { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] },
      '0/3 nodes are available: persistentvolumeclaim "data" not found. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
    ],
    [
      'what is gated',
      { schedulingGates: [{ name: 'wait' }] },
      'Scheduling is blocked due to non-empty scheduling gates',
    ],
    [
      'what must be near a pod that is not there',
      {
        affinity: {
          podAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              {
                labelSelector: { matchLabels: { app: 'db' } },
                topologyKey: 'kubernetes.io/hostname',
              },
            ],
          },
        },
      },
      "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 node(s) didn't match pod affinity rules. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
    ],
  ])('of %s', (_, spec, message) => {
    expect(unschedulable(two(), pod('p', spec))).toBe(message);
  });

  test('of a host port that is taken on every node', () => {
    const it = two();
    const port = {
      containers: [{ name: 'c', image: 'nginx', ports: [{ containerPort: 80, hostPort: 80 }] }],
    };
    it.create('pods', pod('a', port));
    it.create('pods', pod('b', port));
    it.settle();
    expect(unschedulable(it, pod('c', port))).toBe(
      "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 node(s) didn't have free ports for the requested pod ports. preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.",
    );
  });

  test('of cordoned nodes', () => {
    const it = two({ unschedulable: true });
    expect(unschedulable(it, pod('p'))).toContain('2 node(s) were unschedulable');
  });

  test('of no nodes at all', () => {
    const it = new ControlPlane();
    expect(unschedulable(it, pod('p'))).toBe('no nodes available to schedule pods');
  });
});

describe('the scheduler', () => {
  test('keeps apart what must not meet, and tells per node why', () => {
    const it = new ControlPlane();
    it.node('node1');
    it.node('node2');
    const apart: Partial<PodSpec> = {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { labelSelector: { matchLabels: { app: 'x' } }, topologyKey: 'kubernetes.io/hostname' },
          ],
        },
      },
    };
    for (const name of ['a', 'b', 'c']) it.create('pods', pod(name, apart, { app: 'x' }));
    it.settle(0.5);
    expect(new Set(it.pods().map((one) => one.spec.nodeName))).toEqual(
      new Set(['node1', 'node2', undefined]),
    );
    const lost = it.pods().find((one) => one.spec.nodeName === undefined);
    const report = it.controllers.schedulingReport(lost?.metadata.uid ?? '');
    expect(report?.rows).toEqual(
      ['node1', 'node2'].map((node) => ({
        node,
        rejected: {
          plugin: 'InterPodAffinity',
          reasons: ["node(s) didn't match pod anti-affinity rules"],
        },
        scores: undefined,
        total: undefined,
      })),
    );
    expect(it.events('FailedScheduling').length).toBe(1);
  });

  test('tries again when a node comes that helps', () => {
    const it = new ControlPlane();
    it.node('small', {}, { cpu: '1' });
    it.create('pods', pod('p', needs('2')));
    it.settle();
    it.node('big');
    it.settle(2);
    expect(it.get('pods', 'p').spec.nodeName).toBe('big');
    expect(it.events('Scheduled')).toEqual(['Successfully assigned default/p to big']);
  });

  test('spreads the pods of one owner', () => {
    const it = new ControlPlane();
    for (let index = 1; index <= 4; index++) it.node(`node${index}`);
    it.create('apps/deployments', workload('Deployment', 'web', { replicas: 8 }));
    it.settle();
    const perNode = new Map<string, number>();
    for (const { spec } of it.pods()) {
      perNode.set(spec.nodeName ?? '', (perNode.get(spec.nodeName ?? '') ?? 0) + 1);
    }
    expect([...perNode.values()]).toEqual([2, 2, 2, 2]);
  });

  test('decides the same for the same seed', () => {
    const run = () => {
      const it = new ControlPlane(7);
      for (let index = 1; index <= 5; index++) it.node(`node${index}`);
      it.create('apps/deployments', workload('Deployment', 'web', { replicas: 20 }));
      it.settle();
      return it.pods().map((one) => `${one.metadata.name} ${one.spec.nodeName}`);
    };
    expect(run()).toEqual(run());
  });

  test('places 1,000 pods on 50 nodes within a moment', () => {
    const it = new ControlPlane();
    for (let index = 1; index <= 50; index++) it.node(`node${index}`);
    it.settle();
    const started = performance.now();
    it.create('apps/deployments', workload('Deployment', 'web', { replicas: 1000 }));
    it.settle();
    const elapsed = performance.now() - started;
    expect(it.pods().filter((one) => one.status?.phase === 'Running').length).toBe(1000);
    expect(elapsed).toBeLessThan(5000);
  });
});
