/** The key that a cluster signs its ServiceAccounts' tokens with: ES256 (RFC 7518 section 3.4). */

import {
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';

/** Signs and verifies with one key. */
export interface SigningKey {
  /** `kid` of tokens and of the key set. */
  readonly id: string;
  /** The public half as a JSON Web Key. */
  readonly jwk: Readonly<Record<string, string>>;
  /** Signature of a text, base64url. */
  sign(text: string): string;
  verify(text: string, signature: string): boolean;
}

const CURVE = 'prime256v1';
/** Order of the group of P-256 (FIPS 186-4, D.1.2.3). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** Twice as many octets as needed make every key equally likely (FIPS 186-4, B.4.1). */
const DERIVED_BYTES = 64;
const SIGNATURE = { dsaEncoding: 'ieee-p1363' } as const;

/**
 * The key that follows from a secret and a name: clusters of one server have different keys, so that a token of one is
 * worth nothing in another. Whoever knows the secret can forge tokens.
 */
export function createSigningKey(secret: Uint8Array, name: string): SigningKey {
  const privateKey = deriveKey(secret, name);
  const publicKey = createPublicKey(privateKey);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const id = createHash('sha256').update(der).digest('base64url');
  const { kty = '', crv = '', x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return {
    id,
    jwk: { use: 'sig', kty, kid: id, crv, alg: 'ES256', x, y },
    sign: (text) =>
      sign('sha256', Buffer.from(text), { key: privateKey, ...SIGNATURE }).toString('base64url'),
    verify: (text, signature) =>
      verify(
        'sha256',
        Buffer.from(text),
        { key: publicKey, ...SIGNATURE },
        Buffer.from(signature, 'base64url'),
      ),
  };
}

function deriveKey(secret: Uint8Array, name: string): KeyObject {
  const octets = hkdfSync('sha256', secret, new Uint8Array(), `tokens of ${name}`, DERIVED_BYTES);
  const number = BigInt(`0x${Buffer.from(octets).toString('hex')}`);
  const scalar = (number % (ORDER - 1n)) + 1n;
  const d = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex');
  const curve = createECDH(CURVE);
  curve.setPrivateKey(d);
  const point = curve.getPublicKey();
  const part = (octetsOfPart: Buffer) => octetsOfPart.toString('base64url');
  return createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: part(d),
      x: part(point.subarray(1, 33)),
      y: part(point.subarray(33)),
    },
  });
}
