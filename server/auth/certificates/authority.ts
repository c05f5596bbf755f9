/**
 * A certificate authority and what it signs (X.509, RFC 5280). Certificates live by real time, since TLS libraries check
 * them by it. Import this file only when certificates are needed: the library takes a while to load.
 */

import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Whom a client certificate stands for. */
export interface Subject {
  /** Common name. */
  readonly username: string;
  /** Organizations. */
  readonly groups: readonly string[];
}

const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** As kubeadm: ten years for an authority, one for what it signs. */
const AUTHORITY_DAYS = 3650;
const LEAF_DAYS = 365;
/** Clocks of clients may be behind. */
const LEEWAY_MS = 5 * 60_000;
const SERIAL_BYTES = 16;

x509.cryptoProvider.set(webcrypto);

/** A new authority. */
export async function createAuthority(): Promise<KeyPair> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: ['podnet'] }],
    ...validity(AUTHORITY_DAYS),
    signingAlgorithm: SIGNATURE,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      usage(
        x509.KeyUsageFlags.digitalSignature |
          x509.KeyUsageFlags.keyEncipherment |
          x509.KeyUsageFlags.keyCertSign,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pairOf(certificate, keys);
}

/** A certificate for a server that is reached by some names and addresses. */
export async function issueServerCertificate(
  authority: KeyPair,
  hosts: readonly string[],
): Promise<KeyPair> {
  const keys = await newKeys();
  const certificate = await sign(authority, {
    subject: [{ CN: ['kube-apiserver'] }],
    publicKey: keys.publicKey,
    days: LEAF_DAYS,
    purposes: [x509.ExtendedKeyUsage.serverAuth],
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
      ),
    ],
  });
  return pairOf(certificate, keys);
}

/** A certificate for a user. */
export async function issueClientCertificate(
  authority: KeyPair,
  { username, groups }: Subject,
): Promise<KeyPair> {
  const keys = await newKeys();
  const certificate = await sign(authority, {
    subject: [...groups.map((group) => ({ O: [group] })), { CN: [username] }],
    publicKey: keys.publicKey,
    days: LEAF_DAYS,
    purposes: [x509.ExtendedKeyUsage.clientAuth],
  });
  return pairOf(certificate, keys);
}

const SUPERUSERS = 'system:masters';

/** A client certificate for a request (PKCS #10, RFC 2986) that is good for some seconds, at most a year; or why there is none. */
export async function signClientRequest(
  authority: KeyPair,
  request: string,
  seconds: number | undefined,
): Promise<{ readonly certificate: string } | { readonly failure: string }> {
  const asked = readRequest(request);
  if (asked === undefined) return { failure: 'the request is no certificate request in PEM' };
  if (!(await asked.verify())) return { failure: 'the signature of the request is wrong' };
  const organizations = asked.subjectName.getField('O');
  if (organizations.includes(SUPERUSERS)) {
    return {
      failure: `use of kubernetes.io/kube-apiserver-client signer with ${SUPERUSERS} group is not allowed`,
    };
  }
  const days = Math.min((seconds ?? Number.POSITIVE_INFINITY) / 86_400, LEAF_DAYS);
  const certificate = await sign(authority, {
    subject: asked.subjectName.toJSON(),
    publicKey: asked.publicKey,
    days,
    purposes: [x509.ExtendedKeyUsage.clientAuth],
  });
  return { certificate: `${certificate.toString('pem')}\n` };
}

function readRequest(request: string): x509.Pkcs10CertificateRequest | undefined {
  try {
    return new x509.Pkcs10CertificateRequest(request);
  } catch {
    return undefined;
  }
}

interface Leaf {
  readonly subject: x509.JsonName;
  readonly publicKey: x509.PublicKeyType;
  readonly days: number;
  readonly purposes: readonly x509.ExtendedKeyUsage[];
  readonly extensions?: readonly x509.Extension[];
}

async function sign(authority: KeyPair, leaf: Leaf): Promise<x509.X509Certificate> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decode(authority.key)[0] ?? new ArrayBuffer(0),
    KEY,
    false,
    ['sign'],
  );
  return x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: leaf.subject,
    issuer: issuer.subjectName.toJSON(),
    ...validity(leaf.days),
    signingAlgorithm: SIGNATURE,
    publicKey: leaf.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      usage(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment),
      new x509.ExtendedKeyUsageExtension([...leaf.purposes]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...(leaf.extensions ?? []),
    ],
  });
}

function usage(flags: x509.KeyUsageFlags): x509.Extension {
  return new x509.KeyUsagesExtension(flags, true);
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
}

async function pairOf(
  certificate: x509.X509Certificate,
  keys: webcrypto.CryptoKeyPair,
): Promise<KeyPair> {
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`,
  };
}

function validity(days: number): { readonly notBefore: Date; readonly notAfter: Date } {
  const now = Date.now();
  return {
    notBefore: new Date(now - LEEWAY_MS),
    notAfter: new Date(now + days * DAY_MS),
  };
}

/** Positive and unique (RFC 5280 section 4.1.2.2). */
function serialNumber(): string {
  const octets = randomBytes(SERIAL_BYTES);
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40;
  return octets.toString('hex');
}
