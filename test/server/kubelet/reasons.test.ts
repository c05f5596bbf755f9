import { describe, expect, test } from '@jest/globals';
import type { Container } from '../../../server/contract/kube.js';
import { makeNode, podOf } from './harness.js';

const web = (more: Partial<Container>): { containers: readonly Container[] } => ({
  containers: [{ name: 'web', image: 'example.com/app:1', args: ['run'], ...more }],
});

const DENIED =
  'failed to pull and unpack image "docker.io/library/ngnix:latest": failed to resolve reference "docker.io/library/ngnix:latest": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed';

describe('images', () => {
  test('a misspelt official image is ErrImagePull, then ImagePullBackOff, and is tried again later and later', () => {
    const node = makeNode();
    node.create(podOf('a', web({ image: 'ngnix' })));
    node.run(2);
    expect(node.pod('a')?.status?.phase).toBe('Pending');
    expect(node.waitingReason('a')).toBe('ErrImagePull');
    expect(node.waitingMessage('a')).toBe(DENIED);
    node.run(3);
    expect(node.waitingReason('a')).toBe('ImagePullBackOff');
    expect(node.waitingMessage('a')).toBe(
      `Back-off pulling image "ngnix": ErrImagePull: ${DENIED}`,
    );
    expect(node.events('a')).toEqual([
      'Pulling: Pulling image "ngnix"',
      `Failed: Failed to pull image "ngnix": ${DENIED}`,
      'Failed: Error: ErrImagePull',
      'BackOff: Back-off pulling image "ngnix"',
      'Failed: Error: ImagePullBackOff',
    ]);
    node.run(600);
    const pulling = node.store.list('events').find(({ reason }) => reason === 'Pulling');
    // 0, 10, 30, 70, 150, 310 s.
    expect(pulling?.count).toBe(6);
  });

  test('a tag that does not exist is not found', () => {
    const node = makeNode();
    node.create(podOf('a', web({ image: 'nginx:9.99-nope' })));
    node.run(2);
    expect(node.waitingMessage('a')).toBe(
      'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:9.99-nope": failed to resolve reference "docker.io/library/nginx:9.99-nope": docker.io/library/nginx:9.99-nope: not found',
    );
  });

  test('a malformed reference is InvalidImageName', () => {
    const node = makeNode();
    node.create(podOf('a', web({ image: 'nginx:' })));
    node.run(2);
    expect(node.waitingReason('a')).toBe('InvalidImageName');
    expect(node.events('a')).toEqual([
      'InspectFailed: Failed to apply default image tag "nginx:": couldn\'t parse image name "nginx:": invalid reference format',
      'Failed: Error: InvalidImageName',
    ]);
  });

  test('an image that is absent and must not be pulled is ErrImageNeverPull', () => {
    const node = makeNode();
    node.create(podOf('a', web({ imagePullPolicy: 'Never' })));
    node.run(2);
    expect(node.waitingReason('a')).toBe('ErrImageNeverPull');
    expect(node.waitingMessage('a')).toBe(
      'Container image "example.com/app:1" is not present with pull policy of Never',
    );
  });

  test('a pod recovers when its image is corrected', () => {
    const node = makeNode();
    node.create(podOf('a', web({ image: 'ngnix' })));
    node.run(5);
    const pod = node.pod('a');
    if (pod === undefined) throw new Error('no pod');
    node.store.update('pods', { ...pod, spec: { ...pod.spec, ...web({ image: 'nginx' }) } });
    node.run(6);
    expect(node.pod('a')?.status?.phase).toBe('Running');
  });
});

describe('configuration', () => {
  test.each([
    [{ valueFrom: { configMapKeyRef: { name: 'cm', key: 'k' } } }, 'configmap "cm" not found'],
    [
      { valueFrom: { configMapKeyRef: { name: 'there', key: 'k' } } },
      "couldn't find key k in ConfigMap default/there",
    ],
    [{ valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }, 'secret "s" not found'],
  ])('%j is CreateContainerConfigError', (source, message) => {
    const node = makeNode();
    node.store.create('configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'there', namespace: 'default' },
      data: {},
    });
    node.create(podOf('a', web({ env: [{ name: 'X', ...source }] })));
    node.run(5);
    expect(node.waitingReason('a')).toBe('CreateContainerConfigError');
    expect(node.waitingMessage('a')).toBe(message);
    expect(node.events('a')).toContain(`Failed: Error: ${message}`);
  });

  test('heals when the missing ConfigMap comes', () => {
    const node = makeNode();
    node.create(podOf('a', web({ envFrom: [{ configMapRef: { name: 'cm' } }] })));
    node.run(5);
    expect(node.waitingReason('a')).toBe('CreateContainerConfigError');
    node.store.create('configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'cm', namespace: 'default' },
      data: { A: '1' },
    });
    node.run(15);
    expect(node.pod('a')?.status?.phase).toBe('Running');
    expect(node.status('a')?.restartCount).toBe(0);
  });

  test('a missing volume source leaves the pod ContainerCreating with FailedMount', () => {
    const node = makeNode();
    node.create(podOf('a', { volumes: [{ name: 'x', configMap: { name: 'y' } }] }));
    node.run(5);
    expect(node.waitingReason('a')).toBe('ContainerCreating');
    expect(node.events('a')).toEqual([
      'FailedMount: MountVolume.SetUp failed for volume "x" : configmap "y" not found',
    ]);
  });

  test('root where the pod forbids it is CreateContainerConfigError', () => {
    const node = makeNode();
    node.create(podOf('a', web({ image: 'nginx:1.27', securityContext: { runAsNonRoot: true } })));
    node.run(5);
    expect(node.waitingMessage('a')).toBe(
      'container has runAsNonRoot and image will run as root (pod: "a_default(uid-a)", container: web)',
    );
  });

  test('a command that the image does not have is RunContainerError, then CrashLoopBackOff', () => {
    const node = makeNode();
    node.create(podOf('a', web({ image: 'nginx:1.27', command: ['foo'] })));
    node.run(2.3);
    const message =
      'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "foo": executable file not found in $PATH: unknown';
    expect(node.waitingReason('a')).toBe('RunContainerError');
    expect(node.waitingMessage('a')).toBe(message);
    expect(node.status('a')?.lastState?.terminated).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
      message,
    });
    expect(node.events('a')).toContain(`Failed: Error: ${message}`);
    node.run(4);
    expect(node.waitingReason('a')).toBe('CrashLoopBackOff');
  });
});

describe('crashes', () => {
  test('Error, a first restart at once, then CrashLoopBackOff with 10 s, 20 s, 40 s', () => {
    const node = makeNode();
    node.create(podOf('a', { args: ['exit', '1'] }));
    node.run(2.5);
    expect(node.status('a')?.state?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
    node.run(3);
    expect(node.status('a')?.restartCount).toBe(1);
    expect(node.waitingReason('a')).toBe('CrashLoopBackOff');
    expect(node.waitingMessage('a')).toBe(
      'back-off 10s restarting failed container=web pod=a_default(uid-a)',
    );
    expect(node.status('a')?.lastState?.terminated?.exitCode).toBe(1);
    expect(node.events('a')).toContain(
      'BackOff: Back-off restarting failed container web in pod a_default(uid-a)',
    );
    node.run(12);
    expect(node.status('a')?.restartCount).toBe(2);
    expect(node.waitingMessage('a')).toContain('back-off 20s');
    node.run(22);
    expect(node.waitingMessage('a')).toContain('back-off 40s');
    expect(node.pod('a')?.status?.phase).toBe('Running');
  });

  test('a container that ran for over ten minutes starts from the beginning', () => {
    const node = makeNode();
    node.create(podOf('a', { args: ['exit', '1', '700'] }));
    node.run(703);
    expect(node.status('a')?.restartCount).toBe(1);
    node.run(703);
    expect(node.status('a')?.restartCount).toBe(2);
    expect(node.status('a')?.state?.running).toBeDefined();
  });

  test('two containers on one port: the second says so, exits 1, and the holder is named', () => {
    const node = makeNode();
    node.create(
      podOf('a', {
        containers: [
          {
            name: 'web',
            image: 'example.com/app:1',
            args: ['serve', '80'],
            ports: [{ containerPort: 80, name: 'http' }],
          },
          { name: 'twin', image: 'example.com/app:1', args: ['serve', '80'] },
        ],
      }),
    );
    node.run(10);
    expect(node.waitingReason('a', 'twin')).toBe('CrashLoopBackOff');
    expect(node.status('a', 'twin')?.lastState?.terminated).toMatchObject({
      exitCode: 1,
      reason: 'Error',
    });
    const view = node.kubelet.podRuntimeView('uid-a');
    expect(view?.conflicts).toMatchObject([
      { container: 'twin', proto: 'tcp', port: 80, errno: 'EADDRINUSE', holder: 'web' },
    ]);
    expect(view?.ports).toMatchObject([
      {
        proto: 'tcp',
        port: 80,
        portName: 'http',
        declaredBy: ['web'],
        boundBy: 'web',
        boundAddress: '0.0.0.0',
      },
    ]);
    expect(node.kubelet.logs('uid-a', 'twin')?.text()).toBe(
      'bind() to 0.0.0.0:80 failed (98: Address already in use)\n',
    );
    expect(node.kubelet.logs('uid-a', 'twin', 'previous')?.text()).toContain(
      'Address already in use',
    );
  });
});

describe('sandbox and admission', () => {
  test('an exhausted range is FailedCreatePodSandBox, again and again, and heals', () => {
    const node = makeNode({ addresses: 0 });
    node.create(podOf('a'));
    node.run(5);
    expect(node.waitingReason('a')).toBe('ContainerCreating');
    expect(node.events('a')[0]).toMatch(
      /^FailedCreatePodSandBox: Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "[0-9a-f]{64}": plugin type="bridge" failed \(add\): failed to allocate for range 0: no IP addresses available in range set: 10\.244\.1\.1-10\.244\.1\.254$/,
    );
    expect(
      node.steps.find(({ stage, step }) => stage === 'cni' && step.code !== undefined)?.step.code,
    ).toBe('cni/11');
    node.run(20);
    expect(node.events('a').length).toBeGreaterThan(1);
  });

  test.each([
    [
      { nodeSelector: { disk: 'ssd' } },
      'NodeAffinity',
      "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    ],
    [
      web({ resources: { requests: { cpu: '5' } } }),
      'OutOfcpu',
      "Pod was rejected: Node didn't have enough resource: cpu, requested: 5000, used: 0, capacity: 4000",
    ],
    [
      web({ ports: [{ containerPort: 80, hostPort: 8080 }] }),
      'NodePorts',
      "Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    ],
  ])('%j is refused by the node with %s', (spec, reason, message) => {
    const node = makeNode();
    node.create(podOf('first', web({ ports: [{ containerPort: 8080, hostPort: 8080 }] })));
    node.create(podOf('a', spec));
    node.run(5);
    expect(node.pod('a')?.status).toMatchObject({ phase: 'Failed', reason, message });
    expect(node.pod('first')?.status?.phase).toBe('Running');
  });
});
