import { describe, expect, test } from '@jest/globals';
import { humanDuration } from '../../../../server/api/table/duration.js';
import { podWords } from '../../../../server/api/table/pod-status.js';
import { tableText } from '../../../../server/api/table/table.js';
import type { ContainerStatus, Pod, PodStatus } from '../../../../server/contract/kube.js';
import { newApi, podBody } from '../helper.js';

test.each([
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [330, '5m30s'],
  [600, '10m'],
  [3 * 3600 + 20 * 60, '3h20m'],
  [26 * 3600, '26h'],
  [5 * 86400 + 4 * 3600, '5d4h'],
  [42 * 86400, '42d'],
  [800 * 86400, '2y70d'],
])('%d seconds read %s', (seconds, text) => {
  expect(humanDuration(seconds)).toBe(text);
});

const NOW = '2025-01-01T01:00:00Z';
const container = (
  state: ContainerStatus['state'],
  more: Partial<ContainerStatus> = {},
): ContainerStatus => ({
  name: 'main',
  ready: false,
  restartCount: 0,
  image: 'x',
  imageID: '',
  ...(state === undefined ? {} : { state }),
  ...more,
});
const pod = (status: PodStatus, more: Partial<Pod> = {}): Pod => ({
  ...podBody(),
  status,
  ...more,
});

describe('the words of a pod', () => {
  test.each<[string, Pod, string, string, string]>([
    ['waits for a node', pod({ phase: 'Pending' }), 'Pending', '0/1', '0'],
    [
      'is being made',
      pod({
        phase: 'Pending',
        containerStatuses: [container({ waiting: { reason: 'ContainerCreating' } })],
      }),
      'ContainerCreating',
      '0/1',
      '0',
    ],
    [
      'runs',
      pod({ phase: 'Running', containerStatuses: [container({ running: {} }, { ready: true })] }),
      'Running',
      '1/1',
      '0',
    ],
    [
      'crashes again and again',
      pod({
        phase: 'Running',
        containerStatuses: [
          container(
            { waiting: { reason: 'CrashLoopBackOff' } },
            {
              restartCount: 3,
              lastState: { terminated: { exitCode: 1, finishedAt: '2025-01-01T00:55:00Z' } },
            },
          ),
        ],
      }),
      'CrashLoopBackOff',
      '0/1',
      '3 (5m ago)',
    ],
    [
      'has done its work',
      pod({
        phase: 'Succeeded',
        containerStatuses: [container({ terminated: { exitCode: 0, reason: 'Completed' } })],
      }),
      'Completed',
      '0/1',
      '0',
    ],
    [
      'was killed',
      pod({
        phase: 'Failed',
        containerStatuses: [container({ terminated: { exitCode: 137, signal: 9 } })],
      }),
      'Signal:9',
      '0/1',
      '0',
    ],
    [
      'is on its way out',
      pod(
        { phase: 'Running', containerStatuses: [container({ running: {} }, { ready: true })] },
        {
          metadata: { name: 'p', deletionTimestamp: NOW },
        },
      ),
      'Terminating',
      '1/1',
      '0',
    ],
    [
      'starts its first container',
      pod(
        { phase: 'Pending', initContainerStatuses: [container({ running: {} }, { name: 'init' })] },
        {
          spec: { ...podBody().spec, initContainers: [{ name: 'init' }] },
        },
      ),
      'Init:0/1',
      '0/1',
      '0',
    ],
  ])('when it %s', (_, object, status, ready, restarts) => {
    expect(podWords(object, NOW)).toEqual({ status, ready, restarts });
  });
});

test('prints aligned columns as kubectl does', () => {
  const api = newApi();
  api.create({ resource: 'pods', body: podBody('web') });
  const info = api.registry.byStorage('pods');
  const objects = api.store.list('pods');
  expect(
    info === undefined ? [] : tableText(info, objects, { now: '2025-01-01T00:01:00Z' }),
  ).toEqual(['NAME   READY   STATUS    RESTARTS   AGE', 'web    0/1     Pending   0          60s']);
});

describe('the columns of kinds that are kept', () => {
  test.each<[string, object, string[]]>([
    [
      'scheduling.k8s.io/priorityclasses',
      { metadata: { name: 'high' }, value: 1000 },
      [
        'NAME   VALUE   GLOBAL-DEFAULT   AGE   PREEMPTIONPOLICY',
        'high   1000    false            0s    PreemptLowerPriority',
      ],
    ],
    [
      'storage.k8s.io/storageclasses',
      {
        metadata: {
          name: 'fast',
          annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
        },
        provisioner: 'example.com/disk',
      },
      [
        'NAME             PROVISIONER        RECLAIMPOLICY   VOLUMEBINDINGMODE   ALLOWVOLUMEEXPANSION   AGE',
        'fast (default)   example.com/disk   Delete          Immediate           false                  0s',
      ],
    ],
    [
      'persistentvolumes',
      {
        metadata: { name: 'pv1' },
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteOnce'],
          hostPath: { path: '/data' },
        },
      },
      [
        'NAME   CAPACITY   ACCESS MODES   RECLAIM POLICY   STATUS      CLAIM   STORAGECLASS   VOLUMEATTRIBUTESCLASS   REASON   AGE',
        'pv1    1Gi        RWO            Retain           Available                          <unset>                          0s',
      ],
    ],
    [
      'rbac.authorization.k8s.io/clusterrolebindings',
      {
        metadata: { name: 'b' },
        roleRef: { kind: 'ClusterRole', name: 'view', apiGroup: 'rbac.authorization.k8s.io' },
        subjects: [{ kind: 'User', name: 'ann', apiGroup: 'rbac.authorization.k8s.io' }],
      },
      ['NAME   ROLE               AGE', 'b      ClusterRole/view   0s'],
    ],
    [
      'networking.k8s.io/ingressclasses',
      { metadata: { name: 'nginx' }, spec: { controller: 'k8s.io/ingress-nginx' } },
      [
        'NAME    CONTROLLER             PARAMETERS   AGE',
        'nginx   k8s.io/ingress-nginx   <none>       0s',
      ],
    ],
  ])('%s', (resource, body, lines) => {
    const api = newApi();
    const created = api.create({ resource, body });
    if (!created.ok) throw new Error(created.error.message);
    const info = api.registry.all.find((one) => one.storage === resource);
    if (info === undefined) throw new Error(resource);
    expect(tableText(info, [created.value], { now: '2025-01-01T00:00:00Z' })).toEqual(lines);
  });
});
