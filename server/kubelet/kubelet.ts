import { fail, invariant, type Process, type Result } from '../../topology/index.js';
import type { Pod } from '../contract/kube.js';
import { quantityOf } from '../kube/quantity.js';
import type { ExecRequest, ExecSession, StartError } from '../program/index.js';
import type { Change } from '../store/store.js';
import { AdmissionLedger } from './admission.js';
import { type Attachment, type AttachRequest, attachTo } from './attach.js';
import type { ContainerSlot } from './container-slot.js';
import type { KubeletOptions } from './contract.js';
import { ImageManager } from './image-manager.js';
import type { LogRing } from './log-ring.js';
import { uidOf } from './names.js';
import type { NodeContext } from './node-context.js';
import { closeLease, DEFAULT_CAPACITY, openLease, registerNode } from './node-registration.js';
import { nodeRoot } from './node-root.js';
import { PodWorker } from './pod-worker.js';
import { forwardIntoSandbox, type PodPortForwarder } from './port-forward.js';
import { ContainerRuntime } from './runtime.js';
import { glanceAt, viewOf } from './runtime-view.js';
import { stopPodSandbox } from './sandbox.js';
import { KubeletShared } from './shared.js';
import type { PodGlance, PodRuntimeView } from './view.js';

const SIGKILL = 9;

/** The kubelet of one node: one worker for each pod that is bound to it. */
export class Kubelet {
  readonly nodeName: string;
  private readonly options: KubeletOptions;
  private readonly node: NodeContext;
  private readonly workers = new Map<string, PodWorker>();
  private unsubscribe: (() => void) | undefined;

  constructor(options: KubeletOptions) {
    this.options = options;
    this.nodeName = options.nodeName;
    const { clock, host, images, nodeName, store } = options;
    const capacity = options.capacity ?? DEFAULT_CAPACITY;
    const allocatable = { cpu: quantityOf(capacity.cpu), memory: quantityOf(capacity.memory) };
    const self = host.processes.clone({
      comm: 'kubelet',
      argv: ['/usr/bin/kubelet', `--hostname-override=${nodeName}`],
    });
    invariant(self.ok, `the kubelet of ${nodeName} must get a process`);
    this.node = {
      options,
      shared: options.shared ?? new KubeletShared(store),
      runtime: new ContainerRuntime(options),
      images: new ImageManager(clock, images),
      ledger: new AdmissionLedger({ ...allocatable, pods: capacity.pods }),
      durable: {
        claims: options.claims ?? new Map(),
        hostPaths: new Map([['/', nodeRoot(nodeName)]]),
      },
      allocatable,
      sys: self.value.sys,
    };
  }

  /** Whether it watches its pods. */
  get running(): boolean {
    return this.unsubscribe !== undefined;
  }

  /** Registers the node and takes care of its pods, those that are there and those that come. */
  start(): void {
    if (this.running) return;
    registerNode(this.options);
    openLease(this.options);
    this.unsubscribe = this.node.shared.subscribe(this.nodeName, (change) => this.changed(change));
    for (const pod of this.node.shared.podsOf(this.nodeName)) this.take(pod);
  }

  /** Posts the node's status, as after a time without a connection to the API server. */
  postStatus(): void {
    if (this.running) registerNode(this.options);
  }

  /** The kubelet ends, and with it the runtime and all its pods, as when a node loses power: nothing is written but the Lease. */
  stop(): void {
    if (!this.running) return;
    this.unsubscribe?.();
    this.unsubscribe = undefined;
    closeLease(this.options);
    for (const worker of this.workers.values()) {
      worker.abandon();
      this.powerOff(worker);
      this.node.ledger.release(worker.uid);
    }
    this.workers.clear();
  }

  /** Uids of the pods it takes care of. */
  podUids(): readonly string[] {
    return [...this.workers.keys()];
  }

  /** What runs of a pod; undefined when the pod is not on this node. */
  podRuntimeView(uid: string): PodRuntimeView | undefined {
    const worker = this.workers.get(uid);
    return worker === undefined ? undefined : viewOf(worker, this.node);
  }

  /** What a picture shows of a pod; undefined when the pod is not on this node. */
  podGlance(uid: string): PodGlance | undefined {
    const worker = this.workers.get(uid);
    return worker === undefined ? undefined : glanceAt(worker, this.node);
  }

  /** The device on the host that a pod's eth0 leads to; undefined while there is none. */
  hostDeviceOf(uid: string): string | undefined {
    return this.workers.get(uid)?.sandbox?.network?.hostDevice;
  }

  /** The name of a pod's network namespace on the host; '' for the host's own, undefined when there is none yet. */
  netnsOf(uid: string): string | undefined {
    return this.workers.get(uid)?.sandbox?.netnsName;
  }

  /** Octets of the images of a pod's containers, by container. */
  imageSizes(uid: string): ReadonlyMap<string, number> {
    const slots = this.workers.get(uid)?.allSlots ?? [];
    return new Map(slots.map(({ spec, image }) => [spec.name, image?.entry.sizeBytes ?? 0]));
  }

  /** The log of a container's newest run, or of the one before. */
  logs(
    uid: string,
    container: string,
    which: 'current' | 'previous' = 'current',
  ): LogRing | undefined {
    const slot = this.slot(uid, container);
    // While a container waits to be started again, the run that ended last is its last state.
    const isBetween = slot?.waiting !== undefined && slot.run?.state === 'exited';
    return (which === 'current' || isBetween ? slot?.run : slot?.previousRun)?.log;
  }

  /** Runs a command in a container. Fails when it does not run or has no such command. */
  exec(
    uid: string,
    container: string,
    request: Omit<ExecRequest, 'sys' | 'spawn'>,
  ): Result<{ readonly session: ExecSession; readonly process: Process }, StartError> {
    const run = this.slot(uid, container)?.run;
    if (run === undefined)
      return fail({ kind: 'not-found', text: `container not found ("${container}")` });
    return this.node.runtime.exec(run, request);
  }

  /** Attaches to a container; undefined when it does not run. */
  attach(uid: string, container: string, request: AttachRequest): Attachment | undefined {
    const run = this.slot(uid, container)?.run;
    return run?.state === 'running' ? attachTo(run, request) : undefined;
  }

  /** Connects to ports inside a pod; undefined when it has no sandbox. */
  portForwarder(uid: string): PodPortForwarder | undefined {
    const sandbox = this.workers.get(uid)?.sandbox;
    if (sandbox === undefined) return undefined;
    const { host } = this.options;
    return {
      sandboxId: sandbox.id,
      connect: (port, signal) => forwardIntoSandbox({ host, sandbox, port, signal }),
    };
  }

  /** The process that runs a container's program, to send from its namespaces. */
  processOf(uid: string, container: string): Process | undefined {
    const run = this.slot(uid, container)?.run;
    return run?.state === 'running' ? run.process : undefined;
  }

  /** The pause process of a pod. */
  pauseOf(uid: string): Process | undefined {
    return this.workers.get(uid)?.sandbox?.pause;
  }

  /** Fault: a signal to a container's program; 9 unless given. False when it does not run. */
  killContainer(uid: string, container: string, signal = SIGKILL): boolean {
    const process = this.processOf(uid, container);
    return (
      process !== undefined && this.options.host.processes.kill(process.pid, signal) === undefined
    );
  }

  /** Fault: the pause process of a pod dies. False when there is none. */
  killPause(uid: string): boolean {
    const pause = this.pauseOf(uid);
    return (
      pause?.state === 'running' &&
      this.options.host.processes.kill(pause.pid, SIGKILL) === undefined
    );
  }

  /** Name of the container that a process of this node belongs to: `namespace/pod/container`. */
  containerOf(pid: number): { readonly podUid: string; readonly container: string } | undefined {
    const owner = this.node.runtime.ownerOf(pid);
    if (owner === undefined) return undefined;
    return { podUid: owner.config.podUid, container: owner.config.spec.name };
  }

  private slot(uid: string, container: string): ContainerSlot | undefined {
    return this.workers.get(uid)?.allSlots.find(({ spec }) => spec.name === container);
  }

  private changed(change: Change<Pod>): void {
    const uid = uidOf(change.object);
    const worker = this.workers.get(uid);
    if (change.type === 'DELETED') worker?.deleted();
    else if (worker === undefined) this.take(change.object);
    else worker.update(change.object);
  }

  private take(pod: Pod): void {
    const { takes } = this.options;
    // A pod that is to go has to be told gone, whether it ran or not.
    if (takes?.(pod) === false && pod.metadata.deletionTimestamp === undefined) return;
    const uid = uidOf(pod);
    const worker = new PodWorker(this.node, pod, (gone) => {
      if (this.workers.get(uid) === gone) this.workers.delete(uid);
    });
    this.workers.set(uid, worker);
  }

  private powerOff(worker: PodWorker): void {
    const { cni, host } = this.options;
    for (const { run } of worker.allSlots) {
      if (run?.state === 'running' && run.process !== undefined)
        host.processes.kill(run.process.pid, SIGKILL);
    }
    if (worker.sandbox !== undefined) stopPodSandbox(worker.sandbox, host, cni);
  }
}
