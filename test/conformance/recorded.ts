import type { RecordedState } from './state.js';

/** One scenario as it was recorded on a real kernel: what was built, what was tried, what happened. */
export interface RecordedLab {
  readonly id: string;
  readonly title: string;
  readonly group?: string;
  readonly notes?: string;
  /** `uname -r` of the recording. */
  readonly kernel?: string;
  readonly topology: RecordedTopology;
  /** `02:00:00:00:00:01` → `n1/cni0`. */
  readonly macs: Readonly<Record<string, string>>;
  readonly steps: readonly RecordedStep[];
  /** From the end of each probe to the next step, in milliseconds, where the steps do not say; by default what reading the namespaces took. */
  readonly pause_ms?: number;
  /** What differs from run to run on Linux itself: then only the kinds of frames are compared. */
  readonly unstable?: string | boolean;
}

/** Values of a sysctl. */
export type SysctlValues = Readonly<Record<string, number | string>>;

/** What the lab is built from; things are made in the order of the lists. */
export interface RecordedTopology {
  readonly netns: readonly {
    readonly name: string;
    /** What it plays: node, pod, router, switch; means nothing to the kernel. */
    readonly role?: string;
    readonly sysctl?: SysctlValues;
    readonly lo?: boolean | string;
  }[];
  readonly bridges: readonly RecordedDevice[];
  readonly veths: readonly { readonly a: RecordedDevice; readonly b: RecordedDevice }[];
  readonly vxlans: readonly RecordedVxlan[];
  readonly macvlans?: readonly RecordedMacvlan[];
  readonly routes: readonly RecordedRoute[];
  readonly rules?: readonly {
    readonly ns: string;
    readonly family?: 4 | 6;
    readonly args: string;
  }[];
  readonly neigh: readonly {
    readonly ns: string;
    readonly dst: string;
    readonly dev: string;
    readonly lladdr?: string;
    readonly nud?: string;
  }[];
  readonly fdb: readonly {
    readonly ns: string;
    readonly dev: string;
    readonly lladdr: string;
    readonly dst?: string;
  }[];
  readonly iptables: readonly RecordedIptables[];
  readonly nft?: readonly { readonly ns: string; readonly ruleset: string }[];
  readonly listeners: readonly RecordedListener[];
  /** Without it every namespace has `disable_ipv6` set. */
  readonly ipv6?: boolean;
  /** False: segmentation offloads were switched off on every device. */
  readonly offload?: boolean;
}

/** A device of one namespace. */
export interface RecordedDevice {
  readonly ns: string;
  readonly if: string;
  readonly mac?: string;
  readonly addrs?: readonly string[];
  readonly mtu?: number;
  readonly up?: boolean;
  readonly master?: string;
  readonly hairpin?: boolean;
  readonly isolated?: boolean;
  readonly learning?: boolean;
  readonly promisc?: boolean;
  readonly bridge_port_state?: number;
  /** Of this device: `ipv4.rp_filter`. */
  readonly sysctl?: SysctlValues;
}

/** A VXLAN device. */
export interface RecordedVxlan extends RecordedDevice {
  readonly vni: number;
  readonly local?: string;
  readonly dev?: string;
  readonly port?: number;
}

/** A macvlan device, and the device that it stands on. */
export interface RecordedMacvlan extends RecordedDevice {
  readonly parent_ns: string;
  readonly parent: string;
  readonly mode?: string;
}

/** `ip route add`. */
export interface RecordedRoute {
  readonly ns: string;
  readonly dst: string;
  readonly via?: string;
  readonly dev?: string;
  readonly type?: string;
  readonly onlink?: boolean;
  readonly src?: string;
  readonly metric?: number;
  readonly mtu?: number;
  readonly scope?: string;
  readonly table?: number | string;
  /** 6 where the words alone do not tell, as in `default`. */
  readonly family?: 4 | 6;
}

/** Rules of one table. */
export interface RecordedIptables {
  readonly ns: string;
  readonly family?: 4 | 6;
  readonly table: string;
  readonly chains?: readonly string[];
  readonly policy?: Readonly<Record<string, string>>;
  readonly rules: readonly string[];
  /** Loaded by iptables-legacy: the same rules in the kernel's older tables. */
  readonly legacy?: boolean;
}

/** A server that is running before the first step. */
export interface RecordedListener {
  readonly ns: string;
  readonly proto: 'tcp' | 'udp';
  readonly addr: string;
  readonly port: number;
  readonly v6only?: boolean;
}

/** A change of the lab, or a probe with what it gave. */
export type RecordedStep =
  | {
      readonly change: RecordedChange;
      /** Exit code of the command. */
      readonly rc?: number;
      readonly stderr?: string;
      /** What it took, in milliseconds; by default nothing. */
      readonly pause_ms?: number;
    }
  | {
      readonly probe: RecordedProbe;
      /** From its end to the next step, in milliseconds; by default what reading the namespaces took. */
      readonly pause_ms?: number;
      readonly result: RecordedResult;
      readonly hops: readonly RecordedHop[];
      /** What nstat counted meanwhile, by namespace. */
      readonly counters?: Readonly<Record<string, Readonly<Record<string, number>>>>;
      readonly state_after?: RecordedState;
    };

/** Something done between probes. */
export type RecordedChange =
  | { readonly op: 'sysctl'; readonly ns: string; readonly set: SysctlValues }
  | { readonly op: 'sleep'; readonly ms: number }
  | {
      /** A command of this name with these arguments. */
      readonly op: CommandOp;
      readonly ns: string;
      readonly args: string | readonly string[];
    }
  | {
      /** A whole command. */
      readonly op: 'cmd';
      readonly ns: string;
      readonly cmd: string | readonly string[];
    }
  | { readonly op: 'nft'; readonly ns: string; readonly ruleset: string }
  /** Rules as the topology has them: chains that are named are replaced, rules are appended. */
  | ({ readonly op: 'iptables' } & RecordedIptables)
  | ({ readonly op: 'listen' } & RecordedListener)
  | ({ readonly op: 'close' } & Pick<RecordedListener, 'ns' | 'port'> &
      Partial<Pick<RecordedListener, 'proto' | 'addr'>>);

/** Commands whose arguments may be a change. */
export const COMMAND_OPS = [
  'ip',
  'bridge',
  'iptables',
  'ip6tables',
  'conntrack',
  'ipset',
  'nft',
] as const;

/** One of `COMMAND_OPS`. */
export type CommandOp = (typeof COMMAND_OPS)[number];

/** A packet sent to learn. */
export interface RecordedProbe {
  readonly src: string;
  readonly proto: 'tcp' | 'udp' | 'icmp';
  readonly dst: string;
  readonly dport?: number;
  readonly saddr?: string;
  readonly sport?: number;
  readonly ttl?: number;
  /** Octets of payload; for ICMP those after the 8 of the header. */
  readonly size?: number;
  readonly pmtudisc?: 'do' | 'dont' | 'want';
  /** Octets that are sent once the connection stands. */
  readonly data?: number;
  readonly unconnected?: boolean;
  readonly broadcast?: boolean;
  readonly timeout_ms?: number;
}

/** How a probe ended. What a recording does not say is not compared. */
export interface RecordedResult {
  readonly outcome: string;
  readonly errno?: string;
  /** The call that failed or waited: connect, send or recv. */
  readonly stage?: string;
  readonly elapsed_ms?: number;
  /** The prober's own end of the connection. */
  readonly local?: string;
  /** Octets that the server had read of `data`. */
  readonly data_received?: number;
  /** Who answered: an address, with its port where there is one. */
  readonly reply_from?: string;
  /** Absent under IPv6, where a raw socket sees no header. */
  readonly reply_ttl?: number | null;
  readonly reply_bytes?: number;
  /** Who sent the ICMP error that ended a ping. */
  readonly from?: string;
  /** Who got it: the local address after translation and the peer's as it was seen. */
  readonly server?: readonly RecordedArrival[];
  /** ICMP errors that reached the prober's namespace, each once. */
  readonly icmp_seen_by_src?: readonly SeenIcmp[];
}

/** A connection or datagram at a server. */
export interface RecordedArrival {
  readonly ns: string;
  readonly local: string;
  readonly peer: string;
  /** Size of a datagram. */
  readonly bytes?: number;
}

/** An ICMP error that reached the prober. */
export interface SeenIcmp {
  readonly type: number;
  readonly code: number;
  readonly from: string;
  /** The namespace in which it first appeared as it arrived. */
  readonly sent_by_ns?: string;
  readonly mtu?: number;
  readonly gw?: string;
}

/** A frame at a device, where tcpdump would see it. */
export interface RecordedHop extends Readonly<Record<string, unknown>> {
  readonly ns: string;
  readonly if: string;
}
