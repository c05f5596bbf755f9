import type { ObjectStore } from './store.js';

/** Where durable stores keep their objects. */
export interface DataStoresOptions {
  /** Made when absent; held by one process at a time. */
  readonly folder: string;
}

/** How a durable store begins. */
export interface BeginOptions {
  /** The first revision of a new folder; 0 when absent. */
  readonly revision?: number;
  /** How many changes `since` can go back; 10,000 when absent. */
  readonly keepChanges?: number;
}

/** A durable store of its own. */
export type DurableStoreOptions = DataStoresOptions & BeginOptions;

/** The stores of the clusters that share a data folder. */
export interface DataStores {
  /** Opens the store of a cluster; that of the default cluster when no name is given. Throws `StoreOpenError`. */
  open(cluster?: string, begin?: BeginOptions): ObjectStore;
  /** Removes all that a cluster, whose store is closed, had. */
  remove(cluster: string): Promise<void>;
  /** Closes every store and gives the folder back. */
  close(): Promise<void>;
}
