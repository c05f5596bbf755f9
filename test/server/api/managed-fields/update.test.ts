import { describe, expect, test } from '@jest/globals';
import { managerName } from '../../../../server/api/managed-fields/managers.js';
import type { ApiServer } from '../../../../server/api/server.js';
import { type JsonObject, objectsOf } from '../../../../server/kube/json.js';
import { deploymentBody, newApi, podBody } from '../helper.js';

const DEPLOYMENTS = 'apps/deployments';

function live(api: ApiServer) {
  return api.store.get(DEPLOYMENTS, 'default', 'web');
}

function entries(api: ApiServer): JsonObject[] {
  return objectsOf([...(live(api)?.metadata.managedFields ?? [])]);
}

function patch(api: ApiServer, fieldManager: string, body: object) {
  return api.patch({
    resource: DEPLOYMENTS,
    name: 'web',
    type: 'merge',
    body,
    options: { fieldManager },
  });
}

function create(api: ApiServer): void {
  api.create({
    resource: DEPLOYMENTS,
    body: deploymentBody(),
    options: { userAgent: 'kubectl-create/v1.33.0 (linux/amd64)' },
  });
}

describe('a write', () => {
  test('that creates owns what was sent and what was filled in', () => {
    const api = newApi();
    create(api);
    expect(entries(api)).toEqual([
      {
        manager: 'kubectl-create',
        operation: 'Update',
        apiVersion: 'apps/v1',
        time: '2025-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:spec': {
            'f:progressDeadlineSeconds': {},
            'f:replicas': {},
            'f:revisionHistoryLimit': {},
            'f:selector': {},
            'f:strategy': {
              'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} },
              'f:type': {},
            },
            'f:template': {
              'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
              'f:spec': {
                'f:containers': {
                  'k:{"name":"nginx"}': {
                    '.': {},
                    'f:image': {},
                    'f:imagePullPolicy': {},
                    'f:name': {},
                    'f:resources': {},
                    'f:terminationMessagePath': {},
                    'f:terminationMessagePolicy': {},
                  },
                },
                'f:dnsPolicy': {},
                'f:restartPolicy': {},
                'f:schedulerName': {},
                'f:securityContext': {},
                'f:terminationGracePeriodSeconds': {},
              },
            },
          },
        },
      },
    ]);
  });

  test('of a Service owns its ports and selector, and not the address that it was given', () => {
    const api = newApi();
    const body = {
      metadata: { name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    };
    const made = api.create({ resource: 'services', body });
    if (!made.ok) throw new Error('refused');
    expect(objectsOf([...(made.value.metadata.managedFields ?? [])])[0]?.fieldsV1).toEqual({
      'f:spec': {
        'f:internalTrafficPolicy': {},
        'f:ports': {
          '.': {},
          'k:{"port":80,"protocol":"TCP"}': {
            '.': {},
            'f:port': {},
            'f:protocol': {},
            'f:targetPort': {},
          },
        },
        'f:selector': {},
        'f:sessionAffinity': {},
        'f:type': {},
      },
    });
  });

  test('takes what it changes from its owner', () => {
    const api = newApi();
    create(api);
    patch(api, 'editor', { spec: { replicas: 3, paused: true } });
    expect(entries(api).map(({ manager, fieldsV1 }) => [manager, fieldsV1])).toMatchObject([
      ['editor', { 'f:spec': { 'f:paused': {}, 'f:replicas': {} } }],
      ['kubectl-create', {}],
    ]);
    expect(entries(api)[1]).not.toHaveProperty(['fieldsV1', 'f:spec', 'f:replicas']);
    patch(api, 'other', { spec: { paused: null } });
    expect(entries(api)[0]?.fieldsV1).toEqual({ 'f:spec': { 'f:replicas': {} } });
  });

  test('that changes nothing is not recorded', () => {
    const api = newApi();
    create(api);
    const { revision } = api.store;
    patch(api, 'editor', { spec: { replicas: 1 } });
    expect(api.store.revision).toBe(revision);
  });

  test('through the status is told apart', () => {
    const api = newApi();
    create(api);
    api.patch({
      resource: DEPLOYMENTS,
      name: 'web',
      subresource: 'status',
      type: 'merge',
      body: { status: { replicas: 1 }, spec: { replicas: 9 } },
      options: { fieldManager: 'kubectl-create' },
    });
    expect(entries(api)).toHaveLength(2);
    expect(entries(api)[1]).toMatchObject({
      manager: 'kubectl-create',
      subresource: 'status',
      fieldsV1: { 'f:status': { 'f:replicas': {} } },
    });
  });

  test('by an eleventh manager merges the oldest into one', () => {
    const api = newApi();
    create(api);
    for (let number = 10; number < 21; number++)
      patch(api, `m${number}`, { metadata: { labels: { [`l${number}`]: 'x' } } });
    const names = entries(api).map((entry) => entry.manager);
    expect(names).toHaveLength(10);
    expect(names).toContain('ancient-changes');
    expect(names).toContain('m20');
  });
});

describe('managedFields in a body', () => {
  test('replace those of the object; one empty entry forgets them, an empty list does not', () => {
    const api = newApi();
    create(api);
    const kept = { manager: 'x', operation: 'Update', apiVersion: 'apps/v1' };
    const mine = { ...kept, fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': { 'f:replicas': {} } } };
    patch(api, 'me', { metadata: { managedFields: [] } });
    expect(entries(api)).toHaveLength(1);
    patch(api, 'me', { metadata: { managedFields: [mine] } });
    expect(entries(api)).toEqual([mine]);
    patch(api, 'me', { metadata: { managedFields: [{ manager: 'broken' }] } });
    expect(entries(api)).toEqual([mine]);
    patch(api, 'me', { metadata: { managedFields: [{}] } });
    expect(entries(api)).toEqual([]);
    patch(api, 'me', { spec: { replicas: 5 } });
    expect(entries(api)).toEqual([]);
  });

  test('that were forgotten come back with the first apply', () => {
    const api = newApi();
    create(api);
    patch(api, 'me', { metadata: { managedFields: [{}] } });
    api.patch({
      resource: DEPLOYMENTS,
      name: 'web',
      type: 'apply',
      body: deploymentBody(),
      options: { fieldManager: 'applier' },
    });
    expect(entries(api).map(({ manager, operation }) => [manager, operation])).toEqual([
      ['applier', 'Apply'],
      ['before-first-apply', 'Update'],
    ]);
  });
});

describe('podnet’s own components', () => {
  test('record nothing of their own objects, whose owners are worked out when asked for', () => {
    const api = newApi();
    const made = api.createTrusted('pods', podBody() as never);
    if (!made.ok) throw new Error('refused');
    expect(made.value.metadata.managedFields).toBeUndefined();
    const info = api.registry.byStorage('pods');
    if (info === undefined) throw new Error('no pods');
    const shown = api.withOwners(info, { ...made.value, status: { phase: 'Running' } });
    expect(objectsOf([...(shown.metadata.managedFields ?? [])])).toMatchObject([
      { manager: 'kube-controller-manager', fieldsV1: { 'f:metadata': { 'f:labels': {} } } },
      { manager: 'kubelet', subresource: 'status', fieldsV1: { 'f:status': { 'f:phase': {} } } },
    ]);
  });

  test('are recorded from the first write of a client on', () => {
    const api = newApi();
    const made = api.createTrusted(DEPLOYMENTS, deploymentBody() as never);
    if (!made.ok) throw new Error('refused');
    patch(api, 'me', { spec: { replicas: 2 } });
    const current = live(api);
    if (current === undefined) throw new Error('gone');
    api.updateStatusTrusted(DEPLOYMENTS, { ...current, status: { replicas: 2 } });
    expect(entries(api).map(({ manager, subresource }) => [manager, subresource])).toEqual([
      ['kube-controller-manager', undefined],
      ['kube-controller-manager', 'status'],
      ['me', undefined],
    ]);
  });
});

test.each([
  ['named', 'me', 'curl/8.5.0', 'me'],
  ['by the User-Agent', undefined, 'kubectl-edit/v1.33 (linux)', 'kubectl-edit'],
  ['without a version', '', 'curl', 'curl'],
  ['without what cannot be printed', undefined, 'a\u0007b\tc/1', 'abc'],
  ['up to 128 octets', undefined, 'x'.repeat(200), 'x'.repeat(128)],
  ['when nothing is said', undefined, undefined, 'unknown'],
])('a manager is %s', (_, fieldManager, userAgent, expected) => {
  expect(managerName(fieldManager, userAgent)).toBe(expected);
});

test.each(['toString', 'constructor'])('a label called %s is given up when it goes', (label) => {
  const api = newApi();
  create(api);
  patch(api, 'labeller', { metadata: { labels: { [label]: 'x', kept: 'y' } } });
  patch(api, 'labeller', { metadata: { labels: { [label]: null } } });
  const [, labeller] = entries(api);
  expect(labeller?.fieldsV1).toEqual({ 'f:metadata': { 'f:labels': { '.': {}, 'f:kept': {} } } });
});
