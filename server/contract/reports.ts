import type { Journey } from './journey.js';

/** Who holds which port of a pod: declared, bound and published are three different things. */
export interface PortsReport {
  readonly pod: string;
  readonly node: string;
  readonly ip: string;
  readonly rows: readonly PortRow[];
  readonly conflicts: readonly PortConflictRow[];
  /** Absent while the pod has no network. */
  readonly ephemeral?: EphemeralReport;
  /** Sentences about what the rows mean: declared but not bound, assumed images. */
  readonly notes: readonly string[];
}

export interface PortRow {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** Containers whose manifest names the port. */
  readonly declaredBy: readonly string[];
  /** `nginx (pid 12) on 0.0.0.0`, or empty. */
  readonly boundBy: string;
  /** Every socket on it. */
  readonly bindings: readonly PortBindingRow[];
  /** `hostPort 8080 on worker-1`, `svc default/web 80`, `nodePort 30080`. */
  readonly published: readonly string[];
}

/** A socket on a port of a pod: who reaches it follows from scope and family. */
export interface PortBindingRow {
  readonly container: string;
  readonly pid: number;
  readonly address: string;
  /** A wildcard takes every address of the pod, loopback only those inside it. */
  readonly scope: 'wildcard' | 'loopback' | 'address';
  /** `v4+v6`: an IPv6 wildcard without IPV6_V6ONLY takes IPv4 packets too. */
  readonly family: 'v4' | 'v6' | 'v4+v6';
  /** `LISTEN`, `UNCONN`. */
  readonly state: string;
}

/** The ports that the kernel chooses from for those who name none. */
export interface EphemeralReport {
  readonly low: number;
  readonly high: number;
  /** Taken ports of the range; the first of them when there are many. */
  readonly used: readonly {
    readonly port: number;
    readonly protocol: 'tcp' | 'udp';
    readonly who: string;
    readonly remote: string;
  }[];
  readonly usedCount: number;
  /** Ports below are for uid 0 alone; 0 when there are none. */
  readonly privilegedBelow: number;
}

/** A bind that was refused, and who was first. */
export interface PortConflictRow {
  readonly container: string;
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly errno: string;
  readonly holder: string;
  /** Time of day when it was refused; absent while it is refused still. */
  readonly at?: string;
}

/** The commands that would build a pod's network by hand. */
export interface CommandsReport {
  readonly pod: string;
  readonly node: string;
  readonly lines: readonly string[];
}

/** A probe's journey and its capture. */
export interface TraceReport {
  readonly journey: Journey;
  /** pcapng, base64. */
  readonly capture: string;
}
