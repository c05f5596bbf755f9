import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StrategicPatchError } from '../../../../server/api/patch/strategic-error.js';
import { strategicMerge } from '../../../../server/api/patch/strategic-merge.js';
import type { JsonObject } from '../../../../server/kube/json.js';
import { deploymentBody, newApi } from '../helper.js';

const named = (...names: string[]) => names.map((name) => ({ name }));

describe('lists with keys', () => {
  test.each([
    ['come first when they are new', named('a', 'b'), named('c'), undefined, 'c a b'],
    [
      'keep their place when they are known',
      named('a', 'b', 'c'),
      named('b', 'd'),
      undefined,
      'a b d c',
    ],
    ['stand as the order says', named('a', 'b'), named('c'), named('b', 'c', 'a'), 'b c a'],
    [
      'that the order omits stay where they stood',
      named('x', 'a', 'y', 'b'),
      [],
      named('b', 'a'),
      'x y b a',
    ],
    [
      'are ordered without being patched',
      named('a', 'b', 'c'),
      undefined,
      named('c', 'b', 'a'),
      'c b a',
    ],
  ])('%s', (_, live, containers, order, expected) => {
    const patch = {
      ...(containers === undefined ? {} : { containers }),
      ...(order === undefined ? {} : { '$setElementOrder/containers': order }),
    };
    const merged = strategicMerge('V1PodSpec', { containers: live }, patch).containers;
    expect(Array.isArray(merged) ? merged.map((one) => one.name).join(' ') : merged).toBe(expected);
  });
});

describe('directives', () => {
  const spec = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } };
  test.each<[string, string, JsonObject, JsonObject, JsonObject]>([
    [
      'retain keys',
      'V1DeploymentSpec',
      spec,
      { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
      { strategy: { type: 'Recreate' } },
    ],
    [
      'replace a mapping',
      'V1DeploymentSpec',
      spec,
      { strategy: { $patch: 'replace', type: 'Recreate' } },
      { strategy: { type: 'Recreate' } },
    ],
    [
      'empty a mapping',
      'V1DeploymentSpec',
      spec,
      { strategy: { $patch: 'delete' } },
      { strategy: {} },
    ],
    [
      'delete what is not there',
      'V1PodSpec',
      {},
      {
        containers: [
          { name: 'a', $patch: 'delete' },
          { name: 'b', image: 'b', env: null },
        ],
      },
      { containers: [{ name: 'b', image: 'b' }] },
    ],
    [
      'take values from a set',
      'V1ObjectMeta',
      { finalizers: ['a', 'b'] },
      {
        '$deleteFromPrimitiveList/finalizers': ['a'],
        '$setElementOrder/finalizers': ['b', 'c'],
        finalizers: ['c'],
      },
      { finalizers: ['b', 'c'] },
    ],
    [
      'delete one element and change another',
      'V1PodSpec',
      { containers: [{ name: 'a' }, { name: 'b', image: '1' }] },
      {
        containers: [
          { name: 'a', $patch: 'delete' },
          { name: 'b', image: '2' },
        ],
      },
      { containers: [{ name: 'b', image: '2' }] },
    ],
    [
      'change ports by their number alone',
      'V1ServiceSpec',
      { ports: [{ port: 80, protocol: 'TCP' }] },
      { ports: [{ port: 80, targetPort: 8080 }] },
      { ports: [{ port: 80, protocol: 'TCP', targetPort: 8080 }] },
    ],
  ])('%s', (_, type, live, patch, expected) => {
    const before = JSON.stringify(live);
    expect(strategicMerge(type, live, patch)).toEqual(expected);
    expect(JSON.stringify(live)).toBe(before);
  });

  const live = { containers: named('a'), nodeSelector: { a: 'b' } };
  test.each<[string, JsonObject, string]>([
    [
      'an unknown directive',
      { nodeSelector: { $patch: 'frob' } },
      'unknown patch type: frob in map: map[$patch:frob]',
    ],
    [
      'an unknown directive of an element',
      { containers: [{ name: 'a', $patch: 'x' }] },
      'unknown patch type: x in map: map[$patch:x name:a]',
    ],
    [
      'a merge of an element',
      { containers: [{ name: 'a', $patch: 'merge' }] },
      'merging lists cannot yet be specified in the patch',
    ],
    [
      'an element without its key',
      { containers: [{ image: 'x' }] },
      'map: map[image:x] does not contain declared merge key: name',
    ],
    [
      'an element that is no mapping',
      { containers: ['a'] },
      'expected a map[string]interface {}, but received a string',
    ],
    [
      'keys to retain that are no list',
      { nodeSelector: { $retainKeys: 'a' } },
      'invalid patch format of retainKeys',
    ],
    [
      'a field that is not to be retained',
      { nodeSelector: { $retainKeys: ['a'], b: 'c' } },
      'invalid patch format of retainKeys',
    ],
    [
      'an order that is no list',
      { '$setElementOrder/containers': {} },
      'invalid patch format of setElementOrder list',
    ],
    [
      'deletions that are no list',
      { '$deleteFromPrimitiveList/finalizers': 'a' },
      'invalid patch format of primitive list',
    ],
    [
      'an order that misses an element',
      { containers: named('a'), '$setElementOrder/containers': named('b') },
      "The order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n",
    ],
  ])('refuses %s', (_, patch, message) => {
    expect(() => strategicMerge('V1PodSpec', live, patch)).toThrow(
      new StrategicPatchError(message),
    );
  });
});

describe('a patch of a stored object', () => {
  const patch = (type: 'json' | 'merge' | 'strategic', body: unknown) => {
    const api = newApi();
    api.create({ resource: 'apps/deployments', body: deploymentBody() });
    return api.patch({ resource: 'apps/deployments', name: 'web', type, body });
  };

  test.each([
    [
      'a text for a number',
      'strategic',
      { spec: { replicas: 'abc' } },
      422,
      ' "" is invalid: patch: Invalid value: "map[spec:map[replicas:abc]]": unrecognized type: int32',
    ],
    [
      'a mapping for a list',
      'strategic',
      { spec: { template: { spec: { tolerations: {} } } } },
      422,
      ' "" is invalid: patch: Invalid value: "map[spec:map[template:map[spec:map[tolerations:map[]]]]]": cannot restore slice from map',
    ],
    [
      'a list',
      'strategic',
      [],
      400,
      'json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
    [
      'a list',
      'merge',
      [],
      400,
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
    [
      'no list',
      'json',
      {},
      400,
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    ],
    [
      'a missing path',
      'json',
      [{ op: 'remove', path: '/spec/x' }],
      422,
      'the server rejected our request due to an error in our request',
    ],
    [
      'another name',
      'merge',
      { metadata: { name: 'other' } },
      400,
      'the name of the object (other) does not match the name on the URL (web)',
    ],
    [
      'no name',
      'json',
      [{ op: 'remove', path: '/metadata/name' }],
      400,
      'the name of the object (web based on URL) was undeterminable: name must be provided',
    ],
    [
      'another namespace',
      'merge',
      { metadata: { namespace: 'kube-system' } },
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'too many operations',
      'json',
      Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/kind', value: 'Deployment' })),
      413,
      'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
    ],
  ] as const)('with %s (%s) is refused', (_, type, body, code, message) => {
    expect(patch(type, body)).toMatchObject({ ok: false, error: { code, message } });
  });

  test('with a wrong type quotes the patched object', () => {
    const result = patch('merge', { spec: { replicas: 'abc' } });
    if (result.ok) throw new Error('taken');
    expect(result.error.code).toBe(422);
    expect(result.error.message).toMatch(/^ "" is invalid: patch: Invalid value: "\{\\"apiVersion/);
    expect(result.error.message).toMatch(/json: cannot unmarshal string into Go struct field/);
  });
});

test('random patches are taken or refused, and never throw anything else', () => {
  const key = fc.constantFrom(
    'spec',
    'template',
    'containers',
    'name',
    'env',
    'ports',
    'finalizers',
    'metadata',
    'labels',
    '$patch',
    '$retainKeys',
    '$setElementOrder/containers',
    '$deleteFromPrimitiveList/finalizers',
    '__proto__',
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom('a', 'replace', 'delete', 'merge', '', null, 0, 1, true),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    ),
  }));
  const patch = fc.dictionary(key, value, { maxKeys: 4 });
  const api = newApi();
  api.create({ resource: 'apps/deployments', body: deploymentBody() });
  fc.assert(
    fc.property(patch, fc.constantFrom('strategic', 'merge', 'apply'), (body, type) => {
      const result = api.patch({
        resource: 'apps/deployments',
        name: 'web',
        type: type as 'strategic',
        body: type === 'apply' ? { ...deploymentBody(), ...body } : body,
        options: { fieldManager: 'fuzz', dryRun: true },
      });
      return result.ok || (result.error.code ?? 500) < 500;
    }),
    { seed: 7, numRuns: 2000 },
  );
});
