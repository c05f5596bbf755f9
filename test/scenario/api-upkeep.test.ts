import { afterEach, expect, test } from '@jest/globals';
import { type Scenario, startCluster } from './helper/start-cluster.js';

let scenario: Scenario;

afterEach(() => scenario.stop());

const slicesOf = (service: string) =>
  scenario.cluster.store
    .list('discovery.k8s.io/endpointslices', 'default')
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service);

test('Service kubernetes comes back within ten seconds of its deletion', async () => {
  scenario = await startCluster();
  scenario.cluster.api.delete({ resource: 'services', namespace: 'default', name: 'kubernetes' });
  await scenario.run(11);
  const service = scenario.cluster.store.get('services', 'default', 'kubernetes');
  expect(service?.spec.clusterIP).toBe('10.96.0.1');
});

test('a Service without a selector has no slices but those that somebody wrote', async () => {
  scenario = await startCluster({
    manifests:
      'apiVersion: v1\nkind: Service\nmetadata: { name: manual }\nspec: { ports: [{ port: 80 }] }',
  });
  expect(slicesOf('manual')).toEqual([]);
  expect(slicesOf('kubernetes')).toHaveLength(1);
});
