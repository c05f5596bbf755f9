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

/** Makes the middleware: 403 for foreign `Host` headers and for cross-site `Origin`s. */
export function hostGuard({ hosts = [] }: GuardOptions = {}) {
  const own = new Set([...LOOPBACK, ...hosts.map((host) => host.toLowerCase())]);
  const anyAddress = hosts.includes('0.0.0.0') || hosts.includes('::');
  const isOwn = (host: string): boolean => {
    const name = hostName(host);
    if (own.has(name) || name.endsWith('.localhost') || name.startsWith('127.')) return true;
    // Bound to every address: any literal address is ours; a name could be anybody's.
    return anyAddress && isIP(name.replace(/^\[|\]$/g, '')) !== 0;
  };
  return (req: Request, res: Response, next: NextFunction): void => {
    const { host, origin } = req.headers;
    if (host === undefined || !isOwn(host)) {
      refuse(
        res,
        `the host "${host ?? ''}" is not this server's: use localhost, or start it with --host`,
      );
    } else if (origin !== undefined && !sameSite(origin, host, isOwn)) {
      refuse(res, `requests from ${origin} are not served`);
    } else {
      next();
    }
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
  return name === 'localhost' || name === '[::1]' || name.startsWith('127.');
}

function refuse(res: Response, message: string): void {
  sendStatus(res, failureStatus({ code: 403, reason: 'Forbidden', message }));
}
