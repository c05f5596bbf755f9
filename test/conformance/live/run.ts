import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readLabs } from '../read-labs.js';
import type { RecordedLab } from '../recorded.js';
import { type Difference, runScenario } from '../scenario.js';
import { LiveKernel, unbuildable } from './agent.js';
import { generateLab, THEMES, type Theme } from './random/generate.js';
import { type LabPlan, record, SocketBusy } from './record.js';

const USAGE = `Builds labs in the kernel of this machine and compares what it does with podnet.

usage: npm run conformance:kernel -- [DIR [ID…]] [--seeds N] [--from N] [--theme T,…] [--minutes N]
                                     [--jobs N] [--keep DIR] [--verbose]
  DIR        labs of recordings to build again; without it labs are made from seeds
  --seeds    how many random labs, default 20         --from     first seed, default 1
  --theme    ${THEMES.join(', ')}; default mixed
  --minutes  stop after this time, default 10         --jobs     labs at a time, default 2
  --keep     write what differs there, in the form of the recordings
  --verbose  the first frame that differs, of both sides`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '20' },
    from: { type: 'string', default: '1' },
    theme: { type: 'string', default: 'mixed' },
    minutes: { type: 'string', default: '10' },
    jobs: { type: 'string', default: '2' },
    keep: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

const why = unbuildable();
if (why !== undefined) {
  console.log(`skipped: ${why}`);
  process.exit((process.env.PODNET_REQUIRE ?? '').split(',').includes('kernel') ? 1 : 0);
}

const [folder, ...only] = positionals;
const plans = folder === undefined ? randomLabs() : readLabs(folder).filter(wanted).values();
const until = Date.now() + Number(values.minutes) * 60_000;
let agreed = 0;
let differed = 0;
let passedOver = 0;

await Promise.all(Array.from({ length: Number(values.jobs) }, (_, cpu) => work(cpu)));
console.log(
  `${agreed} agreed, ${differed} differed, ${passedOver} passed over (ICMP errors that came too soon)`,
);
process.exitCode = differed > 0 ? 1 : 0;

function wanted(lab: RecordedLab): boolean {
  return only.length === 0 || only.includes(lab.id);
}

function* randomLabs(): Generator<LabPlan> {
  const themes = values.theme.split(',').map(themeOf);
  const from = Number(values.from);
  for (let seed = from; seed < from + Number(values.seeds); seed++) {
    for (const theme of themes) yield generateLab(seed, theme);
  }
}

function themeOf(name: string): Theme {
  const theme = THEMES.find((each) => each === name);
  if (theme === undefined) {
    console.error(`conformance:kernel: --theme must be of ${THEMES.join(', ')}; got ${name}`);
    process.exit(2);
  }
  return theme;
}

async function work(cpu: number): Promise<void> {
  const kernel = new LiveKernel(cpu);
  for (const plan of plans) {
    if (Date.now() > until) break;
    await compare(plan, kernel);
  }
  kernel.close();
}

async function compare(plan: LabPlan, kernel: LiveKernel): Promise<void> {
  let difference: Difference | undefined;
  let lab: RecordedLab | undefined;
  try {
    lab = await record(plan, kernel);
    difference = runScenario(lab);
  } catch (error) {
    if (error instanceof SocketBusy) {
      passedOver++;
      console.log(`skip    ${plan.id}: ${error.message}`);
      return;
    }
    const summary = error instanceof Error ? (error.stack ?? error.message) : String(error);
    difference = { summary, expected: undefined, actual: undefined };
  }
  if (difference === undefined) {
    agreed++;
    console.log(`agree   ${plan.id}: ${plan.title}`);
    return;
  }
  differed++;
  console.log(`DIFFER  ${plan.id}: ${plan.title}\n        ${difference.summary}`);
  if (values.verbose) {
    console.log(`        Linux  ${JSON.stringify(difference.expected)}`);
    console.log(`        podnet ${JSON.stringify(difference.actual)}`);
  }
  if (values.keep === undefined || lab === undefined) return;
  mkdirSync(values.keep, { recursive: true });
  writeFileSync(join(values.keep, `${plan.id}.json`), `${JSON.stringify(lab, undefined, 1)}\n`);
}
