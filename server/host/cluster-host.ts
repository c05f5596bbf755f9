import type { Cluster } from '../cluster/cluster.js';
import { type ClusterQuota, DEFAULT_CLUSTER_QUOTA } from './limits.js';

/** Name of the cluster that the root of the server shows. */
export const DEFAULT_CLUSTER = 'default';

/** A cluster and what it may take. */
export interface HostedCluster {
  readonly cluster: Cluster;
  readonly quota: ClusterQuota;
}

/** Told of clusters as they come and go. */
export interface ClusterFollower {
  added(name: string, hosted: HostedCluster): void;
  removed(name: string): void;
}

/** The clusters that run in this process, by name. Each has its own objects, network and clock. */
export class ClusterHost {
  private readonly running = new Map<string, HostedCluster>();
  private readonly followers = new Set<ClusterFollower>();

  constructor(main: Cluster) {
    this.running.set(DEFAULT_CLUSTER, { cluster: main, quota: DEFAULT_CLUSTER_QUOTA });
  }

  get(name: string): Cluster | undefined {
    return this.running.get(name)?.cluster;
  }

  /** Takes in a cluster under a name that is free. */
  add(name: string, cluster: Cluster, quota: ClusterQuota): void {
    const hosted = { cluster, quota };
    this.running.set(name, hosted);
    for (const follower of this.followers) follower.added(name, hosted);
  }

  /** Lets go of a cluster; ending it is left to the caller. Undefined when there is none of that name. */
  remove(name: string): Cluster | undefined {
    const hosted = this.running.get(name);
    if (hosted === undefined || name === DEFAULT_CLUSTER) return undefined;
    this.running.delete(name);
    for (const follower of this.followers) follower.removed(name);
    return hosted.cluster;
  }

  /** Tells of the clusters that are there, at once, and of those that come and go later. */
  follow(follower: ClusterFollower): void {
    this.followers.add(follower);
    for (const [name, hosted] of this.running) follower.added(name, hosted);
  }

  /** Ends every cluster and closes their stores. Fails as the first of them that fails, when all have ended. */
  async stop(): Promise<void> {
    const ends = await Promise.allSettled(
      [...this.running.values()].map(({ cluster }) => cluster.stop()),
    );
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
}
