/** Deletes what lost its owners, and carries out foreground and orphaning deletion (upstream `pkg/controller/garbagecollector`). */

import type { KubeObject, OwnerReference } from '../contract/kube.js';
import type { Change, ResourceName } from '../store/index.js';
import type { ControlContext, Controller } from './context.js';
import { release } from './pod/owned.js';
import { WorkQueue } from './work-queue.js';

const COMPONENT = 'garbage-collector-controller';
const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

interface Place {
  readonly resource: ResourceName;
  readonly namespace: string | undefined;
  readonly name: string;
}

/**
 * Starts the garbage collector over some resources. It keeps who depends on whom by uid.
 *
 * An owner in another namespace is none: the reference is said to be invalid, and the object goes like one whose owner is
 * gone.
 *
 * Fidelity: an owner is looked for by uid and namespace; upstream also checks that it has the kind and name it is
 * said to have, and leaves objects alone whose owner is of a kind that nobody serves.
 */
export function startGarbageCollector(
  context: ControlContext,
  resources: readonly ResourceName[],
): Controller {
  const collector = new GarbageCollector(context);
  collector.start(resources);
  return collector;
}

class GarbageCollector implements Controller {
  private readonly context: ControlContext;
  private readonly places = new Map<string, Place>();
  private readonly dependents = new Map<string, Set<string>>();
  private readonly queue: WorkQueue;
  private end: () => void = () => {};

  constructor(context: ControlContext) {
    this.context = context;
    this.queue = new WorkQueue({ clock: context.clock, sync: (uid) => this.sync(uid) });
  }

  get pendingWork(): number {
    return this.queue.pending;
  }

  start(resources: readonly ResourceName[]): void {
    const { store } = this.context.client;
    for (const resource of new Set(resources)) {
      if (resource === 'events') continue;
      for (const object of store.list(resource)) this.add(resource, object);
    }
    this.end = store.watch('*', (change) => this.see(change));
  }

  stop(): void {
    this.end();
    this.queue.stop();
  }

  private see({ type, resource, object, previous }: Change): void {
    if (resource === 'events') return;
    const { uid = '', ownerReferences, deletionTimestamp, finalizers } = object.metadata;
    if (type === 'DELETED') {
      this.places.delete(uid);
      this.unlink(uid, object);
      for (const dependent of this.dependents.get(uid) ?? []) this.queue.add(dependent);
      for (const owner of ownerReferences ?? []) this.queue.add(owner.uid);
      return;
    }
    if (previous === undefined) {
      this.add(resource, object);
      return;
    }
    if (
      previous.metadata.ownerReferences === ownerReferences &&
      previous.metadata.deletionTimestamp === deletionTimestamp &&
      previous.metadata.finalizers === finalizers
    ) {
      return;
    }
    this.unlink(uid, previous);
    for (const owner of previous.metadata.ownerReferences ?? []) this.queue.add(owner.uid);
    this.add(resource, object);
  }

  private add(resource: ResourceName, object: KubeObject): void {
    const { uid = '', namespace, name, ownerReferences, deletionTimestamp } = object.metadata;
    this.places.set(uid, { resource, namespace, name });
    for (const owner of ownerReferences ?? []) {
      const dependents = this.dependents.get(owner.uid) ?? new Set();
      dependents.add(uid);
      this.dependents.set(owner.uid, dependents);
    }
    if (deletionTimestamp !== undefined || (ownerReferences ?? []).length > 0) this.queue.add(uid);
  }

  private unlink(uid: string, object: KubeObject): void {
    for (const owner of object.metadata.ownerReferences ?? []) {
      const dependents = this.dependents.get(owner.uid);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.dependents.delete(owner.uid);
    }
  }

  private find(uid: string): readonly [Place, KubeObject] | undefined {
    const place = this.places.get(uid);
    if (place === undefined) return undefined;
    const object = this.context.client.store.get(place.resource, place.namespace, place.name);
    return object?.metadata.uid === uid ? [place, object] : undefined;
  }

  private sync(uid: string): 'done' | 'retry' {
    const found = this.find(uid);
    if (found === undefined) return 'done';
    const [place, object] = found;
    const { deletionTimestamp, finalizers = [], ownerReferences = [] } = object.metadata;
    if (deletionTimestamp !== undefined) {
      if (finalizers.includes(ORPHAN)) return this.orphan(uid, place, object);
      if (finalizers.includes(FOREGROUND)) return this.foreground(uid, place, object);
      return 'done';
    }
    if (ownerReferences.length === 0) return 'done';
    const present = ownerReferences.flatMap((reference) => {
      const owner = this.ownerOf(object, reference);
      return owner === undefined ? [] : [{ reference, owner }];
    });
    // An owner that waits for its dependents to go holds none of them.
    const solid = present
      .filter(({ owner: { metadata } }) => {
        const foreground = metadata.finalizers?.includes(FOREGROUND) === true;
        return metadata.deletionTimestamp === undefined || !foreground;
      })
      .map(({ reference }) => reference);
    if (solid.length === ownerReferences.length) return 'done';
    if (solid.length > 0) {
      const gone = ownerReferences.filter((owner) => !solid.includes(owner));
      for (const owner of gone) {
        const current = this.find(uid)?.[1];
        if (current === undefined) break;
        release(this.context.client, place.resource, current, ownerWith(owner.uid));
      }
      return 'done';
    }
    const waiting = present.length > 0;
    const hasDependents = (this.dependents.get(uid)?.size ?? 0) > 0;
    const propagation = waiting && hasDependents ? 'Foreground' : 'Background';
    const deleted = this.context.client.delete(place.resource, place.namespace, place.name, {
      uid,
      propagation,
    });
    return deleted.ok ? 'done' : 'retry';
  }

  /** The owner that a reference means; undefined when it is gone or lives where it cannot own the object. */
  private ownerOf(object: KubeObject, { apiVersion, kind, name, uid }: OwnerReference) {
    const found = this.find(uid)?.[1];
    const { namespace } = object.metadata;
    const home = found?.metadata.namespace;
    if (found === undefined || home === undefined || home === namespace) return found;
    this.context.recorder.record(object, {
      type: 'Warning',
      reason: 'OwnerRefInvalidNamespace',
      message: `ownerRef [${apiVersion}/${kind}, namespace: ${namespace ?? ''}, name: ${name}, uid: ${uid}] does not exist in namespace "${namespace ?? ''}"`,
      component: COMPONENT,
    });
    return undefined;
  }

  private orphan(uid: string, place: Place, object: KubeObject): 'done' | 'retry' {
    for (const dependent of [...(this.dependents.get(uid) ?? [])]) {
      const found = this.find(dependent);
      if (found !== undefined) release(this.context.client, found[0].resource, found[1], object);
    }
    return this.finish(place, object, ORPHAN);
  }

  private foreground(uid: string, place: Place, object: KubeObject): 'done' | 'retry' {
    let blocked = false;
    for (const dependent of this.dependents.get(uid) ?? []) {
      const found = this.find(dependent);
      if (found === undefined) continue;
      this.queue.add(dependent);
      const reference = found[1].metadata.ownerReferences?.find((owner) => owner.uid === uid);
      blocked ||= reference?.blockOwnerDeletion === true;
    }
    return blocked ? 'done' : this.finish(place, object, FOREGROUND);
  }

  private finish(place: Place, object: KubeObject, finalizer: string): 'done' | 'retry' {
    const { finalizers = [], resourceVersion: _, ...metadata } = object.metadata;
    const left = finalizers.filter((one) => one !== finalizer);
    const updated = this.context.client.update(place.resource, {
      ...object,
      metadata: { ...metadata, ...(left.length === 0 ? {} : { finalizers: left }) },
    });
    return updated.ok || updated.failure === 'not-found' ? 'done' : 'retry';
  }
}

function ownerWith(uid: string): KubeObject {
  return { apiVersion: '', kind: '', metadata: { name: '', uid } };
}
