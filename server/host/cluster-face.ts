import type { IncomingHttpHeaders } from 'node:http';
import { Router } from 'express';
import {
  accessGuard,
  createApiRouter,
  type SubresourceHandler,
  setUser,
} from '../api/http/index.js';
import { failureStatus } from '../api/status.js';
import { type Credentials, createGate, issuerConfiguration, keySet } from '../auth/index.js';
import { createGraph } from '../cluster/graph-sources.js';
import { Operations } from '../cluster/operations.js';
import { attachIn } from '../cluster/pod-attach.js';
import { execIn } from '../cluster/pod-exec.js';
import { portForwardIn } from '../cluster/pod-port-forward.js';
import { proxyIn } from '../cluster/proxy-locations.js';
import { createTraffic } from '../cluster/traffic.js';
import { createCaptureHandler } from '../live/capture-handler.js';
import { createLogHandler } from '../live/log-handler.js';
import { podnetRouter } from '../live/podnet-router.js';
import type { LiveCluster } from '../live/sockets.js';
import { createStreams, proxyRouter, type StreamServer, upgradeRequired } from '../stream/index.js';
import { ClusterGuard } from './cluster-guard.js';
import type { HostedCluster } from './cluster-host.js';

/** What a server shows of one cluster. Paths are those below the cluster's own address. */
export interface ClusterFace {
  /** The API and podnet's questions. */
  readonly router: Router;
  /** Takes connections that ask for an upgrade. */
  readonly streams: StreamServer;
  readonly live: LiveCluster;
  /** Ends watches and streams; the cluster is no more. */
  close(): void;
}

/** What faces have in common. */
export interface FaceOptions {
  /** Says why a client may not connect; undefined when it may. */
  readonly check: (headers: IncomingHttpHeaders) => string | undefined;
  /** Who is let in, besides the ServiceAccounts of each cluster. */
  readonly credentials: Credentials;
  /** Told of what went wrong inside; the server goes on. */
  readonly onError: (error: unknown) => void;
}

/** Makes the face of a cluster. */
export function createClusterFace(
  { cluster, quota }: HostedCluster,
  { check, credentials, onError }: FaceOptions,
): ClusterFace {
  cluster.onError = onError;
  const guard = new ClusterGuard(quota);
  const gate = createGate(cluster.access, credentials);
  const operations = new Operations(cluster);
  const router = Router();
  router.use(guard.admit);
  router.use(accessGuard(gate));
  router.get('/.well-known/openid-configuration', (_request, response) => {
    response.json(issuerConfiguration());
  });
  router.get('/openid/v1/jwks', (_request, response) => {
    response.type('application/jwk-set+json').send(JSON.stringify(keySet(cluster.access.tokens)));
  });
  router.use(podnetRouter(operations));
  router.use(proxyRouter(proxyIn(cluster), onError));
  router.use(
    createApiRouter(cluster.api, {
      subresourceHandlers: new Map<string, SubresourceHandler>([
        ['pods/log', createLogHandler((pod, target) => operations.logOf(pod, target))],
        [
          'podnet.dev/traces/pcap',
          createCaptureHandler((trace) => cluster.traces.captureOf(trace)),
        ],
        ['pods/attach', needsUpgrade],
        ['pods/exec', needsUpgrade],
        ['pods/portforward', needsUpgrade],
      ]),
      onError,
    }),
  );
  const streams = createStreams({
    handlers: {
      attach: attachIn(cluster),
      exec: execIn(cluster),
      portforward: portForwardIn(cluster),
    },
    check: (request) => {
      const message = check(request.headers);
      if (message !== undefined) return failureStatus({ code: 403, reason: 'Forbidden', message });
      const admitted = gate(request);
      if (!admitted.ok) return admitted.status;
      setUser(request, admitted.user);
      return guard.admitStream(request);
    },
    onError,
  });
  const model = createGraph(cluster);
  const live = { model, handlers: operations.handlers, traffic: createTraffic(cluster, model) };
  return { router, streams, live, close: () => guard.close() };
}

const needsUpgrade: SubresourceHandler = (_request, response) => {
  const status = upgradeRequired();
  response.status(status.code ?? 400).json(status);
};
