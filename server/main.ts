import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { invariant } from '../topology/index.js';
import {
  answerFailure,
  answerFailuresBelow,
  builtFiles,
  createHostCheck,
  hostGuard,
  sendStatus,
} from './api/http/index.js';
import { unknownPath } from './api/status.js';
import {
  authenticate,
  type Credentials,
  createGate,
  createPageLogin,
  OPEN,
  type Pki,
} from './auth/index.js';
import type { Cluster } from './cluster/cluster.js';
import { ClusterFaces } from './host/cluster-faces.js';
import { type ClusterHost, DEFAULT_CLUSTER } from './host/cluster-host.js';
import { attachLive } from './live/sockets.js';

/** Where the built page lies, beside the compiled server. */
const PAGE = fileURLToPath(new URL('../web/', import.meta.url));
/** Go clients reuse connections for up to 90 s; closing earlier races with them. */
const KEEP_ALIVE_MS = 95_000;

/** What a server is started with. */
export interface ServerOptions {
  readonly clusters: ClusterHost;
  /** Loopback unless the user says otherwise. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Who is let in; whoever reaches the port when absent. */
  readonly credentials?: Credentials;
  /** Serves https when given. */
  readonly pki?: Pki | undefined;
  /** Told of what went wrong inside; the server goes on. */
  readonly onError: (error: unknown) => void;
}

/** A server that answers. */
export interface RunningServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Why a server could not listen. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/**
 * Serves the API, the page and the live graph of each cluster: of the default one at the root, of each at
 * `/clusters/NAME`.
 *
 * Failures: `ListenError` with one sentence when the port is taken or may not be used.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { clusters, host, onError, pki, credentials = OPEN } = options;
  const hosts = isAnyAddress(host) ? [host, hostname()] : [host];
  const { access } = mainCluster(clusters);
  const check = createHostCheck({ hosts });
  const faces = new ClusterFaces(clusters, { check, credentials, onError });
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(hostGuard({ hosts }));
  const login = createPageLogin(credentials, (request) =>
    authenticate(request, credentials, access.tokens),
  );
  app.use((request, response, next) => {
    if (!login(request, response)) next();
  });
  app.use(faces.router);
  const files = [...builtFiles(PAGE)];
  app.use('/clusters/:cluster', pageOfCluster, securityHeaders, files);
  app.use(securityHeaders, files);
  app.use((_request, response) => sendStatus(response, unknownPath()));
  app.use(answerFailure(onError));
  const http = pki === undefined ? createServer(app) : tlsServer(pki, app);
  answerFailuresBelow(http);
  http.keepAliveTimeout = KEEP_ALIVE_MS;
  faces.takeUpgrades(http);
  // The default cluster decides who may use the live connection, which shows every cluster.
  const gate = createGate(access, credentials);
  const live = attachLive({
    http,
    find: (name) => faces.live(name || DEFAULT_CLUSTER),
    all: () => faces.allLive(),
    check: (request) => {
      const foreign = check(request.headers);
      if (foreign !== undefined) return foreign;
      const admitted = gate(request);
      return admitted.ok ? undefined : admitted.status.message;
    },
  });
  faces.onRemoved = live.remove;
  await listen(http, options);
  const { port } = http.address() as AddressInfo;
  return {
    url: `${pki === undefined ? 'http' : 'https'}://${urlHost(host)}:${port}`,
    close: async () => {
      // Closing the live part ends listening and waits for connections: watches and followed logs would hold it up.
      const liveClosed = live.close();
      http.closeAllConnections();
      await liveClosed;
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
      });
    },
  };
}

function mainCluster(clusters: ClusterHost): Cluster {
  const main = clusters.get(DEFAULT_CLUSTER);
  invariant(main !== undefined, 'there is always a default cluster');
  return main;
}

/** Client certificates are asked for and not required: tokens, and the page's login, do as well. */
function tlsServer({ authority, server }: Pki, app: RequestListener): Server {
  return createTlsServer(
    {
      key: server.key,
      cert: server.certificate,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
    },
    app,
  );
}

/** The page finds its parts, and its cluster, beside its own address, which therefore ends in a slash. */
function pageOfCluster(
  request: express.Request,
  response: express.Response,
  next: express.NextFunction,
): void {
  const [path = '', query] = request.originalUrl.split('?');
  if (request.path !== '/' || path.endsWith('/')) next();
  else response.redirect(308, `${path}/${query === undefined ? '' : `?${query}`}`);
}

function securityHeaders(
  _request: express.Request,
  response: express.Response,
  next: express.NextFunction,
): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader(
    'Content-Security-Policy',
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  );
  next();
}

/**
 * Looks whether a server could listen, before anything is written for its sake.
 *
 * Failures: `ListenError`, as `startServer`.
 */
export async function checkAddress(address: Pick<ServerOptions, 'host' | 'port'>): Promise<void> {
  const http = createServer();
  await listen(http, address);
  await new Promise<void>((resolve) => {
    http.close(() => resolve());
  });
}

function listen(http: Server, { host, port }: Pick<ServerOptions, 'host' | 'port'>): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? `port ${port} is already taken on ${host}: stop what uses it, or choose another with --port`
          : error.code === 'EACCES'
            ? `port ${port} may not be used: choose one above 1023 with --port`
            : `cannot listen on ${host}:${port}: ${error.message}`;
      reject(new ListenError(why));
    });
    http.listen(port, host, () => resolve());
  });
}

function isAnyAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function urlHost(host: string): string {
  if (isAnyAddress(host)) return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
