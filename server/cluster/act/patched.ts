import type { ResourceInfo } from '../../api/index.js';
import type { Done } from '../../contract/acting.js';
import type { KubeObject } from '../../contract/kube.js';
import { asObject } from '../../kube/json.js';
import type { Cluster } from '../cluster.js';
import { type Reply, refuse, reply } from '../reply.js';
import type { UndoLog } from './undo-log.js';

/** An object and its kind. */
export interface Found {
  readonly info: ResourceInfo;
  readonly object: KubeObject;
}

/** Patches an object and keeps what it was. */
export function patched(
  cluster: Cluster,
  undo: UndoLog,
  change: Found & { readonly body: unknown; readonly text: string },
): Reply<Done> {
  const { info, object, body, text } = change;
  const { namespace, name } = object.metadata;
  const result = cluster.api.patch({
    resource: info,
    namespace,
    name,
    type: 'merge',
    body: asObject(body),
    options: { fieldManager: 'podnet-page' },
  });
  if (!result.ok) return refuse(result.error.message ?? 'refused');
  const id = undo.record([{ info, namespace, name, before: object, after: result.value }]);
  return reply({ text, ...(id === undefined ? {} : { undo: id }) });
}
