import { createHmac } from 'node:crypto';
import { Cluster } from '../cluster/cluster.js';
import { newestTimeMs } from '../cluster/newest-time.js';
import { createZone } from '../cluster/zone.js';
import type { ObjectStore } from '../store/index.js';
import type { ClusterHost } from './cluster-host.js';
import {
  CLUSTER_FINALIZER,
  CLUSTERS,
  type ClusterObject,
  type ClusterStatus,
  quotaOf,
  topologyOf,
} from './cluster-kind.js';

/** How far a new cluster runs ahead, in simulated time, before its clock takes its pace. */
const HEAD_START_NS = 30_000_000_000;

/** Where clusters keep their objects. */
export interface ClusterStores {
  open(cluster: string): ObjectStore;
  remove(cluster: string): Promise<void>;
}

/** What a keeper works with. */
export interface ClusterKeeperOptions {
  readonly host: ClusterHost;
  /** The default cluster, whose API has the Clusters. */
  readonly main: Cluster;
  readonly stores: ClusterStores;
  readonly onError: (error: unknown) => void;
}

/**
 * Starts a cluster for each Cluster object, and ends it and removes its data when the object is deleted. One at a
 * time, between turns of the event loop: the others go on meanwhile.
 */
export class ClusterKeeper {
  private readonly options: ClusterKeeperOptions;
  private readonly waiting = new Set<string>();
  /** Clusters that could not be started; they are not tried again before the next start of the process. */
  private readonly failed = new Set<string>();
  private working: Promise<void> | undefined;
  private readonly unwatch: () => void;
  private stopped = false;

  constructor(options: ClusterKeeperOptions) {
    this.options = options;
    const { store } = options.main;
    this.unwatch = store.watch(CLUSTERS, ({ object }) => this.enqueue(object.metadata.name));
    for (const { metadata } of store.list(CLUSTERS)) this.enqueue(metadata.name);
  }

  /** Resolves when everything asked so far is done. */
  async idle(): Promise<void> {
    await this.working;
  }

  /** Looks at Clusters no more; those that run go on. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.unwatch();
    await this.working;
  }

  private enqueue(name: string): void {
    this.waiting.add(name);
    this.working ??= this.work();
  }

  private async work(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    for (const name of this.waiting) {
      if (this.stopped) break;
      this.waiting.delete(name);
      await this.reconcile(name).catch((error: unknown) => this.fail(name, error));
    }
    this.working = undefined;
    if (this.waiting.size > 0 && !this.stopped) this.working = this.work();
  }

  private object(name: string): ClusterObject | undefined {
    return this.options.main.store.get(CLUSTERS, undefined, name) as ClusterObject | undefined;
  }

  private async reconcile(name: string): Promise<void> {
    const { host } = this.options;
    const object = this.object(name);
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
      await this.end(name, object);
      return;
    }
    const running = host.get(name);
    if (this.failed.has(name)) return;
    if (running === undefined) await this.start(name, object);
    else if (running.driver.speed !== object.spec.speed) running.driver.setSpeed(object.spec.speed);
  }

  private async start(name: string, object: ClusterObject): Promise<void> {
    const { host, main, stores } = this.options;
    const { spec } = object;
    const topology = topologyOf(spec.topology);
    if (!topology.ok) {
      this.fail(name, new Error(topology.error.join('; ')));
      return;
    }
    const quota = quotaOf(object);
    const store = stores.open(name);
    const { seed, speed } = spec;
    const secret = secretOf(name, main.options.secret);
    const { rootCa } = main.options;
    const epochMs = Math.max(Date.now() - HEAD_START_NS / 1e6, newestTimeMs(store) + 1000);
    try {
      const cluster = new Cluster(
        {
          topology: topology.value,
          store,
          seed,
          epochMs,
          speed,
          quota,
          ...secret,
          // Certificates are good in every cluster: whoever rules one must not make users of the others.
          ...(rootCa === undefined ? {} : { rootCa }),
        },
        createZone,
      );
      host.add(name, cluster, quota);
      await cluster.settle(HEAD_START_NS);
      cluster.driver.start();
    } catch (error) {
      await host.remove(name)?.driver.stop();
      await store.close();
      throw error;
    }
    this.report(name, {
      phase: 'Ready',
      url: `/clusters/${name}`,
      nodes: topology.value.nodes.length,
    });
  }

  private async end(name: string, object: ClusterObject | undefined): Promise<void> {
    const { host, main, stores } = this.options;
    if (object !== undefined) this.report(name, { ...object.status, phase: 'Terminating' });
    this.failed.delete(name);
    await host.remove(name)?.stop();
    await stores.remove(name);
    const last = this.object(name);
    if (last === undefined) return;
    const finalizers = last.metadata.finalizers?.filter((one) => one !== CLUSTER_FINALIZER) ?? [];
    main.api.updateTrusted(CLUSTERS, { ...last, metadata: { ...last.metadata, finalizers } });
  }

  private report(name: string, status: ClusterStatus): void {
    const object = this.object(name);
    if (object !== undefined)
      this.options.main.api.updateStatusTrusted(CLUSTERS, { ...object, status });
  }

  private fail(name: string, error: unknown): void {
    this.failed.add(name);
    this.options.onError(error);
    const message = error instanceof Error ? error.message : String(error);
    const object = this.object(name);
    // The same words again change nothing, so an end that fails is tried twice and not for ever.
    if (object?.metadata.deletionTimestamp === undefined)
      this.report(name, { phase: 'Failed', message });
    else this.report(name, { ...object.status, phase: 'Terminating', message });
  }
}

/** Tokens of one cluster must not open another. */
function secretOf(name: string, main: Uint8Array | undefined): { readonly secret?: Uint8Array } {
  return main === undefined ? {} : { secret: createHmac('sha256', main).update(name).digest() };
}
