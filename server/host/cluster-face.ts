import { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { Router } from 'express';
import { createApiRouter, type SubresourceHandler } from '../api/http/index.js';
import type { Cluster } from '../cluster/cluster.js';
import { createGraph } from '../cluster/graph-sources.js';
import { Operations } from '../cluster/operations.js';
import { execIn } from '../cluster/pod-exec.js';
import { attachExec, type UpgradeSource } from '../live/exec-sockets.js';
import { createLogHandler } from '../live/log-handler.js';
import { podnetRouter } from '../live/podnet-router.js';
import type { LiveCluster } from '../live/sockets.js';

/** What a server shows of one cluster. Paths are those below the cluster's own address. */
export interface ClusterFace {
  /** The API and podnet's questions. */
  readonly router: Router;
  /** Where connections that ask for an upgrade are handed in, as `upgrade` events. */
  readonly upgrades: UpgradeSource & EventEmitter;
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
  const upgrades = new EventEmitter();
  attachExec({ http: upgrades, start: execIn(cluster), check, onError });
  const live = { model: createGraph(cluster), handlers: operations.handlers };
  return { router, upgrades, live };
}
