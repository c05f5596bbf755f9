/** Who may do what in one cluster: the parts of this folder, put together for the API. */

import type { AccessControl } from '../api/access.js';
import { refuse } from '../api/request.js';
import type { ObjectStore } from '../store/store.js';
import { signingRequester } from './certificates/requester.js';
import { forbiddenStatus } from './forbidden.js';
import { RbacAuthorizer } from './rbac/authorizer.js';
import { refuseEscalation } from './rbac/escalation.js';
import { answerReview } from './reviews.js';
import { AccountTokens } from './token/account-tokens.js';
import { createSigningKey, type SigningKey } from './token/signing-key.js';
import { answerTokenRequest } from './token/token-request.js';

/** What access to a cluster is made from. */
export interface ClusterAccessOptions {
  readonly store: ObjectStore;
  /** RFC 3339, from the simulated clock. */
  readonly now: () => string;
  readonly newUid: () => string;
  /** Whoever knows it can forge tokens. */
  readonly secret: Uint8Array;
  readonly clusterName: string;
}

/** Access to one cluster. */
export interface ClusterAccess extends AccessControl {
  readonly tokens: AccountTokens;
}

/** Makes the access of a cluster. */
export function createClusterAccess(options: ClusterAccessOptions): ClusterAccess {
  const { store, now, newUid, secret, clusterName } = options;
  const authorizer = new RbacAuthorizer(store);
  let key: SigningKey | undefined;
  const tokens = new AccountTokens({
    store,
    now,
    newUid,
    key: () => {
      key ??= createSigningKey(secret, clusterName);
      return key;
    },
  });
  return {
    tokens,
    authorize: (user, asked) => authorizer.authorize(user, asked),
    deny(user, asked) {
      const { allowed, reason } = authorizer.authorize(user, asked);
      return allowed ? undefined : refuse(forbiddenStatus(user, asked, reason));
    },
    review: (asked) => answerReview({ authorizer, tokens }, asked),
    admit: (write) => signingRequester(authorizer, write) ?? refuseEscalation(authorizer, write),
    issueToken: (asked) => answerTokenRequest({ tokens, store, now }, asked),
  };
}
