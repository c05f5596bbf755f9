import type { ObjectName } from '../../server/contract/acting.js';
import type { PodVertex, Vertex } from '../../server/contract/graph.js';
import { endFor } from '../model/ends.js';
import { podOwner } from '../model/owner.js';

const VERSIONS: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  ReplicaSet: 'apps/v1',
  Job: 'batch/v1',
};

/** The controller behind a pod, as the graph names it; undefined for kinds that nothing can be done to here. */
export function ownerOf(pod: PodVertex): ObjectName | undefined {
  const owner = podOwner(pod);
  const apiVersion = VERSIONS[owner?.kind ?? ''];
  return owner === undefined || apiVersion === undefined
    ? undefined
    : { apiVersion, ...owner, namespace: pod.namespace };
}

/** Whether a probe may begin or end at a vertex. */
export function ends(vertex: Vertex): { readonly from: boolean; readonly to: boolean } {
  return {
    from: endFor(vertex, 'from', 'tcp') !== undefined,
    to: endFor(vertex, 'to', 'tcp') !== undefined,
  };
}
