import type { Ip, KernelOp } from '../../topology/index.js';
import type { ContainerState } from '../contract/kube.js';
import type { OciConfig } from './oci-bundle.js';

/** What runs of a pod on its node, for the page, the CLI and `podnet ports`. A copy: it does not change. */
export interface PodRuntimeView {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly ip: string | undefined;
  readonly sandbox: SandboxView | undefined;
  readonly containers: readonly ContainerView[];
  /** Name of the network namespace on the host ('' for hostNetwork), for looking into the kernel. */
  readonly netnsName: string;
  readonly ports: readonly PortView[];
  readonly conflicts: readonly PortConflict[];
}

/** What a picture shows of a pod on its node; asked for each time something about the pod changes. */
export type PodGlance = Pick<PodRuntimeView, 'ports' | 'conflicts'> & {
  readonly pauseRunning: boolean;
};

/** The pause container and what it holds. */
export interface SandboxView {
  readonly id: string;
  readonly pausePid: number;
  readonly attempt: number;
  readonly createdNs: number;
  /** Inode numbers by kind, as `ls -l /proc/PID/ns` shows them. */
  readonly namespaces: Readonly<Record<string, number>>;
  readonly hostDevice: string | undefined;
  readonly mac: string | undefined;
  readonly gateway: string | undefined;
  /** The kernel operations that built its network, in order. */
  readonly ops: readonly KernelOp[];
}

/** One container of a pod. */
export interface ContainerView {
  readonly name: string;
  readonly kind: 'init' | 'sidecar' | 'app' | 'ephemeral';
  readonly id: string | undefined;
  readonly pid: number | undefined;
  readonly argv: readonly string[];
  readonly namespaces: Readonly<Record<string, number>>;
  readonly state: ContainerState;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly image: {
    /** As the manifest says. */
    readonly requested: string;
    /** Canonical, with tag or digest. */
    readonly resolved: string | undefined;
    readonly imageId: string | undefined;
    /** Podnet does not know the image and assumes that it exists. */
    readonly assumed: boolean;
  };
  readonly lastError: string | undefined;
  readonly bundle: OciConfig | undefined;
}

/** A port of a pod: declared, bound and published are three different things. */
export interface PortView {
  readonly proto: 'tcp' | 'udp' | 'sctp';
  readonly port: number;
  /** Name of the declared port. */
  readonly portName: string | undefined;
  /** Containers that declare it. */
  readonly declaredBy: readonly string[];
  /** Every socket that waits on it for others to speak, in order of age. */
  readonly bindings: readonly PortBinding[];
  /** Container of the first of them. */
  readonly boundBy: string | undefined;
  readonly boundPid: number | undefined;
  readonly boundAddress: string | undefined;
  /** hostPort, when published on the node. */
  readonly hostPort: number | undefined;
}

/** A socket that listens on a port, or is bound to it. */
export interface PortBinding {
  readonly container: string;
  readonly pid: number;
  readonly address: Ip;
  readonly family: 'inet' | 'inet6';
  /** IPV6_V6ONLY. */
  readonly v6only: boolean;
  /** `LISTEN`, `UNCONN`. */
  readonly state: string;
}

/** A port that a container wanted and another one holds. */
export interface PortConflict {
  readonly container: string;
  readonly proto: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly errno: string;
  /** Who holds it: a container of this pod, `namespace/pod/container` of another, or a process of the node. */
  readonly holder: string | undefined;
  readonly holderPid: number | undefined;
  readonly atNs: number;
}
