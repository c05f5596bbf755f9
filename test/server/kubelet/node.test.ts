import { describe, expect, test } from '@jest/globals';
import { LAZY_RENEWAL } from '../../../server/kubelet/index.js';
import { makeNode, podOf } from './harness.js';

const LEASES = 'coordination.k8s.io/leases';

describe('a node', () => {
  test('registers with its size, addresses, versions and conditions', () => {
    const node = makeNode({ labels: { zone: 'a' }, podCidr: '10.244.1.0/24' });
    const object = node.store.get('nodes', undefined, 'node1');
    expect(object?.metadata.labels).toMatchObject({
      'kubernetes.io/hostname': 'node1',
      'kubernetes.io/os': 'linux',
      zone: 'a',
    });
    expect(object?.spec).toEqual({ podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] });
    expect(object?.status?.allocatable).toMatchObject({ cpu: '4', memory: '8Gi', pods: '110' });
    expect(object?.status?.nodeInfo).toMatchObject({
      kubeletVersion: 'v1.33.1',
      containerRuntimeVersion: 'containerd://2.0.4',
    });
    expect(object?.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'True',
      reason: 'KubeletReady',
    });
  });

  test('keeps the spec of a Node that is there already', () => {
    const node = makeNode();
    const object = node.store.get('nodes', undefined, 'node1');
    if (object === undefined) throw new Error('no node');
    node.kubelet.stop();
    node.store.update('nodes', { ...object, spec: { unschedulable: true } });
    node.kubelet.start();
    expect(node.store.get('nodes', undefined, 'node1')?.spec.unschedulable).toBe(true);
  });

  test('says by its Lease whether its kubelet runs, and writes nothing while it does', () => {
    const node = makeNode();
    const lease = () => node.store.get(LEASES, 'kube-node-lease', 'node1');
    expect(lease()?.metadata.annotations).toEqual({ [LAZY_RENEWAL]: 'continuously' });
    const { revision } = node.store;
    node.run(3600);
    expect(node.store.revision).toBe(revision);
    expect(node.clock.pending).toBe(0);
    node.kubelet.stop();
    expect(lease()?.metadata.annotations).toEqual({});
    expect(lease()?.spec).toMatchObject({
      renewTime: '2026-01-01T01:00:00.000000Z',
      leaseDurationSeconds: 40,
    });
  });

  test('names the container that a process belongs to', () => {
    const node = makeNode();
    node.create(podOf('a'));
    node.run(10);
    const process = node.kubelet.processOf('uid-a', 'web');
    expect(node.kubelet.containerOf(process?.pid ?? 0)).toEqual({
      podUid: 'uid-a',
      container: 'web',
    });
    expect(node.kubelet.containerOf(1)).toBeUndefined();
  });
});

describe('the end of a pod', () => {
  test('leaves the object to whoever holds a finalizer', () => {
    const node = makeNode();
    const pod = podOf('a');
    node.create({ ...pod, metadata: { ...pod.metadata, finalizers: ['example.com/hold'] } });
    node.run(10);
    node.remove('a');
    node.run(5);
    expect(node.pod('a')?.metadata.deletionGracePeriodSeconds).toBe(0);
    expect(node.status('a')?.state?.terminated?.exitCode).toBe(0);
    expect(node.released).toHaveLength(1);
  });

  test('comes sooner when it is deleted again with less grace', () => {
    const node = makeNode();
    node.create(podOf('a', { args: ['stubborn'] }));
    node.run(10);
    node.remove('a', 300);
    node.run(5);
    node.remove('a', 3);
    node.run(4);
    expect(node.pod('a')).toBeUndefined();
  });

  test('frees the room and the ports it held', () => {
    const node = makeNode();
    const ports = [{ containerPort: 80, hostPort: 8080 }];
    const holder = {
      containers: [{ name: 'web', image: 'example.com/app:1', args: ['run'], ports }],
    };
    node.create(podOf('a', holder));
    node.run(10);
    node.remove('a');
    node.run(5);
    node.create(podOf('b', holder));
    node.run(10);
    expect(node.pod('b')?.status?.phase).toBe('Running');
  });
});

describe('changes of a running pod', () => {
  test('a new image restarts the container', () => {
    const node = makeNode();
    node.create(podOf('a'));
    node.run(10);
    const pod = node.pod('a');
    if (pod === undefined) throw new Error('no pod');
    const containers = pod.spec.containers.map((each) => ({ ...each, image: 'example.com/app:2' }));
    node.store.update('pods', { ...pod, spec: { ...pod.spec, containers } });
    node.run(10);
    expect(node.events('a')).toContain(
      'Killing: Container web definition changed, will be restarted',
    );
    expect(node.status('a')).toMatchObject({
      restartCount: 1,
      image: 'example.com/app:2',
      ready: true,
    });
  });

  test('an ephemeral container joins the namespaces of the pod and never restarts', () => {
    const node = makeNode();
    node.create(podOf('a'));
    node.run(10);
    const pod = node.pod('a');
    if (pod === undefined) throw new Error('no pod');
    const ephemeralContainers = [
      { name: 'debug', image: 'example.com/app:1', args: ['exit', '0', '5'] },
    ];
    node.store.update('pods', { ...pod, spec: { ...pod.spec, ephemeralContainers } });
    node.run(3);
    const view = node.kubelet.podRuntimeView('uid-a');
    const debug = view?.containers.find(({ name }) => name === 'debug');
    expect(debug?.kind).toBe('ephemeral');
    expect(debug?.namespaces.net).toBe(view?.sandbox?.namespaces.net);
    node.run(60);
    const [status] = node.pod('a')?.status?.ephemeralContainerStatuses ?? [];
    expect(status).toMatchObject({ restartCount: 0, state: { terminated: { exitCode: 0 } } });
    expect(node.pod('a')?.status?.phase).toBe('Running');
  });

  test('a readiness gate holds the pod back until its condition is true', () => {
    const node = makeNode();
    node.create(podOf('a', { readinessGates: [{ conditionType: 'example.com/gate' }] }));
    node.run(10);
    const ready = () => node.pod('a')?.status?.conditions?.find(({ type }) => type === 'Ready');
    expect(ready()).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
      message: 'corresponding condition of pod readiness gate "example.com/gate" does not exist.',
    });
    const pod = node.pod('a');
    if (pod === undefined) throw new Error('no pod');
    const conditions = [
      ...(pod.status?.conditions ?? []),
      { type: 'example.com/gate', status: 'True' as const },
    ];
    node.store.update('pods', { ...pod, status: { ...pod.status, conditions } });
    node.run(1);
    expect(ready()?.status).toBe('True');
  });
});
