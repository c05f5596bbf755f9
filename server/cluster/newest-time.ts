import type { ObjectStore } from '../store/index.js';

/**
 * The newest time that a store's pods and events speak of, in milliseconds since 1970; 0 for an empty store.
 *
 * Simulated time may have run ahead of the wall before a restart; a cluster that began again at the wall's time would
 * make objects older than those it has.
 */
export function newestTimeMs(store: ObjectStore): number {
  let newest = 0;
  const see = (time: string | undefined): void => {
    const ms = time === undefined ? Number.NaN : Date.parse(time);
    if (ms > newest) newest = ms;
  };
  for (const pod of store.list('pods')) {
    see(pod.metadata.creationTimestamp);
    for (const condition of pod.status?.conditions ?? []) see(condition.lastTransitionTime);
  }
  for (const event of store.list('events')) see(event.lastTimestamp);
  return newest;
}
