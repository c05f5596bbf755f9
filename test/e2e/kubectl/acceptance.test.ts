/** The acceptance lines, typed into a shell with the real kubectl of several releases. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { type KubectlRelease, kubectlOf } from '../../helper/kubectls.js';
import { isRequired, RECORDING } from '../../helper/tools.js';
import { isBuilt, killAll } from '../helper/podnet.js';
import { ACCEPTANCE, REFUSALS } from './acceptance.js';
import { answerTo, check } from './line.js';
import { type RecordedLine, writeRecording } from './recorder.js';
import { startWorkbench, type Workbench } from './workbench.js';

const RELEASES: readonly KubectlRelease[] = ['1.33', '1.32', '1.31', '1.29'];

afterAll(killAll);

describe.each(RELEASES)('kubectl %s', (release) => {
  const kubectl = kubectlOf(release);
  const missing = !isBuilt ? 'podnet is not built' : `no kubectl ${release}`;
  if (!isBuilt || (kubectl === undefined && !isRequired('kubectl'))) {
    test.skip(`skipped: ${missing}`, () => {});
    return;
  }

  const records = RECORDING !== '' && release === RELEASES[0];
  const recording: RecordedLine[] = [];
  let bench: Workbench;
  beforeAll(async () => {
    if (kubectl === undefined) throw new Error(missing);
    bench = await startWorkbench(kubectl, { records });
  }, 60_000);
  afterAll(async () => {
    await bench.close();
    if (records) writeFileSync(RECORDING, writeRecording(recording));
  });

  for (const line of [...ACCEPTANCE, ...REFUSALS]) {
    const name = `${line.id}: ${line.run}`;
    const { pending } = answerTo(line, release);
    if (pending === undefined) {
      const typed = async () => {
        await check(line, release, bench);
        recording.push({ line: line.id, requests: bench.sent() });
      };
      test(name, typed, 90_000);
    } else test.skip(`${name} (pending: ${pending})`, () => {});
  }
});
