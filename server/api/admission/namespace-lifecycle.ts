/** NamespaceLifecycle: nothing is made where there is no namespace, or where it is going; three namespaces stay for ever. */

import type { Namespace } from '../../contract/kube.js';
import type { ObjectStore } from '../../store/store.js';
import { refuse } from '../request.js';
import { forbidden, notFound } from '../status.js';
import type { AdmissionPlugin } from './plugin.js';

const IMMORTAL_NAMESPACES = ['default', 'kube-system', 'kube-public'];

/** Makes the plugin (upstream `plugin/namespace/lifecycle`). */
export function namespaceLifecycle(store: ObjectStore): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    admit({ operation, info, namespace, name }) {
      if (operation !== 'CREATE' || namespace === undefined) return undefined;
      const found = store.get('namespaces', undefined, namespace);
      if (found === undefined) {
        return refuse(notFound({ group: '', plural: 'namespaces', kind: 'Namespace' }, namespace), [
          {
            field: 'metadata.namespace',
            text: `create it first: kubectl create namespace ${namespace}`,
          },
        ]);
      }
      if (!isTerminating(found)) return undefined;
      const status = forbidden(
        info,
        name,
        `unable to create new content in namespace ${namespace} because it is being terminated`,
      );
      const cause = {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      };
      return refuse({ ...status, details: { ...status.details, causes: [cause] } });
    },
    validate({ operation, info, name }) {
      if (operation !== 'DELETE' || info.storage !== 'namespaces') return undefined;
      if (!IMMORTAL_NAMESPACES.includes(name)) return undefined;
      return refuse(forbidden(info, name, 'this namespace may not be deleted'));
    },
  };
}

function isTerminating({ metadata, status }: Namespace): boolean {
  return metadata.deletionTimestamp !== undefined || status?.phase === 'Terminating';
}
