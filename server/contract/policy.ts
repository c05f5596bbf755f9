import type { PolicyDirection } from './graph.js';

/** Whom NetworkPolicies let pass: those of a pod, or one policy. */
export interface PolicyReach {
  /** The vertex that was asked about. */
  readonly id: string;
  readonly allowed: readonly AllowedPeer[];
  /** How many more there are than are told. */
  readonly more: number;
}

/** What a rule of a policy allows an isolated pod. */
export interface AllowedPeer {
  readonly direction: PolicyDirection;
  /** Vertex id of the isolated pod. */
  readonly pod: string;
  /** Vertex id of a pod, a block of addresses in CIDR notation, or `everyone`. */
  readonly peer: string;
  /** `6379/TCP`, `http/TCP`, `8000-8100/TCP`; empty for all ports. */
  readonly ports: readonly string[];
  /** Vertex id of the policy. */
  readonly policy: string;
}
