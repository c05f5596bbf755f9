import type { Ipv4 } from '../addr/index.js';
import type { Result } from '../base/index.js';
import type { KernelOp } from '../kernel/ops.js';

/** A port of the host that portmap sends to the container. */
export interface PortMapping {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp';
  readonly hostIp?: Ipv4;
}

/** What the runtime hands a plugin; CNI specification section 2. */
export interface CniRequest {
  readonly containerId: string;
  /** Name under which the pod's namespace is known to the host (`ip netns`). */
  readonly netns: string;
  readonly ifname: string;
  readonly portMappings?: readonly PortMapping[];
  /** Addresses that the container must get (`runtimeConfig.ips`, capability `ips`); the next free one when absent. */
  readonly ips?: readonly string[];
}

/** What ADD answers; CNI specification section 5, "Success". */
export interface CniResult {
  readonly address: Ipv4;
  readonly prefixLength: number;
  readonly gateway: Ipv4;
  readonly hostDevice: string;
  /** What was done to the kernel, in order. */
  readonly ops: readonly KernelOp[];
}

/** Error of the specification; codes from 100 up are the plugin's own. */
export interface CniError {
  readonly code: number;
  readonly msg: string;
  readonly details: string;
}

/** The verbs of a network plugin. ADD leaves nothing behind when it fails; DEL succeeds when nothing is left. */
export interface CniPlugin {
  add(request: CniRequest): Result<CniResult, CniError>;
  del(request: CniRequest): void;
}
