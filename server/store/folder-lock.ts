import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreOpenError } from './open-error.js';

const LOCK_FILE = 'podnet.lock';
const ATTEMPTS = 5;

/** Locks held by this process, by path of the lock file. */
const held = new Set<string>();

/**
 * Takes a data folder for this process; the returned call gives it back. A lock whose process is gone is
 * taken over.
 *
 * Throws `store/locked` when another process holds the folder.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, LOCK_FILE);
  const mine = JSON.stringify({ pid: process.pid, started: startOf(process.pid) });
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const holder = tryTake(path, mine);
    if (holder === undefined) {
      held.add(path);
      return () => {
        held.delete(path);
        rmSync(path, { force: true });
      };
    }
    if (held.has(path) || isAlive(holder)) throw lockedBy(folder, holder.pid);
    rmSync(path, { force: true });
  }
  throw lockedBy(folder, undefined);
}

interface Holder {
  readonly pid: number | undefined;
  readonly started: string | undefined;
}

function tryTake(path: string, content: string): Holder | undefined {
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return undefined;
  } catch (failure) {
    if (errnoOf(failure) !== 'EEXIST') throw failure;
    return readHolder(path);
  }
}

function readHolder(path: string): Holder {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof content === 'object' && content !== null && 'pid' in content) {
      const started = 'started' in content ? content.started : undefined;
      return {
        pid: typeof content.pid === 'number' ? content.pid : undefined,
        started: typeof started === 'string' ? started : undefined,
      };
    }
  } catch {
    // An empty or cut lock file was left by a process that died while writing it.
  }
  return { pid: undefined, started: undefined };
}

function isAlive(holder: Holder): boolean {
  if (holder.pid === undefined) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (failure) {
    // EPERM: it lives and belongs to someone else.
    return errnoOf(failure) === 'EPERM';
  }
  if (isZombie(holder.pid)) return false;
  // The number may have been given to another process since, as always in a container's pid 1.
  const started = startOf(holder.pid);
  return started === undefined || holder.started === undefined || started === holder.started;
}

/** The system error's name; duck-typed because errors of Node's own modules may come from another realm. */
function errnoOf(failure: unknown): unknown {
  return typeof failure === 'object' && failure !== null && 'code' in failure
    ? failure.code
    : undefined;
}

/** Whether a process has ended and only waits for its parent to read its exit code. */
function isZombie(pid: number): boolean {
  return statFields(pid)?.[0] === 'Z';
}

/** Start time of a process in clock ticks since boot (`/proc/<pid>/stat` field 22) and the boot; undefined where there is no /proc. */
function startOf(pid: number): string | undefined {
  const ticks = statFields(pid)?.[19];
  if (ticks === undefined) return undefined;
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticks}`;
}

/** `/proc/<pid>/stat` from its third field on; the second is a name that may hold spaces. */
function statFields(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function lockedBy(folder: string, pid: number | undefined): StoreOpenError {
  const holder = pid === undefined ? 'another podnet process' : `the podnet process ${pid}`;
  return new StoreOpenError(
    'store/locked',
    folder,
    `The data folder ${folder} is in use by ${holder}; stop it or give another folder with --data-dir.`,
  );
}
