export {
  type BeginOptions,
  createDurableStore,
  type DataStores,
  type DurableStoreOptions,
  openDataStores,
} from './durable-store.js';
export { createMemoryStore, type MemoryStoreOptions } from './memory-store.js';
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
