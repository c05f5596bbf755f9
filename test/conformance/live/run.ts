import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { readLabs } from '../read-labs.js';
import { runScenario } from '../scenario.js';
import { LiveKernel } from './agent.js';
import { record } from './record.js';

const folder = process.argv[2] ?? '';
const only = process.argv.slice(3);
if (!existsSync(folder)) process.exit(2);
const kernel = new LiveKernel(0);
for (const lab of readLabs(folder)) {
  if (only.length > 0 && !only.includes(lab.id)) continue;
  try {
    const again = await record(lab, kernel);
    const differs = lab.steps.findIndex((step, i) => {
      const now = again.steps[i];
      if (!('probe' in step) || now === undefined || !('probe' in now)) return false;
      const strip = (hops: readonly Record<string, unknown>[]) =>
        hops.map(({ n: _n, t_us: _t, sport: _s, ...rest }) => rest);
      return !isDeepStrictEqual(strip(step.hops), strip(now.hops));
    });
    const difference = runScenario(again);
    if (difference)
      console.log(
        '  linux ',
        JSON.stringify(difference.expected),
        '\n  podnet',
        JSON.stringify(difference.actual),
      );
    console.log(
      lab.id,
      differs < 0 ? 'same-as-recorded' : `DIFFERS at step ${differs}`,
      difference?.summary ?? 'agrees',
    );
  } catch (error) {
    console.log(lab.id, 'ERROR', (error as Error).message);
  }
}
kernel.close();
