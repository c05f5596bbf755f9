/**
 * One shape for "what happened and why". The server hands it on as JSON; `server/contract/journey.ts` states the
 * same shape for the page.
 */
export interface Journey {
  readonly kind: 'packet' | 'pod';
  readonly id: string;
  readonly title: string;
  readonly disposition: Disposition;
  /** One sentence that says why it ended so. */
  readonly summary: string;
  readonly startedNs: number;
  readonly endedNs: number;
  readonly hops: readonly Hop[];
}

/** How a journey ended. */
export type Disposition =
  | 'delivered'
  | 'refused'
  | 'dropped'
  | 'timeout'
  | 'error'
  | 'in-progress'
  | 'ready'
  | 'failed';

/** One network namespace visited by one packet, or one stage of a pod. */
export interface Hop {
  readonly number: number;
  readonly atNs: number;
  readonly place: string;
  readonly host: string;
  readonly vertex: string;
  readonly packet: number;
  readonly direction: Direction;
  readonly steps: readonly Step[];
}

/** Which way a packet goes, seen from the one who asked. */
export type Direction = 'request' | 'reply' | 'related' | 'none';

/** One decision or action, with its reason. */
export interface Step {
  readonly atNs: number;
  readonly component: string;
  readonly action: string;
  readonly device?: string;
  readonly reason: string;
  readonly code?: string;
  readonly packet?: string;
  readonly changes?: readonly FieldChange[];
  readonly facts?: Readonly<Record<string, string>>;
}

/** A header field that a step changed. */
export interface FieldChange {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}
