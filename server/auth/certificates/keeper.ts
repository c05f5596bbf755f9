/** Where a server keeps its keys: in a folder, or in memory. */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Texts by name. */
export interface Keeper {
  read(name: string): string | undefined;
  write(name: string, text: string): void;
}

/** Keeps texts in files that their owner alone may read (0600, in a folder of 0700). A file is replaced whole or not at all. */
export function folderKeeper(folder: string): Keeper {
  return {
    read(name) {
      try {
        return readFileSync(join(folder, name), 'utf8');
      } catch {
        return undefined;
      }
    },
    write(name, text) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writePrivately(join(folder, name), text);
    },
  };
}

/** Keeps texts as long as the process runs. */
export function memoryKeeper(): Keeper {
  const texts = new Map<string, string>();
  return { read: (name) => texts.get(name), write: (name, text) => void texts.set(name, text) };
}

/** Writes a file that its owner alone may read. */
export function writePrivately(path: string, text: string): void {
  const fresh = `${path}.${process.pid}.new`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, path);
}
