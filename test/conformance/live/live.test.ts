import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { has, skipNote } from '../../helper/tools.js';
import { runScenario } from '../scenario.js';
import { LiveKernel } from './agent.js';
import { generateLab, type Theme } from './random/generate.js';
import { record } from './record.js';

const LABS: readonly (readonly [theme: Theme, seed: number])[] = [
  ['mixed', 3],
  ['mixed', 17],
  ['routing', 1001],
  ['bridge', 1001],
  ['filter', 1001],
  ['nat', 1001],
  ['tunnel', 1003],
  ['ipv6', 1003],
];

describe(`a lab made from a seed${skipNote('kernel')}`, () => {
  let kernel: LiveKernel;
  beforeAll(() => {
    if (has('kernel')) kernel = new LiveKernel(0);
  });
  afterAll(() => kernel?.close());

  test('is the same lab each time', () => {
    expect(generateLab(5, 'nat')).toEqual(generateLab(5, 'nat'));
  });

  (has('kernel') ? test : test.skip).each(LABS)(
    'does in podnet what the kernel of this machine does: %s %i',
    async (theme, seed) => {
      const lab = await record(generateLab(seed, theme), kernel);
      expect(runScenario(lab)).toBeUndefined();
    },
    60_000,
  );
});
