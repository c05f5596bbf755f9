export type {
  BeginOptions,
  DataStores,
  DataStoresOptions,
  DurableStoreOptions,
} from './data-stores.js';
export { createDurableStore, openDataStores } from './durable-store.js';
export { createMemoryStore, createMemoryStores, type MemoryStoreOptions } from './memory-store.js';
export { type StoreOpenCode, StoreOpenError } from './open-error.js';
export type {
  Change,
  IndexKeys,
  ObjectOf,
  ObjectStore,
  ResourceName,
  StoreError,
  StoreResult,
} from './store.js';
