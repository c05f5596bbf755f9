import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordedState } from './state.js';

/** One scenario as it was recorded on a real kernel: what was built, what was tried, what happened. */
export interface RecordedLab {
  readonly id: string;
  readonly title: string;
  readonly topology: RecordedTopology;
  /** `02:00:00:00:00:01` → `n1/cni0`. */
  readonly macs: Readonly<Record<string, string>>;
  readonly steps: readonly RecordedStep[];
  /** From the end of a probe to the next step, in milliseconds; by default what reading the namespaces took. */
  readonly pause_ms?: number;
  /** What differs from run to run on Linux itself: then frames are not compared. */
  readonly unstable?: string;
}

/** What the lab is built from; things are made in the order of the lists. */
export interface RecordedTopology {
  readonly netns: readonly {
    readonly name: string;
    readonly sysctl?: Readonly<Record<string, number | string>>;
    readonly lo?: boolean | string;
  }[];
  readonly bridges: readonly RecordedDevice[];
  readonly veths: readonly { readonly a: RecordedDevice; readonly b: RecordedDevice }[];
  readonly vxlans: readonly (RecordedDevice & {
    readonly vni: number;
    readonly local: string;
    readonly dev: string;
    readonly port: number;
  })[];
  readonly macvlans?: readonly (RecordedDevice & {
    readonly parent_ns: string;
    readonly parent: string;
    readonly mode: string;
  })[];
  readonly routes: readonly {
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
    /** 6 where the words alone do not tell, as in `default`. */
    readonly family?: 4 | 6;
  }[];
  readonly neigh: readonly {
    readonly ns: string;
    readonly dst: string;
    readonly dev: string;
    readonly lladdr: string;
    readonly nud: string;
  }[];
  readonly fdb: readonly {
    readonly ns: string;
    readonly dev: string;
    readonly lladdr: string;
    readonly dst: string;
  }[];
  readonly iptables: readonly {
    readonly ns: string;
    readonly family?: 4 | 6;
    readonly table: string;
    readonly chains: readonly string[];
    readonly policy: Readonly<Record<string, string>>;
    readonly rules: readonly string[];
  }[];
  readonly nft?: readonly unknown[];
  /** False: segmentation offloads were switched off on every device. */
  readonly offload?: boolean;
  readonly listeners: readonly {
    readonly ns: string;
    readonly proto: 'tcp' | 'udp';
    readonly addr: string;
    readonly port: number;
    readonly v6only?: boolean;
  }[];
  /** Without it every namespace has `disable_ipv6` set. */
  readonly ipv6?: boolean;
}

/** A device of one namespace. */
export interface RecordedDevice {
  readonly ns: string;
  readonly if: string;
  readonly mac: string;
  readonly addrs?: readonly string[];
  readonly mtu?: number;
  readonly up?: boolean;
  readonly master?: string;
  readonly hairpin?: boolean;
  readonly isolated?: boolean;
  readonly bridge_port_state?: number;
  readonly sysctl?: Readonly<Record<string, number | string>>;
}

/** A change of the lab, or a probe with what it gave. */
export type RecordedStep =
  | { readonly change: RecordedChange }
  | {
      readonly probe: RecordedProbe;
      readonly result: RecordedResult;
      readonly hops: readonly RecordedHop[];
      readonly state_after?: RecordedState;
    };

/** Something done between probes. */
export type RecordedChange =
  | {
      readonly op: 'sysctl';
      readonly ns: string;
      readonly set: Readonly<Record<string, number | string>>;
    }
  | { readonly op: 'ip'; readonly ns: string; readonly args: string }
  | { readonly op: 'sleep'; readonly ms: number };

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

/** How a probe ended. */
export interface RecordedResult {
  readonly outcome: string;
  readonly errno?: string;
  /** Who got it: the local address after translation and the peer's as it was seen. */
  readonly server?: readonly {
    readonly ns: string;
    readonly local: string;
    readonly peer: string;
  }[];
}

/** A frame at a device, where tcpdump would see it. */
export interface RecordedHop extends Readonly<Record<string, unknown>> {
  readonly ns: string;
  readonly if: string;
}

/** The labs of a folder, by id. */
export function readLabs(folder: string): readonly RecordedLab[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json') && name !== 'INDEX.json')
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as RecordedLab);
}
