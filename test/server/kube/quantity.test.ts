import { describe, expect, test } from '@jest/globals';
import { parseAmount, parseQuantity, quantityOf } from '../../../server/kube/quantity.js';

describe('a quantity', () => {
  test.each([
    ['500m', 0.5],
    ['2', 2],
    ['-3', -3],
    ['.5', 0.5],
    ['1.5Gi', 1610612736],
    ['1e3', 1000],
    ['1E3', 1000],
    ['1E', 1e18],
    ['1k', 1000],
    ['1Ki', 1024],
    ['ten', undefined],
    ['1e3Gi', undefined],
    ['1ki', undefined],
    ['', undefined],
  ])('%j is %j', (text, value) => {
    expect(parseQuantity(text)).toBe(value);
  });

  test('is 0 when it is absent or none', () => {
    expect(quantityOf(undefined)).toBe(0);
    expect(quantityOf('ten')).toBe(0);
  });

  test.each([
    ['cpu', '0.1', 100],
    ['cpu', '1', 1000],
    ['cpu', '100u', 1],
    ['memory', '64Mi', 67108864],
    ['memory', '1.5', 2],
  ])('%s %s is counted as %d', (resource, text, amount) => {
    expect(parseAmount(resource, text)).toBe(amount);
  });
});
