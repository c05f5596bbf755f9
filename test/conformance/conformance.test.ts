import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { has, LABS, skipNote } from '../helper/tools.js';
import { KNOWN_DIFFERENT } from './known-different.js';
import { readLabFiles } from './read-labs.js';
import { type LabReport, reportLab } from './report.js';

/** Scenarios of our own, recorded with `npm run conformance:kernel`. */
const OWN = join(import.meta.dirname, '../fixture/linux/labs');

describe('podnet does what Linux did', () => {
  const own = existsSync(OWN) ? readLabFiles(OWN) : [];
  const given = has('labs') ? readLabFiles(LABS) : [];
  if (given.length === 0)
    test.skip(`recordings in PODNET_LABS${skipNote('labs')}`, () => undefined);

  for (const lab of [...own, ...given]) {
    const { id } = lab;
    test(id, () => {
      const failure = failureOf(reportLab(lab));
      // Of what is known to differ, a reason that holds no more must go.
      if (KNOWN_DIFFERENT.has(id)) expect(failure).toBeDefined();
      else expect(failure).toBeUndefined();
    });
  }
});

function failureOf({ problems, difference }: LabReport): unknown {
  return problems.length > 0 ? problems : difference;
}
