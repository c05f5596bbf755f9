/** The certificates of a server: kept, and made anew when they run out or no longer fit. */

import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { KeyPair, Subject } from './authority.js';
import type { Keeper } from './keeper.js';

/** What a server on TLS needs. */
export interface Pki {
  readonly authority: KeyPair;
  readonly server: KeyPair;
  readonly admin: KeyPair;
}

const RENEW_BEFORE_MS = 30 * 86_400_000;
const ADMINISTRATOR: Subject = { username: 'kubernetes-admin', groups: ['system:masters'] };

/** The certificates of a server that is reached by some names and addresses. */
export async function preparePki(keeper: Keeper, hosts: readonly string[]): Promise<Pki> {
  const authority = await keptAuthority(keeper);
  const { issueClientCertificate, issueServerCertificate } = await import('./authority.js');
  return {
    authority,
    server: await kept(keeper, 'server', {
      isGood: (pair) => isSignedBy(pair, authority) && hosts.every((host) => names(pair, host)),
      make: () => issueServerCertificate(authority, hosts),
    }),
    admin: await kept(keeper, 'admin', {
      isGood: (pair) => isSignedBy(pair, authority),
      make: () => issueClientCertificate(authority, ADMINISTRATOR),
    }),
  };
}

/** The authority of a server; made when there is none. */
async function keptAuthority(keeper: Keeper): Promise<KeyPair> {
  const { createAuthority } = await import('./authority.js');
  return kept(keeper, 'ca', { isGood: () => true, make: createAuthority });
}

/** The authority that a keeper has; undefined when it has none. */
export function readAuthority(keeper: Keeper): KeyPair | undefined {
  return readPair(keeper, 'ca');
}

/** A pair that a keeper has; undefined when it has none. */
export function readPair(keeper: Keeper, name: 'ca' | 'admin'): KeyPair | undefined {
  const certificate = keeper.read(`${name}.crt`);
  const key = keeper.read(`${name}.key`);
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

interface Wanted {
  readonly isGood: (pair: KeyPair) => boolean;
  readonly make: () => Promise<KeyPair>;
}

async function kept(keeper: Keeper, name: string, { isGood, make }: Wanted): Promise<KeyPair> {
  const certificate = keeper.read(`${name}.crt`);
  const key = keeper.read(`${name}.key`);
  if (certificate !== undefined && key !== undefined) {
    const pair = { certificate, key };
    if (isCurrent(pair) && isGood(pair)) return pair;
  }
  const made = await make();
  keeper.write(`${name}.key`, made.key);
  keeper.write(`${name}.crt`, made.certificate);
  return made;
}

function isCurrent({ certificate }: KeyPair): boolean {
  try {
    const { validTo } = new X509Certificate(certificate);
    return Date.parse(validTo) - Date.now() > RENEW_BEFORE_MS;
  } catch {
    return false;
  }
}

function isSignedBy({ certificate }: KeyPair, authority: KeyPair): boolean {
  return new X509Certificate(certificate).verify(
    new X509Certificate(authority.certificate).publicKey,
  );
}

function names({ certificate }: KeyPair, host: string): boolean {
  const parsed = new X509Certificate(certificate);
  const found =
    isIP(host) === 0 ? parsed.checkHost(host, { subject: 'never' }) : parsed.checkIP(host);
  return found !== undefined;
}

const ANY_ADDRESS = ['0.0.0.0', '::'];
const LOOPBACK = ['localhost', '127.0.0.1', '::1'];
const SERVICE = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];

/** The names and addresses that a server bound to `host` is reached by; `serviceIp` is that of Service `kubernetes`. */
export function hostsOf(host: string, serviceIp: string): readonly string[] {
  const bound = ANY_ADDRESS.includes(host) ? [hostname(), ...ownAddresses()] : [host];
  const inside = [...SERVICE, 'kubernetes.default.svc.cluster.local', serviceIp];
  return [...new Set([...bound.map((one) => one.toLowerCase()), ...LOOPBACK, ...inside])];
}

function ownAddresses(): readonly string[] {
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return interfaces.map(({ address }) => address).filter((address) => !address.includes('%'));
}
