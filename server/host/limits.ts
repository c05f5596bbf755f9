/** Bounds of what one process and each of its clusters may take. docs/api.md lists them under Limits. */

/** Clusters beside the default one. */
export const MAX_CLUSTERS = 64;

/** What a cluster may hold and be asked. */
export interface ClusterQuota {
  readonly maxObjects: number;
  readonly maxPods: number;
  readonly maxNodes: number;
  /** API requests a second, in the long run. */
  readonly requestsPerSecond: number;
  /** Watches at a time. */
  readonly maxWatches: number;
  /** Connections of exec, attach and port-forward, and followed logs, at a time. */
  readonly maxStreams: number;
}

/** Of the default cluster, whose user is the one who started the process. */
export const DEFAULT_CLUSTER_QUOTA: ClusterQuota = {
  maxObjects: 50_000,
  maxPods: 50_000,
  maxNodes: 500,
  requestsPerSecond: 20_000,
  maxWatches: 5_000,
  maxStreams: 1_000,
};

/** Of clusters made through the API, where `spec.quota` does not say otherwise. */
export const CLUSTER_QUOTA: ClusterQuota = {
  maxObjects: 5_000,
  maxPods: 250,
  maxNodes: 20,
  requestsPerSecond: 200,
  maxWatches: 250,
  maxStreams: 50,
};

/** How many seconds' worth of requests may come at once: kubectl's discovery asks for dozens. */
export const REQUEST_BURST_SECONDS = 2;
