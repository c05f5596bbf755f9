import type { ObjectStore } from '../../store/store.js';

/** Someone who has something to tell once it is durable. */
export interface Teller {
  /** Tells what it has up to a revision; true when there is more for later. */
  tell(revision: number): boolean;
  /** The disk has failed: nothing more can be told. */
  fail(): void;
}

const gates = new WeakMap<ObjectStore, WatchGate>();

/** The gate of a store. */
export function gateOf(store: ObjectStore): WatchGate {
  let gate = gates.get(store);
  if (gate === undefined) {
    gate = new WatchGate(store);
    gates.set(store, gate);
  }
  return gate;
}

/** Waits for the disk once for all watches of a store, and then lets each tell what it has gathered. */
export class WatchGate {
  private readonly store: ObjectStore;
  private readonly waiting = new Set<Teller>();
  private open = false;

  constructor(store: ObjectStore) {
    this.store = store;
  }

  /** Lets a watch tell as soon as the newest revision is durable. */
  enter(teller: Teller): void {
    this.waiting.add(teller);
    if (this.open) return;
    this.open = true;
    void this.work();
  }

  leave(teller: Teller): void {
    this.waiting.delete(teller);
  }

  private async work(): Promise<void> {
    try {
      while (this.waiting.size > 0) {
        const { revision } = this.store;
        await this.store.durable(revision);
        const tellers = [...this.waiting];
        this.waiting.clear();
        for (const teller of tellers) if (teller.tell(revision)) this.waiting.add(teller);
      }
    } catch {
      for (const teller of [...this.waiting]) teller.fail();
      this.waiting.clear();
    } finally {
      this.open = false;
    }
  }
}
