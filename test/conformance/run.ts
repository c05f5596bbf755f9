import { existsSync } from 'node:fs';
import { KNOWN_DIFFERENT } from './known-different.js';
import { readLabs } from './recorded.js';
import { type Difference, runScenario } from './scenario.js';

const words = process.argv.slice(2);
const verbose = words.includes('--verbose');
const [folder = '../shared/linux/reach', ...only] = words.filter((word) => !word.startsWith('--'));

if (!existsSync(folder)) {
  console.error(`conformance: the folder of recordings must exist; there is no ${folder}`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
for (const lab of readLabs(folder)) {
  if (only.length > 0 && !only.includes(lab.id)) continue;
  const difference = attempt(() => runScenario(lab));
  if (difference === undefined) {
    passed++;
    console.log(`ok    ${lab.id}`);
    continue;
  }
  failed++;
  console.log(`FAIL  ${lab.id}: ${difference.summary}`);
  const known = KNOWN_DIFFERENT.get(lab.id);
  if (known !== undefined) console.log(`      known: ${known}`);
  if (!verbose) continue;
  console.log(`      Linux  ${JSON.stringify(difference.expected)}`);
  console.log(`      podnet ${JSON.stringify(difference.actual)}`);
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;

function attempt(run: () => Difference | undefined): Difference | undefined {
  try {
    return run();
  } catch (error) {
    const summary = error instanceof Error ? error.message : String(error);
    return { summary, expected: undefined, actual: undefined };
  }
}
