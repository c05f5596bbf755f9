/** The layout of a data folder, and the checks made before lmdb maps anything of it. */

import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { lockFolder } from './folder-lock.js';
import { StoreOpenError } from './open-error.js';

const MARKER_FILE = 'podnet.json';
const OBJECTS_FILE = 'objects.mdb';
/** 2 brought the log of changes; a folder of format 1 has none, and gets one. */
const FORMAT = 2;
/** The system may put these into any folder; they do not make it someone else's. */
const HARMLESS = new Set([
  '.DS_Store',
  'lost+found',
  'podnet.lock',
  MARKER_FILE,
  `${MARKER_FILE}.new`,
]);

// lmdb's meta page (mdb.c, struct MDB_meta) after a page header of 24 octets.
const META_OFFSET = 24;
const META_MAGIC = 0xbeefc0de;
const PAGE_SIZE_OFFSET = META_OFFSET + 24;
const LAST_PAGE_OFFSET = META_OFFSET + 120;
const TRANSACTION_OFFSET = META_OFFSET + 128;
const META_BYTES = META_OFFSET + 136;

/** A folder that this process holds. */
export interface DataFolder {
  readonly objectsFile: string;
  release(): void;
}

/** Makes or checks a data folder and locks it. Throws `StoreOpenError`. */
export function openDataFolder(folder: string): DataFolder {
  const marker = join(folder, MARKER_FILE);
  const objectsFile = join(folder, OBJECTS_FILE);
  const release = writing(folder, () => {
    makeFolder(resolve(folder));
    if (existsSync(marker)) checkMarker(folder, marker);
    else refuseForeign(folder);
    return lockFolder(folder);
  });
  try {
    writing(folder, () => writeMarker(marker));
    if (existsSync(objectsFile)) checkObjects(folder, objectsFile);
    else writing(folder, () => makePrivately(objectsFile));
  } catch (failure) {
    release();
    throw failure;
  }
  return { objectsFile, release };
}

/** Like mkdir -p. Node's own recursive mkdir does not return where the system says ENOENT to a folder below one that is there, as /proc does. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) {
    if (!statSync(folder).isDirectory()) throw new Error('it is a file, not a folder');
    return;
  }
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/** For its owner alone: there are Secrets in it, and whoever reads them has their tokens. lmdb takes an empty file for a new one. */
function makePrivately(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
}

/** The error for contents that cannot be read back. */
export function corrupt(folder: string, what: string): StoreOpenError {
  return new StoreOpenError(
    'store/corrupt',
    folder,
    `The data folder ${folder} is damaged (${what}); move it away to start afresh, or give another folder with --data-dir.`,
  );
}

function writing<T>(folder: string, action: () => T): T {
  try {
    return action();
  } catch (failure) {
    if (failure instanceof StoreOpenError) throw failure;
    const why = failure instanceof Error ? failure.message : String(failure);
    throw new StoreOpenError(
      'store/unwritable',
      folder,
      `The data folder ${folder} cannot be written (${why}); give another folder with --data-dir, or run with --ephemeral.`,
    );
  }
}

function refuseForeign(folder: string): void {
  const other = readdirSync(folder).find((name) => !HARMLESS.has(name));
  if (other === undefined) return;
  throw new StoreOpenError(
    'store/foreign',
    folder,
    `The folder ${folder} holds files that are not podnet's (${other}); give an empty or new folder with --data-dir.`,
  );
}

function writeMarker(marker: string): void {
  const content = `${JSON.stringify({ podnet: { format: FORMAT } })}\n`;
  if (existsSync(marker) && readFileSync(marker, 'utf8') === content) return;
  // A marker that is cut short would make the folder look damaged.
  writeFileSync(`${marker}.new`, content);
  renameSync(`${marker}.new`, marker);
}

function checkMarker(folder: string, marker: string): void {
  let format: unknown;
  try {
    const content: unknown = JSON.parse(readFileSync(marker, 'utf8'));
    format = field(field(content, 'podnet'), 'format');
  } catch {
    throw corrupt(folder, `${MARKER_FILE} is not JSON`);
  }
  if (typeof format !== 'number') throw corrupt(folder, `${MARKER_FILE} names no format`);
  if (format > FORMAT) {
    throw new StoreOpenError(
      'store/newer-format',
      folder,
      `The data folder ${folder} was written by a newer podnet (format ${format}, this one reads ${FORMAT}); update podnet or give another folder with --data-dir.`,
    );
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? new Map(Object.entries(value)).get(name)
    : undefined;
}

/**
 * lmdb maps the file into memory, so a page that is missing would end the process with a signal instead of
 * an error. The head is checked here; a file shorter than its head says (lmdb itself may leave its last
 * page unwritten) is first read by a process of its own.
 */
function checkObjects(folder: string, path: string): void {
  const file = openSync(path, 'r');
  let short: boolean;
  try {
    const { size } = fstatSync(file);
    // lmdb died before it wrote anything: as good as new.
    if (size === 0) return;
    const first = readMeta(file, 0);
    if (first === undefined) throw corrupt(folder, `${OBJECTS_FILE} is not an lmdb file`);
    const second = readMeta(file, first.pageBytes);
    if (second === undefined) throw corrupt(folder, `${OBJECTS_FILE} is cut short`);
    const newest = second.transaction > first.transaction ? second : first;
    short = size < (newest.lastPage + 1) * first.pageBytes;
  } finally {
    closeSync(file);
  }
  if (short && !readableByAnother(path)) throw corrupt(folder, `${OBJECTS_FILE} is cut short`);
}

interface Meta {
  readonly pageBytes: number;
  readonly lastPage: number;
  readonly transaction: number;
}

function readMeta(file: number, at: number): Meta | undefined {
  const octets = Buffer.alloc(META_BYTES);
  if (readSync(file, octets, 0, META_BYTES, at) < META_BYTES) return undefined;
  if (octets.readUInt32LE(META_OFFSET) !== META_MAGIC) return undefined;
  return {
    pageBytes: octets.readUInt32LE(PAGE_SIZE_OFFSET),
    lastPage: Number(octets.readBigUInt64LE(LAST_PAGE_OFFSET)),
    transaction: Number(octets.readBigUInt64LE(TRANSACTION_OFFSET)),
  };
}

function readableByAnother(path: string): boolean {
  const script = `
    import { open } from 'lmdb';
    const objects = open({ path: process.argv[1], noSubdir: true, readOnly: true, encoding: 'string' });
    for (const { value } of objects.getRange()) JSON.parse(value);
  `;
  const { status } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script, '--', path],
    { cwd: import.meta.dirname, stdio: 'ignore' },
  );
  return status === 0;
}
