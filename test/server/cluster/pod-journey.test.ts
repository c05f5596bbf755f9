import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { podStepIn } from '../../../server/cluster/pod-journey/artefacts.js';
import type { Journey, Step } from '../../../server/contract/journey.js';
import type { DetailSection } from '../../../server/contract/live.js';
import { type Scenario, startCluster } from '../../scenario/helper/start-cluster.js';

const PODS = `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  nodeSelector: { kubernetes.io/hostname: worker-1 }
  containers:
    - name: nginx
      image: "nginx:1.27"
      ports: [{ containerPort: 80, hostPort: 8088 }]
      readinessProbe: { httpGet: { port: 80 }, periodSeconds: 2 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: on-node }
spec:
  hostNetwork: true
  hostIPC: true
  shareProcessNamespace: true
  containers: [{ name: shell, image: "busybox:1.36", command: [sleep, "1000"] }]
---
apiVersion: v1
kind: Pod
metadata: { name: nowhere }
spec:
  nodeSelector: { disk: ssd }
  containers: [{ name: shell, image: "busybox:1.36" }]
---
apiVersion: v1
kind: Pod
metadata: { name: misspelt }
spec:
  nodeSelector: { kubernetes.io/hostname: worker-1 }
  containers: [{ name: web, image: "ngnix" }]
`;

let it: Scenario;
beforeAll(async () => {
  it = await startCluster({ manifests: PODS });
  await it.run(20);
});
afterAll(() => it.stop());

function journeyOf(name: string): Journey {
  const pod = it.cluster.store.get('pods', 'default', name);
  if (pod === undefined) throw new Error(`no pod ${name}`);
  return it.cluster.journeys.of(pod);
}

function stepsOf(name: string): readonly Step[] {
  return journeyOf(name).hops.flatMap(({ steps }) => steps);
}

/** What can be read at the first step of a pod that has this component and action. */
function artefacts(name: string, component: string, action: string): readonly DetailSection[] {
  const step = stepsOf(name).find((one) => one.component === component && one.action === action);
  const answer = podStepIn(it.cluster, journeyOf(name).id, step?.artefacts ?? '');
  if (!answer.ok) throw new Error(`${component} ${action}: ${answer.error}`);
  return answer.value;
}

function text(sections: readonly DetailSection[], title: string): string {
  const found = sections.find((section) => section.title === title);
  if (found?.kind !== 'text') throw new Error(`no text ${title}`);
  return found.text;
}

function rows(sections: readonly DetailSection[], title: string) {
  const found = sections.find((section) => section.title === title);
  if (found === undefined || found.kind === 'text') throw new Error(`no rows ${title}`);
  return found.rows;
}

describe('the journey of a pod', () => {
  test('names its stages in order, and what each builds', () => {
    expect(journeyOf('web').hops.map(({ place }) => place)).toEqual([
      'API server',
      'scheduler',
      'kubelet admits',
      'volumes',
      'sandbox: clone() and pause',
      'CNI: address and wires',
      'image pull',
      'endpoints',
      'kube-proxy',
      'image pull',
      'create container',
      'start container',
      'probes',
      'conditions',
      'endpoints',
      'kube-proxy',
    ]);
    expect(stepsOf('web').flatMap(({ builds }) => builds ?? [])).toEqual([
      'room',
      'pause',
      'network',
      'container',
    ]);
  });

  test.each([
    ['API server', 'node:control-plane'],
    ['scheduler', 'node:control-plane'],
    ['kubelet admits', 'node:worker-1'],
    ['CNI: address and wires', 'pod:default/web'],
  ])('places %s', (place, vertex) => {
    expect(journeyOf('web').hops.find((hop) => hop.place === place)?.vertex).toBe(vertex);
  });

  test('tells what admission plugins added', () => {
    const added = stepsOf('web').filter(({ component }) => component === 'admission');
    expect(added.map(({ action }) => action)).toEqual([
      'ServiceAccount',
      'Priority',
      'DefaultTolerationSeconds',
    ]);
    expect(added[0]?.changes).toContainEqual({
      field: 'spec.serviceAccountName',
      before: 'not there',
      after: '"default"',
    });
    expect(rows(artefacts('web', 'api', 'store'), 'What admission plugins added')).toContainEqual([
      'DefaultTolerationSeconds',
      'spec.tolerations',
      '[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300},{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}]',
    ]);
  });
});

describe("the scheduler's table", () => {
  test('says by which filter each node was refused', () => {
    expect(rows(artefacts('web', 'scheduler', 'bind'), 'Filters, node by node')).toEqual([
      [
        'control-plane',
        '✘ node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }',
        ...'✔✘·····',
      ],
      ['★ worker-1', '✔ chosen', ...'✔✔✔✔✔✔✔'],
      ['worker-2', "✘ node(s) didn't match Pod's node affinity/selector", ...'✔✔✘····'],
    ]);
  });

  test('has scores and totals where several nodes fit', () => {
    const scores = rows(artefacts('on-node', 'scheduler', 'bind'), 'Scores, weighed');
    expect(scores.map(([node]) => node?.replace('★ ', ''))).toEqual(['worker-1', 'worker-2']);
    for (const [, ...numbers] of scores) {
      const total = Number(numbers.at(-1));
      expect(numbers.slice(0, -1).reduce((sum, one) => sum + Number(one), 0)).toBe(total);
    }
  });

  test('is there for a pod that stays Pending, whose journey ends there', () => {
    expect(journeyOf('nowhere').disposition).toBe('failed');
    expect(stepsOf('nowhere').at(-1)?.code).toBe('Unschedulable');
    const table = rows(artefacts('nowhere', 'scheduler', 'refuse'), 'Filters, node by node');
    expect(table.map(([, outcome]) => outcome?.startsWith('✘'))).toEqual([true, true, true]);
  });
});

describe('the sandbox', () => {
  test('is made by clone() with the flags of its own namespaces', () => {
    const made = artefacts('web', 'runtime', 'clone');
    expect(text(made, 'The call')).toMatch(
      /^clone\(CLONE_NEWNS \| CLONE_NEWUTS \| CLONE_NEWIPC \| CLONE_NEWPID \| CLONE_NEWNET \| SIGCHLD\) = \d+\nexecve\("\/pause", \["\/pause"\]\)$/,
    );
    expect(rows(made, 'Namespaces of pause')).toContainEqual([
      'net',
      'CLONE_NEWNET',
      expect.stringMatching(/^40265\d{5}$/),
      'made for this pod',
    ]);
  });

  test('shares what the pod shares with its node', () => {
    const made = artefacts('on-node', 'runtime', 'clone');
    expect(text(made, 'The call')).toMatch(/^clone\(CLONE_NEWNS \| CLONE_NEWPID \| SIGCHLD\)/);
    const whose = new Map(rows(made, 'Namespaces of pause').map((row) => [row[0], row[3]]));
    const node = it.cluster.store.get('pods', 'default', 'on-node')?.spec.nodeName;
    expect(whose.get('net')).toBe(`shared with ${node}`);
    expect(whose.get('ipc')).toBe(`shared with ${node}`);
    expect(whose.get('uts')).toBe(`shared with ${node}`);
    expect(whose.get('pid')).toBe('made for this pod');
  });

  test('gets its network by CNI ADD, with what was given, run and answered', () => {
    const added = artefacts('web', 'cni', 'add');
    expect(text(added, 'Environment')).toContain('CNI_COMMAND=ADD\nCNI_CONTAINERID=');
    expect(JSON.parse(text(added, 'Standard input of bridge'))).toEqual({
      cniVersion: '1.0.0',
      name: 'cbr0',
      type: 'bridge',
      bridge: 'cni0',
      mtu: 1500,
      hairpinMode: true,
      ipMasq: false,
      isGateway: true,
      isDefaultGateway: true,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: '10.244.1.0/24' }]],
        routes: [{ dst: '10.244.0.0/16' }],
      },
    });
    expect(JSON.parse(text(added, 'Standard input of portmap'))).toMatchObject({
      type: 'portmap',
      runtimeConfig: { portMappings: [{ hostPort: 8088, containerPort: 80, protocol: 'tcp' }] },
    });
    const { podIP } = it.cluster.store.get('pods', 'default', 'web')?.status ?? {};
    expect(JSON.parse(text(added, 'Result'))).toMatchObject({
      interfaces: [{ name: 'cni0' }, {}, { name: 'eth0' }],
      ips: [{ interface: 2, address: `${podIP}/24`, gateway: '10.244.1.1' }],
    });
    expect(text(added, 'Commands the plugins ran')).toMatch(
      /ip .*link add .*eth0 .*type veth peer/,
    );
    expect(rows(added, 'IPAM lease (host-local)')).toContainEqual([
      'file',
      `/var/lib/cni/networks/cbr0/${podIP}`,
    ]);
  });
});

describe('a container', () => {
  test('comes from layers by digest, of which a node fetches what it lacks', () => {
    const pulled = artefacts('web', 'registry', 'pulled');
    const manifest = JSON.parse(text(pulled, 'Manifest')) as {
      readonly config: { readonly digest: string };
      readonly layers: readonly { readonly digest: string; readonly size: number }[];
    };
    expect(rows(pulled, 'Layers').map(([digest]) => digest)).toEqual(
      manifest.layers.map(({ digest }) => digest),
    );
    expect(rows(pulled, 'Image')).toContainEqual(['configuration', manifest.config.digest]);
    expect(JSON.parse(text(pulled, 'Configuration'))).toMatchObject({
      os: 'linux',
      config: { ExposedPorts: { '80/tcp': {} }, Cmd: ['nginx', '-g', 'daemon off;'] },
    });
  });

  test('is given a config.json that joins the namespaces of pause by path', () => {
    const config = JSON.parse(text(artefacts('web', 'runtime', 'create'), 'config.json'));
    const path = config.linux.namespaces.find((one: { type: string }) => one.type === 'network');
    expect(path.path).toMatch(/^\/proc\/\d+\/ns\/net$/);
    expect(config.process.args).toEqual(['/docker-entrypoint.sh', 'nginx', '-g', 'daemon off;']);
  });

  test('enters them by setns() before it runs', () => {
    const started = artefacts('web', 'runtime', 'start');
    expect(text(started, 'The calls').replaceAll(/\/proc\/\d+/g, '/proc/P')).toMatch(
      /^setns\("\/proc\/P\/ns\/uts", CLONE_NEWUTS\)\nsetns\("\/proc\/P\/ns\/ipc", CLONE_NEWIPC\)\nsetns\("\/proc\/P\/ns\/net", CLONE_NEWNET\)\nclone\(CLONE_NEWNS \| CLONE_NEWPID \| CLONE_NEWCGROUP \| SIGCHLD\) = \d+\nexecve\(/,
    );
  });

  test('is probed, and every run is told', () => {
    const probed = artefacts('web', 'kubelet', 'succeed');
    const { podIP } = it.cluster.store.get('pods', 'default', 'web')?.status ?? {};
    expect(rows(probed, 'The readiness probe')[0]).toEqual(['asks', `GET http://${podIP}:80/`]);
    expect(rows(probed, 'Newest runs')[0]?.[2]).toBe('✔ success');
  });

  test('becomes an endpoint, for which every node gets rules', () => {
    const { podIP } = it.cluster.store.get('pods', 'default', 'web')?.status ?? {};
    const synced = artefacts('web', 'kube-proxy', 'sync');
    expect(
      rows(synced, `Rules that name ${podIP}, now`).map(([node, count]) => [node, count]),
    ).toEqual([
      ['control-plane', '3'],
      ['worker-1 (its own)', '5'],
      ['worker-2', '3'],
    ]);
  });

  test('that cannot be pulled ends the journey there, with the reason', () => {
    const journey = journeyOf('misspelt');
    expect(journey.disposition).toBe('failed');
    expect(journey.summary).toMatch(/^image pull: /);
  });
});

describe('what can be read of a journey', () => {
  test.each([
    ['pod:default/none:1', '1', 'the pod is gone, and what is known of it with it'],
    ['nonsense', '1', 'the pod is gone, and what is known of it with it'],
  ])('of %s is refused in words', (id, key, error) => {
    expect(podStepIn(it.cluster, id, key)).toEqual({ ok: false, error });
  });

  test('is refused for a step that keeps nothing', () => {
    expect(podStepIn(it.cluster, journeyOf('web').id, 'x')).toMatchObject({ ok: false });
  });
});
