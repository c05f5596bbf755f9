import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { type NextFunction, type Request, type Response, Router } from 'express';
import { failureStatus } from '../api/status.js';
import type { Status } from '../contract/kube.js';
import type { Connected } from './port-forward.js';

/** What a proxy path names. */
export interface ProxyTarget {
  readonly resource: 'pods' | 'services';
  readonly namespace: string;
  /** `web`, `web:80` or `http:web:80`. */
  readonly id: string;
}

/** An address that a proxied request goes to. */
export interface ProxyLocation {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  /** A number, or what was given in its place. */
  readonly port: string;
}

/** Where proxied requests go. */
export interface ProxyBackend {
  locate(
    target: ProxyTarget,
  ):
    | { readonly ok: true; readonly value: ProxyLocation }
    | { readonly ok: false; readonly status: Status };
  /** Connects; fails in Go's words. An abort gives the attempt up. */
  connect(location: ProxyLocation, signal: AbortSignal): Promise<Connected>;
}

const PATH = /^(\/api\/v1\/namespaces\/([^/]+)\/(pods|services)\/([^/]+)\/proxy)(\/[^?]*)?(\?.*)?$/;
/** Headers that belong to one connection, RFC 9110 section 7.6.1. */
const HOP_BY_HOP = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const NOT_PASSED_ON = new Set([...HOP_BY_HOP, 'authorization']);
/** The cookies of podnet's pages: whoever has one is the administrator, and pods are not. */
const OWN_COOKIE = /^podnet-\d+=/;

/**
 * Serves `pods/NAME/proxy` and `services/NAME/proxy`: HTTP requests of any method go to the pod over emulated TCP, and
 * its answers come back (apimachinery, UpgradeAwareHandler).
 *
 * Fidelity: links in HTML pages are not rewritten, redirects are; no upgrade passes; programs speak no TLS.
 */
export function proxyRouter(backend: ProxyBackend, onError: (error: unknown) => void): Router {
  const router = Router();
  router.use((request: Request, response: Response, next: NextFunction) => {
    const [, base, namespace, resource, id, path = '', query = ''] = PATH.exec(request.url) ?? [];
    if (base === undefined || namespace === undefined || id === undefined) {
      next();
      return;
    }
    if (path === '' && (request.method === 'GET' || request.method === 'HEAD')) {
      response.redirect(301, `${request.baseUrl}${base}/${query}`);
      return;
    }
    const target: ProxyTarget = {
      resource: resource === 'pods' ? 'pods' : 'services',
      namespace: decoded(namespace),
      id: decoded(id),
    };
    const located = backend.locate(target);
    if (!located.ok) {
      send(response, located.status);
      return;
    }
    const prefix = request.baseUrl + base;
    const exchange = { backend, request, response, location: located.value, prefix };
    proxy(exchange, `${path === '' ? '/' : path}${query}`).catch(onError);
  });
  return router;
}

interface Exchange {
  readonly backend: ProxyBackend;
  readonly request: Request;
  readonly response: Response;
  readonly location: ProxyLocation;
  /** What stands before the path that the pod sees. */
  readonly prefix: string;
}

async function proxy(exchange: Exchange, path: string): Promise<void> {
  const { backend, location, prefix, request, response } = exchange;
  const abort = new AbortController();
  response.once('close', () => abort.abort());
  const connected = await backend.connect(location, abort.signal);
  if (!connected.ok) {
    send(response, unreachable(connected.error));
    return;
  }
  const { value: connection } = connected;
  if (location.scheme === 'https' || abort.signal.aborted) {
    connection.destroy();
    send(response, unreachable('tls: first record does not look like a TLS handshake'));
    return;
  }
  const outgoing: ClientRequest = httpRequest({
    method: request.method,
    path,
    headers: forwardedHeaders(request, prefix + path.split('?')[0]),
    setHost: false,
    createConnection: () => connection,
  });
  abort.signal.addEventListener('abort', () => outgoing.destroy());
  outgoing.on('error', (error) => {
    if (response.headersSent) response.destroy();
    else send(response, unreachable(wordsOf(error)));
  });
  outgoing.on('response', (incoming) => answer(incoming, response, prefix));
  outgoing.on('upgrade', () => outgoing.destroy());
  request.pipe(outgoing);
}

function answer(incoming: IncomingMessage, response: Response, prefix: string): void {
  const { rawHeaders, statusCode = 502, statusMessage = '' } = incoming;
  const headers: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key) || key.startsWith('access-control-')) continue;
    headers.push(name, key === 'location' ? rewritten(value, prefix) : value);
  }
  response.writeHead(statusCode, statusMessage, headers);
  incoming.on('error', () => response.destroy());
  incoming.pipe(response);
}

/** A redirect to a path of the pod's leads through the proxy. */
function rewritten(location: string, prefix: string): string {
  if (!location.startsWith('/') || location.startsWith('//')) return location;
  return location.startsWith(prefix) ? location : prefix + location;
}

function forwardedHeaders(request: Request, uri: string): readonly string[] {
  const headers: string[] = [];
  const { rawHeaders } = request;
  let from = request.socket.remoteAddress ?? '';
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    const key = name.toLowerCase();
    if (key === 'x-forwarded-for') from = `${value}, ${from}`;
    else if (key === 'cookie') headers.push(...foreignCookies(name, value));
    else if (!NOT_PASSED_ON.has(key)) headers.push(name, value);
  }
  if (request.headers['transfer-encoding'] !== undefined)
    headers.push('Transfer-Encoding', 'chunked');
  headers.push('X-Forwarded-For', from, 'X-Forwarded-Uri', uri);
  return headers;
}

/** The header with the cookies that are not podnet's, as far as there are any. */
function foreignCookies(name: string, value: string): readonly string[] {
  const cookies = value.split(';').map((one) => one.trim());
  const foreign = cookies.filter((one) => !OWN_COOKIE.test(one));
  return foreign.length === 0 ? [] : [name, foreign.join('; ')];
}

/** What went wrong on a connection, as Go's HTTP client says it. */
function wordsOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNRESET') return 'EOF';
  if (error.code?.startsWith('HPE_') === true) return 'malformed HTTP response';
  return error.message;
}

function unreachable(words: string): Status {
  return failureStatus({
    code: 503,
    reason: 'ServiceUnavailable',
    message: `error trying to reach service: ${words}`,
  });
}

function send(response: Response, status: Status): void {
  if (!response.writableEnded) response.status(status.code ?? 500).json(status);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
