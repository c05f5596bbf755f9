/** What kubectl 1.33 sent for the acceptance lines, sent again on machines without kubectl. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildCluster } from '../../../server/cli/build-cluster.js';
import type { Cluster } from '../../../server/cluster/cluster.js';
import { createMemoryStore } from '../../../server/store/index.js';
import { serve } from '../../server/api/http/serve.js';
import type { RecordedLine, RecordedRequest } from './recorder.js';

const RECORDING = new URL('../../fixture/kubectl/acceptance.json', import.meta.url);
const lines: readonly RecordedLine[] = JSON.parse(readFileSync(RECORDING, 'utf8'));

/** What a request is answered: the code, and what must be in the body. */
type Answer = number | readonly [code: number, body: object];

const deployment = (status: object): Answer => [200, { kind: 'Deployment', status }];
const image = (name: string): object => ({
  spec: { template: { spec: { containers: [{ name: 'nginx', image: name }] } } },
});
const deleted = (name: string): Answer => [
  200,
  { kind: 'Status', status: 'Success', details: { name } },
];
const rows = (...cells: (readonly unknown[])[]): Answer => [
  200,
  { kind: 'Table', rows: cells.map((some) => ({ cells: expect.arrayContaining([...some]) })) },
];
const GONE: Answer = [404, { kind: 'Status', reason: 'NotFound' }];
const APPLIED = { metadata: { managedFields: expect.anything() } };
const WEB_POD: Answer = [200, { kind: 'Pod', metadata: { labels: { app: 'web' } } }];
const WEB_PODS: Answer = [200, { kind: 'PodList' }];

/** By line, in the order of its requests. */
const ANSWERS: Readonly<Record<string, readonly Answer[]>> = {
  '2': [[200, { items: [{ metadata: { name: 'kube-dns' } }] }]],
  '3': [rows(['control-plane', 'Ready'], ['worker-1', 'Ready'], ['worker-2', 'Ready'])],
  '6': [[201, { kind: 'Namespace', metadata: { name: 'lab' }, status: { phase: 'Active' } }]],
  '7': [
    GONE,
    [201, { kind: 'Deployment', metadata: { generation: 1 } }],
    GONE,
    [201, { kind: 'Service', spec: { type: 'ClusterIP', ports: [{ port: 80, protocol: 'TCP' }] } }],
  ],
  '8': [deployment({}), [200, { kind: 'Service' }]],
  '9': [deployment({ availableReplicas: 2 }), [200, { items: [{ metadata: { name: 'web' } }] }]],
  '10': [
    rows(['web', '2/2', 2]),
    rows([2]),
    rows(['1/1', 'Running', '0'], ['1/1', 'Running', '0']),
    rows(['kubernetes', '443/TCP'], ['web', 'ClusterIP', '80/TCP']),
  ],
  '11': [rows(['1/1', 'Running'], ['1/1', 'Running'])],
  '12': [[200, { items: [{ status: { phase: 'Running' } }, { status: { phase: 'Running' } }] }]],
  '13': [
    GONE,
    [
      400,
      {
        reason: 'BadRequest',
        message:
          'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imagee"',
      },
    ],
  ],
  '14': [GONE, [201, { kind: 'Pod', spec: { containers: [{ name: 'main', image: 'nginx' }] } }]],
  '15': [
    GONE,
    [
      422,
      {
        reason: 'Invalid',
        details: {
          name: 'x',
          group: 'apps',
          kind: 'Deployment',
          causes: [
            { reason: 'FieldValueRequired', field: 'spec.selector' },
            { reason: 'FieldValueInvalid', field: 'spec.template.metadata.labels' },
          ],
        },
      },
    ],
  ],
  '16': [
    deployment({}),
    [200, { metadata: { generation: 2 }, ...image('nginx:1.26') }],
    [200, { kind: 'Service' }],
  ],
  '16a': [
    deployment({}),
    [200, { metadata: { generation: 2 }, ...image('nginx:1.26') }],
    [200, { kind: 'Service' }],
  ],
  '17': [
    deployment({}),
    [200, { metadata: { generation: 2 }, ...image('nginx:1.26') }],
    [200, { kind: 'Service' }],
  ],
  '17a': [[200, { metadata: { generation: 1 }, ...image('nginx:1.25') }]],
  '18': [deployment({}), [200, { metadata: { generation: 2 }, ...image('nginx:1.27') }]],
  '18a': [
    deployment({ observedGeneration: 2, updatedReplicas: 2, availableReplicas: 2 }),
    [200, { items: [{ metadata: { name: 'web' } }] }],
    [200, { rows: [{ object: { kind: 'ReplicaSet' } }, { object: { kind: 'ReplicaSet' } }] }],
  ],
  '19': [
    deployment({}),
    [200, { metadata: { annotations: { 'deployment.kubernetes.io/revision': '2' } } }],
    [200, { kind: 'ReplicaSetList', items: [{}, {}] }],
  ],
  '20': [
    deployment({}),
    deployment({}),
    [200, { items: [{}, {}] }],
    [200, { metadata: { generation: 3 }, ...image('nginx:1.25') }],
  ],
  '21': [
    deployment({ availableReplicas: 2 }),
    [200, { items: [{}] }],
    deployment({ replicas: 2 }),
    [200, { kind: 'Scale', spec: { replicas: 3 } }],
  ],
  '21a': [
    rows(['1/1'], ['1/1'], ['1/1']),
    deployment({ replicas: 3 }),
    [200, { kind: 'Scale', spec: { replicas: 4 } }],
    deployment({ availableReplicas: 4 }),
    [200, { items: [{ status: { availableReplicas: 4 } }] }],
  ],
  '21b': [
    deployment({ replicas: 4 }),
    [200, { kind: 'Scale', spec: { replicas: 4 }, status: { selector: 'app=web' } }],
    [200, { kind: 'Scale', spec: { replicas: 3 } }],
  ],
  '22': [WEB_PODS, WEB_PODS],
  '23': [
    [200, { kind: 'Pod', metadata: { name: 'bad' } }],
    [200, { items: [{ metadata: { name: 'bad' } }] }],
  ],
  '24': [WEB_PODS, WEB_POD, WEB_POD, [200, { kind: 'EventList' }]],
  '25': [deployment({}), WEB_PODS, 200],
  '26': [WEB_PODS, WEB_POD],
  '27': [WEB_PODS, WEB_POD],
  '28': [WEB_PODS, WEB_POD],
  '32': [
    WEB_PODS,
    WEB_POD,
    [200, { metadata: { labels: { app: 'web', tier: 'fe' } } }],
    [200, { metadata: { labels: expect.not.objectContaining({ tier: 'fe' }) } }],
  ],
  '33': [[201, { kind: 'Deployment', spec: { replicas: 2 } }]],
  '34': [
    deployment({}),
    [201, { kind: 'Service', spec: { type: 'NodePort', selector: { app: 'd1' } } }],
    rows(['d1', 'NodePort']),
  ],
  '35': [[201, { kind: 'SelfSubjectAccessReview', status: { allowed: true } }]],
  '36': [
    [200, { kind: 'Pod', metadata: { name: 'bad', deletionGracePeriodSeconds: 30 } }],
    GONE,
    GONE,
    [201, { kind: 'DaemonSet' }],
    [200, { kind: 'DaemonSet', status: { numberReady: 2, desiredNumberScheduled: 2 } }],
    [200, { items: [{}] }],
    [200, { kind: 'Node', metadata: { name: 'worker-1' } }],
    [200, { spec: { unschedulable: true } }],
    [200, { kind: 'PodList' }],
    [200, { kind: 'DaemonSet' }],
    [201, { kind: 'Status', status: 'Success' }],
    [201, { kind: 'Status', status: 'Success' }],
    WEB_POD,
    [200, { kind: 'Pod', metadata: { labels: { app: 'd1' } } }],
  ],
  '37': [
    [200, { spec: { unschedulable: true } }],
    [200, { kind: 'Node' }],
  ],
  '38': [
    [200, APPLIED],
    [200, APPLIED],
  ],
  '38a': [
    [
      409,
      {
        reason: 'Conflict',
        details: {
          causes: ['conflict with "kubectl"', 'conflict with "kubectl" using apps/v1'].map(
            (message) => ({
              reason: 'FieldManagerConflict',
              message,
              field: '.spec.template.spec.containers[name="nginx"].image',
            }),
          ),
        },
      },
    ],
    [200, APPLIED],
  ],
  '39': [
    WEB_PODS,
    GONE,
    [201, { kind: 'ConfigMap', metadata: { name: 'l1' } }],
    GONE,
    [201, { kind: 'ConfigMap', metadata: { name: 'l2' } }],
  ],
  '40': [
    deleted('web'),
    deleted('web'),
    GONE,
    GONE,
    deleted('d1'),
    deleted('agent'),
    GONE,
    GONE,
    [200, { kind: 'Namespace', status: { phase: 'Terminating' } }],
    GONE,
    [200, { items: [] }],
  ],
  a: [[404, { message: 'pods "nope" not found', details: { name: 'nope', kind: 'pods' } }]],
  c: [[200, { items: [] }]],
};

const SETTLE_NS = 120_000_000_000;

describe('what kubectl 1.33 sent', () => {
  let cluster: Cluster;
  let url: string;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const ground = { store: createMemoryStore(), epochMs: Date.UTC(2026, 0, 1) };
    ({ cluster } = await buildCluster({ seed: 1, namespace: 'default' }, ground));
    await cluster.settle(SETTLE_NS);
    ({ url, stop } = await serve(cluster.api, {
      subresourceHandlers: new Map([['pods/log', (_req, res) => void res.send('')]]),
    }));
  });
  afterAll(async () => {
    await stop();
    await cluster.stop();
  });

  const send = async (request: RecordedRequest) => {
    const { method, accept, contentType, json, base64 } = request;
    const path = filled(request.path, cluster);
    const body = base64 === undefined ? bodyOf(json, path, cluster) : Buffer.from(base64, 'base64');
    const response = await fetch(url + path, {
      method,
      headers: {
        // Writes that name no manager of fields belong to the program.
        'user-agent': 'kubectl/v1.33.1 (linux/amd64) kubernetes/8adc0f0',
        ...(accept === undefined ? {} : { accept }),
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    if (method !== 'GET') await cluster.settle(SETTLE_NS);
    return { code: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  };

  const replayed = lines.filter(({ line }) => ANSWERS[line] !== undefined);
  test.each(replayed)('is answered rightly: line $line', async ({ line, requests }) => {
    const answers = ANSWERS[line] ?? [];
    expect(requests).toHaveLength(answers.length);
    for (const [index, request] of requests.entries()) {
      const answer = answers[index] ?? 0;
      const [code, body] = typeof answer === 'number' ? [answer, undefined] : answer;
      const got = await send(request);
      const where = `${index}: ${request.method} ${request.path}`;
      expect({ where, code: got.code }).toEqual({ where, code });
      if (body !== undefined) expect(got.body).toMatchObject(body);
    }
  });

  test('is all of it', () => {
    const others = lines.map(({ line }) => line).filter((line) => ANSWERS[line] === undefined);
    // Users are known at the door alone; the last depends on how fast the cluster was.
    expect(others).toEqual(['35a', '40a']);
  });
});

function filled(path: string, cluster: Cluster): string {
  return path
    .replace(/\{pod:(\w+)\}/g, (_, app: string) => podOf(app, cluster))
    .replace(/resourceVersion=\{version\}/g, 'resourceVersion=0')
    .replace(/\{uid\}/g, '00000000-0000-4000-8000-000000000000');
}

function podOf(app: string, cluster: Cluster): string {
  const pods = cluster.store
    .list('pods')
    .filter(
      ({ metadata: { labels, deletionTimestamp } }) =>
        labels?.app === app && deletionTimestamp === undefined,
    );
  return pods[0]?.metadata.name ?? 'none';
}

/** A body with the version and the uid that its object has by now. */
function bodyOf(json: unknown, path: string, cluster: Cluster): string | undefined {
  if (json === undefined) return undefined;
  const [, plural = '', name = ''] = /\/(\w+)\/([\w-]+)(?:\/scale)?(?:\?|$)/.exec(path) ?? [];
  const storage = path.startsWith('/apis/apps/') ? `apps/${plural}` : plural;
  const { resourceVersion = '', uid = '' } =
    cluster.store.get(storage, 'default', name)?.metadata ?? {};
  const text = JSON.stringify(json).replace('{version}', resourceVersion);
  return filled(uid === '' ? text : text.replace('{uid}', uid), cluster);
}
