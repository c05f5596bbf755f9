// Checks that layers point one way, and that the tool really read every source file.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const roots = ['topology', 'server', 'web'];

function countSources(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((count, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return count + countSources(path);
    return count + (/\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? 1 : 0);
  }, 0);
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
const result = JSON.parse(stdout);
const { summary } = result;
const read = result.modules.filter((m) =>
  /^(topology|server|web)\/.*\.tsx?$/.test(m.source),
).length;
const present = roots.reduce((sum, root) => sum + countSources(root), 0);
for (const violation of summary.violations) {
  console.error(`${violation.rule.name}: ${violation.from} -> ${violation.to}`);
}
if (read < present) {
  console.error(
    `import check read ${read} of ${present} source files: a check that skips files is no check`,
  );
}
console.log(
  `import directions: ${read} of ${present} files read, ${summary.violations.length} violations`,
);
process.exit(summary.violations.length > 0 || read < present ? 1 : 0);
