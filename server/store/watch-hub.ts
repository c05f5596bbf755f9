import type { Change, ResourceName } from './store.js';

interface Watcher {
  readonly after: number;
  readonly handler: (change: Change) => void;
  active: boolean;
}

/**
 * Hands each change to its watchers, one change to the end before the next: what a handler commits waits
 * in a queue until all have seen the change that caused it. Everyone so sees one order.
 */
export class WatchHub {
  private readonly watchers = new Map<ResourceName | '*', Set<Watcher>>();
  private readonly queue: Change[] = [];
  private delivering = false;

  /** Adds a handler for changes after a revision; returns the call that ends it. */
  add(resource: ResourceName | '*', after: number, handler: (change: Change) => void): () => void {
    const watcher: Watcher = { after, handler, active: true };
    let set = this.watchers.get(resource);
    if (set === undefined) {
      set = new Set();
      this.watchers.set(resource, set);
    }
    set.add(watcher);
    return () => {
      watcher.active = false;
      set.delete(watcher);
    };
  }

  /** A handler that throws does not keep others from the change; its error is thrown when all have seen it. */
  deliver(change: Change): void {
    this.queue.push(change);
    if (this.delivering) return;
    this.delivering = true;
    const failures: unknown[] = [];
    try {
      for (let index = 0; index < this.queue.length; index++) {
        const next = this.queue[index];
        if (next === undefined) continue;
        this.send(this.watchers.get(next.resource), next, failures);
        this.send(this.watchers.get('*'), next, failures);
      }
    } finally {
      this.queue.length = 0;
      this.delivering = false;
    }
    if (failures.length > 0) throw failures[0];
  }

  private send(watchers: Set<Watcher> | undefined, change: Change, failures: unknown[]): void {
    if (watchers === undefined) return;
    for (const watcher of watchers) {
      if (!watcher.active || watcher.after >= change.revision) continue;
      try {
        watcher.handler(change);
      } catch (failure) {
        failures.push(failure);
      }
    }
  }
}
