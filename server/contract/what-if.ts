/** What would make a failed trace arrive: each change was tried on a copy of the cluster before it is offered. */

import type { ActRequest, ApplyRequest } from './acting.js';
import type { Journey } from './journey.js';
import type { FaultRequest, TraceRequest } from './live.js';

/** Asks for changes that would make a trace arrive. */
export interface SuggestRequest {
  /** The trace that failed. */
  readonly trace: TraceRequest;
  /** Id of its journey; absent when it could not be sent. */
  readonly journey?: string;
  /** A name for this question, by which it can be given up. */
  readonly run: string;
}

/** What was found. */
export interface SuggestReport {
  /** Changes after which the trace arrived, the smallest first. */
  readonly suggestions: readonly Suggestion[];
  /** Changes after which it still did not. */
  readonly others: readonly TriedChange[];
  /** Why there are none; absent when changes were tried. */
  readonly why?: string;
  /** How the trace fared on the copy before anything was changed; absent when it could not be sent. */
  readonly before?: Journey;
  /** Real milliseconds. */
  readonly tookMs: number;
}

/** How large a change is: a field of an object, a whole object, or one for which pods are made anew. */
export type ChangeSize = 'field' | 'object' | 'restart';

/** A change that made the trace arrive. */
export interface Suggestion {
  readonly id: string;
  /** What to do, in a sentence. */
  readonly text: string;
  /** Why it was tried, in a sentence. */
  readonly because: string;
  /** Whether it changes the cluster, or what is asked of it. */
  readonly scope: 'cluster' | 'question';
  readonly size: ChangeSize;
  readonly changes: readonly ShownChange[];
  /** Commands of the page that carry it out, in order. */
  readonly deeds: readonly Deed[];
  /** The trace that arrived: the same one, or with what was changed in it. */
  readonly trace: TraceRequest;
  /** Its way on the copy. */
  readonly journey: Journey;
}

/** A change that did not help. */
export interface TriedChange {
  readonly text: string;
  /** How the trace ended instead. */
  readonly outcome: string;
}

/** What a change looks like: two texts, or commands. */
export type ShownChange =
  | {
      readonly kind: 'text';
      readonly title: string;
      /** Empty where the object is new. */
      readonly before: string;
      /** Empty where the object goes. */
      readonly after: string;
    }
  | { readonly kind: 'commands'; readonly title: string; readonly lines: readonly string[] };

/** A command of the page with its request. */
export type Deed =
  | { readonly command: 'apply'; readonly request: ApplyRequest }
  | { readonly command: 'deleteManifest'; readonly request: ApplyRequest }
  | { readonly command: 'act'; readonly request: ActRequest }
  | { readonly command: 'fault'; readonly request: FaultRequest }
  | { readonly command: 'typed'; readonly request: TypedRequest };

/** Commands such as `ip` and `iptables`, typed in a pod's or a machine's network namespace: all take effect, or none. */
export interface TypedRequest {
  /** `namespace/name`; otherwise `machine` is meant. */
  readonly pod?: string;
  readonly machine?: string;
  readonly lines: readonly string[];
}
