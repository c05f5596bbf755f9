export {
  apiClient,
  type ControlClient,
  type DeleteHow,
  type WriteFailure,
  type WriteResult,
} from './client.js';
export type { ControlClock } from './clock.js';
export { findCondition, withCondition, withoutCondition } from './conditions.js';
export { type ControlContext, type Controller, queueKey, splitQueueKey } from './context.js';
export { daemonPodSpec, shouldRun } from './daemon-set.js';
export type { NodeHealth } from './node/node-lifecycle.js';
export { BY_NODE } from './pod/owned.js';
export { FILTER_PLUGINS } from './scheduler/filters.js';
export type { SchedulingReport, SchedulingRow } from './scheduler/report.js';
export { SCORE_PLUGINS } from './scheduler/scores.js';
export { type Controllers, type ControllersOptions, startControllers } from './start.js';
export { type SyncOutcome, WorkQueue } from './work-queue.js';
