/** What others check ServiceAccounts' tokens with: OpenID Connect Discovery 1.0 section 3 and RFC 7517 section 5. */

import { type AccountTokens, ISSUER } from './account-tokens.js';

/** The document at `/.well-known/openid-configuration`. */
export function issuerConfiguration(): object {
  return {
    issuer: ISSUER,
    jwks_uri: `${ISSUER}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };
}

/** The document at `/openid/v1/jwks`. */
export function keySet({ key }: AccountTokens): object {
  return { keys: [key.jwk] };
}
