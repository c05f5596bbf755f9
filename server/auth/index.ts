/** Identities and permissions. */

export { type Credentials, OPEN } from './authenticate.js';
export {
  type ClusterAccess,
  type ClusterAccessOptions,
  createClusterAccess,
} from './cluster-access.js';
export { createGate } from './gate.js';
export { ensureBootstrapPolicy } from './rbac/bootstrap.js';
