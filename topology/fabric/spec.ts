import type { Cidr4, Ipv4, IpWithPrefix } from '../addr/index.js';
import type { NetworkMode } from '../cni/index.js';

/** A cluster's shape, read from a `Topology` document: machines, cables and the ranges of the pod network. */
export interface TopologySpec {
  readonly name: string;
  readonly network: NetworkSpec;
  readonly nodes: readonly NodeSpec[];
  readonly switches: readonly string[];
  readonly routers: readonly RouterSpec[];
  readonly outside: readonly OutsideSpec[];
  readonly links: readonly LinkSpecification[];
}

/** Ranges and kind of the pod network. */
export interface NetworkSpec {
  readonly mode: NetworkMode;
  readonly mtuBytes: number;
  readonly clusterCidr: Cidr4;
  readonly nodePrefixLength: number;
  readonly serviceCidr: Cidr4;
  readonly nodePorts: { readonly from: number; readonly to: number };
  readonly dnsIp: Ipv4;
}

/** A Kubernetes node. */
export interface NodeSpec {
  readonly name: string;
  readonly role: 'control-plane' | 'worker';
  readonly address: IpWithPrefix;
  readonly gateway: Ipv4 | undefined;
  readonly cpu: string;
  readonly memory: string;
  readonly pods: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** A machine that forwards between its interfaces. */
export interface RouterSpec {
  readonly name: string;
  readonly interfaces: readonly { readonly name: string; readonly address: IpWithPrefix }[];
  readonly routes: readonly { readonly dst: Cidr4; readonly via: Ipv4 }[];
}

/** A machine outside the cluster; it also answers for the addresses in `also`. */
export interface OutsideSpec {
  readonly name: string;
  readonly address: IpWithPrefix;
  readonly gateway: Ipv4;
  readonly also: readonly Ipv4[];
}

/** One end of a cable: a device of a machine, or a port of a switch. */
export interface LinkEnd {
  readonly machine: string;
  readonly device: string;
}

/** A cable and its properties, the same in both directions. */
export interface LinkSpecification {
  readonly ends: readonly [LinkEnd, LinkEnd];
  /** One-way delay in nanoseconds. */
  readonly delayNs: number;
  /** Absent: as fast as can be. */
  readonly rateBitsPerSecond: number | undefined;
  /** Share of frames lost, from 0 to 1. */
  readonly loss: number;
}
