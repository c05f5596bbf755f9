/** What the pod inspector asks and shows beside its sections. */

/** A bind to try in a pod's network namespace. */
export interface BindRequest {
  /** `namespace/name`. */
  readonly pod: string;
  /** The container whose uid asks. */
  readonly container: string;
  readonly protocol: 'tcp' | 'udp';
  /** `0.0.0.0`, `127.0.0.1`, `::`, an address of the pod. */
  readonly address: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  /** SO_REUSEADDR, SO_REUSEPORT. */
  readonly reuseAddr?: boolean;
  readonly reusePort?: boolean;
  /** IPV6_V6ONLY; only for an IPv6 address. */
  readonly v6only?: boolean;
}

/** What bind(2) would answer. */
export interface BindReport {
  readonly outcome: 'bound' | 'refused';
  /** The errno of a refusal. */
  readonly errno?: string;
  /** One sentence: what happens and why. */
  readonly summary: string;
  /** Who holds or shares the port, and why. */
  readonly neighbors: readonly {
    readonly who: string;
    readonly bound: string;
    readonly why: string;
  }[];
  /** What follows from it, or what would help. */
  readonly notes: readonly string[];
}

/** A message queue of a pod. */
export interface QueueRow {
  readonly kind: 'posix' | 'sysv';
  /** The name of a POSIX queue, the key of a System V one as `ipcs` writes it. */
  readonly name: string;
  readonly messages: number;
  readonly maxMessages: number | undefined;
  readonly bytes: number;
  readonly maxBytes: number;
}

/** Something to do to a message queue, as a short-lived process in a container. */
export interface QueueRequest {
  /** `namespace/name`. */
  readonly pod: string;
  readonly container: string;
  readonly kind: 'posix' | 'sysv';
  readonly action: 'create' | 'send' | 'receive' | 'remove';
  /** `/jobs`, or a key: `0x1234`, `4660`. */
  readonly name: string;
  readonly text?: string;
  /** Priority of a POSIX message, 0 to 32767; type of a System V one, from 1. */
  readonly priority?: number;
}

/** How it went. */
export interface QueueReport {
  /** The call as it was made. */
  readonly call: string;
  readonly errno?: string;
  readonly summary: string;
  /** What was received. */
  readonly text?: string;
}
