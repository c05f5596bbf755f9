// Builds the conformance suite and runs one of its programs: `npm run conformance`, `npm run conformance:kernel`.
import { spawnSync } from 'node:child_process';

const [program, ...words] = process.argv.slice(2);
const run = (...args) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
const built = run('node_modules/typescript/bin/tsc', '-b', 'test/conformance');
process.exitCode = built === 0 ? run(`dist/test/conformance/${program}.js`, ...words) : built;
