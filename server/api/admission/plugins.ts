/** The admission plugins of a server, in upstream's order (`pkg/kubeapiserver/options/plugins.go`). */

import type { ObjectStore } from '../../store/store.js';
import type { QuotaLedger } from '../quota/ledger.js';
import { defaultIngressClass, defaultStorageClass } from './default-class.js';
import { defaultTolerationSeconds } from './default-toleration-seconds.js';
import { limitRanger } from './limit-ranger.js';
import { namespaceLifecycle } from './namespace-lifecycle.js';
import { objectCountLimit } from './object-count.js';
import type { AdmissionObserver } from './observe.js';
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.js';
import { type Admission, chainPlugins } from './plugin.js';
import { priority } from './priority.js';
import { resourceQuota } from './resource-quota.js';
import { serviceAccount } from './service-account.js';

/** What the plugins decide by. */
export interface AdmissionOptions {
  readonly store: ObjectStore;
  readonly ledger: QuotaLedger;
  /** Five letters for the end of a name. */
  readonly suffix: () => string;
  /** How many objects there are, and how many there may be. */
  readonly objectCount: () => number;
  readonly podCount: () => number;
  readonly quota: { readonly maxObjects: number; readonly maxPods: number };
  /** Hears what plugins write into new pods. */
  readonly observer?: AdmissionObserver | undefined;
}

/**
 * Makes the admission of a server.
 *
 * Fidelity: of the plugins that are on by default, PodSecurity, StorageObjectInUseProtection, RuntimeClass, the certificate ones
 * and webhooks are absent.
 */
export function createAdmission(options: AdmissionOptions): Admission {
  const { store, ledger, suffix, objectCount, podCount, quota, observer } = options;
  const plugins = [
    namespaceLifecycle(store),
    objectCountLimit({ objectCount, podCount, ...quota }),
    limitRanger(store),
    serviceAccount(store, suffix),
    priority(store),
    defaultTolerationSeconds,
    defaultStorageClass(store),
    persistentVolumeClaimResize(store),
    defaultIngressClass(store),
    resourceQuota(ledger),
  ];
  return chainPlugins(plugins, observer);
}
