import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { KNOWN_DIFFERENT } from './known-different.js';
import { readLabs } from './read-labs.js';
import { runScenario } from './scenario.js';

const folder = process.env.PODNET_LABS ?? join(import.meta.dirname, '../../../shared/linux/reach');

if (!existsSync(folder)) {
  test.skip('recordings of Linux are skipped: PODNET_LABS names no folder', () => undefined);
} else {
  const labs = readLabs(folder);

  describe('podnet does what Linux did', () => {
    test('there are recordings to compare with', () => {
      expect(labs.length).toBeGreaterThan(0);
    });

    test.each(
      labs.filter(({ id }) => !KNOWN_DIFFERENT.has(id)).map((lab) => [lab.id, lab] as const),
    )('%s', (_id, lab) => {
      expect(runScenario(lab)).toBeUndefined();
    });
  });

  describe('what is known to differ still does, or its reason must go', () => {
    const known = labs.filter(({ id }) => KNOWN_DIFFERENT.has(id));
    test.each(known.map((lab) => [lab.id, lab] as const))('%s', (_id, lab) => {
      expect(differs(lab)).toBe(true);
    });
  });
}

function differs(lab: Parameters<typeof runScenario>[0]): boolean {
  try {
    return runScenario(lab) !== undefined;
  } catch {
    return true;
  }
}
