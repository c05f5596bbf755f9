import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EMPTY_SET } from '../../../../server/api/managed-fields/field-set.js';
import { parseFieldsV1, printFieldsV1 } from '../../../../server/api/managed-fields/fields-v1.js';
import { filterFor } from '../../../../server/api/managed-fields/kind-view.js';
import { mergeTypeOf } from '../../../../server/api/managed-fields/merge-type.js';
import { fieldsOfValue } from '../../../../server/api/managed-fields/value-fields.js';
import type { ApiServer } from '../../../../server/api/server.js';
import { objectsOf } from '../../../../server/kube/json.js';
import { deploymentBody, newApi } from '../helper.js';

const DEPLOYMENTS = 'apps/deployments';

const letter = fc.constantFrom('a', 'b', 'c');
const env = fc.uniqueArray(fc.record({ name: letter, value: letter }), {
  selector: (one) => one.name,
  maxLength: 3,
});
const ports = fc.uniqueArray(
  fc.record(
    { containerPort: fc.integer({ min: 80, max: 82 }), protocol: fc.constantFrom('TCP', 'UDP') },
    { requiredKeys: ['containerPort'] },
  ),
  { selector: (one) => `${one.containerPort}${one.protocol ?? 'TCP'}`, maxLength: 3 },
);
/** What an author may write into the manifest of one Deployment. */
const manifest = fc
  .record(
    {
      replicas: fc.integer({ min: 0, max: 3 }),
      minReadySeconds: fc.integer({ min: 0, max: 3 }),
      labels: fc.dictionary(letter, letter),
      env,
      ports,
      nodeSelector: fc.dictionary(letter, letter, { minKeys: 1 }),
    },
    { requiredKeys: [] },
  )
  .map(({ labels, env: variables, ports: opened, nodeSelector, ...spec }) => ({
    ...deploymentBody(),
    metadata: { name: 'web', ...(labels === undefined ? {} : { labels }) },
    spec: {
      ...spec,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          ...(nodeSelector === undefined ? {} : { nodeSelector }),
          containers: [
            {
              name: 'nginx',
              image: 'nginx:1.25',
              ...(variables === undefined ? {} : { env: variables }),
              ...(opened === undefined ? {} : { ports: opened }),
            },
          ],
        },
      },
    },
  }));

function apply(api: ApiServer, body: object, fieldManager: string) {
  const options = { fieldManager, force: true };
  const result = api.patch({ resource: DEPLOYMENTS, name: 'web', type: 'apply', body, options });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function ownedBy(object: { metadata: { managedFields?: readonly unknown[] } }, manager: string) {
  const entry = objectsOf([...(object.metadata.managedFields ?? [])]).find(
    (one) => one.manager === manager,
  );
  return entry?.fieldsV1;
}

test('applies, one after the other, each own exactly what they sent; the last is idempotent', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('a', 'b'), manifest), { minLength: 1, maxLength: 6 }),
      (steps) => {
        const api = newApi();
        const info = api.registry.byStorage(DEPLOYMENTS);
        if (info === undefined) throw new Error('no Deployments');
        for (const [manager, body] of steps) {
          const sent = filterFor(info, '')(fieldsOfValue(mergeTypeOf('V1Deployment'), body));
          const after = apply(api, body, manager);
          expect(ownedBy(after, manager)).toEqual(printFieldsV1(sent));
          expect(apply(api, body, manager)).toEqual(after);
        }
      },
    ),
    { seed: 33, numRuns: 150 },
  );
});

test('what everybody owns is there: no set names a field that the object lacks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), manifest), { minLength: 1, maxLength: 6 }),
      (steps) => {
        const api = newApi();
        let last: ReturnType<typeof apply> | undefined;
        for (const [manager, body] of steps) last = apply(api, body, manager);
        if (last === undefined) return;
        const there = JSON.stringify(
          printFieldsV1(fieldsOfValue(mergeTypeOf('V1Deployment'), last)),
        );
        for (const entry of objectsOf([...(last.metadata.managedFields ?? [])])) {
          for (const [step] of parseFieldsV1(entry.fieldsV1) ?? EMPTY_SET) {
            expect(there).toContain(JSON.stringify(step));
          }
        }
      },
    ),
    { seed: 33, numRuns: 100 },
  );
});
