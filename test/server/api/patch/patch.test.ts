import { describe, expect, test } from '@jest/globals';
import { jsonPatch } from '../../../../server/api/patch/json-patch.js';
import { mergePatch } from '../../../../server/api/patch/merge-patch.js';
import { strategicMerge } from '../../../../server/api/patch/strategic-merge.js';
import { deploymentBody, newApi } from '../helper.js';

describe('strategic merge', () => {
  const pod = {
    containers: [
      { name: 'a', image: 'a:1', ports: [{ containerPort: 80 }] },
      { name: 'b', image: 'b:1' },
    ],
    tolerations: [{ key: 'x' }],
    nodeSelector: { disk: 'ssd', zone: 'a' },
  };

  test.each([
    [
      'merges list elements by key',
      { containers: [{ name: 'b', image: 'b:2' }] },
      { containers: [pod.containers[0], { name: 'b', image: 'b:2' }] },
    ],
    [
      'deletes a list element',
      { containers: [{ name: 'a', $patch: 'delete' }] },
      { containers: [pod.containers[1]] },
    ],
    [
      'replaces a whole list',
      { containers: [{ name: 'c', image: 'c' }, { $patch: 'replace' }] },
      { containers: [{ name: 'c', image: 'c' }] },
    ],
    [
      'replaces lists without keys',
      { tolerations: [{ key: 'y' }] },
      { tolerations: [{ key: 'y' }] },
    ],
    ['deletes by null', { nodeSelector: { zone: null } }, { nodeSelector: { disk: 'ssd' } }],
    [
      'keeps only retained keys',
      { nodeSelector: { $retainKeys: ['zone'], zone: 'b' } },
      { nodeSelector: { zone: 'b' } },
    ],
    [
      'orders elements as it is told',
      { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] },
      { containers: [pod.containers[1], pod.containers[0]] },
    ],
  ])('%s', (_, patch, expected) => {
    expect(strategicMerge('V1PodSpec', pod, patch)).toEqual({ ...pod, ...expected });
  });

  test('adds to sets and takes from them', () => {
    const meta = { finalizers: ['a', 'b'] };
    expect(strategicMerge('V1ObjectMeta', meta, { finalizers: ['c'] })).toEqual({
      finalizers: ['c', 'a', 'b'],
    });
    expect(
      strategicMerge('V1ObjectMeta', meta, { '$deleteFromPrimitiveList/finalizers': ['a'] }),
    ).toEqual({
      finalizers: ['b'],
    });
  });
});

describe('JSON patch', () => {
  test('carries out all operations or none', () => {
    const before = { a: [1, 2], b: { c: 1 } };
    expect(
      jsonPatch(before, [
        { op: 'add', path: '/a/-', value: 3 },
        { op: 'move', from: '/b/c', path: '/d' },
        { op: 'test', path: '/d', value: 1 },
      ]),
    ).toEqual({ ok: true, value: { a: [1, 2, 3], b: {}, d: 1 } });
    expect(
      jsonPatch(before, [
        { op: 'remove', path: '/a/0' },
        { op: 'test', path: '/b/c', value: 2 },
      ]),
    ).toEqual({
      ok: false,
      kind: 'failed',
      message: 'testing value /b/c failed: test failed',
    });
    expect(before).toEqual({ a: [1, 2], b: { c: 1 } });
  });

  test.each([
    ['a missing path', [{ op: 'remove', path: '/x' }]],
    ['an index out of range', [{ op: 'add', path: '/a/9', value: 1 }]],
    ['an unknown operation', [{ op: 'frob', path: '/a' }]],
    ['a path into the prototype', [{ op: 'replace', path: '/__proto__/x', value: 1 }]],
    ['no list', {}],
  ])('refuses %s', (_, operations) => {
    expect(jsonPatch({ a: [1] }, operations).ok).toBe(false);
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });
});

test('a merge patch deletes by null and replaces lists', () => {
  expect(mergePatch({ a: { b: 1, c: 2 }, d: [1, 2] }, { a: { b: null }, d: [3] })).toEqual({
    a: { c: 2 },
    d: [3],
  });
});

describe('server-side apply', () => {
  const apply = (api: ReturnType<typeof newApi>, manager: string, spec: object, force = false) =>
    api.patch({
      resource: 'apps/deployments',
      name: 'web',
      type: 'apply',
      body: deploymentBody(spec),
      options: { fieldManager: manager, force },
    });

  test('creates what is absent, then says when nothing changes', () => {
    const api = newApi();
    expect(apply(api, 'me', {})).toMatchObject({ ok: true, created: true });
    const { revision } = api.store;
    expect(apply(api, 'me', {}).ok).toBe(true);
    expect(api.store.revision).toBe(revision);
  });

  test('refuses to change what another manager applied, unless forced', () => {
    const api = newApi();
    apply(api, 'me', { replicas: 1 });
    expect(apply(api, 'you', { replicas: 3 })).toMatchObject({
      ok: false,
      error: {
        code: 409,
        message: 'Apply failed with 1 conflict: conflict with "me": .spec.replicas',
        details: { causes: [{ reason: 'FieldManagerConflict', field: '.spec.replicas' }] },
      },
    });
    expect(apply(api, 'you', { replicas: 3 }, true)).toMatchObject({
      ok: true,
      value: { spec: { replicas: 3 } },
    });
  });

  test('removes what its manager leaves out', () => {
    const api = newApi();
    apply(api, 'me', { minReadySeconds: 5 });
    apply(api, 'me', {});
    expect(
      api.store.get('apps/deployments', 'default', 'web')?.spec.minReadySeconds,
    ).toBeUndefined();
  });
});
