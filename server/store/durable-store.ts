import { open } from 'lmdb';
import type { KubeObject } from '../contract/kube.js';
import { corrupt, openDataFolder } from './data-folder.js';
import type {
  BeginOptions,
  DataStores,
  DataStoresOptions,
  DurableStoreOptions,
} from './data-stores.js';
import { DiskKeys } from './disk-keys.js';
import { type DiskFile, Journal } from './journal.js';
import { createMemoryStore } from './memory-store.js';
import type { ObjectStore, ResourceName } from './store.js';

/** How many changes `since` can go back. */
const KEEP_CHANGES = 10_000;

/**
 * Stores in memory whose commits follow to one lmdb file. Writes of one turn of the event loop, and those that arrive
 * while the disk is busy, go in one transaction together with the revision and the log of changes; of an object
 * written several times only the last state goes. `durable` resolves when lmdb has flushed.
 *
 * After a restart the revision goes on where it was, and `since` reads the log when somebody asks for older changes.
 *
 * Throws `StoreOpenError` when the folder is locked, foreign, damaged or cannot be written.
 */
export async function openDataStores({ folder }: DataStoresOptions): Promise<DataStores> {
  const data = await openFile(folder);
  const opened = new Set<ObjectStore>();
  return {
    open: (cluster, begin = {}) => {
      const parts = load({ data, cluster, begin });
      const store: ObjectStore = withJournal(parts, () => {
        opened.delete(store);
        return parts.journal.close();
      });
      opened.add(store);
      return store;
    },
    remove: async (cluster) => {
      const keys = new DiskKeys(cluster);
      const doomed = [keys.objects, keys.log].flatMap((range) => [...data.file.getKeys(range)]);
      await data.file.batch(() => {
        for (const key of [...doomed, keys.revision]) void data.file.remove(key);
      });
      await data.file.flushed;
    },
    close: async () => {
      const ends = await Promise.allSettled([...opened].map((store) => store.close()));
      await data.close();
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    },
  };
}

/** The store of the default cluster alone; closing it gives the folder back. Throws as `openDataStores`. */
export async function createDurableStore(options: DurableStoreOptions): Promise<ObjectStore> {
  const data = await openFile(options.folder);
  try {
    const parts = load({ data, cluster: undefined, begin: options });
    return withJournal(parts, () => parts.journal.close().finally(data.close));
  } catch (failure) {
    await data.close();
    throw failure;
  }
}

interface OpenFile {
  readonly folder: string;
  readonly file: DiskFile;
  close(): Promise<void>;
}

async function openFile(folder: string): Promise<OpenFile> {
  const { objectsFile, release } = openDataFolder(folder);
  try {
    const file = open<string, string>({ path: objectsFile, noSubdir: true, encoding: 'string' });
    return { folder, file, close: () => file.close().finally(release) };
  } catch (failure) {
    release();
    throw corrupt(folder, wordsOf(failure));
  }
}

interface Parts {
  readonly memory: ObjectStore;
  readonly journal: Journal;
}

function load({
  data,
  cluster,
  begin,
}: {
  readonly data: OpenFile;
  readonly cluster: string | undefined;
  readonly begin: BeginOptions;
}): Parts {
  const { file, folder } = data;
  const keys = new DiskKeys(cluster);
  const keepChanges = begin.keepChanges ?? KEEP_CHANGES;
  try {
    const found = readAll(file, keys);
    const revision = found.revision ?? begin.revision ?? 0;
    const journal = new Journal({ file, keys, revision, keepChanges });
    const memory = createMemoryStore({
      revision,
      objects: found.objects,
      history: journal,
      onCommit: (change) => journal.append(change),
      keepChanges,
    });
    return { memory, journal };
  } catch (failure) {
    throw corrupt(folder, wordsOf(failure));
  }
}

function wordsOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}

function withJournal({ memory, journal }: Parts, close: () => Promise<void>): ObjectStore {
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
    close,
  };
}

function readAll(
  file: DiskFile,
  keys: DiskKeys,
): {
  readonly objects: readonly (readonly [ResourceName, KubeObject])[];
  readonly revision: number | undefined;
} {
  const objects: (readonly [ResourceName, KubeObject])[] = [];
  for (const { key, value } of file.getRange(keys.objects))
    objects.push([keys.resourceOf(key), readObject(key, value)]);
  const text = file.get(keys.revision);
  const revision = text === undefined ? undefined : Number(text);
  if (revision !== undefined && !Number.isSafeInteger(revision))
    throw new Error(`the revision reads '${text}'`);
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
