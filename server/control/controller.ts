import type { KubeObject } from '../contract/kube.js';
import type { KnownResource } from '../contract/resources.js';
import type { Change, ObjectOf, ResourceName } from '../store/index.js';
import type { ControlContext, Controller } from './context.js';
import { type SyncOutcome, WorkQueue } from './work-queue.js';

/** Which keys to work on when an object of a resource changes; `*` means any resource. */
export type Wakes = {
  readonly [R in KnownResource | '*']?: (
    change: Change<R extends KnownResource ? ObjectOf<R> : KubeObject>,
  ) => Iterable<string>;
};

/** A controller that is a work queue and what wakes it. */
export interface ControllerParts {
  readonly context: ControlContext;
  readonly sync: (key: string, queue: WorkQueue) => SyncOutcome;
  /** Keys to work on when something of a resource changes. */
  readonly wakes: Wakes;
  /** Keys to work on at the start. */
  readonly initial: () => Iterable<string>;
}

/** Starts a controller made of its parts. */
export function startController(parts: ControllerParts): Controller {
  const { context } = parts;
  const queue: WorkQueue = new WorkQueue({
    clock: context.clock,
    sync: (key): SyncOutcome => parts.sync(key, queue),
  });
  const ends = Object.entries(parts.wakes).map(([resource, keysOf]) => {
    // Each function meets only changes of the resource it stands under.
    const keys = keysOf as (change: Change) => Iterable<string>;
    return context.client.store.watch<ResourceName>(resource, (change) => {
      for (const key of keys(change)) queue.add(key);
    });
  });
  for (const key of parts.initial()) queue.add(key);
  return {
    get pendingWork() {
      return queue.pending;
    },
    stop() {
      for (const end of ends) end();
      queue.stop();
    },
  };
}
