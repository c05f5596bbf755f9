/** Keeps in the status of every ResourceQuota what is used of it (upstream `pkg/controller/resourcequota`). */

import type { QuotaLedger } from '../api/index.js';
import { formatExact, type ResourceAmounts } from '../kube/exact-quantity.js';
import { deepEqual } from '../kube/json.js';
import { type ControlContext, type Controller, queueKey, splitQueueKey } from './context.js';
import { WorkQueue } from './work-queue.js';

/** Starts the controller over the accounts that admission decides by. */
export function startResourceQuotaController(
  { client, clock }: ControlContext,
  ledger: QuotaLedger,
): Controller {
  const queue: WorkQueue = new WorkQueue({
    clock,
    sync(key) {
      const [namespace, name] = splitQueueKey(key);
      const quota = client.store.get('resourcequotas', namespace, name);
      const account = ledger.accountOf(namespace, name);
      if (quota === undefined || account === undefined) return 'done';
      const status = { hard: textOf(account.hard), used: textOf(account.used) };
      if (deepEqual(quota.status, status)) return 'done';
      return client.updateStatus('resourcequotas', { ...quota, status }).ok ? 'done' : 'retry';
    },
  });
  ledger.onChange = (quota) => queue.add(queueKey(quota));
  for (const quota of client.store.list('resourcequotas')) queue.add(queueKey(quota));
  return {
    get pendingWork() {
      return queue.pending;
    },
    stop() {
      ledger.onChange = () => {};
      queue.stop();
    },
  };
}

function textOf(amounts: ResourceAmounts): Readonly<Record<string, string>> {
  return Object.fromEntries([...amounts].map(([name, amount]) => [name, formatExact(amount)]));
}
