import type { Journey } from './journey.js';

/** Who holds which port of a pod: declared, bound and published are three different things. */
export interface PortsReport {
  readonly pod: string;
  readonly node: string;
  readonly ip: string;
  readonly rows: readonly PortRow[];
  readonly conflicts: readonly PortConflictRow[];
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
  /** `hostPort 8080 on worker-1`, `svc default/web 80`, `nodePort 30080`. */
  readonly published: readonly string[];
}

/** A bind that was refused, and who was first. */
export interface PortConflictRow {
  readonly container: string;
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly errno: string;
  readonly holder: string;
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
