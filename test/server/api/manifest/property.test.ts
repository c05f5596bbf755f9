import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyManifest, readManifests } from '../../../../server/api/manifest/index.js';
import { newApi } from '../helper.js';

const api = newApi();

test('no octets make reading throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (content) => {
      const { objects, problems, notes } = readManifests([{ file: 'x.yaml', content }]);
      expect(objects.length + problems.length + notes.length).toBeGreaterThan(0);
    }),
    { seed: 7, numRuns: 300 },
  );
});

test('no JSON in a Pod makes applying throw', () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 5 }),
      fc.constantFrom('spec', 'metadata', 'status'),
      (json, field) => {
        const content = `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "${field}": ${json}}`;
        const { objects } = readManifests([{ file: 'x.json', content }]);
        const { counts } = applyManifest(api, objects);
        expect(counts.created + counts.configured + counts.unchanged + counts.refused).toBe(
          objects.length,
        );
      },
    ),
    { seed: 7, numRuns: 300 },
  );
});

test('thousands of nested brackets are refused, not fatal', () => {
  const { problems } = readManifests([{ file: 'deep.yaml', content: '['.repeat(20_000) }]);
  expect(problems).not.toEqual([]);
});
