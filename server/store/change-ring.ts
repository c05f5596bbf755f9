import type { KubeObject } from '../contract/kube.js';
import { deepFreeze } from '../kube/frozen.js';
import type { Change, ResourceName } from './store.js';

/** What a log keeps of a change: with the state after it, enough to have the change again. */
export interface LoggedChange {
  readonly type: Change['type'];
  readonly resource: ResourceName;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly previous: KubeObject | undefined;
  readonly revision: number;
}

/** Changes from before the process started. */
export interface ChangeHistory {
  /** Changes after one revision up to another, newest first; undefined when some of them are not kept. */
  read(after: number, upTo: number): readonly LoggedChange[] | undefined;
}

/** How a ring begins. */
export interface ChangeRingOptions {
  /** How many changes it holds. */
  readonly capacity: number;
  /** The newest revision before the first change to come. */
  readonly revision: number;
  /** Where older changes are; without it, what happened before `revision` is gone. */
  readonly history: ChangeHistory | undefined;
  /** An object as it is now. */
  readonly current: (change: LoggedChange) => KubeObject | undefined;
}

/** The newest changes, found by revision in constant time. Revisions follow each other without gaps. */
export class ChangeRing {
  private readonly options: ChangeRingOptions;
  private readonly slots: (Change | undefined)[] = [];
  /** The revision after which every change is here. */
  private floor: number;
  private newest: number;

  constructor(options: ChangeRingOptions) {
    this.options = options;
    this.floor = options.revision;
    this.newest = options.revision;
  }

  push(change: Change): void {
    this.slots[change.revision % this.options.capacity] = change;
    this.newest = change.revision;
    this.floor = Math.max(this.floor, change.revision - this.options.capacity);
  }

  /** Changes after a revision, oldest first; undefined when some of them are gone. */
  since(resource: ResourceName | '*', revision: number): readonly Change[] | undefined {
    if (revision < this.floor && !this.reachBack(revision)) return undefined;
    const changes: Change[] = [];
    for (let at = revision + 1; at <= this.newest; at++) {
      const change = this.slots[at % this.options.capacity];
      if (change !== undefined && (resource === '*' || change.resource === resource)) {
        changes.push(change);
      }
    }
    return changes;
  }

  /**
   * Takes changes back to a revision from the history. The log holds what each change replaced; what it made is
   * what the next change of the same object replaced, or the object as it is.
   */
  private reachBack(revision: number): boolean {
    const { capacity, history, current } = this.options;
    if (history === undefined || revision < this.newest - capacity) return false;
    const older = history.read(revision, this.floor);
    if (older === undefined) return false;
    const states = this.statesAtFloor();
    const changes: Change[] = [];
    for (const logged of older) {
      const key = `${logged.resource}/${logged.namespace ?? ''}/${logged.name}`;
      const after = states.has(key) ? states.get(key) : current(logged);
      const previous = logged.previous && deepFreeze(logged.previous);
      const object = logged.type === 'DELETED' ? lastState(previous, logged.revision) : after;
      // A log that does not fit the objects is as good as none.
      if (object?.metadata.resourceVersion !== String(logged.revision)) return false;
      const { type, resource } = logged;
      changes.push(Object.freeze({ type, resource, object, previous, revision: logged.revision }));
      states.set(key, previous);
    }
    for (const change of changes) this.slots[change.revision % capacity] = change;
    this.floor = revision;
    return true;
  }

  /** Objects that changed since the floor, as they were then. */
  private statesAtFloor(): Map<string, KubeObject | undefined> {
    const states = new Map<string, KubeObject | undefined>();
    for (let at = this.newest; at > this.floor; at--) {
      const change = this.slots[at % this.options.capacity];
      if (change === undefined) continue;
      const { namespace, name } = change.object.metadata;
      states.set(`${change.resource}/${namespace ?? ''}/${name}`, change.previous);
    }
    return states;
  }
}

function lastState(object: KubeObject | undefined, revision: number): KubeObject | undefined {
  return (
    object &&
    deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } })
  );
}
