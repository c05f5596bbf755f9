import type { IncomingHttpHeaders } from 'node:http';
import { Router } from 'express';
import { createApiRouter, type SubresourceHandler } from '../api/http/index.js';
import { failureStatus } from '../api/status.js';
import type { Cluster } from '../cluster/cluster.js';
import { createGraph } from '../cluster/graph-sources.js';
import { Operations } from '../cluster/operations.js';
import { execIn } from '../cluster/pod-exec.js';
import { createLogHandler } from '../live/log-handler.js';
import { podnetRouter } from '../live/podnet-router.js';
import type { LiveCluster } from '../live/sockets.js';
import { createStreams, type StreamServer } from '../stream/index.js';

/** What a server shows of one cluster. Paths are those below the cluster's own address. */
export interface ClusterFace {
  /** The API and podnet's questions. */
  readonly router: Router;
  /** Takes connections that ask for an upgrade. */
  readonly streams: StreamServer;
  readonly live: LiveCluster;
}

/** What faces have in common. */
export interface FaceOptions {
  /** Says why a client may not connect; undefined when it may. */
  readonly check: (headers: IncomingHttpHeaders) => string | undefined;
  /** Told of what went wrong inside; the server goes on. */
  readonly onError: (error: unknown) => void;
}

/** Makes the face of a cluster. */
export function createClusterFace(cluster: Cluster, { check, onError }: FaceOptions): ClusterFace {
  cluster.onError = onError;
  const operations = new Operations(cluster);
  const router = Router();
  router.use(podnetRouter(operations));
  router.use(
    createApiRouter(cluster.api, {
      subresourceHandlers: new Map<string, SubresourceHandler>([
        ['pods/log', createLogHandler((pod, target) => operations.logOf(pod, target))],
      ]),
      onError,
    }),
  );
  const streams = createStreams({
    handlers: { exec: execIn(cluster) },
    check: ({ headers }) => {
      const message = check(headers);
      return message === undefined
        ? undefined
        : failureStatus({ code: 403, reason: 'Forbidden', message });
    },
    onError,
  });
  const live = { model: createGraph(cluster), handlers: operations.handlers };
  return { router, streams, live };
}
