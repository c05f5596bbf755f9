/** The core of the API with a second client, @kubernetes/client-node. */
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  AppsV1Api,
  CoreV1Api,
  Exec,
  KubeConfig,
  makeInformer,
  PortForward,
  type V1Status,
} from '@kubernetes/client-node';
import { isBuilt, killAll, type Server, up } from './helper/podnet.js';

const whenBuilt = isBuilt ? describe : describe.skip;
const POD = {
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: { containers: [{ name: 'nginx', image: 'nginx:1.27', ports: [{ containerPort: 80 }] }] },
};

/** Waits until something is so; for at most 30 s. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 300 && !(await isSo()); round += 1)
    await new Promise((resolve) => setTimeout(resolve, 100));
}

whenBuilt('client-node', () => {
  const config = new KubeConfig();
  const namespace = 'default';
  let core: CoreV1Api;
  let server: Server;

  beforeAll(async () => {
    server = await up(['--ephemeral']);
    // The client speaks http only to servers whose certificate it would not look at.
    config.loadFromOptions({
      clusters: [{ name: 'podnet', server: server.url, skipTLSVerify: true }],
      users: [{ name: 'me' }],
      contexts: [{ name: 'here', cluster: 'podnet', user: 'me' }],
      currentContext: 'here',
    });
    core = config.makeApiClient(CoreV1Api);
  }, 60_000);

  afterAll(killAll);

  test('creates a pod, and its informer sees it run', async () => {
    const phases: (string | undefined)[] = [];
    const informer = makeInformer(config, '/api/v1/namespaces/default/pods', () =>
      core.listNamespacedPod({ namespace }),
    );
    informer.on('update', (pod) => {
      phases.push(pod.status?.phase);
    });
    await informer.start();
    await core.createNamespacedPod({ namespace, body: POD });
    await until(() => phases.includes('Running'));
    await informer.stop();
    expect(phases).toContain('Running');
    const { items } = await core.listNamespacedPod({ namespace, labelSelector: 'app=web' });
    expect(items.map(({ metadata }) => metadata?.name)).toEqual(['web']);
  }, 60_000);

  test('runs a command', async () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    let out = '';
    stdout.on('data', (text) => {
      out += text;
    });
    const command = ['sh', '-c', 'hostname; exit 3'];
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(config)
        .exec(namespace, 'web', 'nginx', command, stdout, stderr, null, false, resolve)
        .catch(reject);
    });
    expect(status).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode' });
    expect(out).toBe('web\n');
  }, 30_000);

  test('forwards a port', async () => {
    const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
    let page = '';
    output.on('data', (text) => {
      page += text;
    });
    await new PortForward(config).portForward(namespace, 'web', [80], output, errors, input);
    input.write('GET / HTTP/1.0\r\n\r\n');
    await until(() => page.includes('</html>'));
    expect(page).toContain('<h1>Welcome to nginx!</h1>');
  }, 60_000);

  test('scales and deletes a Deployment', async () => {
    const apps = config.makeApiClient(AppsV1Api);
    const labels = { app: 'many' };
    const spec = {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: POD.spec },
    };
    const body = { metadata: { name: 'many' }, spec };
    await apps.createNamespacedDeployment({ namespace, body });
    const scale = await apps.readNamespacedDeploymentScale({ namespace, name: 'many' });
    await apps.replaceNamespacedDeploymentScale({
      namespace,
      name: 'many',
      // Without the revision: controllers write the object at the same time.
      body: { ...scale, metadata: { namespace, name: 'many' }, spec: { replicas: 3 } },
    });
    const ready = async () =>
      (await apps.readNamespacedDeployment({ namespace, name: 'many' })).status?.readyReplicas;
    await until(async () => (await ready()) === 3);
    expect(await ready()).toBe(3);
    await apps.deleteNamespacedDeployment({ namespace, name: 'many' });
    const { items } = await apps.listNamespacedDeployment({ namespace });
    expect(items).toEqual([]);
  }, 60_000);
});
