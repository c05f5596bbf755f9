/** The API over HTTP. */

export { createHostCheck, type GuardOptions, type HostCheck, hostGuard } from './guard.js';
export { addWarnings, sendFailure, sendJson, sendStatus } from './respond.js';
export {
  type ApiRouterOptions,
  createApiRouter,
  SERVED_VERSION,
  type SubresourceHandler,
} from './router.js';
