import type { ControlContext, Controller } from './context.js';
import { queueKey, splitQueueKey } from './context.js';
import { startController } from './controller.js';

/**
 * Starts the controller that binds every PersistentVolumeClaim at once, as a default StorageClass with
 * immediate binding would.
 *
 * Fidelity: no PersistentVolume is made; storage holds nothing in podnet.
 */
export function startClaimController(context: ControlContext): Controller {
  const { client } = context;
  return startController({
    context,
    wakes: { persistentvolumeclaims: ({ object }) => [queueKey(object)] },
    initial: () => client.store.list('persistentvolumeclaims').map(queueKey),
    sync(key) {
      const claim = client.store.get('persistentvolumeclaims', ...splitQueueKey(key));
      const status = claim?.status as { readonly phase?: string } | undefined;
      if (claim === undefined || status?.phase === 'Bound') return 'done';
      const spec = claim.spec as
        | { readonly accessModes?: unknown; readonly resources?: { readonly requests?: unknown } }
        | undefined;
      const { accessModes, resources } = spec ?? {};
      const bound = client.updateStatus('persistentvolumeclaims', {
        ...claim,
        status: { phase: 'Bound', accessModes, capacity: resources?.requests },
      });
      return bound.ok ? 'done' : 'retry';
    },
  });
}
