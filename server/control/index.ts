export {
  apiClient,
  type ControlClient,
  type DeleteHow,
  type WriteFailure,
  type WriteResult,
} from './client.js';
export { type ControlClock, rfc3339, WallTime } from './clock.js';
export { findCondition, withCondition, withoutCondition } from './conditions.js';
export { createEventRecorder, type EventRecorder, type Happening } from './events.js';
export type { NodeHealth } from './node/node-lifecycle.js';
export { BY_NODE } from './pod/owned.js';
export { parseAmount, parseQuantity } from './scheduler/quantity.js';
export type { SchedulingReport, SchedulingRow } from './scheduler/report.js';
export { type Controllers, type ControllersOptions, startControllers } from './start.js';
export { type StoreClientOptions, storeClient } from './store-client.js';
