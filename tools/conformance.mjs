// Compares podnet with recordings of Linux: `npm run conformance -- FOLDER [ID…] [--verbose]`.
import { spawnSync } from 'node:child_process';

const run = (...args) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
const built = run('node_modules/typescript/bin/tsc', '-b', 'test/conformance');
process.exitCode =
  built === 0 ? run('dist/test/conformance/run.js', ...process.argv.slice(2)) : built;
