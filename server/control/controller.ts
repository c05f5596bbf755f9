import type { Change, ResourceName } from '../store/index.js';
import type { ControlContext, Controller } from './context.js';
import { type SyncOutcome, WorkQueue } from './work-queue.js';

/** A controller that is a work queue and what wakes it. */
export interface ControllerParts {
  readonly context: ControlContext;
  readonly sync: (key: string, queue: WorkQueue) => SyncOutcome;
  /** Keys to work on when something of a resource changes. */
  readonly wakes: Readonly<Record<string, (change: Change) => Iterable<string>>>;
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
  const ends = Object.entries(parts.wakes).map(([resource, keys]) =>
    context.client.store.watch<ResourceName>(resource === '*' ? '*' : resource, (change) => {
      for (const key of keys(change as Change)) queue.add(key);
    }),
  );
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
