import type {
  KernelOp,
  OpError,
  PortHolder,
  Process,
  ProcessTable,
  Result,
  Timer,
} from '../../topology/index.js';
import type { EventRecorder } from '../api/index.js';
import type { Step } from '../contract/journey.js';
import type { Pod, Taint } from '../contract/kube.js';
import type {
  KernelViewer,
  ProgramHandle,
  ProgramRequest,
  StartError,
  Volume,
  ZoneSource,
} from '../program/index.js';
import type { ImageRegistry } from '../registry/index.js';
import type { ObjectStore } from '../store/store.js';
import type { PodRecord } from './pod-record.js';
import type { PodTokens } from './pod-tokens.js';
import type { KubeletShared } from './shared.js';

/** The simulated clock as the kubelet uses it. */
export interface KubeletClock {
  readonly nowNs: number;
  schedule(delayNs: number, run: () => void): Timer;
}

/** The machine under a kubelet: the emulated kernel as a container runtime uses it. */
export interface NodeHost {
  readonly name: string;
  readonly processes: ProcessTable;
  /** Applies all or nothing. */
  apply(ops: readonly KernelOp[]): Result<void, OpError>;
  /** Names the network namespace that a process lives in, for people: `default/web-0`. */
  labelNetns(of: Process, label: string): void;
  /** What tools in a container read of its kernel; absent when the host has no such view. */
  viewerOf?(of: Process): KernelViewer;
  /** Sockets of the network namespace that a process lives in, as `ss -antup` there would list them. */
  ports(of: Process): readonly PortHolder[];
}

/** What CNI ADD is asked: the pause process holds the network namespace, which is named `netnsName` on the host. */
export interface CniAddRequest {
  /** Id of the sandbox. */
  readonly containerId: string;
  readonly netnsName: string;
  readonly pause: Process;
  readonly ifname: 'eth0';
  readonly podNamespace: string;
  readonly podName: string;
  readonly portMappings: readonly PortMapping[];
}

/** A published port, for the portmap plugin. */
export interface PortMapping {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly hostIp?: string;
}

/** What CNI ADD gives. The plugin has applied `ops` already; they are kept to be shown. */
export interface CniResult {
  /** Address without prefix length. */
  readonly ip: string;
  readonly gateway: string;
  readonly mac: string;
  /** The host's end of the veth pair. */
  readonly hostDevice: string;
  readonly ops: readonly KernelOp[];
}

/** A CNI error result: the code of the specification, and its words. */
export interface CniError {
  readonly code: number;
  readonly msg: string;
  readonly details: string;
}

/** The network plugin of a node. `del` is idempotent. */
export interface CniPlugin {
  add(request: CniAddRequest): Result<CniResult, CniError>;
  del(request: CniAddRequest): void;
}

/** Stages of a pod's way on its node. */
export type PodStage =
  | 'admit'
  | 'volumes'
  | 'sandbox'
  | 'cni'
  | 'pull'
  | 'create'
  | 'start'
  | 'probe'
  | 'stop';

/** One step of a pod's journey. `step.code` is set when the stage failed. */
export interface PodStep {
  readonly podUid: string;
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly stage: PodStage;
  readonly step: Step;
  /** What can be read about it as long as the pod is there. */
  readonly record?: PodRecord;
}

/** Keeps the journeys of pods. */
export type JourneySink = (step: PodStep) => void;

/** Size of a node. */
export interface NodeCapacity {
  readonly cpu: string;
  readonly memory: string;
  readonly pods: number;
  readonly ephemeralStorage: string;
}

/** What a kubelet is made of. */
export interface KubeletOptions {
  readonly nodeName: string;
  /** Its InternalIP, for status.hostIP, the Node object and hostNetwork pods. */
  readonly nodeIp: string;
  readonly store: ObjectStore;
  /** The one that the control plane records through too. */
  readonly events: EventRecorder;
  readonly clock: KubeletClock;
  /** RFC 3339 of now, in seconds, from the simulated clock. */
  readonly timestamp: () => string;
  readonly host: NodeHost;
  readonly cni: CniPlugin;
  readonly startProgram: (request: ProgramRequest) => Result<ProgramHandle, StartError>;
  readonly images: ImageRegistry;
  readonly journey: JourneySink;
  /** Numbers from 0 (inclusive) to 1 (exclusive), seeded for this node. */
  readonly random: () => number;
  /** Address of the cluster's DNS Service, such as 10.96.0.10. */
  readonly clusterDns: string;
  /** Usually `cluster.local`. */
  readonly clusterDomain: string;
  /** Resolver of the node itself, for dnsPolicy Default. */
  readonly nodeDns?: readonly string[];
  readonly capacity?: NodeCapacity;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  /** What CoreDNS pods answer from; handed to programs. */
  readonly zone?: ZoneSource;
  /** Content of claims, by `namespace/claim`: shared by the kubelets of a cluster. */
  readonly claims?: Map<string, Volume>;
  /** What all kubelets of a cluster share; made for this one alone when absent. */
  readonly shared?: KubeletShared;
  /** Wall time, in milliseconds since 1970, of simulated time 0. */
  readonly epochMs?: number;
  /** Makes the tokens in projected volumes, which have none when absent. */
  readonly podToken?: PodTokens;
  /** Pods that it takes care of: all that are bound to its node when absent. Others are objects and nothing more. */
  readonly takes?: (pod: Pod) => boolean;
  /** Written to the Node object when the controller manager does not allocate node CIDRs. */
  readonly podCidr?: string;
}

/** Why the runtime refused something. */
export interface RuntimeFailure {
  /** Reason as `kubectl get pods` shows it: RunContainerError, CreateContainerError … */
  readonly reason: string;
  readonly message: string;
}
