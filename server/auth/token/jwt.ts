/** JSON Web Tokens in their compact form (RFC 7515 section 3.1, RFC 7519), signed with one known key and algorithm. */

import { isObject, type JsonObject } from '../../kube/json.js';
import type { SigningKey } from './signing-key.js';

const ALGORITHM = 'ES256';
/** Longer texts are no tokens of ours. */
const MAX_LENGTH = 16_384;

/** A signed token. */
export function signJwt(key: SigningKey, claims: object): string {
  const text = `${encode({ alg: ALGORITHM, kid: key.id })}.${encode(claims)}`;
  return `${text}.${key.sign(text)}`;
}

/** The claims of a token that this key has signed; undefined for everything else. Times are not looked at. */
export function verifyJwt(key: SigningKey, token: string): JsonObject | undefined {
  if (token.length > MAX_LENGTH) return undefined;
  const [head, body, signature, ...rest] = token.split('.');
  if (head === undefined || body === undefined || signature === undefined || rest.length > 0)
    return undefined;
  const header = decode(head);
  // The token does not choose how it is checked: no other algorithm, least of all `none` (RFC 8725 section 3.1).
  if (header?.alg !== ALGORITHM || header.kid !== key.id) return undefined;
  return key.verify(`${head}.${body}`, signature) ? decode(body) : undefined;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function decode(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
