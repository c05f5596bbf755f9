import { expect, test } from '@jest/globals';
import { uuid } from '../../../server/kube/uuid.js';
import { Rng } from '../../../topology/index.js';

test('is a version 4 UUID of the RFC 9562 variant, the same for the same seed', () => {
  const draw = (seed: number) => {
    const rng = new Rng(seed);
    return uuid(() => rng.unit());
  };
  for (let seed = 0; seed < 100; seed++) {
    expect(draw(seed)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  }
  expect(draw(7)).toBe(draw(7));
});
