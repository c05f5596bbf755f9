import { open, type RootDatabase } from 'lmdb';
import type { KubeObject } from '../contract/kube.js';
import { corrupt, openDataFolder } from './data-folder.js';
import { createMemoryStore } from './memory-store.js';
import type { Change, ObjectStore, ResourceName } from './store.js';

const REVISION_KEY = 'revision';

/** Where a durable store keeps its objects. */
export interface DurableStoreOptions {
  /** Made when absent; held by one process at a time. */
  readonly folder: string;
  /** The first revision of a new folder; 0 when absent. */
  readonly revision?: number;
  /** How many changes `since` can go back; 10,000 when absent. */
  readonly keepChanges?: number;
}

/**
 * A store in memory whose commits follow to an lmdb file. Writes of one turn of the event loop, and those
 * that arrive while the disk is busy, go in one transaction together with the revision; of an object written
 * several times only the last state goes. `durable` resolves when lmdb has flushed.
 *
 * After a restart the revision goes on where it was, and `since` any earlier one says expired.
 *
 * Throws `StoreOpenError` when the folder is locked, foreign, damaged or cannot be written.
 */
export async function createDurableStore(options: DurableStoreOptions): Promise<ObjectStore> {
  const folder = openDataFolder(options.folder);
  let file: RootDatabase<string, string> | undefined;
  try {
    file = open<string, string>({ path: folder.objectsFile, noSubdir: true, encoding: 'string' });
    const { objects, revision } = readAll(file);
    const journal = new Journal(file, revision ?? options.revision ?? 0);
    const memory = createMemoryStore({
      revision: revision ?? options.revision ?? 0,
      objects,
      onCommit: (change) => journal.append(change),
      ...(options.keepChanges === undefined ? {} : { keepChanges: options.keepChanges }),
    });
    return withJournal(memory, journal, folder.release);
  } catch (failure) {
    await file?.close();
    folder.release();
    throw corrupt(options.folder, failure instanceof Error ? failure.message : String(failure));
  }
}

function withJournal(memory: ObjectStore, journal: Journal, release: () => void): ObjectStore {
  return {
    get revision() {
      return memory.revision;
    },
    get: memory.get.bind(memory),
    list: memory.list.bind(memory),
    create: memory.create.bind(memory),
    update: memory.update.bind(memory),
    delete: memory.delete.bind(memory),
    addIndex: memory.addIndex.bind(memory),
    byIndex: memory.byIndex.bind(memory),
    watch: memory.watch.bind(memory),
    since: memory.since.bind(memory),
    durable: (revision) => journal.durable(revision),
    close: async () => {
      try {
        await journal.close();
      } finally {
        release();
      }
    },
  };
}

function readAll(file: RootDatabase<string, string>): {
  readonly objects: readonly (readonly [ResourceName, KubeObject])[];
  readonly revision: number | undefined;
} {
  const objects: (readonly [ResourceName, KubeObject])[] = [];
  let revision: number | undefined;
  for (const { key, value } of file.getRange()) {
    if (key === REVISION_KEY) {
      revision = Number(value);
      if (!Number.isSafeInteger(revision)) throw new Error(`the revision reads '${value}'`);
      continue;
    }
    const resource = resourceOf(key);
    objects.push([resource, readObject(key, value)]);
  }
  if (revision === undefined && objects.length > 0) throw new Error('the revision is missing');
  return { objects, revision };
}

function readObject(key: string, value: string): KubeObject {
  const object: unknown = JSON.parse(value);
  if (typeof object !== 'object' || object === null || !('metadata' in object)) {
    throw new Error(`the object ${key} is not an API object`);
  }
  return object as KubeObject;
}

/** `/apps/deployments//default/web`: a resource holds single slashes only, and namespaces and names none. */
function diskKey(change: Change): string {
  const { namespace, name } = change.object.metadata;
  return `/${change.resource}//${namespace ?? ''}/${name}`;
}

function resourceOf(key: string): ResourceName {
  const end = key.indexOf('//');
  if (!key.startsWith('/') || end < 0) throw new Error(`the key ${key} is not one of podnet's`);
  return key.slice(1, end);
}

interface Waiter {
  readonly revision: number;
  resolve(): void;
  reject(reason: unknown): void;
}

/** Commits on their way to disk, in groups. */
class Journal {
  private readonly file: RootDatabase<string, string>;
  private pending = new Map<string, KubeObject | undefined>();
  private newest: number;
  private flushed: number;
  private waiters: Waiter[] = [];
  private writing: Promise<void> | undefined;
  private failure: unknown;

  constructor(file: RootDatabase<string, string>, revision: number) {
    this.file = file;
    this.newest = revision;
    this.flushed = revision;
  }

  append(change: Change): void {
    this.pending.set(diskKey(change), change.type === 'DELETED' ? undefined : change.object);
    this.newest = change.revision;
    this.writing ??= this.write();
  }

  durable(revision: number): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (revision <= this.flushed) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.waiters.push({ revision, resolve, reject });
    });
  }

  async close(): Promise<void> {
    while (this.writing !== undefined) await this.writing;
    await this.file.close();
    if (this.failure !== undefined) throw this.failure;
  }

  private async write(): Promise<void> {
    try {
      await new Promise<void>((resolve) => setImmediate(resolve));
      while (this.pending.size > 0) await this.writeGroup();
    } catch (failure) {
      // What memory holds and the disk does not can no longer be promised; every later wait says so.
      this.failure = failure;
      for (const waiter of this.waiters.splice(0)) waiter.reject(failure);
    } finally {
      this.writing = undefined;
    }
  }

  private async writeGroup(): Promise<void> {
    const group = this.pending;
    const revision = this.newest;
    this.pending = new Map();
    // Text is made first: lmdb does not undo what a callback wrote before it threw. `batch` is one transaction;
    // `transaction`, whose callback runs in the middle of one, never came back here with lmdb 3.5.6 on Node 20.
    const puts: (readonly [string, string | undefined])[] = [];
    for (const [key, object] of group) puts.push([key, object && JSON.stringify(object)]);
    await this.file.batch(() => {
      for (const [key, text] of puts) {
        if (text === undefined) void this.file.remove(key);
        else void this.file.put(key, text);
      }
      void this.file.put(REVISION_KEY, String(revision));
    });
    await this.file.flushed;
    this.flushed = revision;
    const still: Waiter[] = [];
    for (const waiter of this.waiters) {
      if (waiter.revision <= revision) waiter.resolve();
      else still.push(waiter);
    }
    this.waiters = still;
  }
}
