/** PersistentVolumeClaimResize: a claim grows only where its class allows it. */

import { parseExact } from '../../kube/exact-quantity.js';
import { asObject, asString } from '../../kube/json.js';
import type { ObjectStore } from '../../store/store.js';
import { refuse } from '../request.js';
import { forbidden } from '../status.js';
import type { AdmissionPlugin } from './plugin.js';

/** Makes the plugin (upstream `plugin/pkg/admission/storage/persistentvolume/resize`). */
export function persistentVolumeClaimResize(store: ObjectStore): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    validate({ operation, info, name, object, current }) {
      if (operation !== 'UPDATE' || info.storage !== 'persistentvolumeclaims') return undefined;
      if (requested(object.spec) <= requested(current?.spec)) return undefined;
      const className = asString(asObject(current?.spec)?.storageClassName) ?? '';
      const found =
        className === ''
          ? undefined
          : store.get('storage.k8s.io/storageclasses', undefined, className);
      if (found?.allowVolumeExpansion === true) return undefined;
      const text =
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
      return refuse(forbidden(info, name, text));
    },
  };
}

function requested(spec: unknown): bigint {
  const requests = asObject(asObject(asObject(spec)?.resources)?.requests);
  return parseExact(asString(requests?.storage))?.milli ?? 0n;
}
