import { existsSync, statSync } from 'node:fs';
import { HELP, type RunnerOptions, readArguments } from './arguments.js';
import { type LabFile, readLabFiles } from './read-labs.js';
import { closingLines, type LabReport, reportLab, scenarioLines, summarize } from './report.js';

const options = readArguments(process.argv.slice(2));
if (!options.ok) refuse(options.error);
else if (options.value.help) process.stdout.write(HELP);
else run(options.value);

function run({ folder, ids, json, verbose }: RunnerOptions): void {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    refuse(`the folder of recordings must exist; there is no folder ${folder}`);
    return;
  }
  const all = readLabFiles(folder);
  const unknown = ids.find((id) => !all.some((lab) => lab.id === id));
  if (all.length === 0) refuse(`the folder must hold scenarios (*.json); ${folder} holds none`);
  else if (unknown !== undefined) {
    refuse(`a scenario must be in the folder; ${folder} holds none with the id ${unknown}`);
  } else {
    const chosen = all.filter(({ id }) => ids.length === 0 || ids.includes(id));
    show(folder, chosen, { json, verbose });
  }
}

function show(
  folder: string,
  labs: readonly LabFile[],
  { json, verbose }: Pick<RunnerOptions, 'json' | 'verbose'>,
): void {
  const reports: LabReport[] = [];
  for (const lab of labs) {
    const report = reportLab(lab);
    reports.push(report);
    if (!json) for (const line of scenarioLines(report, verbose)) console.log(line);
  }
  const summary = summarize(folder, reports);
  if (json) process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  else for (const line of closingLines(summary)) console.log(line);
  if (summary.failed > 0) process.exitCode = 1;
}

function refuse(message: string): void {
  console.error(`conformance: ${message}`);
  process.exitCode = 2;
}
