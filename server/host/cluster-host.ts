import type { Cluster } from '../cluster/cluster.js';

/** Name of the cluster that the root of the server shows. */
export const DEFAULT_CLUSTER = 'default';

/** Told of clusters as they come and go. */
export interface ClusterFollower {
  added(name: string, cluster: Cluster): void;
  removed(name: string): void;
}

/** The clusters that run in this process, by name. Each has its own objects, network and clock. */
export class ClusterHost {
  private readonly running = new Map<string, Cluster>();
  private readonly followers = new Set<ClusterFollower>();

  constructor(main: Cluster) {
    this.running.set(DEFAULT_CLUSTER, main);
  }

  get clusters(): ReadonlyMap<string, Cluster> {
    return this.running;
  }

  get(name: string): Cluster | undefined {
    return this.running.get(name);
  }

  /** Takes in a cluster under a name that is free. */
  add(name: string, cluster: Cluster): void {
    this.running.set(name, cluster);
    for (const follower of this.followers) follower.added(name, cluster);
  }

  /** Lets go of a cluster; ending it is left to the caller. Undefined when there is none of that name. */
  remove(name: string): Cluster | undefined {
    const cluster = this.running.get(name);
    if (cluster === undefined || name === DEFAULT_CLUSTER) return undefined;
    this.running.delete(name);
    for (const follower of this.followers) follower.removed(name);
    return cluster;
  }

  /** Tells of the clusters that are there, at once, and of those that come and go later. */
  follow(follower: ClusterFollower): void {
    this.followers.add(follower);
    for (const [name, cluster] of this.running) follower.added(name, cluster);
  }

  /** Ends every cluster and closes their stores. */
  async stop(): Promise<void> {
    for (const cluster of this.running.values()) await cluster.stop();
  }
}
