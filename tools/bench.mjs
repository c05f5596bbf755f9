// Runs the benchmarks that are named, or all: `npm run bench -- packet-rate`.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

const built = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', 'bench'], {
  stdio: 'inherit',
});
if (built.status !== 0) process.exit(built.status ?? 1);
const wanted = process.argv.slice(2);
const names = readdirSync('bench')
  .filter((file) => file.endsWith('.ts'))
  .map((file) => basename(file, '.ts'))
  .filter((name) => wanted.length === 0 || wanted.includes(name));
for (const name of names) {
  // One process each: a benchmark's memory and compiled code must not colour the next.
  const run = spawnSync(process.execPath, [join('dist/bench', `${name}.js`)], { stdio: 'inherit' });
  if (run.status !== 0) process.exitCode = 1;
}
