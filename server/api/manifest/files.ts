/** Finds manifests on disk: files as they are, folders with all below them. */

import {
  closeSync,
  type Dirent,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Problem } from './problem.js';
import type { ManifestSource } from './read.js';

/** Sources, and what could not be opened. */
export interface FoundSources {
  readonly sources: readonly ManifestSource[];
  readonly problems: readonly Problem[];
}

const MANIFEST = /\.(ya?ml|json|kyaml)$/i;
/** How much of a device is read: enough to see that it is no text. */
const DEVICE_BYTES = 65_536;
const SKIPPED_FOLDERS = ['node_modules', '.git'];

/** Reads files and folders in the order given; within a folder in order of name. */
export function findSources(paths: readonly string[]): FoundSources {
  const sources: ManifestSource[] = [];
  const problems: Problem[] = [];
  for (const path of paths) {
    try {
      for (const file of filesUnder(path)) sources.push({ file, content: contentOf(file) });
    } catch (error) {
      problems.push({
        reason: 'unreadable',
        file: path,
        line: 1,
        column: 1,
        message: explain(error),
      });
    }
  }
  return { sources, problems };
}

/** Devices such as /dev/zero have no end; pipes and /dev/stdin do. */
function contentOf(file: string): Uint8Array {
  const stat = statSync(file);
  if (!stat.isCharacterDevice() || file === '/dev/stdin') return readFileSync(file);
  const handle = openSync(file, 'r');
  try {
    const octets = new Uint8Array(DEVICE_BYTES);
    return octets.subarray(0, readSync(handle, octets));
  } finally {
    closeSync(handle);
  }
}

function filesUnder(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  const entries: Dirent[] = readdirSync(path, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const below = join(path, entry.name);
    if (entry.isDirectory()) return SKIPPED_FOLDERS.includes(entry.name) ? [] : filesUnder(below);
    return MANIFEST.test(entry.name) || /\.ya?ml\.sw[a-p]$/.test(entry.name) ? [below] : [];
  });
}

function explain(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'no such file or folder';
  if (code === 'EACCES') return 'may not be read: permission denied';
  if (code === 'ELOOP') return 'is a symbolic link that leads back to itself';
  return error instanceof Error ? error.message : String(error);
}
