/** podnet's own kinds, `podnet.dev/v1`. */

import type { Condition, KubeObject } from './meta.js';

/** A probe that is sent once, and what became of it. */
export interface Trace extends KubeObject {
  readonly spec: TraceSpec;
  readonly status?: TraceStatus;
}

export interface TraceSpec {
  readonly from: string;
  readonly to: string;
  readonly protocol?: 'tcp' | 'udp' | 'icmp';
  readonly port?: number;
  readonly size?: number;
  readonly dontFragment?: boolean;
  readonly ttl?: number;
  readonly activeDeadlineSeconds?: number;
  readonly ttlSecondsAfterFinished?: number;
}

export interface TraceStatus {
  readonly phase: 'Pending' | 'Running' | 'Complete' | 'Failed';
  readonly conditions?: readonly Condition[];
  readonly disposition?: string;
  readonly summary?: string;
  readonly advice?: string;
  readonly reason?: string;
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly hopCount?: number;
  /** Says what was left out of `hops`; absent when nothing was. */
  readonly truncated?: string;
  readonly hops?: readonly TraceHop[];
}

export interface TraceHop {
  readonly place: string;
  readonly packet: number;
  readonly direction: string;
  readonly steps: readonly TraceStep[];
}

export interface TraceStep {
  readonly component: string;
  readonly action: string;
  readonly device?: string;
  readonly reason: string;
  readonly code?: string;
  readonly packet?: string;
}

/** What a Fault breaks. */
export type FaultType =
  | 'LinkDown'
  | 'Delay'
  | 'Loss'
  | 'CorruptRoute'
  | 'DeletedRoute'
  | 'WrongMask'
  | 'WrongMTU'
  | 'WrongNeighbor'
  | 'IPForwardOff'
  | 'Sysctl'
  | 'DropRule'
  | 'KillProcess'
  | 'NodeDown';

/** Something broken on purpose, for as long as the object is there. */
export interface Fault extends KubeObject {
  readonly spec: FaultSpec;
  readonly status?: FaultStatus;
}

export interface FaultSpec {
  readonly type: FaultType;
  /** A machine: node, router, switch or one outside. */
  readonly node?: string;
  /** `namespace/name`. */
  readonly pod?: string;
  /** `machine:device`, either end. */
  readonly cable?: string;
  readonly device?: string;
  readonly delay?: string;
  readonly jitter?: string;
  readonly lossPercent?: number;
  readonly route?: { readonly dst: string; readonly via?: string; readonly dev?: string };
  readonly address?: string;
  readonly prefixLength?: number;
  readonly mtu?: number;
  readonly neighbor?: { readonly address: string; readonly mac: string };
  readonly sysctl?: { readonly name: string; readonly value: string };
  readonly rule?: {
    readonly table?: string;
    readonly chain: string;
    readonly match?: string;
    readonly target?: string;
  };
  readonly container?: string;
}

export interface FaultStatus {
  readonly phase: 'Pending' | 'Active' | 'Failed' | 'Healed';
  readonly conditions?: readonly Condition[];
  readonly target?: string;
  readonly startTime?: string;
  /** What was done, as a person would type it. */
  readonly commands?: readonly string[];
  /** What undoes it. */
  readonly heal?: readonly string[];
}

/** The shape of the cluster's network. */
export interface Topology extends KubeObject {
  readonly spec: { readonly links?: readonly TopologyLink[]; readonly [field: string]: unknown };
  readonly status?: TopologyStatus;
}

export interface TopologyLink {
  readonly endpoints: readonly string[];
  readonly delay?: string;
  readonly rate?: string;
  readonly loss?: number;
}

export interface TopologyStatus {
  readonly nodes: number;
  readonly switches: number;
  readonly routers: number;
  readonly outside: number;
  readonly links: string;
  readonly machines: readonly {
    readonly name: string;
    readonly kind: string;
    readonly address?: string;
    readonly podCIDR?: string;
  }[];
  readonly linkStates: readonly {
    readonly endpoints: readonly string[];
    readonly state: 'Up' | 'Down';
    readonly delay: string;
    readonly loss: number;
  }[];
}
