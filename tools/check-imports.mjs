// Checks that layers point one way, and that the tool really read every source file.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const roots = ['topology', 'server', 'web'];

/** Source files that people write: neither declarations nor generated. */
function isSource(path) {
  return /\.tsx?$/.test(path) && !/\.d\.ts$|\.generated\.|(^|\/)(dist|node_modules)\//.test(path);
}

function sourcesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sourcesIn(path);
    return isSource(path) ? [path] : [];
  });
}

const { stdout, stderr } = spawnSync(
  process.execPath,
  [
    'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
    '--config',
    '.dependency-cruiser.mjs',
    '--output-type',
    'json',
    ...roots,
  ],
  { encoding: 'utf8', maxBuffer: 1 << 28 },
);
if (!stdout) {
  console.error(stderr);
  process.exit(1);
}
const { modules, summary } = JSON.parse(stdout);
const present = new Set(roots.flatMap(sourcesIn));
const read = new Set(
  modules
    .map((module) => module.source)
    .filter((path) => roots.some((root) => path.startsWith(`${root}/`)) && isSource(path)),
);
const missed = [...present].filter((path) => !read.has(path));
const unknown = [...read].filter((path) => !present.has(path));
for (const { rule, from, to } of summary.violations)
  console.error(`${rule.name}: ${from} -> ${to}`);
for (const path of missed) console.error(`not read: ${path}`);
for (const path of unknown) console.error(`imported, but not there: ${path}`);
console.log(
  `import directions: ${read.size} of ${present.size} files read, ${summary.violations.length} violations`,
);
process.exit(summary.violations.length + missed.length + unknown.length > 0 ? 1 : 0);
