/** What the rest of the server uses of the API; HTTP is in http/. */

export type { AdmissionChange, AdmissionObserver } from './admission/observe.js';
export { ensureSystemObjects, type SystemObjectOptions } from './bootstrap.js';
export type { ObjectSource } from './core.js';
export { EventRecorder, type EventRecorderOptions, type Happening } from './event-recorder.js';
export { QuotaLedger } from './quota/ledger.js';
export { ResourceRegistry } from './registry/registry.js';
export {
  type Effect,
  groupVersion,
  type ResourceInfo,
  type Subresource,
} from './registry/resource-info.js';
export * from './request.js';
export {
  type ApiQuota,
  type ApiServer,
  type ApiServerOptions,
  createApiServer,
  type ServedKind,
} from './server.js';
