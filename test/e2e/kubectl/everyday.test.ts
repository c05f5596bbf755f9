/** What people type every day, with the real kubectl of the served release. */
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { kubectlOf } from '../../helper/kubectls.js';
import { isRequired } from '../../helper/tools.js';
import { isBuilt, killAll } from '../helper/podnet.js';
import { EVERYDAY } from './everyday.js';
import { check } from './line.js';
import { startWorkbench, type Workbench } from './workbench.js';

const RELEASE = '1.33';

afterAll(killAll);

describe(`kubectl ${RELEASE}, every day`, () => {
  const kubectl = kubectlOf(RELEASE);
  if (!isBuilt || (kubectl === undefined && !isRequired('kubectl'))) {
    test.skip(`skipped: ${isBuilt ? `no kubectl ${RELEASE}` : 'podnet is not built'}`, () => {});
    return;
  }

  let bench: Workbench;
  beforeAll(async () => {
    if (kubectl === undefined) throw new Error(`no kubectl ${RELEASE}`);
    bench = await startWorkbench(kubectl);
  }, 60_000);
  afterAll(() => bench.close());

  test.each(EVERYDAY.map((line) => [line.id, line.run, line] as const))(
    '%s: %s',
    (_id, _run, line) => check(line, RELEASE, bench),
    90_000,
  );
});
