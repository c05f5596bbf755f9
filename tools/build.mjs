// Builds what `npm start` runs: compiled server and topology in dist/, and the page in dist/web.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ensureSchema } from './gen-schema.mjs';

/** Runs one build step and stops the build with its exit code when it fails. */
function run(args) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Puts the compressed form of what compresses beside it, for browsers that are not on this machine. */
function pack(folder) {
  for (const name of readdirSync(folder)) {
    if (!/\.(js|css)$/.test(name)) continue;
    const packed = gzipSync(readFileSync(join(folder, name)), { level: 9 });
    writeFileSync(join(folder, `${name}.gz`), packed);
  }
}

ensureSchema();
run(['node_modules/typescript/bin/tsc', '-b', 'topology', 'server']);
cpSync('topology/presets', 'dist/topology/presets', { recursive: true });
cpSync('server/api/schema/generated', 'dist/server/api/schema/generated', { recursive: true });
if (existsSync('web/index.html')) {
  run([
    'node_modules/vite/bin/vite.js',
    'build',
    '--config',
    'web/vite.config.ts',
    '--logLevel',
    'warn',
  ]);
  run(['tools/build-recording.mjs']);
  pack('dist/web/assets');
}
