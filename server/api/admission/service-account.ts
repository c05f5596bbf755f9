/** ServiceAccount: every pod has one, and its token is in every container. */

import { asObject, asString, objectsOf } from '../../kube/json.js';
import type { ObjectStore } from '../../store/store.js';
import { draftMeta } from '../object-meta.js';
import { refuse } from '../request.js';
import { forbidden } from '../status.js';
import type { AdmissionPlugin } from './plugin.js';
import { TokenMounts } from './token-mounts.js';

const DEFAULT_NAME = 'default';
const MIRROR = 'kubernetes.io/config.mirror';

/**
 * Makes the plugin (upstream `plugin/pkg/admission/serviceaccount`). `suffix` gives five letters for a volume's name.
 *
 * Fidelity: where ServiceAccount `default` is missing upstream waits up to a second for its controller; here the pod is
 * admitted as if it were there. `kubernetes.io/enforce-mountable-secrets` is not looked at.
 */
export function serviceAccount(store: ObjectStore, suffix: () => string): AdmissionPlugin {
  const mounts = new TokenMounts(suffix);
  return {
    name: 'ServiceAccount',
    admit({ operation, info, namespace, name, object }) {
      const spec = asObject(object.spec);
      if (operation !== 'CREATE' || info.storage !== 'pods' || spec === undefined) return undefined;
      if (asObject(draftMeta(object).annotations)?.[MIRROR] !== undefined) return undefined;
      const account = asString(spec.serviceAccountName) || DEFAULT_NAME;
      const found = store.get('serviceaccounts', namespace, account);
      if (found === undefined && account !== DEFAULT_NAME) {
        const text = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`;
        return refuse(forbidden(info, name, text));
      }
      spec.serviceAccountName = account;
      spec.serviceAccount = account;
      const secrets = objectsOf(found?.imagePullSecrets);
      if (objectsOf(spec.imagePullSecrets).length === 0 && secrets.length > 0) {
        spec.imagePullSecrets = secrets;
      }
      const mounted =
        spec.automountServiceAccountToken ?? found?.automountServiceAccountToken ?? true;
      if (mounted === true) mounts.addTo(spec);
      return undefined;
    },
  };
}
