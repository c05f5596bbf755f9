import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deploymentBody, newApi, podBody } from '../helper.js';

const word = fc.constantFrom(
  'spec',
  'status',
  'type',
  'node',
  'pod',
  'route',
  'rule',
  'dst',
  'via',
  'mtu',
  'LinkDown',
  'CorruptRoute',
  'from',
  'to',
  'links',
  'group',
  'names',
  'plural',
  'kind',
  'versions',
  'schema',
  'openAPIV3Schema',
  'properties',
  'items',
  'x',
  '__proto__',
  'constructor',
  'v1',
  'example.com',
  'object',
  'array',
  '(a+)+$',
  'metadata',
  'name',
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    word,
    fc.constantFrom(null, true, 0, -1, 1e300, 65536, ''),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(word, tie('any'), { maxKeys: 5 }),
  ),
})).any;

const KINDS = [
  ['podnet.dev/traces', 'podnet.dev/v1', 'Trace'],
  ['podnet.dev/faults', 'podnet.dev/v1', 'Fault'],
  [
    'apiextensions.k8s.io/customresourcedefinitions',
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
  ],
] as const;

describe('odd objects are refused, never an error of the server', () => {
  test.each(KINDS)('%s', (resource, apiVersion, kind) => {
    const api = newApi();
    const body = fc.dictionary(fc.constantFrom('type', 'spec', 'status', 'from', 'to'), value);
    fc.assert(
      fc.property(body, value, (rest, spec) => {
        const metadata = { name: 'a' };
        const made = api.create({ resource, body: { ...rest, spec, apiVersion, kind, metadata } });
        expect(made.ok ? 201 : made.error.code).toBeLessThan(500);
        if (!made.ok) return;
        const patched = api.patch({ resource, name: 'a', type: 'merge', body: { spec: rest } });
        expect(patched.ok ? 200 : patched.error.code).toBeLessThan(500);
        api.delete({ resource, name: 'a' });
      }),
      { seed: 4, numRuns: 400 },
    );
  });
});

describe('odd values', () => {
  const api = newApi();
  const pod = podBody('odd');
  api.create({ resource: 'pods', body: pod });
  api.create({
    resource: 'apps/statefulsets',
    body: { ...deploymentBody({ serviceName: 'web' }), kind: 'StatefulSet' },
  });

  test.each([
    ['pods', 'odd', {}],
    ['pods', 'odd', { spec: {} }],
    ['apps/statefulsets', 'web', {}],
  ] as const)('a replacement of %s %s by %j is refused', (resource, name, body) => {
    expect(api.update({ resource, name, body })).toMatchObject({ error: { code: 422 } });
  });

  test.each([
    ['batch/cronjobs', { spec: { schedule: 'constructor' } }],
    ['scheduling.k8s.io/priorityclasses', {}],
    ['pods', { ...pod, spec: { ...pod.spec, priorityClassName: 'constructor' } }],
    [
      'pods',
      {
        ...pod,
        spec: {
          containers: [{ name: 'c', image: 'a', resources: { requests: { valueOf: '1' } } }],
        },
      },
    ],
  ] as const)('of a new object of %s are refused: %j', (resource, body) => {
    expect(api.create({ resource, body })).toMatchObject({ ok: false });
  });

  test.each(['__proto__', 'constructor'])('a Secret may be of the type %s', (type) => {
    const made = api.create({
      resource: 'secrets',
      body: { metadata: { name: `s${type.length}` }, type },
    });
    expect(made).toMatchObject({ ok: true });
  });
});
