import { describe, expect, test } from '@jest/globals';
import type { ApiServer } from '../../../../server/api/server.js';
import { newApi, podBody } from '../helper.js';

function make(api: ApiServer, resource: string, name: string, more: object) {
  const made = api.create({
    resource,
    namespace: 'default',
    body: { metadata: { name }, ...more },
  });
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

function podWith(name: string, resources: object = {}, spec: object = {}) {
  const body = podBody(name);
  return {
    ...body,
    spec: { containers: [{ name: 'main', image: 'nginx:1.25', resources }], ...spec },
  };
}

function refusalOf(api: ApiServer, body: object, resource = 'pods'): string {
  const made = api.create({ resource, namespace: 'default', body });
  return made.ok ? 'admitted' : `${made.error.code} ${made.error.message}`;
}

describe('LimitRanger', () => {
  const limits = [
    {
      type: 'Container',
      default: { cpu: '300m' },
      defaultRequest: { cpu: '100m' },
      min: { cpu: '50m' },
      max: { cpu: '800m' },
      maxLimitRequestRatio: { cpu: '4' },
    },
    { type: 'Pod', max: { cpu: '1' } },
    { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } },
  ];

  test('gives containers what they lack, and says so', () => {
    const api = newApi();
    make(api, 'limitranges', 'bounds', { spec: { limits } });
    const made = api.create({ resource: 'pods', namespace: 'default', body: podWith('a') });
    expect(made).toMatchObject({
      value: {
        metadata: {
          annotations: {
            'kubernetes.io/limit-ranger':
              'LimitRanger plugin set: cpu request for container main; cpu limit for container main',
          },
        },
        spec: {
          containers: [{ resources: { requests: { cpu: '100m' }, limits: { cpu: '300m' } } }],
        },
      },
    });
  });

  test.each([
    [
      { requests: { cpu: '10m' }, limits: { cpu: '40m' } },
      'minimum cpu usage per Container is 50m, but request is 10m',
    ],
    [
      { requests: { cpu: '900m' }, limits: { cpu: '2' } },
      '[maximum cpu usage per Container is 800m, but limit is 2, maximum cpu usage per Pod is 1, but limit is 2]',
    ],
    [
      { requests: { cpu: '100m' }, limits: { cpu: '500m' } },
      'cpu max limit to request ratio per Container is 4, but provided ratio is 5.000000',
    ],
  ])('refuses containers with %j', (resources, message) => {
    const api = newApi();
    make(api, 'limitranges', 'bounds', { spec: { limits } });
    expect(refusalOf(api, podWith('a', resources))).toBe(`403 pods "a" is forbidden: ${message}`);
  });

  test('keeps claims within bounds', () => {
    const api = newApi();
    make(api, 'limitranges', 'bounds', { spec: { limits } });
    const claim = (storage: string) => ({
      metadata: { name: 'c' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
    });
    expect(refusalOf(api, claim('512Mi'), 'persistentvolumeclaims')).toBe(
      '403 persistentvolumeclaims "c" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 512Mi',
    );
    expect(refusalOf(api, claim('1536Mi'), 'persistentvolumeclaims')).toBe('admitted');
  });
});

describe('ResourceQuota', () => {
  test('refuses what is beyond it, and releases what is deleted', () => {
    const api = newApi();
    make(api, 'resourcequotas', 'q', { spec: { hard: { pods: '1', 'count/pods': '5' } } });
    expect(refusalOf(api, podWith('a'))).toBe('admitted');
    expect(refusalOf(api, podWith('b'))).toBe(
      '403 pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
    );
    api.delete({ resource: 'pods', namespace: 'default', name: 'a' });
    expect(refusalOf(api, podWith('b'))).toBe('admitted');
  });

  test('wants to know what every container may use', () => {
    const api = newApi();
    make(api, 'resourcequotas', 'q', {
      spec: { hard: { 'limits.cpu': '1', 'requests.memory': '1Gi' } },
    });
    expect(refusalOf(api, podWith('a'))).toBe(
      '403 pods "a" is forbidden: failed quota: q: must specify limits.cpu for: main; requests.memory for: main',
    );
  });

  test('adds amounts up exactly and writes them as upstream', () => {
    const api = newApi();
    make(api, 'resourcequotas', 'q', {
      spec: { hard: { 'requests.cpu': '1', 'requests.memory': '1Gi' } },
    });
    const asks = (cpu: string, memory: string) => ({ requests: { cpu, memory } });
    expect(refusalOf(api, podWith('a', asks('300m', '512Mi')))).toBe('admitted');
    expect(refusalOf(api, podWith('b', asks('0.7', '513Mi')))).toBe(
      '403 pods "b" is forbidden: exceeded quota: q, requested: requests.memory=513Mi, used: requests.memory=512Mi, limited: requests.memory=1Gi',
    );
    expect(refusalOf(api, podWith('c', asks('0.7', '512Mi')))).toBe('admitted');
  });

  test('charges a Service that becomes a NodePort for the difference', () => {
    const api = newApi();
    make(api, 'resourcequotas', 'q', { spec: { hard: { 'services.nodeports': '1' } } });
    const ports = [80, 81].map((port) => ({ name: `p${port}`, port }));
    const service = make(api, 'services', 's', { spec: { ports } });
    const body = { ...service, spec: { ...(service.spec as object), type: 'NodePort' } };
    expect(
      api.update({ resource: 'services', namespace: 'default', name: 's', body }),
    ).toMatchObject({
      error: {
        message:
          'services "s" is forbidden: exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1',
      },
    });
  });

  test.each([
    [{ scopes: ['BestEffort'] }, podWith('a'), podWith('b', { requests: { cpu: '1' } })],
    [{ scopes: ['Terminating'] }, podWith('a', {}, { activeDeadlineSeconds: 5 }), podWith('b')],
    [
      {
        scopeSelector: {
          matchExpressions: [
            { scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical'] },
          ],
        },
      },
      podWith('a', {}, { priorityClassName: 'system-node-critical' }),
      podWith('b'),
    ],
  ])('counts only what is in its scope: %j', (scope, inside, outside) => {
    const api = newApi();
    make(api, 'resourcequotas', 'q', { spec: { hard: { pods: '0' }, ...scope } });
    expect(refusalOf(api, inside)).toContain('exceeded quota: q');
    expect(refusalOf(api, outside)).toBe('admitted');
  });

  test('is not charged by a dry run', () => {
    const api = newApi();
    make(api, 'resourcequotas', 'q', { spec: { hard: { pods: '1' } } });
    const body = podWith('a');
    const options = { dryRun: true };
    expect(api.create({ resource: 'pods', namespace: 'default', body, options }).ok).toBe(true);
    expect(refusalOf(api, body)).toBe('admitted');
  });
});

describe('ServiceAccount', () => {
  test('refuses a pod whose account is missing', () => {
    expect(refusalOf(newApi(), podWith('a', {}, { serviceAccountName: 'x' }))).toBe(
      '403 pods "a" is forbidden: error looking up service account default/x: serviceaccount "x" not found',
    );
  });

  test('mounts the token, unless the account or the pod says no', () => {
    const api = newApi();
    make(api, 'serviceaccounts', 'quiet', {
      automountServiceAccountToken: false,
      imagePullSecrets: [{ name: 'pull' }],
    });
    const volumesOf = (name: string, spec: object) => {
      const made = api.create({
        resource: 'pods',
        namespace: 'default',
        body: podWith(name, {}, spec),
      });
      return made.ok ? ((made.value.spec as { volumes?: readonly object[] }).volumes ?? []) : [];
    };
    expect(volumesOf('a', {})).toMatchObject([
      { name: expect.stringMatching(/^kube-api-access-/) },
    ]);
    expect(volumesOf('b', { serviceAccountName: 'quiet' })).toEqual([]);
    expect(volumesOf('c', { automountServiceAccountToken: false })).toEqual([]);
    expect(api.store.get('pods', 'default', 'b')?.spec).toMatchObject({
      imagePullSecrets: [{ name: 'pull' }],
    });
  });
});
