import type { Container, Pod } from '../contract/kube.js';
import { quantityOf } from '../kube/quantity.js';

/** Quality of service classes. */
export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const COMPUTE = ['cpu', 'memory'] as const;

/** Class of a pod by its requests and limits for cpu and memory (pkg/apis/core/helper/qos). */
export function qosClassOf(pod: Pod): QosClass {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  if (!containers.some(asksForCompute)) return 'BestEffort';
  return containers.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

/** Path of a container's cgroup under the systemd driver, as `linux.cgroupsPath` of a bundle writes it. */
export function cgroupPathOf(pod: Pod, uid: string, containerId: string): string {
  const slice = uid.replaceAll('-', '_');
  const qos = qosClassOf(pod);
  const parent = qos === 'Guaranteed' ? 'kubepods-pod' : `kubepods-${qos.toLowerCase()}-pod`;
  return `${parent}${slice}.slice:cri-containerd:${containerId}`;
}

function asksForCompute(container: Container): boolean {
  const { requests = {}, limits = {} } = container.resources ?? {};
  return COMPUTE.some((name) => quantityOf(requests[name]) > 0 || quantityOf(limits[name]) > 0);
}

function isGuaranteed(container: Container): boolean {
  const { requests = {}, limits = {} } = container.resources ?? {};
  return COMPUTE.every((name) => {
    const limit = quantityOf(limits[name]);
    return limit > 0 && quantityOf(requests[name] ?? limits[name]) === limit;
  });
}
