import { randomBytes } from 'node:crypto';
import {
  Fabric,
  formatCidr,
  formatIp,
  hash32,
  invariant,
  ipv4,
  type PacketTrace,
  type PolicyEngine,
  type Process,
  Rng,
  type TopologySpec,
} from '../../topology/index.js';
import {
  type AdmissionObserver,
  type ApiQuota,
  type ApiServer,
  createApiServer,
  EventRecorder,
  ensureSystemObjects,
  type ServedKind,
} from '../api/index.js';
import {
  type ClusterAccess,
  createClusterAccess,
  ensureBootstrapPolicy,
  type KeyPair,
  podTokenSource,
  startSigner,
  startTokenController,
} from '../auth/index.js';
import type { Pod } from '../contract/kube.js';
import {
  apiClient,
  type ControlContext,
  type Controller,
  type Controllers,
  startControllers,
} from '../control/index.js';
import { uuid } from '../kube/uuid.js';
import { WallTime } from '../kube/wall-time.js';
import { Kubelet, KubeletShared } from '../kubelet/index.js';
import { startProgram, type ZoneSource } from '../program/index.js';
import { imageRegistry } from '../registry/index.js';
import type { ObjectStore } from '../store/index.js';
import { startDataPlane } from './data-plane.js';
import { Driver } from './driver.js';
import { type FaultKeeper, startFaultKeeper } from './fault/keeper.js';
import { Heartbeats } from './heartbeats.js';
import { addIndexes } from './indexes.js';
import { metricsKinds } from './metrics-kinds.js';
import { cniOf, nodeHost } from './node-adapter.js';
import { type MachineProgramContext, runOnMachine, startOutside } from './outside.js';
import { PodJourneys } from './pod-journey/pod-journeys.js';
import { SettledPods } from './settled-pods.js';
import { systemObjects } from './system.js';
import { startTopologyKeeper } from './topology-keeper.js';
import { TraceArchive } from './trace-archive.js';
import { startTraceKeeper, type TraceKeeper } from './trace-keeper.js';
import { startTrace } from './tracing.js';
import { UsageMeter } from './usage-meter.js';

const SECRET_BYTES = 32;
const DOMAIN = 'cluster.local';
const API_SERVER_PORT = 6443;
const CONTROL_PLANE_LABEL = 'node-role.kubernetes.io/control-plane';

/** What a cluster is made from. */
export interface ClusterOptions {
  readonly topology: TopologySpec;
  readonly store: ObjectStore;
  /** Seed of everything that is drawn by chance. */
  readonly seed: number;
  /** Wall time, in milliseconds since 1970, of simulated time 0. */
  readonly epochMs: number;
  /** Simulated seconds per real second while the driver is started. */
  readonly speed?: number;
  /**
   * What the key that signs ServiceAccounts' tokens follows from: whoever knows it can forge tokens. Real chance, not
   * the seed's, makes one when it is absent; tokens are then worth nothing after a restart.
   */
  readonly secret?: Uint8Array;
  /** How much it may hold. */
  readonly quota?: Partial<ApiQuota>;
  /** Kinds that this cluster's API serves beside the usual ones. */
  readonly kinds?: readonly ServedKind[];
  /** PEM of the authority that the API server's certificate comes from; absent when it serves no TLS. */
  readonly rootCa?: string;
  /** Addresses that pods must get when they are first given one here, by `namespace/name`. */
  readonly podAddresses?: ReadonlyMap<string, string>;
  /** Pods that kubelets run; the others are objects that nothing happens to. All run when absent. */
  readonly runsPod?: (pod: Pod) => boolean;
  /** What signs the requests of the API server's clients; absent when they are not signed. */
  readonly authority?: KeyPair;
}

/** One emulated cluster: its network, its control plane, its nodes' kubelets, all on one clock. */
export class Cluster {
  readonly options: ClusterOptions;
  readonly fabric: Fabric;
  readonly store: ObjectStore;
  readonly access: ClusterAccess;
  readonly meter: UsageMeter;
  readonly api: ApiServer;
  readonly driver: Driver;
  readonly kubelets = new Map<string, Kubelet>();
  readonly journeys: PodJourneys;
  /** Nodes of an earlier run that this topology lacks; they are gone from the store. */
  readonly vanishedNodes: readonly string[];
  readonly zone: ZoneSource;
  readonly controllers: Controllers;
  readonly traces: TraceKeeper;
  /** The newest traces with every packet, whoever sent them. */
  readonly archive = new TraceArchive();
  readonly faults: FaultKeeper;
  /** Who isolates which pod, and whom its rules name. */
  readonly policies: PolicyEngine;
  private readonly topology: Controller;
  readonly settled: SettledPods;
  /** The process on the control plane that proxied requests come from. */
  readonly apiServer: Process | undefined;
  /** Chooses the endpoint of a proxied request: [0, 1). */
  readonly proxyRandom: () => number;
  private readonly time: WallTime;
  private readonly events: EventRecorder;
  /** Called when the clock is paused, resumed or set to another speed. */
  onClock: () => void = () => {};
  /** Told of podnet's own mistakes inside an emulated program. */
  onError: (error: unknown) => void = () => {};
  /** Called when a cable or veth was taken down or up, or treats frames otherwise, with the id of its edge. */
  readonly linkListeners = new Set<(edge: string) => void>();
  private readonly rng: Rng;
  private readonly heartbeats: Heartbeats;
  /** Takes what admission wrote into a new pod, as soon as there is somebody who keeps it. */
  private noteAdmission: AdmissionObserver = () => {};

  constructor(options: ClusterOptions, zoneOf: (store: ObjectStore, domain: string) => ZoneSource) {
    this.options = options;
    const { topology, store, seed } = options;
    this.store = store;
    // A restarted cluster draws other names and uids than before: they must not repeat.
    this.rng = new Rng(hash32(`${seed} ${store.revision}`));
    this.fabric = new Fabric(topology, this.rng.fork('fabric').uint32());
    const { clock } = this.fabric;
    this.time = new WallTime(clock, options.epochMs);
    this.driver = new Driver({
      clock: this.fabric.clock,
      speed: options.speed ?? 1,
      onState: () => this.onClock(),
      onError: (error) => this.onError(error),
    });
    this.heartbeats = new Heartbeats(this.fabric, {
      controlPlane: controlPlaneOf(topology).name,
      kubelets: this.kubelets,
    });
    addIndexes(store);
    this.zone = zoneOf(store, DOMAIN);
    this.access = this.createAccess();
    this.meter = new UsageMeter({
      fabric: this.fabric,
      store,
      time: this.time,
      kubelets: this.kubelets,
    });
    this.api = this.createApi();
    this.createSystem();
    this.settled = new SettledPods(store);
    const eventUids = this.drawer('events');
    this.events = new EventRecorder({
      store,
      clock,
      time: this.time,
      newUid: () => uuid(eventUids),
    });
    const resources = this.api.registry.all;
    this.controllers = startControllers({
      client: apiClient(this.api),
      clock: this.fabric.clock,
      time: this.time,
      recorder: this.events,
      random: { names: this.drawer('names'), scheduler: this.rng.fork('scheduler') },
      resources: [...new Set(resources.map((resource) => resource.storage))],
      namespacedResources: [
        ...new Set(
          resources.filter((resource) => resource.namespaced).map((resource) => resource.storage),
        ),
      ],
      rootCa: options.rootCa ?? '',
      others: [
        (context) => startTokenController(context, this.access.tokens),
        ...signers(options.authority, (error) => this.onError(error)),
      ],
      podUsage: (pod) => this.meter.pod(pod)?.usage,
      nodeHealth: (node) => this.heartbeats.lastOf(node.metadata.name),
    });
    this.journeys = new PodJourneys({
      store,
      nowNs: () => this.fabric.clock.nowNs,
      controlPlane: controlPlaneOf(topology).name,
      scheduling: (uid) => this.controllers.schedulingReport(uid),
    });
    this.noteAdmission = this.journeys.noteAdmission;
    this.vanishedNodes = this.removeVanishedNodes();
    this.startKubelets();
    this.policies = startDataPlane(store, this.fabric, (nodes) => this.journeys.programmed(nodes));
    const client = apiClient(this.api);
    this.faults = startFaultKeeper(this, client);
    this.traces = startTraceKeeper({
      client,
      clock,
      now: this.now,
      send: (request, { object, done }) =>
        startTrace(this, request, (outcome) => {
          this.archive.keep(outcome, { request, object });
          done(outcome);
        }),
    });
    const topologyUids = this.drawer('topology');
    this.topology = startTopologyKeeper({
      cluster: this,
      client,
      newUid: () => uuid(topologyUids),
    });
    const machines = { epochMs: options.epochMs, random: this.drawer('machines') };
    startOutside(this.fabric, machines);
    this.apiServer = this.startApiServerSocket(machines);
    this.proxyRandom = this.drawer('proxy');
  }

  /** Tells that a cable or veth has changed. */
  linkChanged(edge: string): void {
    this.heartbeats.look();
    for (const listener of this.linkListeners) listener(edge);
  }

  /** RFC 3339 of now, to the second. */
  readonly now = (): string => this.time.now();

  /** Milliseconds since 1970 in simulated time. */
  get nowMs(): number {
    return Math.floor(this.time.nowMs);
  }

  /** Time of day, to the millisecond, of a moment of simulated time. */
  timeOf(atNs: number): string {
    return new Date(this.epochMs + atNs / 1e6).toISOString().slice(11, 23);
  }

  private get epochMs(): number {
    return this.options.epochMs;
  }

  /** The kubelet that a pod is bound to. */
  kubeletOf(pod: Pod): Kubelet | undefined {
    return this.kubelets.get(pod.spec.nodeName ?? '');
  }

  /**
   * Runs until every pod has come as far as it will by itself, or simulated time is up. Takes as long as the events take.
   */
  async settle(limitNs: number): Promise<void> {
    const { clock } = this.fabric;
    // Controllers answer within the same instant; a first burst lets them make what was applied.
    await this.driver.runUntil(clock.nowNs + SETTLE_START_NS);
    await this.driver.runUntil(clock.nowNs + limitNs, () => this.settled.all);
    await this.driver.runUntil(clock.nowNs + SETTLE_END_NS);
  }

  /** Ends the clock's pacing and closes the store. */
  async stop(): Promise<void> {
    await this.driver.stop();
    this.controllers.stop();
    this.traces.stop();
    this.faults.stop();
    this.topology.stop();
    await this.store.close();
  }

  private createAccess(): ClusterAccess {
    const uids = this.drawer('tokens');
    return createClusterAccess({
      store: this.store,
      now: this.now,
      newUid: () => uuid(uids),
      secret: this.options.secret ?? randomBytes(SECRET_BYTES),
      clusterName: this.options.topology.name,
    });
  }

  private createApi(): ApiServer {
    const { topology, quota, kinds } = this.options;
    const uids = this.drawer('uids');
    return createApiServer({
      store: this.store,
      now: this.now,
      newUid: () => uuid(uids),
      random: this.drawer('api'),
      serviceCidr: formatCidr(topology.network.serviceCidr),
      nodePortRange: topology.network.nodePorts,
      clusterName: topology.name,
      access: this.access,
      onAdmitted: (uid, changes) => this.noteAdmission(uid, changes),
      ...(quota === undefined ? {} : { quota }),
      kinds: [
        ...(kinds ?? []),
        ...metricsKinds({ store: this.store, time: this.time, meter: this.meter }),
      ],
    });
  }

  private createSystem(): void {
    const { network, nodes } = this.options.topology;
    const controlPlane = controlPlaneOf(this.options.topology);
    const facts = {
      dnsIp: formatIp(network.dnsIp),
      apiServerIp: formatIp(controlPlane.address.address),
      apiServerPort: API_SERVER_PORT,
      dnsReplicas: nodes.length > 1 ? 2 : 1,
    };
    const kubernetesIp = formatIp(ipv4(network.serviceCidr.network + 1));
    ensureSystemObjects(this.api, { kubernetesIp });
    const uids = this.drawer('policy');
    ensureBootstrapPolicy(this.api, () => uuid(uids));
    this.store.watch('services', ({ type, object: { metadata } }) => {
      if (type !== 'DELETED' || metadata.name !== 'kubernetes' || metadata.namespace !== 'default')
        return;
      this.fabric.clock.schedule(SYSTEM_PERIOD_NS, () =>
        ensureSystemObjects(this.api, { kubernetesIp }),
      );
    });
    for (const { resource, object } of systemObjects(facts)) {
      const { namespace, name } = object.metadata;
      if (this.store.get(resource, namespace, name) !== undefined) continue;
      const made = this.api.createTrusted(resource, object);
      invariant(made.ok, made.ok ? '' : `${resource} ${name}: ${made.error.message}`);
    }
  }

  /** Packets to the `kubernetes` Service end at a listener of the control plane, as on a real one. */
  private startApiServerSocket(context: MachineProgramContext): Process | undefined {
    const { name } = controlPlaneOf(this.options.topology);
    const host = this.fabric.nodes.get(name)?.host;
    if (host === undefined) return undefined;
    const ports = [{ proto: 'tcp', port: API_SERVER_PORT }] as const;
    return runOnMachine({ host, kind: 'generic', comm: 'kube-apiserver', ports }, context);
  }

  /**
   * Takes out nodes that only an earlier topology had, as a cloud's node controller does with machines that are no
   * more (cloud-provider, node_lifecycle_controller.go); their pods are collected and made anew elsewhere.
   */
  private removeVanishedNodes(): readonly string[] {
    const vanished = this.store
      .list('nodes')
      .map(({ metadata }) => metadata.name)
      .filter((name) => !this.fabric.nodes.has(name));
    for (const name of vanished) this.api.delete({ resource: 'nodes', name });
    return vanished;
  }

  private startKubelets(): void {
    const shared = new KubeletShared(this.store);
    const images = imageRegistry;
    const claims = new Map();
    const { podAddresses, runsPod: takes } = this.options;
    const wanted = new Map(podAddresses);
    const [outside] = this.options.topology.outside;
    const resolver = outside === undefined ? undefined : outside.address.address;
    for (const node of this.fabric.nodes.values()) {
      const isControlPlane = node.spec.role === 'control-plane';
      const kubelet = new Kubelet({
        nodeName: node.name,
        nodeIp: formatIp(node.network.address),
        store: this.store,
        events: this.events,
        clock: this.fabric.clock,
        timestamp: this.now,
        host: nodeHost(node),
        cni: cniOf(node, wanted),
        startProgram: (request) =>
          startProgram({
            ...request,
            trace: this.traceOf,
            onError: (error) => this.onError(error),
            ...(resolver === undefined ? {} : { upstream: { address: resolver, port: 53 } }),
          }),
        images,
        journey: this.journeys.record,
        random: this.drawer(`kubelet ${node.name}`),
        clusterDns: formatIp(this.options.topology.network.dnsIp),
        clusterDomain: DOMAIN,
        ...(resolver === undefined ? {} : { nodeDns: [formatIp(resolver)] }),
        capacity: {
          cpu: node.spec.cpu,
          memory: node.spec.memory,
          pods: node.spec.pods,
          ephemeralStorage: '100Gi',
        },
        labels: { ...node.spec.labels, ...(isControlPlane ? { [CONTROL_PLANE_LABEL]: '' } : {}) },
        taints: isControlPlane ? [{ key: CONTROL_PLANE_LABEL, effect: 'NoSchedule' }] : [],
        zone: this.zone,
        claims,
        shared,
        epochMs: this.epochMs,
        podCidr: formatCidr(node.network.podCidr),
        ...(takes === undefined ? {} : { takes }),
        podToken: (pod, source) => podTokenSource(this.access.tokens, pod, source),
      });
      this.kubelets.set(node.name, kubelet);
      kubelet.start();
    }
  }

  private readonly traceOf = (): PacketTrace | undefined => undefined;

  /** Stops a node as when it loses power, or starts it again. False when there is no such node. */
  setNodePower(name: string, on: boolean): boolean {
    const kubelet = this.kubelets.get(name);
    if (kubelet === undefined) return false;
    this.heartbeats.lastOf(name);
    for (const [edge, { cable, ends }] of this.fabric.links) {
      const end = ends.findIndex(({ machine }) => machine === name);
      if (end < 0) continue;
      cable.setPower(end === 0 ? 0 : 1, on);
      this.linkChanged(edge);
    }
    if (on) kubelet.start();
    else kubelet.stop();
    return true;
  }

  private drawer(name: string): () => number {
    const rng = this.rng.fork(name);
    return () => rng.unit();
  }
}

/** How soon the API server notices that its own Service is gone (kubernetesservice controller). */
const SYSTEM_PERIOD_NS = 10_000_000_000;
const SETTLE_START_NS = 100_000_000;
const SETTLE_END_NS = 1_000_000_000;

function signers(authority: KeyPair | undefined, onError: (error: unknown) => void) {
  return authority === undefined
    ? []
    : [(context: ControlContext) => startSigner(context, authority, onError)];
}

function controlPlaneOf({ nodes }: TopologySpec): TopologySpec['nodes'][number] {
  const found = nodes.find(({ role }) => role === 'control-plane') ?? nodes[0];
  invariant(found !== undefined, 'a topology has at least one node');
  return found;
}
