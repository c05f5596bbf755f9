/** The API over HTTP. */

export { builtFiles } from './built-files.js';
export { answerFailure, answerFailuresBelow } from './failures.js';
export { createHostCheck, type GuardOptions, type HostCheck, hostGuard } from './guard.js';
export { addWarnings, sendFailure, sendJson, sendStatus } from './respond.js';
export {
  type ApiRouterOptions,
  createApiRouter,
  type SubresourceHandler,
} from './router.js';
export { type Admitted, accessGuard, type Gate, setUser, userOf } from './user.js';
