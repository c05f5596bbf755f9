/** Every way a pod can wait or end, from a manifest through API, scheduler, kubelet and runtime. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Scenario, startCluster } from './helper/start-cluster.js';

const pod = (spec: string, name = 'p') =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { ${spec} } }\n---\n`;
const busybox = (script: string) =>
  `{ name: c, image: "busybox:1.36", command: [sh, -c, "${script}"] }`;

const TAINTED = '1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }';
const HELPLESS = 'preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.';
const DENIED =
  'failed to pull and unpack image "docker.io/library/ngnix:latest": failed to resolve reference "docker.io/library/ngnix:latest": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed';
const NOT_FOUND =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "nosuch": executable file not found in $PATH: unknown';

/** One manifest, how long it is given, and what is seen of it then. */
interface Row {
  readonly what: string;
  readonly spec: string;
  readonly seconds: number;
  /** The STATUS column of `kubectl get pods`. */
  readonly status: string;
  readonly phase: string;
  readonly event: string;
  /** Of the first container. */
  readonly waiting?: string;
  /** How the pod's journey ended, and its stage. */
  readonly journey: readonly [disposition: string, summary: string];
}

const ROWS: readonly Row[] = [
  {
    what: 'a request that no node can meet is unschedulable',
    spec: 'containers: [{ name: c, image: nginx, resources: { requests: { cpu: "64" } } }]',
    seconds: 2,
    status: 'Pending',
    phase: 'Pending',
    event: `FailedScheduling: 0/3 nodes are available: ${TAINTED}, 2 Insufficient cpu. ${HELPLESS}`,
    journey: [
      'failed',
      `scheduler: 0/3 nodes are available: ${TAINTED}, 2 Insufficient cpu. ${HELPLESS}`,
    ],
  },
  {
    what: 'a nodeSelector that no node matches is unschedulable',
    spec: 'nodeSelector: { disk: ssd }, containers: [{ name: c, image: nginx }]',
    seconds: 2,
    status: 'Pending',
    phase: 'Pending',
    event: `FailedScheduling: 0/3 nodes are available: ${TAINTED}, 2 node(s) didn't match Pod's node affinity/selector. ${HELPLESS}`,
    journey: ['failed', 'scheduler: 0/3 nodes are available:'],
  },
  {
    what: 'a claim that does not exist is unschedulable',
    spec: 'containers: [{ name: c, image: nginx }], volumes: [{ name: v, persistentVolumeClaim: { claimName: absent } }]',
    seconds: 2,
    status: 'Pending',
    phase: 'Pending',
    event: `FailedScheduling: 0/3 nodes are available: persistentvolumeclaim "absent" not found. ${HELPLESS}`,
    journey: ['failed', 'scheduler: 0/3 nodes are available: persistentvolumeclaim "absent"'],
  },
  {
    what: 'a node that does not exist leaves the pod to nobody',
    spec: 'nodeName: nowhere, containers: [{ name: c, image: nginx }]',
    seconds: 2,
    status: 'Pending',
    phase: 'Pending',
    event: '',
    journey: ['failed', 'scheduler: the manifest names node nowhere, and there is no such node'],
  },
  {
    what: 'a misspelt image is ErrImagePull',
    spec: 'containers: [{ name: c, image: ngnix }]',
    seconds: 2,
    status: 'ErrImagePull',
    phase: 'Pending',
    waiting: DENIED,
    event: `Failed: Failed to pull image "ngnix": ${DENIED}`,
    journey: ['failed', `image pull: ${DENIED}`],
  },
  {
    what: 'a misspelt image is ImagePullBackOff while the kubelet waits',
    spec: 'containers: [{ name: c, image: ngnix }]',
    seconds: 8,
    status: 'ImagePullBackOff',
    phase: 'Pending',
    waiting: `Back-off pulling image "ngnix": ErrImagePull: ${DENIED}`,
    event: 'BackOff: Back-off pulling image "ngnix"',
    journey: ['failed', 'image pull: Back-off pulling image "ngnix"'],
  },
  {
    what: 'a reference that is none is InvalidImageName',
    spec: 'containers: [{ name: c, image: "Nginx:latest" }]',
    seconds: 2,
    status: 'InvalidImageName',
    phase: 'Pending',
    waiting:
      'Failed to apply default image tag "Nginx:latest": couldn\'t parse image name "Nginx:latest": invalid reference format: repository name (library/Nginx) must be lowercase',
    event: 'Failed: Error: InvalidImageName',
    journey: ['failed', 'image pull: Failed to apply default image tag "Nginx:latest"'],
  },
  {
    what: 'a ConfigMap that is not there is CreateContainerConfigError',
    spec: 'containers: [{ name: c, image: nginx, envFrom: [{ configMapRef: { name: absent } }] }]',
    seconds: 5,
    status: 'CreateContainerConfigError',
    phase: 'Pending',
    waiting: 'configmap "absent" not found',
    event: 'Failed: Error: configmap "absent" not found',
    journey: ['failed', 'create container: configmap "absent" not found'],
  },
  {
    what: 'a volume that cannot be mounted is ContainerCreating with FailedMount',
    spec: 'containers: [{ name: c, image: nginx }], volumes: [{ name: v, configMap: { name: absent } }]',
    seconds: 5,
    status: 'ContainerCreating',
    phase: 'Pending',
    event: 'FailedMount: MountVolume.SetUp failed for volume "v" : configmap "absent" not found',
    journey: ['failed', 'volumes: MountVolume.SetUp failed for volume "v"'],
  },
  {
    what: 'a command that the image does not have is RunContainerError',
    spec: 'containers: [{ name: c, image: nginx, command: [nosuch] }]',
    seconds: 3,
    status: 'RunContainerError',
    phase: 'Running',
    waiting: NOT_FOUND,
    event: `Failed: Error: ${NOT_FOUND}`,
    journey: ['failed', `start container: ${NOT_FOUND}`],
  },
  {
    what: 'a container that ends well is Completed',
    spec: `restartPolicy: Never, containers: [${busybox('echo done')}]`,
    seconds: 5,
    status: 'Completed',
    phase: 'Succeeded',
    event: 'Started: Started container c',
    journey: ['ready', 'Succeeded: every container has exited with 0'],
  },
  {
    what: 'a container that ends badly is Error',
    spec: `restartPolicy: Never, containers: [${busybox('exit 4')}]`,
    seconds: 5,
    status: 'Error',
    phase: 'Failed',
    event: 'Started: Started container c',
    journey: ['failed', 'start container: c ended with exit code 4'],
  },
  {
    what: 'an init container that runs keeps the others waiting',
    spec: `initContainers: [{ name: wait, image: busybox, command: [sleep, "1000"] }], containers: [{ name: c, image: nginx }]`,
    seconds: 5,
    status: 'Init:0/1',
    phase: 'Pending',
    event: 'Started: Started container wait',
    journey: ['in-progress', 'Pending: waits for init container wait to end'],
  },
  {
    what: 'an init container that fails is Init:CrashLoopBackOff',
    spec: `initContainers: [{ name: wait, image: busybox, command: ["false"] }], containers: [{ name: c, image: nginx }]`,
    seconds: 10,
    status: 'Init:CrashLoopBackOff',
    phase: 'Pending',
    event: 'Started: Started container wait',
    journey: ['failed', 'start container: back-off 10s restarting failed container=wait'],
  },
  {
    what: 'a container that does not answer its startup probe is killed',
    spec: 'containers: [{ name: c, image: nginx, startupProbe: { tcpSocket: { port: 81 }, periodSeconds: 2, failureThreshold: 3 } }]',
    seconds: 9,
    status: 'Running',
    phase: 'Running',
    event: 'Killing: Container c failed startup probe, will be restarted',
    journey: [
      'failed',
      'probes: Startup probe failed: dial tcp 10.244.1.2:81: connect: connection refused',
    ],
  },
];

let scenario: Scenario;
afterEach(() => scenario.stop());

describe('a pod', () => {
  test.each(ROWS)('$what', async ({ spec, seconds, status, phase, waiting, event, journey }) => {
    scenario = await startCluster();
    scenario.apply(pod(spec));
    await scenario.run(seconds);
    expect(scenario.shownStatus('p')).toBe(status);
    expect(scenario.pod('p').status?.phase ?? 'Pending').toBe(phase);
    if (waiting !== undefined)
      expect(scenario.container('p').state?.waiting?.message).toBe(waiting);
    if (event !== '') expect(scenario.events('p')).toContain(event);
    const told = scenario.operations.podJourney('p', 'default');
    if (!told.ok) throw new Error(told.error);
    expect(told.value.disposition).toBe(journey[0]);
    expect(told.value.summary.slice(0, journey[1].length)).toBe(journey[1]);
    for (const step of told.value.hops.flatMap((hop) => hop.steps))
      expect(step.reason).toMatch(/\S \S/);
  });

  test('that crashes is restarted after 10, 20, 40 … s, and remembers how it ended', async () => {
    scenario = await startCluster();
    scenario.apply(pod(`containers: [${busybox('sleep 1; exit 3')}]`));
    const restarts: number[] = [];
    const seen: string[] = [];
    const unwatch = scenario.cluster.store.watch('pods', ({ object }) => {
      const status = object.status?.containerStatuses?.[0];
      const count = status?.restartCount ?? 0;
      if (status?.state?.running !== undefined && restarts[count] === undefined)
        restarts[count] = scenario.seconds;
      const message = status?.state?.waiting?.message?.split(' restarting')[0] ?? '';
      if (message !== '' && !seen.includes(message)) seen.push(message);
    });
    await scenario.run(1000);
    unwatch();
    expect(scenario.shownStatus('p')).toBe('CrashLoopBackOff');
    expect(seen).toEqual([
      'back-off 10s',
      'back-off 20s',
      'back-off 40s',
      'back-off 1m20s',
      'back-off 2m40s',
      'back-off 5m0s',
    ]);
    const gaps = restarts.slice(1).map((at, index) => Math.round(at - (restarts[index] ?? 0)));
    // One second of life, a pull of half a second, and the back-off.
    expect(gaps.slice(1, 5).map((gap) => Math.round(gap / 10) * 10)).toEqual([10, 20, 40, 80]);
    expect(scenario.container('p').lastState?.terminated).toMatchObject({
      exitCode: 3,
      reason: 'Error',
    });
    expect(scenario.events('p')).toContainEqual(
      expect.stringMatching(/^BackOff: Back-off restarting failed container c in pod p_default\(/),
    );
  });

  test('that is not Ready is no endpoint until its probe succeeds', async () => {
    scenario = await startCluster();
    scenario.apply(
      pod(
        'containers: [{ name: c, image: nginx, readinessProbe: { exec: { command: [cat, /tmp/ready] }, periodSeconds: 2 } }]',
      ) +
        '{ apiVersion: v1, kind: Service, metadata: { name: p }, spec: { selector: { app: p }, ports: [{ port: 80 }] } }\n---\n' +
        pod(`containers: [${busybox('sleep 100000')}]`, 'asker'),
    );
    await scenario.run(10);
    expect(scenario.shownStatus('p')).toBe('Running');
    expect(scenario.events('p')).toContainEqual(
      expect.stringMatching(/^Unhealthy: Readiness probe failed: cat: /),
    );
    const before = await scenario.trace('asker', 'svc/p:80');
    expect(before.journey.disposition).toBe('refused');
    expect(before.journey.summary).toMatch(/no endpoints/);
    await scenario.exec('p', ['touch', '/tmp/ready']);
    await scenario.run(5);
    const after = await scenario.trace('asker', 'svc/p:80');
    expect(after.journey.disposition).toBe('delivered');
    await scenario.exec('p', ['rm', '/tmp/ready']);
    await scenario.run(10);
    expect((await scenario.trace('asker', 'svc/p:80')).journey.disposition).toBe('refused');
    expect(scenario.container('p').restartCount).toBe(0);
  });

  test('that fails its liveness probe is killed and restarted in the same sandbox', async () => {
    scenario = await startCluster();
    scenario.apply(
      pod(
        'containers: [{ name: c, image: nginx, livenessProbe: { httpGet: { path: /absent, port: 80 }, periodSeconds: 2, failureThreshold: 2 } }]',
      ),
    );
    await scenario.until(
      'restarted',
      () => scenario.findPod('p')?.status?.containerStatuses?.[0]?.restartCount === 1,
    );
    expect(scenario.events('p')).toEqual(
      expect.arrayContaining([
        'Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 404',
        'Killing: Container c failed liveness probe, will be restarted',
      ]),
    );
    expect(scenario.pod('p').status?.podIP).toBe('10.244.1.2');
  });

  test('whose hostPort is taken on every node stays Pending', async () => {
    scenario = await startCluster();
    const published =
      'containers: [{ name: c, image: nginx, ports: [{ containerPort: 80, hostPort: 8080 }] }]';
    scenario.apply(pod(published, 'a') + pod(published, 'b') + pod(published, 'c'));
    await scenario.settle();
    const states = ['a', 'b', 'c'].map((name) => scenario.shownStatus(name));
    expect(states).toEqual(['Running', 'Running', 'Pending']);
    expect(scenario.pod('a').spec.nodeName).not.toBe(scenario.pod('b').spec.nodeName);
    expect(scenario.events('c')).toEqual([
      `FailedScheduling: 0/3 nodes are available: ${TAINTED}, 2 node(s) didn't have free ports for the requested pod ports. preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.`,
    ]);
    const node = scenario.pod('a').spec.nodeName;
    expect((await scenario.trace('outside', `node/${node}:8080`)).journey.disposition).toBe(
      'delivered',
    );
    const report = scenario.operations.ports('a', 'default');
    expect(report).toMatchObject({
      ok: true,
      value: { rows: [{ port: 80, published: [`hostPort 8080 on ${node}`] }] },
    });
  });

  test('with two containers on one port names the holder', async () => {
    scenario = await startCluster();
    scenario.apply(
      pod('containers: [{ name: first, image: nginx }, { name: second, image: "httpd:2.4" }]'),
    );
    await scenario.run(30);
    expect(scenario.shownStatus('p')).toBe('CrashLoopBackOff');
    expect(scenario.operations.ports('p', 'default')).toMatchObject({
      ok: true,
      value: {
        rows: [{ port: 80, protocol: 'tcp', boundBy: expect.stringMatching(/^first \(pid \d+\)/) }],
        conflicts: [
          {
            container: 'second',
            port: 80,
            errno: 'EADDRINUSE',
            holder: expect.stringMatching(/^first \(pid \d+\)/),
          },
        ],
      },
    });
    expect(scenario.logs('p', 'second', true)).toContain('Address already in use');
    expect(scenario.container('p', 'first').restartCount).toBe(0);
  });
});
