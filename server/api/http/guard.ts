/**
 * Keeps web pages of other origins away: without it, any page in a browser on this machine could speak to the API, by a
 * form, a script, or a name that is made to point at 127.0.0.1 (DNS rebinding).
 */

import { isIP } from 'node:net';
import type { NextFunction, Request, Response } from 'express';
import { failureStatus } from '../status.js';
import { sendStatus } from './respond.js';

/** Which names are this server's own. */
export interface GuardOptions {
  /** The host that the server was bound to, and names that people reach it by. */
  readonly hosts?: readonly string[];
}

const LOOPBACK = [
  'localhost',
  '127.0.0.1',
  '[::1]',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
];

/** Headers that the check looks at. */
export interface OriginHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
}

/** Says why a request is not served; undefined when it is. */
export type HostCheck = (headers: OriginHeaders) => string | undefined;

/** Makes the check: foreign `Host` headers and cross-site `Origin`s are not served. */
export function createHostCheck({ hosts = [] }: GuardOptions = {}): HostCheck {
  const own = new Set([...LOOPBACK, ...hosts.map((host) => host.toLowerCase())]);
  const anyAddress = hosts.includes('0.0.0.0') || hosts.includes('::');
  const isOwn = (host: string): boolean => {
    const name = hostName(host);
    if (own.has(name) || isLoopback(name)) return true;
    // Bound to every address: any literal address is ours; a name could be anybody's.
    return anyAddress && isIP(name.replace(/^\[|\]$/g, '')) !== 0;
  };
  return ({ host, origin }) => {
    if (host === undefined || !isOwn(host)) {
      return `the host "${host ?? ''}" is not this server's: use localhost, or start it with --host`;
    }
    if (origin !== undefined && !sameSite(origin, host, isOwn)) {
      return `requests from ${origin} are not served`;
    }
    return undefined;
  };
}

/** Makes the middleware, which answers 403 where the check refuses. */
export function hostGuard(options: GuardOptions = {}) {
  const check = createHostCheck(options);
  return (req: Request, res: Response, next: NextFunction): void => {
    const refusal = check(req.headers);
    if (refusal === undefined) next();
    else refuse(res, refusal);
  };
}

function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '');
}

function sameSite(origin: string, host: string, isOwn: (host: string) => boolean): boolean {
  if (!URL.canParse(origin)) return false;
  const from = new URL(origin);
  return (
    from.host === host.toLowerCase() ||
    (isOwn(from.host) && isOwn(host) && isLoopback(from.hostname))
  );
}

function isLoopback(name: string): boolean {
  const isLoopbackAddress = isIP(name) === 4 && name.startsWith('127.');
  return (
    isLoopbackAddress || name === 'localhost' || name === '[::1]' || name.endsWith('.localhost')
  );
}

function refuse(res: Response, message: string): void {
  sendStatus(res, failureStatus({ code: 403, reason: 'Forbidden', message }));
}
