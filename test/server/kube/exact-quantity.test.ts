import { expect, test } from '@jest/globals';
import { addExact, formatExact, parseExact } from '../../../server/kube/exact-quantity.js';

test.each([
  ['1', '1'],
  ['1000m', '1'],
  ['0.1', '100m'],
  ['1500m', '1500m'],
  ['1Gi', '1Gi'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['512', '512'],
  ['2000', '2k'],
  ['1e3', '1k'],
  ['100u', '1m'],
  ['0', '0'],
  ['-2Ki', '-2Ki'],
])('%s is written %s', (text, canonical) => {
  const parsed = parseExact(text);
  expect(parsed && formatExact(parsed)).toBe(canonical);
});

test.each([['', 'x', '1X', '.', '1e', 'Ki']].flat())('%j is no quantity', (text) => {
  expect(parseExact(text)).toBeUndefined();
});

test('a sum is written as its first part', () => {
  const [a, b] = [parseExact('1Gi'), parseExact('1M')];
  expect(a && b && formatExact(addExact(a, b))).toBe('1074741824');
});
