import { describe, expect, test } from '@jest/globals';
import { makeNode, podOf } from './harness.js';

const container = (name: string, args: readonly string[]) => ({
  name,
  image: 'example.com/app:1',
  args,
});

describe('a pod comes to life', () => {
  test('is Pending while its container is created, then Running and Ready', () => {
    const node = makeNode();
    node.create(podOf('a'));
    node.run(0.1);
    expect(node.pod('a')?.status?.phase).toBe('Pending');
    expect(node.waitingReason('a')).toBe('ContainerCreating');
    node.run(5);
    const status = node.pod('a')?.status;
    expect(status?.phase).toBe('Running');
    expect(status?.podIP).toBe('10.244.1.2');
    expect(status?.conditions?.map(({ type, status: is }) => `${type}=${is}`)).toEqual([
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ]);
    expect(node.status('a')?.image).toBe('example.com/app:1');
    expect(node.status('a')?.containerID).toMatch(/^containerd:\/\/[0-9a-f]{64}$/);
  });

  test('tells of pull, create and start in the words of upstream', () => {
    const node = makeNode();
    node.create(podOf('a'));
    node.run(5);
    const [pulling, pulled, ...rest] = node.events('a');
    expect(pulling).toBe('Pulling: Pulling image "example.com/app:1"');
    expect(pulled).toMatch(
      /^Pulled: Successfully pulled image "example.com\/app:1" in [\d.]+s \([\d.]+s including waiting\)\. Image size: 48000000 bytes\.$/,
    );
    expect(rest).toEqual(['Created: Created container: web', 'Started: Started container web']);
    node.create(podOf('b'));
    node.run(5);
    expect(node.events('b')[0]).toBe(
      'Pulled: Container image "example.com/app:1" already present on machine',
    );
  });

  test('costs at most three writes of status', () => {
    const node = makeNode();
    let writes = 0;
    node.store.watch('pods', () => writes++);
    node.create(podOf('a'));
    node.run(60);
    expect(node.pod('a')?.status?.phase).toBe('Running');
    expect(writes - 1).toBeLessThanOrEqual(3);
  });

  test('holds network, IPC and UTS namespaces in pause and shares them between containers', () => {
    const node = makeNode();
    node.create(podOf('a', { containers: [container('web', ['run']), container('log', ['run'])] }));
    node.run(10);
    const view = node.kubelet.podRuntimeView('uid-a');
    const [web, log] = view?.containers ?? [];
    for (const kind of ['net', 'ipc', 'uts']) {
      expect(web?.namespaces[kind]).toBe(view?.sandbox?.namespaces[kind]);
      expect(log?.namespaces[kind]).toBe(view?.sandbox?.namespaces[kind]);
    }
    expect(web?.namespaces.pid).not.toBe(log?.namespaces.pid);
    expect(web?.namespaces.mnt).not.toBe(log?.namespaces.mnt);
    expect(web?.bundle?.linux.namespaces).toContainEqual({
      type: 'network',
      path: `/proc/${view?.sandbox?.pausePid}/ns/net`,
    });
    expect(view?.containers[0]?.image.assumed).toBe(true);
  });

  test('shares one PID namespace when it asks for it', () => {
    const node = makeNode();
    node.create(
      podOf('a', {
        shareProcessNamespace: true,
        containers: [container('web', ['run']), container('log', ['run'])],
      }),
    );
    node.run(10);
    const view = node.kubelet.podRuntimeView('uid-a');
    expect(view?.containers.map(({ namespaces }) => namespaces.pid)).toEqual([
      view?.sandbox?.namespaces.pid,
      view?.sandbox?.namespaces.pid,
    ]);
  });

  test('lives in the namespaces of the node with hostNetwork', () => {
    const node = makeNode();
    node.create(podOf('a', { hostNetwork: true }));
    node.run(10);
    expect(node.pod('a')?.status?.podIP).toBe('127.0.0.1');
    expect(node.kubelet.podRuntimeView('uid-a')?.sandbox?.namespaces.net).toBe(
      node.host.root.inode,
    );
  });
});

describe('init containers and sidecars', () => {
  test('run one after the other before the containers', () => {
    const node = makeNode();
    node.create(
      podOf('a', {
        initContainers: [
          container('one', ['exit', '0', '5']),
          container('two', ['exit', '0', '5']),
        ],
      }),
    );
    node.run(6);
    expect(node.status('a', 'one')?.state?.running).toBeDefined();
    expect(node.waitingReason('a', 'two')).toBe('PodInitializing');
    expect(node.waitingReason('a')).toBe('PodInitializing');
    expect(
      node.pod('a')?.status?.conditions?.find(({ type }) => type === 'Initialized')?.message,
    ).toBe('containers with incomplete status: [one two]');
    node.run(20);
    expect(node.status('a', 'two')?.state?.terminated?.reason).toBe('Completed');
    expect(node.pod('a')?.status?.phase).toBe('Running');
  });

  test('fail the pod when they fail and it never restarts', () => {
    const node = makeNode();
    node.create(
      podOf('a', { restartPolicy: 'Never', initContainers: [container('one', ['exit', '3'])] }),
    );
    node.run(10);
    expect(node.pod('a')?.status?.phase).toBe('Failed');
    expect(node.waitingReason('a')).toBe('PodInitializing');
  });

  test('a sidecar starts first, goes on beside the containers, and ends after them', () => {
    const node = makeNode();
    node.create(
      podOf('a', {
        restartPolicy: 'Never',
        initContainers: [{ ...container('proxy', ['run']), restartPolicy: 'Always' }],
        args: ['exit', '0', '5'],
      }),
    );
    node.run(6);
    expect(node.status('a', 'proxy')?.started).toBe(true);
    expect(node.pod('a')?.status?.phase).toBe('Running');
    node.run(20);
    expect(node.pod('a')?.status?.phase).toBe('Succeeded');
    expect(node.status('a', 'proxy')?.state?.terminated?.exitCode).toBe(0);
  });
});

describe('a pod comes to its end', () => {
  test.each([
    ['exit', '0', 'Never', 'Succeeded', 'Completed'],
    ['exit', '0', 'OnFailure', 'Succeeded', 'Completed'],
    ['exit', '2', 'Never', 'Failed', 'Error'],
  ] as const)(
    '%s %s under %s is %s with reason %s, and its address is freed',
    (word, code, restartPolicy, phase, reason) => {
      const node = makeNode();
      node.create(podOf('a', { restartPolicy, args: [word, code] }));
      node.run(20);
      expect(node.pod('a')?.status?.phase).toBe(phase);
      expect(node.status('a')?.state?.terminated).toMatchObject({ reason, exitCode: Number(code) });
      expect(node.released).toHaveLength(1);
    },
  );

  test('deleted, it gets SIGTERM, then leaves the API', () => {
    const node = makeNode();
    node.create(podOf('a'));
    node.run(10);
    node.remove('a');
    node.run(2);
    expect(node.pod('a')).toBeUndefined();
    expect(node.events('a')).toContain('Killing: Stopping container web');
    expect(node.released).toHaveLength(1);
    expect(node.kubelet.podUids()).toEqual([]);
  });

  test('deleted, a program that ignores SIGTERM is killed after the grace period', () => {
    const node = makeNode();
    node.create(podOf('a', { args: ['stubborn'] }));
    node.run(10);
    node.remove('a', 12);
    node.run(11);
    expect(node.status('a')?.state?.running).toBeDefined();
    node.run(2);
    expect(node.pod('a')).toBeUndefined();
  });

  test('deleted by force, it ends although the API has forgotten it', () => {
    const node = makeNode();
    node.create(podOf('a', { args: ['stubborn'] }));
    node.run(10);
    node.store.delete('pods', 'default', 'a');
    node.run(3);
    expect(node.kubelet.podUids()).toEqual([]);
    expect(node.released).toHaveLength(1);
  });

  test('runs preStop before the signal', () => {
    const node = makeNode();
    node.create(
      podOf('a', {
        containers: [
          { ...container('web', ['run']), lifecycle: { preStop: { sleep: { seconds: 5 } } } },
        ],
      }),
    );
    node.run(10);
    node.remove('a');
    node.run(4);
    expect(node.status('a')?.state?.running).toBeDefined();
    node.run(2);
    expect(node.pod('a')).toBeUndefined();
  });

  test('fails with DeadlineExceeded after activeDeadlineSeconds', () => {
    const node = makeNode();
    node.create(podOf('a', { restartPolicy: 'Never', activeDeadlineSeconds: 20 }));
    node.run(40);
    expect(node.pod('a')?.status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });
});

describe('faults', () => {
  test('a killed container restarts in the same sandbox and keeps the address', () => {
    const node = makeNode();
    node.create(podOf('a'));
    node.run(10);
    const before = node.kubelet.podRuntimeView('uid-a');
    node.kubelet.killContainer('uid-a', 'web');
    node.run(0.5);
    expect(node.status('a')?.state?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
    node.run(5);
    const after = node.kubelet.podRuntimeView('uid-a');
    expect(node.status('a')).toMatchObject({ restartCount: 1, ready: true });
    expect(after?.ip).toBe(before?.ip);
    expect(after?.sandbox?.id).toBe(before?.sandbox?.id);
    expect(after?.sandbox?.namespaces.ipc).toBe(before?.sandbox?.namespaces.ipc);
  });

  test('when pause dies the sandbox is replaced and the address is new', () => {
    const node = makeNode();
    node.create(podOf('a'));
    node.run(10);
    node.kubelet.killPause('uid-a');
    node.run(10);
    expect(node.events('a')).toContain(
      'SandboxChanged: Pod sandbox changed, it will be killed and re-created.',
    );
    expect(node.pod('a')?.status).toMatchObject({ phase: 'Running', podIP: '10.244.1.3' });
    expect(node.status('a')?.restartCount).toBe(1);
    expect(node.released).toHaveLength(1);
  });

  test('after the node lost power its pods come back in new sandboxes', () => {
    const node = makeNode();
    node.create(podOf('a'));
    node.create(podOf('done', { restartPolicy: 'Never', args: ['exit', '0'] }));
    node.run(10);
    node.kubelet.stop();
    node.run(10);
    node.kubelet.start();
    node.run(10);
    expect(node.status('a')).toMatchObject({ restartCount: 1, ready: true });
    expect(node.status('a')?.lastState?.terminated?.exitCode).toBe(255);
    expect(node.pod('done')?.status?.phase).toBe('Succeeded');
  });
});
