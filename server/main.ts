import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import express from 'express';
import {
  createApiRouter,
  createHostCheck,
  hostGuard,
  type SubresourceHandler,
} from './api/http/index.js';
import type { Cluster } from './cluster/cluster.js';
import { createGraph } from './cluster/graph-sources.js';
import { Operations } from './cluster/operations.js';
import { execIn } from './cluster/pod-exec.js';
import { attachExec } from './live/exec-sockets.js';
import { createLogHandler } from './live/log-handler.js';
import { podnetRouter } from './live/podnet-router.js';
import { attachLive } from './live/sockets.js';

/** Where the built page lies, beside the compiled server. */
const PAGE = fileURLToPath(new URL('../web/', import.meta.url));
/** Go clients reuse connections for up to 90 s; closing earlier races with them. */
const KEEP_ALIVE_MS = 95_000;

/** What a server is started with. */
export interface ServerOptions {
  readonly cluster: Cluster;
  /** Loopback unless the user says otherwise. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
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
 * Serves the API, the page and the live graph of a cluster.
 *
 * Failures: `ListenError` with one sentence when the port is taken or may not be used.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { cluster, host } = options;
  const hosts = [host];
  cluster.onError = options.onError;
  const operations = new Operations(cluster);
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(hostGuard({ hosts }));
  app.use(podnetRouter(operations));
  app.use(
    createApiRouter(cluster.api, {
      subresourceHandlers: new Map<string, SubresourceHandler>([
        ['pods/log', createLogHandler((pod, target) => operations.logOf(pod, target))],
      ]),
      onError: options.onError,
    }),
  );
  app.use(securityHeaders, express.static(PAGE));
  app.use(answerFailure(options.onError));
  const http = createServer(app);
  http.keepAliveTimeout = KEEP_ALIVE_MS;
  http.requestTimeout = 0;
  const check = createHostCheck({ hosts });
  attachExec({ http, start: execIn(cluster), check, onError: options.onError });
  const live = attachLive({
    http,
    model: createGraph(cluster),
    handlers: operations.handlers,
    check,
  });
  await listen(http, options);
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://${urlHost(host)}:${port}`,
    close: async () => {
      await live.close();
      http.closeAllConnections();
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
      });
    },
  };
}

/** Whatever went wrong is told as a Status, never as a page with a stack. */
function answerFailure(onError: (error: unknown) => void): express.ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    onError(error);
    if (response.headersSent) return;
    response.status(500).json({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      reason: 'InternalError',
      code: 500,
      message: 'podnet made a mistake; its log says more',
    });
  };
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
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; frame-ancestors 'none'",
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

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
