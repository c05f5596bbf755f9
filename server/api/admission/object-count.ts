/** podnet's own bounds on how much a cluster may hold. */

import { refuse } from '../request.js';
import { failureStatus } from '../status.js';
import type { AdmissionPlugin } from './plugin.js';

/** How much there is, and how much there may be. */
export interface ObjectCounts {
  readonly objectCount: () => number;
  readonly podCount: () => number;
  readonly maxObjects: number;
  readonly maxPods: number;
}

/** Makes the plugin: no object and no pod beyond their limits is made. */
export function objectCountLimit(counts: ObjectCounts): AdmissionPlugin {
  const { objectCount, podCount, maxObjects, maxPods } = counts;
  return {
    name: 'ObjectCountLimit',
    admit({ operation, info }) {
      if (operation !== 'CREATE') return undefined;
      if (objectCount() >= maxObjects) return full(`${objectCount()} objects`, maxObjects);
      if (info.storage === 'pods' && podCount() >= maxPods)
        return full(`${podCount()} pods`, maxPods);
      return undefined;
    },
  };
}

function full(what: string, limit: number) {
  return refuse(
    failureStatus({
      code: 507,
      reason: 'InsufficientStorage',
      message: `the cluster holds ${what} and may hold no more (limit ${limit})`,
    }),
  );
}
