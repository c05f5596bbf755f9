/**
 * Finds out who sends a request: by client certificate, bearer token or the page's cookie, in this order (upstream:
 * apiserver `pkg/authentication/request`).
 */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { ADMIN, type UserInfo } from '../api/access.js';
import type { AccountTokens } from './token/account-tokens.js';
import { ANONYMOUS_USER, AUTHENTICATED } from './users.js';

/** What a server knows about its users, besides their ServiceAccounts. */
export interface Credentials {
  /** Makes its bearer the administrator. */
  readonly token?: string | undefined;
  /** Requests without credentials come from the administrator: plain http on loopback without a token. */
  readonly isOpen: boolean;
}

/** A server on loopback that asks nobody who they are. */
export const OPEN: Credentials = { isOpen: true };

/** What one way of finding out gives: a user, nothing to go by, or credentials that are wrong. */
type Finding = UserInfo | 'none' | 'wrong';

/** Who sends a request; undefined when the credentials are wrong, which is answered with 401. */
export function authenticate(
  request: IncomingMessage,
  credentials: Credentials,
  tokens: AccountTokens,
): UserInfo | undefined {
  const findings = [
    byCertificate(request),
    byToken(request, credentials, tokens),
    byCookie(request, credentials),
  ];
  const user = findings.find((one) => typeof one === 'object');
  if (typeof user === 'object') return user;
  if (findings.includes('wrong')) return undefined;
  return credentials.isOpen ? ADMIN : ANONYMOUS_USER;
}

/** The user is the certificate's common name, the groups are its organizations. */
function byCertificate({ socket }: IncomingMessage): Finding {
  if (!(socket instanceof TLSSocket)) return 'none';
  const certificate = socket.getPeerCertificate();
  if (Object.keys(certificate).length === 0) return 'none';
  const { CN: names, O: organizations } = certificate.subject as Readonly<
    Record<string, string | readonly string[] | undefined>
  >;
  const [username = ''] = [names ?? ''].flat();
  if (!socket.authorized || username === '') return 'wrong';
  const fingerprint = createHash('sha256').update(certificate.raw).digest('hex');
  return {
    username,
    groups: [...new Set([...[organizations ?? []].flat(), AUTHENTICATED])],
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
  };
}

const SOCKET_TOKEN = 'base64url.bearer.authorization.k8s.io.';

function byToken(
  { headers }: IncomingMessage,
  credentials: Credentials,
  tokens: AccountTokens,
): Finding {
  const token = bearerToken(headers);
  if (token === undefined) return 'none';
  if (isAdminToken(credentials, token)) return ADMIN;
  return tokens.check(token)?.user ?? 'wrong';
}

/**
 * The token of a request; empty when the header says something else than `Bearer TOKEN`. Browsers cannot set headers of
 * WebSockets and send it as a subprotocol (upstream: `authentication/request/websocket`).
 */
function bearerToken(headers: IncomingMessage['headers']): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) return /^bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '';
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  const carrier = protocols.find((one) => one.startsWith(SOCKET_TOKEN));
  if (carrier === undefined) return undefined;
  return Buffer.from(carrier.slice(SOCKET_TOKEN.length), 'base64url').toString();
}

/** Whether a text is the administrator's token; takes as long for every wrong one. */
export function isAdminToken({ token }: Credentials, given: string): boolean {
  return token !== undefined && isSame(token, given);
}

function byCookie(request: IncomingMessage, credentials: Credentials): Finding {
  const { token } = credentials;
  if (token === undefined) return 'none';
  const name = cookieName(request);
  const cookies = (request.headers.cookie ?? '').split(';').map((one) => one.trim());
  const given = cookies.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  // An old cookie is no reason to refuse the login page.
  if (given === undefined || !isSame(cookieValue(token), given)) return 'none';
  return ADMIN;
}

/** Cookies know no ports: servers on one machine are told apart by the cookie's name. */
export function cookieName({ socket }: IncomingMessage): string {
  return `podnet-${socket.localPort ?? 0}`;
}

/** What the page's cookie holds: it follows from the token and does not tell it. */
export function cookieValue(token: string): string {
  return createHmac('sha256', token).update('podnet page').digest('base64url');
}

function isSame(secret: string, given: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(secret), digest(given));
}
