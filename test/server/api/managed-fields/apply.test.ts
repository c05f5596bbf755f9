import { describe, expect, test } from '@jest/globals';
import type { Subresource } from '../../../../server/api/registry/resource-info.js';
import type { ApiServer } from '../../../../server/api/server.js';
import { asObject, type JsonObject, objectsOf } from '../../../../server/kube/json.js';
import { deploymentBody, newApi } from '../helper.js';

const DEPLOYMENTS = 'apps/deployments';

interface Apply {
  readonly manager?: string;
  readonly force?: boolean;
  readonly subresource?: Subresource;
}

function applyBody(
  api: ApiServer,
  body: JsonObject,
  { manager = 'me', force, subresource }: Apply = {},
) {
  const resource =
    body.kind === 'Deployment' || body.kind === 'Scale'
      ? DEPLOYMENTS
      : String(body.resource ?? 'pods');
  const { resource: _, ...rest } = body;
  return api.patch({
    resource: resource as typeof DEPLOYMENTS,
    namespace: 'default',
    name: 'web',
    subresource,
    type: 'apply',
    body: rest,
    options: { fieldManager: manager, force },
  });
}

function apply(api: ApiServer, spec: object, options?: Apply) {
  return applyBody(api, deploymentBody(spec), options);
}

function live(api: ApiServer) {
  return api.store.get(DEPLOYMENTS, 'default', 'web');
}

/** Who owns what, as short texts. */
function owners(api: ApiServer): Record<string, unknown> {
  const entries = objectsOf([...(live(api)?.metadata.managedFields ?? [])]);
  return Object.fromEntries(
    entries.map(({ manager, operation, subresource, fieldsV1 }) => [
      [manager, operation, subresource].filter((one) => one !== undefined).join(' '),
      fieldsV1,
    ]),
  );
}

const container = (fields: object) => ({
  template: {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'nginx', image: 'nginx:1.25', ...fields }] },
  },
});

describe('an apply', () => {
  test('owns exactly what it sends, list elements by their keys', () => {
    const api = newApi();
    expect(apply(api, container({ ports: [{ containerPort: 80 }] }))).toMatchObject({
      ok: true,
      created: true,
    });
    expect(live(api)?.metadata.managedFields).toEqual([
      {
        manager: 'me',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        time: '2025-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:spec': {
            'f:replicas': {},
            'f:selector': {},
            'f:template': {
              'f:metadata': { 'f:labels': { 'f:app': {} } },
              'f:spec': {
                'f:containers': {
                  'k:{"name":"nginx"}': {
                    '.': {},
                    'f:image': {},
                    'f:name': {},
                    'f:ports': {
                      'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} },
                    },
                  },
                },
              },
            },
          },
        },
      },
    ]);
  });

  test('changes nothing the second time', () => {
    const api = newApi();
    apply(api, {});
    const { revision } = api.store;
    expect(apply(api, {})).toMatchObject({ ok: true, created: false });
    expect(api.store.revision).toBe(revision);
  });

  test('removes what it leaves out, unless somebody else owns it', () => {
    const api = newApi();
    const env = [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ];
    apply(api, { minReadySeconds: 5, ...container({ env }) });
    apply(api, { ...container({ env: [env[1]] }) }, { manager: 'you' });
    apply(api, container({}));
    const spec = live(api)?.spec;
    expect(spec?.minReadySeconds).toBeUndefined();
    expect(spec?.template.spec.containers[0]?.env).toEqual([{ name: 'B', value: '2' }]);
  });

  test('shares fields of equal value, and keeps them while one owner is left', () => {
    const api = newApi();
    apply(api, { minReadySeconds: 5 });
    expect(apply(api, { minReadySeconds: 5 }, { manager: 'you' }).ok).toBe(true);
    apply(api, {});
    expect(live(api)?.spec.minReadySeconds).toBe(5);
  });

  test('leaves replicas to whoever scales once the manifest says none', () => {
    const api = newApi();
    const { replicas: _, ...spec } = deploymentBody().spec;
    const manifest = { ...deploymentBody(), spec };
    apply(api, { replicas: 1 }, { manager: 'kubectl' });
    api.patch({
      resource: DEPLOYMENTS,
      name: 'web',
      subresource: 'scale',
      type: 'merge',
      body: { spec: { replicas: 7 } },
      options: { fieldManager: 'kube-controller-manager' },
    });
    expect(applyBody(api, manifest, { manager: 'kubectl' }).ok).toBe(true);
    expect(live(api)?.spec.replicas).toBe(7);
    expect(owners(api)).toMatchObject({
      'kube-controller-manager Update scale': { 'f:spec': { 'f:replicas': {} } },
    });
  });

  test('replaces atomic lists and mappings whole', () => {
    const api = newApi();
    const pod = (fields: object) => ({ ...container({}).template.spec, ...fields });
    const spec = (fields: object) => ({
      template: { metadata: { labels: { app: 'web' } }, spec: pod(fields) },
    });
    apply(api, spec({ nodeSelector: { a: '1' }, tolerations: [{ key: 'x' }] }));
    const other = spec({ nodeSelector: { b: '2' } });
    expect(apply(api, other, { manager: 'you' })).toMatchObject({
      ok: false,
      error: { details: { causes: [{ field: '.spec.template.spec.nodeSelector' }] } },
    });
    apply(api, other, { manager: 'you', force: true });
    expect(live(api)?.spec.template.spec.nodeSelector).toEqual({ b: '2' });
    expect(live(api)?.spec.template.spec.tolerations).toHaveLength(1);
  });

  test.each([
    ['a new element', [{ name: 'B' }, { name: 'D' }], ['A', 'B', 'C', 'D']],
    ['another order', [{ name: 'C' }, { name: 'A' }], ['B', 'C', 'A']],
  ])('keeps the order of a list with %s', (_, env, expected) => {
    const api = newApi();
    apply(api, container({ env: [{ name: 'A' }, { name: 'B' }, { name: 'C' }] }));
    apply(api, container({ env }), { manager: 'you' });
    const names = live(api)?.spec.template.spec.containers[0]?.env?.map((one) => one.name);
    expect(names).toEqual(expected);
  });
});

describe('a conflict', () => {
  test('with one who updated names the version', () => {
    const api = newApi();
    api.create({
      resource: DEPLOYMENTS,
      body: deploymentBody(),
      options: { userAgent: 'kubectl/v1.33' },
    });
    expect(apply(api, { replicas: 3 })).toMatchObject({
      ok: false,
      error: {
        code: 409,
        reason: 'Conflict',
        message:
          'Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas',
        details: {
          causes: [
            {
              reason: 'FieldManagerConflict',
              message: 'conflict with "kubectl" using apps/v1',
              field: '.spec.replicas',
            },
          ],
        },
      },
    });
  });

  test('lists managers and their fields', () => {
    const api = newApi();
    apply(api, { replicas: 1, minReadySeconds: 1 }, { manager: 'b' });
    api.update({
      resource: DEPLOYMENTS,
      name: 'web',
      body: deploymentBody({ replicas: 1, minReadySeconds: 1, paused: true }),
      options: { fieldManager: 'a' },
    });
    expect(apply(api, { replicas: 2, minReadySeconds: 2, paused: false })).toMatchObject({
      ok: false,
      error: {
        message: [
          'Apply failed with 3 conflicts: conflicts with "a" using apps/v1:',
          '- .spec.paused',
          'conflicts with "b":',
          '- .spec.minReadySeconds',
          '- .spec.replicas',
        ].join('\n'),
      },
    });
  });

  test('ends when it is forced: the other loses the field', () => {
    const api = newApi();
    apply(api, { replicas: 1 });
    expect(apply(api, { replicas: 2 }, { manager: 'you', force: true }).ok).toBe(true);
    expect(owners(api)['me Apply']).not.toHaveProperty('f:spec.f:replicas');
    expect(owners(api)['you Apply']).toHaveProperty(['f:spec', 'f:replicas']);
  });

  test('with client-side apply does not stop kubectl', () => {
    const api = newApi();
    const annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(deploymentBody()),
    };
    api.create({
      resource: DEPLOYMENTS,
      body: { ...deploymentBody(), metadata: { name: 'web', annotations } },
      options: { fieldManager: 'kubectl-client-side-apply' },
    });
    expect(apply(api, { replicas: 4 }).ok).toBe(false);
    expect(apply(api, { replicas: 4 }, { manager: 'kubectl' }).ok).toBe(true);
    const text = String(Object.values(live(api)?.metadata.annotations ?? {})[0]);
    expect(asObject(asObject(JSON.parse(text))?.spec)?.replicas).toBe(4);
  });
});

describe('an apply to a subresource', () => {
  test('owns replicas through scale', () => {
    const api = newApi();
    apply(api, { replicas: 1 });
    const scale = (replicas: number) => ({
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'web' },
      spec: { replicas },
    });
    expect(applyBody(api, scale(3), { manager: 'hpa', subresource: 'scale' })).toMatchObject({
      ok: false,
      error: { message: 'Apply failed with 1 conflict: conflict with "me": .spec.replicas' },
    });
    const forced = { manager: 'hpa', subresource: 'scale', force: true } as const;
    expect(applyBody(api, scale(3), forced)).toMatchObject({ ok: true, value: { kind: 'Scale' } });
    expect(live(api)?.spec.replicas).toBe(3);
    expect(owners(api)).toMatchObject({ 'hpa Apply scale': { 'f:spec': { 'f:replicas': {} } } });
  });

  test('owns the status alone', () => {
    const api = newApi();
    apply(api, {});
    const status = { observedGeneration: 1, conditions: [{ type: 'Available', status: 'True' }] };
    const body = { ...deploymentBody({ replicas: 9 }), status };
    expect(applyBody(api, body, { manager: 'ctl', subresource: 'status' }).ok).toBe(true);
    expect(live(api)).toMatchObject({ spec: { replicas: 1 }, status });
    expect(owners(api)['ctl Apply status']).toEqual({
      'f:status': {
        'f:conditions': { 'k:{"type":"Available"}': { '.': {}, 'f:status': {}, 'f:type': {} } },
        'f:observedGeneration': {},
      },
    });
  });
});

describe('an apply is refused', () => {
  const said = 'failed to create typed patch object (/web; apps/v1, Kind=Deployment): ';
  test.each([
    ['of an unknown field', { colour: 'red' }, `${said}.spec.colour: field not declared in schema`],
    [
      'of a text for a number',
      { replicas: 'three' },
      `${said}.spec.replicas: expected numeric (int or float), got string`,
    ],
    [
      'of an element without its key',
      container({ env: [{ value: 'x' }] }),
      `${said}.spec.template.spec.containers[name="nginx"].env: element 0: associative list with keys has an element that omits key field "name" (and doesn't have default value)`,
    ],
    [
      'of an element that occurs twice',
      container({ ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' }] }),
      `${said}.spec.template.spec.containers[name="nginx"].ports: duplicate entries for key [containerPort=80,protocol="TCP"]`,
    ],
  ])('%s', (_, spec, message) => {
    expect(apply(newApi(), spec)).toMatchObject({ ok: false, error: { code: 400, message } });
  });

  test.each([
    [
      'with owners of its own',
      { metadata: { name: 'web', managedFields: [] } },
      { code: 400, message: 'metadata.managedFields must be nil' },
    ],
    [
      'in another version',
      { apiVersion: 'apps/v2' },
      {
        code: 400,
        message:
          'Incorrect version specified in apply patch. Specified patch version: apps/v2, expected: apps/v1',
      },
    ],
    [
      'for a uid that is not there',
      { metadata: { name: 'web', uid: 'x' } },
      {
        code: 409,
        message:
          'Operation cannot be fulfilled on deployments.apps "web": uid mismatch: the provided object specified uid x, and no existing object was found',
      },
    ],
    [
      'under another name',
      { metadata: { name: 'other' } },
      {
        code: 400,
        message: 'the name of the object (other) does not match the name on the URL (web)',
      },
    ],
  ])('%s', (_, change, error) => {
    expect(applyBody(newApi(), { ...deploymentBody(), ...change })).toMatchObject({ error });
  });

  test('without a manager, and with an old resourceVersion', () => {
    const api = newApi();
    expect(apply(api, {}, { manager: '' })).toMatchObject({
      error: {
        code: 422,
        message:
          'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      },
    });
    apply(api, {});
    const stale = { ...deploymentBody(), metadata: { name: 'web', resourceVersion: '1' } };
    expect(applyBody(api, stale)).toMatchObject({ error: { code: 409, reason: 'Conflict' } });
  });
});
