import type { KubeEvent, KubeObject, ObjectReference } from '../contract/kube.js';
import type { WallTime } from '../kube/wall-time.js';
import type { ObjectStore } from '../store/store.js';
import { EventCorrelator, type EventIdentity } from './event-correlator.js';

const TTL_NS = 3_600_000_000_000;
const MAX_EVENTS = 10_000;
const NS_OF_MS = 1_000_000;

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

/** What a recorder is made from. */
export interface EventRecorderOptions {
  readonly store: ObjectStore;
  readonly clock: {
    readonly nowNs: number;
    schedule(delayNs: number, run: () => void): unknown;
  };
  readonly time: WallTime;
  readonly newUid: () => string;
  /** How many events are kept; the oldest go first. 10,000 when absent. */
  readonly limit?: number;
}

interface Kept {
  readonly namespace: string;
  readonly name: string;
  readonly expiresNs: number;
}

/**
 * Records core/v1 Events: one for all who report in a cluster, so that names never collide and one bound holds.
 *
 * The same thing happening again to the same object raises the count of the event that is there, and similar things are
 * lumped together (client-go `tools/record/events_cache.go`); an event goes an hour after it was last written, as
 * kube-apiserver's `--event-ttl`.
 *
 * Fidelity: the scheduler's events are counted like all others; upstream's have a `series`. What was lumped together before a
 * restart is counted anew.
 */
export class EventRecorder {
  private readonly options: EventRecorderOptions;
  private readonly limit: number;
  /** By what happened; moved to the end whenever the event is written. */
  private readonly known = new Map<string, Kept>();
  private readonly correlator = new EventCorrelator();
  private sweeping = false;
  private lastUnique = 0n;
  /** What the wall showed when the clock stood at 0, in nanoseconds since 1970. */
  private readonly startNs: bigint;

  constructor(options: EventRecorderOptions) {
    this.options = options;
    this.limit = options.limit ?? MAX_EVENTS;
    const { clock, time } = options;
    this.startNs = BigInt(Math.round(time.nowMs - clock.nowNs / NS_OF_MS)) * BigInt(NS_OF_MS);
    for (const event of options.store.list('events')) {
      this.keep(keyOf(event.involvedObject, event), event);
    }
    this.planSweep();
  }

  /** Records what happened; in a namespace that is going, nothing. */
  record(object: KubeObject, happening: Happening): void {
    const { store, time } = this.options;
    const involvedObject = referenceTo(object, happening.fieldPath);
    const { component } = happening;
    const identity = identityOf(involvedObject, { ...happening, source: { component } });
    const correlated = this.correlator.correlate(identity, this.options.clock.nowNs);
    if (correlated === undefined) return;
    const { key, message } = correlated;
    const kept = this.known.get(key);
    const current = kept && store.get('events', kept.namespace, kept.name);
    if (current === undefined) {
      this.create(key, involvedObject, { ...happening, message });
      return;
    }
    const count = (current.count ?? 1) + 1;
    store.update('events', { ...current, message, count, lastTimestamp: time.now() });
    this.keep(key, current);
  }

  private create(same: string, involvedObject: ObjectReference, happening: Happening): void {
    const { newUid, store, time } = this.options;
    const namespace = involvedObject.namespace ?? 'default';
    const home = store.get('namespaces', undefined, namespace);
    if (home?.metadata.deletionTimestamp !== undefined) return;
    for (;;) {
      const name = `${involvedObject.name}.${this.unique()}`;
      const metadata = { name, namespace, uid: newUid(), creationTimestamp: time.now() };
      const event = newEvent(metadata, involvedObject, happening);
      const created = store.create('events', event);
      if (!created.ok && created.error.code === 'store/exists') continue;
      if (created.ok) this.keep(same, event);
      break;
    }
    const [oldest] = this.known;
    if (this.known.size > this.limit && oldest !== undefined) this.forget(...oldest);
    this.planSweep();
  }

  /** Upstream ends an event's name with the time in nanoseconds; here many share one, so the next free number is taken. */
  private unique(): string {
    const now = this.startNs + BigInt(Math.round(this.options.clock.nowNs));
    this.lastUnique = now > this.lastUnique ? now : this.lastUnique + 1n;
    return this.lastUnique.toString(16).padStart(16, '0');
  }

  private keep(same: string, { metadata }: KubeEvent): void {
    const { namespace = 'default', name } = metadata;
    this.known.delete(same);
    this.known.set(same, { namespace, name, expiresNs: this.options.clock.nowNs + TTL_NS });
  }

  private forget(same: string, { namespace, name }: Kept): void {
    this.known.delete(same);
    this.options.store.delete('events', namespace, name);
  }

  private planSweep(): void {
    const { clock } = this.options;
    const [oldest] = this.known.values();
    if (this.sweeping || oldest === undefined) return;
    this.sweeping = true;
    clock.schedule(Math.max(0, oldest.expiresNs - clock.nowNs), () => this.sweep());
  }

  private sweep(): void {
    this.sweeping = false;
    for (const [same, kept] of this.known) {
      if (kept.expiresNs > this.options.clock.nowNs) break;
      this.forget(same, kept);
    }
    this.planSweep();
  }
}

function identityOf(
  about: ObjectReference,
  event: Pick<KubeEvent, 'type' | 'reason' | 'message' | 'source'>,
): EventIdentity {
  const { component } = event.source ?? {};
  const object = [component, about.kind, about.namespace, about.name, about.uid].join('\u0000');
  return {
    about: object,
    similar: [object, about.fieldPath, event.type, event.reason].join('\u0000'),
    message: event.message ?? '',
  };
}

/** Under which key an event that stands alone is counted. */
function keyOf(about: ObjectReference, event: KubeEvent): string {
  const { similar, message } = identityOf(about, event);
  return `${similar}\u0000${message}`;
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
  metadata: KubeEvent['metadata'],
  involvedObject: ObjectReference,
  happening: Happening,
): KubeEvent {
  const { type, reason, message, component, host } = happening;
  const { creationTimestamp: now = '' } = metadata;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata,
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
