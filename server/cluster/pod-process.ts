import type { Host, Process } from '../../topology/index.js';
import type { Pod } from '../contract/kube.js';
import type { Kubelet } from '../kubelet/index.js';
import type { Cluster } from './cluster.js';
import { type Reply, refuse, reply } from './reply.js';

/** A process of a pod, with the machine that it runs on. */
export interface PodProcess {
  readonly pod: Pod;
  readonly kubelet: Kubelet;
  readonly host: Host;
  readonly process: Process;
}

/** The program of a container, or `pause`; refuses with a sentence when it does not run. */
export function podProcess(
  cluster: Cluster,
  podName: string,
  container: string,
): Reply<PodProcess> {
  const [namespace = '', name = ''] = podName.split('/');
  const pod = cluster.store.get('pods', namespace, name);
  if (pod === undefined) return refuse(`pods "${name}" not found`);
  const kubelet = cluster.kubeletOf(pod);
  const host = cluster.fabric.nodes.get(pod.spec.nodeName ?? '')?.host;
  if (kubelet === undefined || host === undefined) {
    return refuse(`pod ${podName} runs on no node yet`);
  }
  const uid = pod.metadata.uid ?? '';
  const process = container === 'pause' ? kubelet.pauseOf(uid) : kubelet.processOf(uid, container);
  return process?.state === 'running'
    ? reply({ pod, kubelet, host, process })
    : refuse(`container ${container} of pod ${podName} does not run`);
}
