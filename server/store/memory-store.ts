import type { KubeObject } from '../contract/kube.js';
import { deepFreeze, fieldsEqual } from '../kube/frozen.js';
import { type ChangeHistory, ChangeRing } from './change-ring.js';
import type { DataStores } from './data-stores.js';
import { keyOf, ObjectTable } from './object-table.js';
import type {
  Change,
  IndexKeys,
  ObjectOf,
  ObjectStore,
  ResourceName,
  StoreError,
  StoreResult,
} from './store.js';
import { WatchHub } from './watch-hub.js';

const RING_CAPACITY = 10_000;

/** How a store in memory begins. */
export interface MemoryStoreOptions {
  /** The revision before the first commit; 0 when absent. Give one above all that clients may remember. */
  readonly revision?: number;
  /** Objects that are there from the start, with their resourceVersions. */
  readonly objects?: Iterable<readonly [ResourceName, KubeObject]>;
  /** How many changes `since` can go back; 10,000 when absent. */
  readonly keepChanges?: number;
  /** Where changes from before `revision` are, for `since`. */
  readonly history?: ChangeHistory;
  /** Called with each commit before watchers are. */
  readonly onCommit?: (change: Change) => void;
}

/** A store that lives and ends with the process. */
export function createMemoryStore(options: MemoryStoreOptions = {}): ObjectStore {
  return new MemoryStore(options);
}

/** Stores that live and end with the process, in the form of those of a data folder. */
export function createMemoryStores(): DataStores {
  return {
    open: (_cluster, begin = {}) => createMemoryStore(begin),
    remove: async () => {},
    close: async () => {},
  };
}

class MemoryStore implements ObjectStore {
  private readonly tables = new Map<ResourceName, ObjectTable>();
  private readonly hub = new WatchHub();
  private readonly ring: ChangeRing;
  private readonly onCommit: ((change: Change) => void) | undefined;
  private newest: number;

  constructor(options: MemoryStoreOptions) {
    this.newest = options.revision ?? 0;
    this.ring = new ChangeRing({
      capacity: options.keepChanges ?? RING_CAPACITY,
      revision: this.newest,
      history: options.history,
      current: ({ resource, namespace, name }) => this.get(resource, namespace, name),
    });
    this.onCommit = options.onCommit;
    for (const [resource, object] of options.objects ?? []) {
      const { namespace, name } = object.metadata;
      this.table(resource).put(keyOf(namespace, name), deepFreeze(object), undefined);
    }
  }

  get revision(): number {
    return this.newest;
  }

  get<R extends ResourceName>(
    resource: R,
    namespace: string | undefined,
    name: string,
  ): ObjectOf<R> | undefined {
    return this.tables.get(resource)?.get(keyOf(namespace, name)) as ObjectOf<R> | undefined;
  }

  list<R extends ResourceName>(resource: R, namespace?: string): readonly ObjectOf<R>[] {
    return this.table(resource).list(namespace) as readonly ObjectOf<R>[];
  }

  create<R extends ResourceName>(resource: R, object: ObjectOf<R>): StoreResult<ObjectOf<R>> {
    const current = this.find(resource, object);
    if (current !== undefined) return refuse({ code: 'store/exists', current });
    return this.commit('ADDED', resource, object, undefined);
  }

  update<R extends ResourceName>(
    resource: R,
    object: ObjectOf<R>,
    expect?: string,
  ): StoreResult<ObjectOf<R>> {
    const current = this.find(resource, object);
    if (current === undefined) return refuse({ code: 'store/not-found' });
    if (expect !== undefined && expect !== current.metadata.resourceVersion) {
      return refuse({ code: 'store/conflict', current });
    }
    if (sameContent(current, object)) return { ok: true, value: current as ObjectOf<R> };
    return this.commit('MODIFIED', resource, object, current);
  }

  delete<R extends ResourceName>(
    resource: R,
    namespace: string | undefined,
    name: string,
    expect?: { readonly uid?: string; readonly resourceVersion?: string },
  ): StoreResult<ObjectOf<R>> {
    const current = this.tables.get(resource)?.get(keyOf(namespace, name));
    if (current === undefined) return refuse({ code: 'store/not-found' });
    const { uid, resourceVersion } = current.metadata;
    if (
      (expect?.uid !== undefined && expect.uid !== uid) ||
      (expect?.resourceVersion !== undefined && expect.resourceVersion !== resourceVersion)
    ) {
      return refuse({ code: 'store/conflict', current });
    }
    return this.commit('DELETED', resource, current as ObjectOf<R>, current);
  }

  addIndex<R extends ResourceName>(resource: R, index: string, keys: IndexKeys<ObjectOf<R>>): void {
    this.table(resource).addIndex(index, (object) => keys(object as ObjectOf<R>));
  }

  byIndex<R extends ResourceName>(resource: R, index: string, key: string): readonly ObjectOf<R>[] {
    return this.table(resource).byIndex(index, key) as readonly ObjectOf<R>[];
  }

  watch<R extends ResourceName>(
    resource: R | '*',
    handler: (change: Change<ObjectOf<R>>) => void,
  ): () => void {
    return this.hub.add(resource, this.newest, handler as (change: Change) => void);
  }

  since(resource: ResourceName | '*', revision: number): readonly Change[] | undefined {
    return this.ring.since(resource, revision);
  }

  async durable(): Promise<void> {}

  async close(): Promise<void> {}

  private table(resource: ResourceName): ObjectTable {
    let table = this.tables.get(resource);
    if (table === undefined) {
      table = new ObjectTable();
      this.tables.set(resource, table);
    }
    return table;
  }

  private find(resource: ResourceName, object: KubeObject): KubeObject | undefined {
    return this.tables.get(resource)?.get(keyOf(object.metadata.namespace, object.metadata.name));
  }

  private commit<R extends ResourceName>(
    type: Change['type'],
    resource: R,
    written: ObjectOf<R>,
    previous: KubeObject | undefined,
  ): StoreResult<ObjectOf<R>> {
    const revision = this.newest + 1;
    const object = deepFreeze({
      ...written,
      metadata: { ...written.metadata, resourceVersion: String(revision) },
    });
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    if (type === 'DELETED') this.table(resource).remove(key, previous ?? object);
    else this.table(resource).put(key, object, previous);
    this.newest = revision;
    const change: Change = Object.freeze({ type, resource, object, previous, revision });
    this.ring.push(change);
    this.onCommit?.(change);
    this.hub.deliver(change);
    return { ok: true, value: object };
  }
}

function refuse(error: StoreError): { readonly ok: false; readonly error: StoreError } {
  return { ok: false, error };
}

function sameContent(current: KubeObject, next: KubeObject): boolean {
  return (
    fieldsEqual(current.metadata, next.metadata, 'resourceVersion') &&
    fieldsEqual(current, next, 'metadata')
  );
}
