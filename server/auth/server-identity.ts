/** What a server proves itself and its users with: its secret, its token, its certificates. */

import { randomBytes } from 'node:crypto';
import type { Credentials } from './authenticate.js';
import type { Keeper } from './certificates/keeper.js';
import { hostsOf, type Pki, preparePki } from './certificates/pki.js';

/** How a server is to be reached. */
export interface IdentityOptions {
  readonly keeper: Keeper;
  readonly host: string;
  readonly isTls: boolean;
  /** The administrator's token as the user gave it. */
  readonly token: string | undefined;
  /** The address of Service `kubernetes`. */
  readonly serviceIp: string;
}

/** The identity of a server. */
export interface ServerIdentity {
  readonly credentials: Credentials;
  readonly pki: Pki | undefined;
}

const TOKEN_BYTES = 24;
const SECRET_BYTES = 32;
const SECRET_FILE = 'service-accounts.secret';
const TOKEN_FILE = 'page.token';

/** The secret that the keys of ServiceAccounts' tokens follow from; made when the keeper has none. */
export function keptSecret(keeper: Keeper): Uint8Array {
  return Buffer.from(keptText(keeper, SECRET_FILE, SECRET_BYTES), 'base64url');
}

/** Reads or makes what a server needs. On TLS there is always a token: the page has no other way in. */
export async function prepareIdentity(options: IdentityOptions): Promise<ServerIdentity> {
  const { keeper, host, isTls, serviceIp } = options;
  const token = options.token ?? (isTls ? keptText(keeper, TOKEN_FILE, TOKEN_BYTES) : undefined);
  const pki = isTls ? await preparePki(keeper, hostsOf(host, serviceIp)) : undefined;
  return { credentials: { token, isOpen: token === undefined }, pki };
}

function keptText(keeper: Keeper, name: string, bytes: number): string {
  const known = keeper.read(name)?.trim();
  if (known !== undefined && known !== '') return known;
  const made = randomBytes(bytes).toString('base64url');
  keeper.write(name, `${made}\n`);
  return made;
}
