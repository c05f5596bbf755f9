/** Kinds that no kubectl knows, by the real kubectl of two releases. */
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { type KubectlRelease, kubectlOf } from '../../helper/kubectls.js';
import { isRequired } from '../../helper/tools.js';
import { isBuilt, killAll } from '../helper/podnet.js';
import { check } from './line.js';
import { CUSTOM_KINDS, OWN_KINDS } from './own-kinds.js';
import { startWorkbench, type Workbench } from './workbench.js';

const RELEASES: readonly KubectlRelease[] = ['1.33', '1.32'];

afterAll(killAll);

describe.each(RELEASES)('kubectl %s and kinds it does not know', (release) => {
  const kubectl = kubectlOf(release);
  if (!isBuilt || (kubectl === undefined && !isRequired('kubectl'))) {
    test.skip(`skipped: ${isBuilt ? `no kubectl ${release}` : 'podnet is not built'}`, () => {});
    return;
  }

  let bench: Workbench;
  beforeAll(async () => {
    if (kubectl === undefined) throw new Error(`no kubectl ${release}`);
    bench = await startWorkbench(kubectl);
  }, 60_000);
  afterAll(() => bench.close());

  test.each([...OWN_KINDS, ...CUSTOM_KINDS].map((line) => [line.id, line.run, line] as const))(
    '%s: %s',
    (_id, _run, line) => check(line, release, bench),
    90_000,
  );
});
