import { describe, expect, test } from '@jest/globals';
import { deploymentBody, newApi, podBody } from './helper.js';

describe('an API server', () => {
  test('creates an object with uid, time, revision and generation', () => {
    const api = newApi();
    const created = api.create({
      resource: 'apps/deployments',
      namespace: 'default',
      body: deploymentBody(),
    });
    expect(created).toMatchObject({
      ok: true,
      created: true,
      value: { metadata: { name: 'web', namespace: 'default', uid: 'uid-2', generation: 1 } },
    });
  });

  test('refuses a second object of the same name', () => {
    const api = newApi();
    api.create({ resource: 'pods', namespace: 'default', body: podBody() });
    const again = api.create({ resource: 'pods', namespace: 'default', body: podBody() });
    expect(again).toMatchObject({
      ok: false,
      error: { code: 409, reason: 'AlreadyExists', message: 'pods "p" already exists' },
    });
  });

  test('refuses an object in a namespace that is not there', () => {
    const refused = newApi().create({ resource: 'pods', namespace: 'lab', body: podBody() });
    expect(refused).toMatchObject({
      ok: false,
      error: { code: 404, message: 'namespaces "lab" not found' },
      hints: [{ text: 'create it first: kubectl create namespace lab' }],
    });
  });

  test('refuses unknown fields when validation is strict, and warns of them otherwise', () => {
    const body = {
      ...podBody(),
      spec: { containers: [{ name: 'a', imagee: 'nginx', image: 'nginx' }] },
    };
    const strict = newApi().create({
      resource: 'pods',
      body,
      options: { fieldValidation: 'Strict' },
    });
    expect(strict).toMatchObject({
      ok: false,
      error: {
        code: 400,
        message:
          'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imagee"',
      },
      hints: [{ field: 'spec.containers[0].imagee', text: 'did you mean "image"?' }],
    });
    const warned = newApi().create({
      resource: 'pods',
      body,
      options: { fieldValidation: 'Warn' },
    });
    expect(warned).toMatchObject({
      ok: true,
      warnings: ['unknown field "spec.containers[0].imagee"'],
    });
  });

  test('raises the generation only when the spec changes, and writes nothing when nothing does', () => {
    const api = newApi();
    api.create({ resource: 'apps/deployments', body: deploymentBody() });
    const before = api.store.revision;
    const same = api.update({ resource: 'apps/deployments', name: 'web', body: deploymentBody() });
    expect(same).toMatchObject({ ok: true, value: { metadata: { generation: 1 } } });
    expect(api.store.revision).toBe(before);
    const scaled = api.update({
      resource: 'apps/deployments',
      name: 'web',
      body: deploymentBody({ replicas: 3 }),
    });
    expect(scaled).toMatchObject({ ok: true, value: { metadata: { generation: 2 } } });
  });

  test('keeps status on an ordinary update and spec on a status update', () => {
    const api = newApi();
    api.create({ resource: 'apps/deployments', body: deploymentBody() });
    const status = api.update({
      resource: 'apps/deployments',
      name: 'web',
      subresource: 'status',
      body: { ...deploymentBody({ replicas: 9 }), status: { replicas: 2 } },
    });
    expect(status).toMatchObject({
      ok: true,
      value: { spec: { replicas: 1 }, status: { replicas: 2 } },
    });
    const spec = api.update({
      resource: 'apps/deployments',
      name: 'web',
      body: { ...deploymentBody({ replicas: 4 }), status: { replicas: 7 } },
    });
    expect(spec).toMatchObject({
      ok: true,
      value: { spec: { replicas: 4 }, status: { replicas: 2 } },
    });
  });

  test('refuses an update with an old resourceVersion', () => {
    const api = newApi();
    api.create({ resource: 'apps/deployments', body: deploymentBody() });
    const body = deploymentBody({ replicas: 3 });
    const stale = { ...body, metadata: { ...body.metadata, resourceVersion: '1' } };
    expect(api.update({ resource: 'apps/deployments', name: 'web', body: stale })).toMatchObject({
      ok: false,
      error: {
        code: 409,
        message:
          'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again',
      },
    });
  });

  test('stores nothing on a dry run', () => {
    const api = newApi();
    const made = api.create({ resource: 'pods', body: podBody(), options: { dryRun: true } });
    expect(made).toMatchObject({ ok: true });
    expect(api.get({ resource: 'pods', name: 'p' })).toMatchObject({
      ok: false,
      error: { code: 404 },
    });
  });
});

describe('deleting', () => {
  test('removes a pod that runs nowhere at once', () => {
    const api = newApi();
    api.create({ resource: 'pods', body: podBody() });
    expect(api.delete({ resource: 'pods', name: 'p' })).toMatchObject({
      ok: true,
      value: { kind: 'Status' },
    });
    expect(api.get({ resource: 'pods', name: 'p' }).ok).toBe(false);
  });

  test('marks a pod on a node with its grace period and removes it when that is cut to 0', () => {
    const api = newApi();
    api.create({ resource: 'pods', body: podBody() });
    api.create({
      resource: 'pods',
      name: 'p',
      subresource: 'binding',
      body: { target: { kind: 'Node', name: 'n1' } },
    });
    expect(api.delete({ resource: 'pods', name: 'p' })).toMatchObject({
      ok: true,
      value: {
        metadata: { deletionTimestamp: '2025-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 },
        spec: { nodeName: 'n1' },
      },
    });
    api.delete({ resource: 'pods', name: 'p', options: { gracePeriodSeconds: 0 } });
    expect(api.get({ resource: 'pods', name: 'p' }).ok).toBe(false);
  });

  test('waits for finalizers', () => {
    const api = newApi();
    const body = { ...podBody(), metadata: { name: 'p', finalizers: ['example.com/wait'] } };
    api.create({ resource: 'pods', body });
    expect(api.delete({ resource: 'pods', name: 'p' })).toMatchObject({
      ok: true,
      value: { kind: 'Pod' },
    });
    api.patch({
      resource: 'pods',
      name: 'p',
      type: 'merge',
      body: { metadata: { finalizers: null } },
    });
    expect(api.get({ resource: 'pods', name: 'p' }).ok).toBe(false);
  });

  test('a status update that leaves the status out takes it away', () => {
    const api = newApi();
    api.create({ resource: 'apps/deployments', body: deploymentBody() });
    const target = { resource: 'apps/deployments', name: 'web', subresource: 'status' } as const;
    api.update({ ...target, body: { ...deploymentBody(), status: { replicas: 2 } } });
    expect(api.update({ ...target, body: deploymentBody() }).ok).toBe(true);
    expect(api.store.get('apps/deployments', 'default', 'web')?.status).toBeUndefined();
  });

  test('the first object that may not be deleted ends the deletion of a collection', () => {
    const api = newApi();
    for (const name of ['a', 'b']) api.create({ resource: 'pods', body: podBody(name) });
    const options = { preconditions: { uid: 'another' } };
    expect(api.deleteCollection({ resource: 'pods', namespace: 'default', options })).toMatchObject(
      { ok: false, error: { code: 409, reason: 'Conflict' } },
    );
    expect(api.store.list('pods').map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  });
});
