import { describe, expect, test } from '@jest/globals';
import { requestAttributes } from '../../../server/api/http/request-info.js';
import { createGate, OPEN } from '../../../server/auth/index.js';
import { ALICE, grant, newGuarded, newRequest } from './helper.js';

describe('what a request is about', () => {
  const about = (method: string, url: string) => {
    const asked = requestAttributes(method, url);
    return asked.kind === 'path'
      ? `${asked.verb} ${asked.path}`
      : `${asked.verb} ${asked.group}/${asked.resource}/${asked.subresource} ${asked.namespace}/${asked.name}`;
  };

  test.each([
    ['GET', '/api/v1/pods', 'list /pods/ /'],
    ['GET', '/api/v1/namespaces/a/pods?watch=true', 'watch /pods/ a/'],
    ['GET', '/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Dx', 'list /pods/ a/x'],
    ['GET', '/api/v1/namespaces/a/pods/x/log?follow=1', 'get /pods/log a/x'],
    ['POST', '/api/v1/namespaces/a/pods/x/exec', 'create /pods/exec a/x'],
    ['DELETE', '/apis/apps/v1/namespaces/a/deployments', 'deletecollection apps/deployments/ a/'],
    ['PATCH', '/apis/apps/v1/namespaces/a/deployments/x', 'patch apps/deployments/ a/x'],
    ['PUT', '/api/v1/namespaces/a/status', 'update /namespaces/status a/a'],
    ['GET', '/api/v1/namespaces/a', 'get /namespaces/ a/a'],
    ['GET', '/version', 'get /version'],
    ['GET', '/apis/apps/v1', 'get /apis/apps/v1'],
    ['POST', '/login', 'post /login'],
  ])('%s %s is %s', (method, url, expected) => {
    expect(about(method, url)).toBe(expected);
  });
});

describe('a role', () => {
  const rules = [
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
    { apiGroups: [''], resources: ['configmaps'], resourceNames: ['one'], verbs: ['get', 'list'] },
    { apiGroups: ['apps'], resources: ['*/scale'], verbs: ['*'] },
    { apiGroups: ['batch'], resources: ['*'], verbs: ['get'] },
  ];
  const guarded = newGuarded();
  grant(guarded, 'r', rules);
  const may = (method: string, url: string) =>
    guarded.access.authorize(ALICE, requestAttributes(method, url)).allowed;
  const here = '/api/v1/namespaces/default';

  test.each([
    ['GET', `${here}/pods`, true],
    ['GET', `${here}/pods/x`, true],
    ['GET', `${here}/pods?watch=1`, false],
    ['GET', `${here}/pods/x/log`, false],
    ['GET', '/api/v1/pods', false],
    ['GET', '/api/v1/namespaces/kube-system/pods', false],
    ['GET', `${here}/configmaps/one`, true],
    ['GET', `${here}/configmaps/two`, false],
    ['GET', `${here}/configmaps`, false],
    ['GET', `${here}/configmaps?fieldSelector=metadata.name=one`, true],
    ['PATCH', '/apis/apps/v1/namespaces/default/deployments/x/scale', true],
    ['PATCH', '/apis/apps/v1/namespaces/default/deployments/x', false],
    ['GET', '/apis/batch/v1/namespaces/default/jobs/x/status', true],
    ['GET', '/api', true],
    ['GET', '/openapi/v3/apis/apps/v1', true],
    ['GET', '/metrics', false],
  ])('%s %s: %s', (method, url, expected) => {
    expect(may(method, url)).toBe(expected);
  });

  test('says which binding allowed something', () => {
    expect(guarded.access.authorize(ALICE, requestAttributes('GET', `${here}/pods`)).reason).toBe(
      'RBAC: allowed by RoleBinding "r/default" of Role "r" to User "alice"',
    );
  });

  test('counts no more as soon as its binding is gone, and a binding without it names it', () => {
    const changing = newGuarded();
    grant(changing, 'r', rules);
    const ask = () => changing.access.authorize(ALICE, requestAttributes('GET', `${here}/pods`));
    expect(ask().allowed).toBe(true);
    const rbac = 'rbac.authorization.k8s.io';
    changing.api.delete({ resource: `${rbac}/roles`, name: 'r' });
    expect(ask()).toEqual({
      allowed: false,
      reason: 'RBAC: role.rbac.authorization.k8s.io "r" not found',
    });
    changing.api.delete({ resource: `${rbac}/rolebindings`, name: 'r' });
    expect(ask()).toEqual({ allowed: false, reason: '' });
  });
});

describe('a ServiceAccount as a subject', () => {
  test('is the user of that name, in the namespace of the binding unless it names one', () => {
    const { api, access } = newGuarded();
    const rbac = 'rbac.authorization.k8s.io';
    api.create({
      resource: `${rbac}/rolebindings`,
      body: {
        metadata: { name: 'b' },
        roleRef: { kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name: 'bot', namespace: 'default' }],
      },
    });
    const bot = { username: 'system:serviceaccount:default:bot', groups: [] };
    const asked = requestAttributes('GET', '/api/v1/namespaces/default/pods');
    expect(access.authorize(bot, asked)).toEqual({
      allowed: true,
      reason:
        'RBAC: allowed by RoleBinding "b/default" of ClusterRole "cluster-admin" to ServiceAccount "bot/default"',
    });
  });
});

describe('a refusal', () => {
  const gate = createGate(newGuarded().access, OPEN);
  const messageTo = (method: string, url: string) => {
    const admitted = gate(newRequest(method, url, { 'impersonate-user': 'alice' }));
    return admitted.ok ? 'served' : `${admitted.status.code} ${admitted.status.message}`;
  };

  test.each([
    [
      '/api/v1/namespaces/default/pods',
      '403 pods is forbidden: User "alice" cannot list resource "pods" in API group "" in the namespace "default"',
    ],
    [
      '/apis/apps/v1/namespaces/default/deployments/web',
      '403 deployments.apps "web" is forbidden: User "alice" cannot get resource "deployments" in API group "apps" in the namespace "default"',
    ],
    [
      '/api/v1/namespaces/default/pods/x/log',
      '403 pods "x" is forbidden: User "alice" cannot get resource "pods/log" in API group "" in the namespace "default"',
    ],
    [
      '/api/v1/nodes',
      '403 nodes is forbidden: User "alice" cannot list resource "nodes" in API group "" at the cluster scope',
    ],
    ['/metrics', '403 forbidden: User "alice" cannot get path "/metrics"'],
    ['/version', 'served'],
  ])('of %s is: %s', (url, expected) => {
    expect(messageTo('GET', url)).toBe(expected);
  });
});

describe('a URL that others read in another way', () => {
  const gate = createGate(newGuarded().access, OPEN);

  test.each([
    '/api/v1\\namespaces\\default\\secrets#',
    '/apis/apps\\v1\\deployments',
    '/version#/api/v1/secrets',
    'http://127.0.0.1/api/v1/secrets',
    '/api/v1/namespaces/kube-system/pods/x/proxy/%zz',
    '/api/v1/namespaces/kube-system/pods/%ff/../x/exec',
  ])('%s is refused', (url) => {
    const admitted = gate(newRequest('GET', url, { 'impersonate-user': 'alice' }));
    expect(admitted.ok ? 'served' : admitted.status.code).toBe(400);
  });
});

test('applying what is not there needs the verb create', () => {
  const guarded = newGuarded();
  grant(guarded, 'r', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['patch'] }]);
  const applied = guarded.api.patch({
    resource: 'configmaps',
    name: 'x',
    type: 'apply',
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } },
    options: { user: ALICE, fieldManager: 'test' },
  });
  expect(applied.ok ? 'made' : applied.error.message).toBe(
    'configmaps "x" is forbidden: User "alice" cannot create resource "configmaps" in API group "" in the namespace "default"',
  );
});

describe('nobody gives more than they have', () => {
  const RBAC = 'rbac.authorization.k8s.io';
  const pods = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] };
  const write = { apiGroups: [RBAC], resources: ['roles', 'rolebindings'], verbs: ['create'] };
  const makeRole = (guarded: ReturnType<typeof newGuarded>, rules: readonly object[]) => {
    const made = guarded.api.create({
      resource: `${RBAC}/roles`,
      body: { metadata: { name: 'x' }, rules },
      options: { user: ALICE },
    });
    return made.ok ? 'made' : made.error.message;
  };

  test.each([
    ['rules that they have', [pods], 'made'],
    ['some of their verbs', [{ ...pods, verbs: ['get'] }], 'made'],
    ['a name among all', [{ ...pods, resourceNames: ['a'] }], 'made'],
    [
      'another verb',
      [{ ...pods, verbs: ['delete', 'get', 'watch'] }],
      'roles.rbac.authorization.k8s.io "x" is forbidden: user "alice" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["delete" "watch"]}',
    ],
    [
      'another group',
      [{ ...pods, apiGroups: ['apps'] }],
      'roles.rbac.authorization.k8s.io "x" is forbidden: user "alice" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:["apps"], Resources:["pods"], Verbs:["get" "list"]}',
    ],
  ])('%s', (_title, rules, expected) => {
    const guarded = newGuarded();
    grant(guarded, 'own', [pods, write]);
    expect(makeRole(guarded, rules)).toBe(expected);
  });

  test('the verb escalate lets them', () => {
    const guarded = newGuarded();
    grant(guarded, 'own', [
      write,
      { apiGroups: [RBAC], resources: ['roles'], verbs: ['escalate'] },
    ]);
    expect(makeRole(guarded, [pods])).toBe('made');
  });

  test.each([
    ['without the verb bind', [], false],
    [
      'with the verb bind for this role',
      [
        {
          apiGroups: [RBAC],
          resources: ['clusterroles'],
          resourceNames: ['cluster-admin'],
          verbs: ['bind'],
        },
      ],
      true,
    ],
  ])('binding a larger role %s', (_title, more, expected) => {
    const guarded = newGuarded();
    grant(guarded, 'own', [write, ...more]);
    const made = guarded.api.create({
      resource: `${RBAC}/rolebindings`,
      body: {
        metadata: { name: 'x' },
        roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'User', name: 'alice' }],
      },
      options: { user: ALICE },
    });
    expect(made.ok).toBe(expected);
  });
});
