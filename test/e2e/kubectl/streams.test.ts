/** What streams do inside pods, typed with the real kubectl. */
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { type KubectlRelease, kubectlOf } from '../../helper/kubectls.js';
import { isRequired } from '../../helper/tools.js';
import { isBuilt, killAll } from '../helper/podnet.js';
import { check } from './line.js';
import { STREAMS } from './streams.js';
import { startWorkbench, type Workbench } from './workbench.js';

const RELEASES: readonly KubectlRelease[] = ['1.33', '1.32'];

afterAll(killAll);

describe.each(RELEASES)('streams of kubectl %s', (release) => {
  const kubectl = kubectlOf(release);
  const missing = !isBuilt ? 'podnet is not built' : `no kubectl ${release}`;
  if (!isBuilt || (kubectl === undefined && !isRequired('kubectl'))) {
    test.skip(`skipped: ${missing}`, () => {});
    return;
  }

  let bench: Workbench;
  beforeAll(async () => {
    if (kubectl === undefined) throw new Error(missing);
    bench = await startWorkbench(kubectl);
  }, 60_000);
  afterAll(() => bench.close());

  for (const line of STREAMS)
    test(`${line.id}: ${line.run}`, () => check(line, release, bench), 90_000);
});
