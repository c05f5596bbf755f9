/** podnet's own bound on how much a cluster may hold. */

import { refuse } from '../request.js';
import { failureStatus } from '../status.js';
import type { AdmissionPlugin } from './plugin.js';

/** Makes the plugin: no object beyond `limit` is made. */
export function objectCountLimit(count: () => number, limit: number): AdmissionPlugin {
  return {
    name: 'ObjectCountLimit',
    admit({ operation }) {
      if (operation !== 'CREATE' || count() < limit) return undefined;
      return refuse(
        failureStatus({
          code: 507,
          reason: 'InsufficientStorage',
          message: `the cluster holds ${count()} objects and may hold no more (limit ${limit})`,
        }),
      );
    },
  };
}
