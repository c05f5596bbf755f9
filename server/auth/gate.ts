/** The way into a cluster's API: who is it, as whom do they act, and may they (upstream: apiserver `server/config.go`, filters). */

import type { IncomingMessage } from 'node:http';
import { requestAttributes } from '../api/http/request-info.js';
import type { Admitted, Gate } from '../api/http/user.js';
import { badRequest } from '../api/status.js';
import { authenticate, type Credentials } from './authenticate.js';
import type { ClusterAccess } from './cluster-access.js';
import { forbiddenStatus, unauthorized } from './forbidden.js';
import { impersonated } from './impersonate.js';

/** Makes the gate of a cluster. */
export function createGate(access: ClusterAccess, credentials: Credentials): Gate {
  return (request) => admit(access, credentials, request);
}

function admit(
  access: ClusterAccess,
  credentials: Credentials,
  request: IncomingMessage,
): Admitted {
  const { method = 'GET', url = '/' } = request;
  if (!isPlainPath(url)) {
    return {
      ok: false,
      status: badRequest(
        'the request must name a path, without "#" and "\\", whose escapes are two digits of UTF-8',
      ),
    };
  }
  const sender = authenticate(request, credentials, access.tokens);
  if (sender === undefined) return { ok: false, status: unauthorized() };
  const actor = impersonated(request, sender, access.authorize);
  if (!actor.ok) return actor;
  const asked = requestAttributes(method, url);
  const { allowed, reason } = access.authorize(actor.user, asked);
  return allowed ? actor : { ok: false, status: forbiddenStatus(actor.user, asked, reason) };
}

/**
 * Whether a URL means the same to everybody who reads it. Others take a backslash for a slash, leave out what follows a
 * hash, and read what cannot be decoded as it stands: what is authorized here must be what is served there.
 */
function isPlainPath(url: string): boolean {
  const [path = ''] = url.split('?');
  return path.startsWith('/') && !/[\\#\s]/.test(url) && isDecodable(path);
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
