import type { EventRecorder } from '../api/event-recorder.js';
import type { WallTime } from '../kube/wall-time.js';
import type { ControlClient } from './client.js';
import type { ControlClock } from './clock.js';

/** What every controller is given. */
export interface ControlContext {
  readonly client: ControlClient;
  readonly clock: ControlClock;
  readonly time: WallTime;
  readonly recorder: EventRecorder;
  /** Five letters for the end of a name, from a seeded source. */
  readonly suffix: () => string;
  /** PEM of the API server's authority; empty when it serves no TLS. */
  readonly rootCa: string;
}

/** A running controller. */
export interface Controller {
  /** Keys that are to be worked on at this instant; keys that wait for a later one do not count. */
  readonly pendingWork: number;
  stop(): void;
}

/** `namespace/name`, the key of a work queue. */
export function queueKey(object: {
  readonly metadata: { readonly namespace?: string; readonly name: string };
}): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

/** The parts of a queue's key; a cluster-wide object has no namespace. */
export function splitQueueKey(key: string): readonly [namespace: string | undefined, name: string] {
  const slash = key.indexOf('/');
  return [slash === 0 ? undefined : key.slice(0, slash), key.slice(slash + 1)];
}
