/** DefaultTolerationSeconds: a pod stays five minutes on a node that is not ready or cannot be reached. */

import type { Toleration } from '../../contract/kube.js';
import { asObject, deepFreeze, type JsonObject, objectsOf } from '../../kube/json.js';
import type { AdmissionPlugin } from './plugin.js';

const EVICTION_SECONDS = 300;
const ADDED: readonly Toleration[] = deepFreeze(
  ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
    key,
    operator: 'Exists' as const,
    effect: 'NoExecute' as const,
    tolerationSeconds: EVICTION_SECONDS,
  })),
);

/** The plugin (upstream `plugin/pkg/admission/defaulttolerationseconds`). What it adds is one frozen list for all pods. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  admit({ operation, info, object }) {
    const spec = asObject(object.spec);
    if (operation !== 'CREATE' || info.storage !== 'pods' || spec === undefined) return undefined;
    const own = objectsOf(spec.tolerations);
    const missing = ADDED.filter((added) => !own.some((one) => tolerates(one, added.key)));
    if (missing.length > 0) {
      spec.tolerations =
        own.length === 0 && missing.length === ADDED.length ? ADDED : [...own, ...missing];
    }
    return undefined;
  },
};

function tolerates({ key = '', effect = '' }: JsonObject, taint: string | undefined): boolean {
  return (key === '' || key === taint) && (effect === '' || effect === 'NoExecute');
}
