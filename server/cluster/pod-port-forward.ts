/** Reaching ports inside pods for `kubectl port-forward`, with the refusals of the API server and the kubelet. */
import { badRequest, internalError, notFound } from '../api/status.js';
import type { StartPortForward } from '../stream/index.js';
import type { Cluster } from './cluster.js';

/** Connects to ports of a cluster's pods. */
export function portForwardIn(cluster: Cluster): StartPortForward {
  return ({ namespace, pod: name }) => {
    const pod = cluster.store.get('pods', namespace, name);
    if (pod === undefined)
      return { ok: false, status: notFound({ group: '', plural: 'pods', kind: 'Pod' }, name) };
    if ((pod.spec.nodeName ?? '') === '')
      return { ok: false, status: badRequest(`pod ${name} does not have a host assigned`) };
    const forwarder = cluster.kubeletOf(pod)?.portForwarder(pod.metadata.uid ?? '');
    if (forwarder === undefined)
      return { ok: false, status: internalError(`pod not found ("${name}_${namespace}")`) };
    return { ok: true, forwarder };
  };
}
