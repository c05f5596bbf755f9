import { expect, test } from '@jest/globals';
import { newApi } from './helper.js';

const DEFINITIONS = 'apiextensions.k8s.io/customresourcedefinitions';
const NAME = 'widgets.example.com';

const version = (name: string, storage: boolean) => ({
  name,
  served: true,
  storage,
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: { type: 'object', properties: { size: { type: 'string' } } } },
    },
  },
});

const definition = (names: object, versions: readonly object[]) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: NAME },
  spec: { group: 'example.com', scope: 'Cluster', names, versions },
});

const NAMES = { plural: 'widgets', kind: 'Widget' };

test('a definition that changes is served as it is now, and remembers its versions of storage', () => {
  const api = newApi();
  api.create({ resource: DEFINITIONS, body: definition(NAMES, [version('v1alpha1', true)]) });
  const next = definition({ ...NAMES, shortNames: ['wd'] }, [
    version('v1', true),
    version('v1alpha1', false),
  ]);
  expect(api.update({ resource: DEFINITIONS, name: NAME, body: next })).toMatchObject({
    ok: true,
    value: {
      status: {
        acceptedNames: { shortNames: ['wd'], singular: 'widget', listKind: 'WidgetList' },
        storedVersions: ['v1alpha1', 'v1'],
      },
    },
  });
  expect(api.registry.byNickname('wd')?.version).toBe('v1');
  expect(api.registry.byPath('example.com', 'v1alpha1', 'widgets')).toBeDefined();
});

test('the objects of a kind go with its definition', () => {
  const api = newApi();
  api.create({ resource: DEFINITIONS, body: definition(NAMES, [version('v1', true)]) });
  const resource = 'example.com/widgets';
  const body = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a' } };
  expect(api.create({ resource, body })).toMatchObject({ ok: true });
  api.delete({ resource: DEFINITIONS, name: NAME });
  expect(api.store.list(resource)).toEqual([]);
});

test.each([
  [
    definition(NAMES, [version('v1', false)]),
    'spec.versions: Invalid value: []string{"v1"}: must have exactly one version marked as storage version',
  ],
  [
    definition({ plural: 'gadgets', kind: 'Gadget' }, [version('v1', true)]),
    'metadata.name: Invalid value: "widgets.example.com": must be spec.names.plural+"."+spec.group',
  ],
  [
    definition(NAMES, [
      {
        ...version('v1', true),
        schema: { openAPIV3Schema: { type: 'array', items: { type: 'string' } } },
      },
    ]),
    'spec.versions[0].schema.openAPIV3Schema.type: Invalid value: "array": must be object at the root',
  ],
  [
    definition(NAMES, [{ name: 'v1', served: true, storage: true }]),
    'spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required',
  ],
])('a definition is refused: %#', (body, message) => {
  const made = newApi().create({ resource: DEFINITIONS, body });
  expect(made.ok ? '' : made.error.message).toBe(
    `CustomResourceDefinition.apiextensions.k8s.io "${NAME}" is invalid: ${message}`,
  );
});
