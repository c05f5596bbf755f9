import type { Pod } from '../../contract/kube.js';
import type { DetailSection } from '../../contract/live.js';
import type { Cluster } from '../cluster.js';
import { type Reply, refuse, reply } from '../reply.js';
import {
  bundleArtefacts,
  imageArtefacts,
  probeArtefacts,
  roomArtefacts,
} from './container-artefacts.js';
import {
  admissionArtefacts,
  endpointArtefacts,
  proxyArtefacts,
  schedulingArtefacts,
} from './control-artefacts.js';
import type { StepRecord } from './pod-journeys.js';
import {
  netnsArtefacts,
  networkArtefacts,
  processArtefacts,
  refusedNetworkArtefacts,
  sandboxArtefacts,
} from './sandbox-artefacts.js';

/** What can be read at a step of a pod's journey: `id` is the journey's, `key` the step's. */
export function podStepIn(
  cluster: Cluster,
  id: string,
  key: string,
): Reply<readonly DetailSection[]> {
  const [, namespace, name = '', uid = ''] = /^pod:([^/]*)\/([^:]*):(.*)$/.exec(id) ?? [];
  const pod = cluster.store.get('pods', namespace, name);
  if (pod?.metadata.uid !== uid) return refuse('the pod is gone, and what is known of it with it');
  const found = cluster.journeys.recordAt(uid, Number(key));
  if (found === undefined)
    return refuse(
      'nothing is kept of this step: of long journeys the first 40 and the last 20 steps keep it',
    );
  return reply(render(cluster, pod, found));
}

function render(
  cluster: Cluster,
  pod: Pod,
  { node, record }: { readonly record: StepRecord; readonly node: string },
): readonly DetailSection[] {
  switch (record.kind) {
    case 'admission':
      return admissionArtefacts(cluster, pod, record.changes);
    case 'scheduling':
      return schedulingArtefacts(record.report);
    case 'room':
      return roomArtefacts(record.room);
    case 'sandbox':
      return sandboxArtefacts(cluster, node, record.sandbox);
    case 'netns':
      return netnsArtefacts(record.sandbox);
    case 'network':
      return networkArtefacts(cluster, node, record.sandbox);
    case 'network-refused':
      return refusedNetworkArtefacts(cluster, node, record);
    case 'image':
      return imageArtefacts(record.image, record.had);
    case 'bundle':
      return bundleArtefacts(record.bundle());
    case 'process':
      return processArtefacts(cluster, node, record.process);
    case 'probe':
      return probeArtefacts(record.history, (atNs) => cluster.timeOf(atNs));
    case 'endpoints':
      return endpointArtefacts(cluster, record);
    case 'proxy':
      return proxyArtefacts(cluster, pod, node);
  }
}
