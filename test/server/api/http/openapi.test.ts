import { gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { Components } from '../../../../server/api/http/openapi/components.js';
import { componentName } from '../../../../server/api/http/openapi/names.js';
import { createOpenApi } from '../../../../server/api/http/openapi/openapi.js';
import { customResources } from '../../../../server/api/registry/custom.js';
import { ResourceRegistry } from '../../../../server/api/registry/registry.js';

const DEFINITION = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Cluster',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', description: 'A thing.' } },
      },
    ],
  },
};

test.each([
  ['V1PodSpec', 'io.k8s.api.core.v1.PodSpec'],
  ['V1DeploymentSpec', 'io.k8s.api.apps.v1.DeploymentSpec'],
  ['V2MetricSpec', 'io.k8s.api.autoscaling.v2.MetricSpec'],
  ['V1LabelSelector', 'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector'],
  ['V1Scale', 'io.k8s.api.autoscaling.v1.Scale'],
  [
    'V1CustomResourceDefinition',
    'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  ],
])('%s is called %s', (type, name) => {
  expect(componentName(type)).toBe(name);
});

test('a list says by what its elements are told apart', () => {
  const components = new Components();
  components.refer('V1PodSpec');
  expect(components.schemas['io.k8s.api.core.v1.PodSpec']).toMatchObject({
    properties: {
      containers: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        'x-kubernetes-patch-merge-key': 'name',
        'x-kubernetes-patch-strategy': 'merge',
      },
    },
  });
});

test('every reference of every document is resolved in it, and no operation is named twice', () => {
  const registry = new ResourceRegistry();
  registry.addCustom(customResources(DEFINITION));
  const openApi = createOpenApi(registry);
  const index = JSON.parse(openApi.index('').text().toString());
  expect(Object.keys(index.paths)).toContain('apis/example.com/v1');
  for (const path of Object.keys(index.paths)) {
    const text = gunzipSync(openApi.document(path)?.gzipped() ?? Buffer.of()).toString();
    const { components } = JSON.parse(text);
    const references = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name,
    );
    const missing = references.filter((name) => !((name ?? '') in components.schemas));
    const ids = [...text.matchAll(/"operationId":"([^"]+)"/g)].map(([, id]) => id);
    const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
    expect({ path, missing, twice }).toEqual({ path, missing: [], twice: [] });
  }
});

test('the address of a group stays when another group changes', () => {
  const registry = new ResourceRegistry();
  const openApi = createOpenApi(registry);
  const before = openApi.document('apis/apps/v1')?.hash;
  registry.addCustom(customResources(DEFINITION));
  expect(openApi.document('apis/apps/v1')?.hash).toBe(before);
  expect(openApi.document('apis/example.com/v1')).toBeDefined();
});
