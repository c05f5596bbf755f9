import type { KubeEvent, KubeObject, ObjectReference } from '../contract/kube.js';
import type { ControlClient } from './client.js';
import { type ControlClock, SECOND_NS, type WallTime } from './clock.js';

const TTL_SECONDS = 3600;
const MAX_EVENTS = 10_000;

/** What happened to an object. */
export interface Happening {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** The part of podnet that says so: `deployment-controller`, `default-scheduler`, `kubelet`. */
  readonly component: string;
  /** The node that says so. */
  readonly host?: string;
  /** The part of the object meant, such as `spec.containers{web}`. */
  readonly fieldPath?: string;
}

/** Records core/v1 Events. */
export interface EventRecorder {
  record(object: KubeObject, happening: Happening): void;
}

/** What a recorder is made from. */
export interface EventRecorderOptions {
  readonly client: ControlClient;
  readonly clock: ControlClock;
  readonly time: WallTime;
  /** How many events are kept; the oldest go first. 10,000 when absent. */
  readonly limit?: number;
}

/**
 * A recorder that counts an event up when the same thing happens again to the same object
 * (client-go `tools/record/events_cache.go`), and removes it an hour after it last did.
 *
 * Fidelity: upstream also lumps ten similar messages together and limits the rate per object.
 */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, clock, time } = options;
  const limit = options.limit ?? MAX_EVENTS;
  /** Event names by what happened; a name moved to the end whenever its event is written. */
  const known = new Map<string, Kept>();
  let sweeping = false;
  let lastUnique = 0;
  for (const event of client.store.list('events')) {
    known.set(sameness(event.involvedObject, event), keptOf(event, clock.nowNs));
  }

  function sweep(): void {
    sweeping = false;
    for (const [same, kept] of known) {
      if (kept.expiresNs > clock.nowNs) break;
      forget(same, kept);
    }
    planSweep();
  }

  function planSweep(): void {
    const [oldest] = known.values();
    if (sweeping || oldest === undefined) return;
    sweeping = true;
    clock.schedule(Math.max(0, oldest.expiresNs - clock.nowNs), sweep);
  }

  function forget(same: string, kept: Kept): void {
    known.delete(same);
    client.delete('events', kept.namespace, kept.name);
  }

  return {
    record(object, happening) {
      const involvedObject = referenceTo(object, happening.fieldPath);
      const same = sameness(involvedObject, {
        ...happening,
        source: { component: happening.component },
      });
      const now = time.now();
      const kept = known.get(same);
      const current = kept && client.store.get('events', kept.namespace, kept.name);
      known.delete(same);
      if (current !== undefined) {
        client.update('events', {
          ...current,
          count: (current.count ?? 1) + 1,
          lastTimestamp: now,
        });
        known.set(same, keptOf(current, clock.nowNs));
        return;
      }
      // Upstream ends an event's name with the time in nanoseconds; here many share one.
      lastUnique = Math.max(lastUnique + 1, clock.nowNs);
      const unique = lastUnique.toString(16).padStart(16, '0');
      const event = newEvent(involvedObject, happening, now, unique);
      if (!client.create('events', event).ok) return;
      known.set(same, keptOf(event, clock.nowNs));
      if (known.size > limit) {
        const [oldest] = known;
        if (oldest !== undefined) forget(...oldest);
      }
      planSweep();
    },
  };
}

interface Kept {
  readonly namespace: string;
  readonly name: string;
  readonly expiresNs: number;
}

function keptOf(event: KubeEvent, nowNs: number): Kept {
  const { namespace = 'default', name } = event.metadata;
  return { namespace, name, expiresNs: nowNs + TTL_SECONDS * SECOND_NS };
}

function sameness(
  about: ObjectReference,
  event: Pick<KubeEvent, 'type' | 'reason' | 'message' | 'source'>,
): string {
  return [
    about.kind,
    about.namespace,
    about.name,
    about.uid,
    about.fieldPath,
    event.type,
    event.reason,
    event.source?.component,
    event.message,
  ].join('\u0000');
}

function referenceTo(object: KubeObject, fieldPath: string | undefined): ObjectReference {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}

function newEvent(
  involvedObject: ObjectReference,
  happening: Happening,
  now: string,
  unique: string,
): KubeEvent {
  const { type, reason, message, component, host } = happening;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${involvedObject.name}.${unique}`,
      namespace: involvedObject.namespace ?? 'default',
    },
    involvedObject,
    type,
    reason,
    message,
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    eventTime: null,
    source: { component, ...(host === undefined ? {} : { host }) },
    reportingComponent: component,
    reportingInstance: host ?? '',
  };
}
