import type { Change, ResourceName } from './store.js';

/** The newest changes, found by revision in constant time. Revisions follow each other without gaps. */
export class ChangeRing {
  private readonly slots: (Change | undefined)[] = [];
  private readonly capacity: number;
  /** The revision after which every change is still here. */
  private floor: number;
  private newest: number;

  /** `revision` is the newest one before the first change to come. */
  constructor(capacity: number, revision: number) {
    this.capacity = capacity;
    this.floor = revision;
    this.newest = revision;
  }

  push(change: Change): void {
    this.slots[change.revision % this.capacity] = change;
    this.newest = change.revision;
    this.floor = Math.max(this.floor, change.revision - this.capacity);
  }

  /** Changes after a revision, oldest first; undefined when some of them are gone. */
  since(resource: ResourceName | '*', revision: number): readonly Change[] | undefined {
    if (revision < this.floor) return undefined;
    const changes: Change[] = [];
    for (let at = revision + 1; at <= this.newest; at++) {
      const change = this.slots[at % this.capacity];
      if (change !== undefined && (resource === '*' || change.resource === resource)) {
        changes.push(change);
      }
    }
    return changes;
  }
}
