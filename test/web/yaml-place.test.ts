import { describe, expect, test } from '@jest/globals';
import { diffLines } from '../../web/model/diff.js';
import { placeAt } from '../../web/model/yaml-place.js';

const TEXT = `apiVersion: v1
kind: Service
---
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
      - name: web
        ports:
          - containerPort: 80
            pro`;

function at(text: string) {
  const lines = text.split('\n');
  return placeAt(
    { count: lines.length, line: (number) => lines[number - 1] ?? '' },
    { line: lines.length, column: lines.at(-1)?.length ?? 0 },
  );
}

describe('the place of a position in a manifest', () => {
  test('is the path of fields above it, in its own document', () => {
    expect(at(TEXT)).toEqual({
      path: ['spec', 'template', 'spec', 'containers', 'ports'],
      field: undefined,
      word: 'pro',
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      indent: 12,
      siblings: ['containerPort'],
    });
  });

  test.each([
    ['kind: Po', { path: [], field: 'kind', word: 'Po' }],
    ['spec:\n  restartPolicy: ', { path: ['spec'], field: 'restartPolicy', word: '' }],
    [
      'spec:\n  containers:\n  - ima',
      { path: ['spec', 'containers'], field: undefined, word: 'ima' },
    ],
    ['', { path: [], field: undefined, word: '' }],
  ])('%j', (text, expected) => {
    expect(at(text)).toMatchObject(expected);
  });
});

test('a comparison keeps lines that both texts have', () => {
  const lines = diffLines('a\nb\nc', 'a\nx\nc').map(({ kind, text }) => `${kind} ${text}`);
  expect(lines).toEqual(['same a', 'removed b', 'added x', 'same c']);
});
