import type { KubeEvent, Pod } from '../contract/kube.js';
import type { ObjectStore } from '../store/store.js';
import { namespaceOf, uidOf } from './names.js';

/** What an event says. */
export interface EventText {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Such as `spec.containers{web}`. */
  readonly fieldPath?: string;
}

/** What the recorder needs. */
export interface EventRecorderOptions {
  readonly store: ObjectStore;
  readonly nodeName: string;
  readonly timestamp: () => string;
  readonly newUid: () => string;
}

const NAME_DIGITS = 16;
const MAX_NAME_ATTEMPTS = 5;

/**
 * Writes events of pods as the kubelet does: the same words about the same thing raise the count of the event that is there.
 *
 * Fidelity: client-go's spam filter (25 events, one more each 5 minutes) is not modelled.
 */
export class EventRecorder {
  private readonly options: EventRecorderOptions;
  private readonly names = new Map<string, Map<string, string>>();

  constructor(options: EventRecorderOptions) {
    this.options = options;
  }

  /** Records an event about a pod. */
  record(pod: Pod, event: EventText): void {
    const { store } = this.options;
    const namespace = namespaceOf(pod);
    const uid = uidOf(pod);
    const known = this.names.get(uid) ?? new Map<string, string>();
    this.names.set(uid, known);
    const key = `${event.reason}\n${event.fieldPath ?? ''}\n${event.message}`;
    const now = this.options.timestamp();
    const earlier = known.get(key);
    const present = earlier === undefined ? undefined : store.get('events', namespace, earlier);
    if (present !== undefined) {
      store.update('events', { ...present, count: (present.count ?? 1) + 1, lastTimestamp: now });
      return;
    }
    const name = this.create(pod, event, now);
    if (name !== undefined) known.set(key, name);
  }

  /** Forgets a pod that is gone; its events stay in the store. */
  forget(uid: string): void {
    this.names.delete(uid);
  }

  private create(pod: Pod, event: EventText, now: string): string | undefined {
    const { nodeName, store } = this.options;
    const namespace = namespaceOf(pod);
    const { name: podName, resourceVersion } = pod.metadata;
    for (let attempt = 0; attempt < MAX_NAME_ATTEMPTS; attempt++) {
      const uid = this.options.newUid();
      // client-go takes the nanosecond of the event; two events of one instant need something else.
      const name = `${podName}.${uid.replaceAll('-', '').slice(0, NAME_DIGITS)}`;
      const made: KubeEvent = {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace, uid, creationTimestamp: now },
        involvedObject: {
          apiVersion: 'v1',
          kind: 'Pod',
          namespace,
          name: podName,
          uid: uidOf(pod),
          ...(resourceVersion === undefined ? {} : { resourceVersion }),
          ...(event.fieldPath === undefined ? {} : { fieldPath: event.fieldPath }),
        },
        type: event.type,
        reason: event.reason,
        message: event.message,
        count: 1,
        firstTimestamp: now,
        lastTimestamp: now,
        eventTime: null,
        source: { component: 'kubelet', host: nodeName },
        reportingComponent: 'kubelet',
        reportingInstance: nodeName,
      };
      if (store.create('events', made).ok) return name;
    }
    return undefined;
  }
}
