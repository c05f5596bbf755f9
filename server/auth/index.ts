/** Identities and permissions. */

export { authenticate, type Credentials, OPEN } from './authenticate.js';
export type { KeyPair } from './certificates/authority.js';
export { folderKeeper, type Keeper, memoryKeeper, writePrivately } from './certificates/keeper.js';
export { type Pki, readAuthority, readPair } from './certificates/pki.js';
export { startSigner } from './certificates/signer.js';
export {
  type ClusterAccess,
  type ClusterAccessOptions,
  createClusterAccess,
} from './cluster-access.js';
export { createGate } from './gate.js';
export {
  type KubeconfigOptions,
  kubeconfig,
  kubeconfigText,
  mergeKubeconfig,
  type UserCredentials,
} from './kubeconfig.js';
export { createPageLogin } from './page-login.js';
export { ensureBootstrapPolicy } from './rbac/bootstrap.js';
export {
  type IdentityOptions,
  keptSecret,
  prepareIdentity,
  type ServerIdentity,
} from './server-identity.js';
export { issuerConfiguration, keySet } from './token/discovery.js';
export { podTokenSource } from './token/pod-token.js';
export { startTokenController } from './token/token-controller.js';
