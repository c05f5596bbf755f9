/** Objects that leave out all that may be left out, and lists with nothing in them: accepted or refused, never a crash. */
import { describe, expect, test } from '@jest/globals';
import { Scenario } from './helper/start-cluster.js';

const BARE = [
  {},
  { spec: {} },
  { spec: null },
  { spec: [] },
  { metadata: { name: 'x', labels: null, annotations: null, ownerReferences: [null] } },
];

describe('a bare object', () => {
  test('of any kind is stored or refused, and everything goes on', async () => {
    const scenario = new Scenario();
    const { api } = scenario.cluster;
    for (const info of api.registry.all) {
      for (const [index, more] of BARE.entries()) {
        const name = `x${index}`;
        const apiVersion = info.group === '' ? info.version : `${info.group}/${info.version}`;
        const scope = info.namespaced ? { namespace: 'default' } : {};
        const body = { apiVersion, kind: info.kind, ...more, metadata: { ...more.metadata, name } };
        const made = api.create({ resource: info, ...scope, body });
        if (!made.ok)
          expect([info.kind, made.error.message]).toEqual([
            info.kind,
            expect.stringMatching(/\S \S/),
          ]);
      }
    }
    await scenario.run(30);
    await scenario.stop();
  });

  test.each([
    [
      'a StatefulSet with a claim that has no name',
      'apps/statefulsets',
      { volumeClaimTemplates: [null] },
      'spec.volumeClaimTemplates[0].metadata.name: Required value',
    ],
  ])('%s is refused', async (_what, resource, more, message) => {
    const scenario = new Scenario();
    const made = scenario.cluster.api.create({
      resource,
      namespace: 'default',
      body: {
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        metadata: { name: 'x' },
        spec: {
          selector: { matchLabels: { app: 'x' } },
          template: {
            metadata: { labels: { app: 'x' } },
            spec: { containers: [{ name: 'c', image: 'nginx' }] },
          },
          ...more,
        },
      },
    });
    expect(made.ok ? '' : made.error.message).toContain(message);
    await scenario.stop();
  });

  test('NetworkPolicy isolates every pod of its namespace', async () => {
    const scenario = new Scenario();
    scenario.apply(
      '{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: x } }',
    );
    const stored = scenario.cluster.store.get('networking.k8s.io/networkpolicies', 'default', 'x');
    expect(stored?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress'] });
    await scenario.stop();
  });
});
