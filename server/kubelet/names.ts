import { createHash } from 'node:crypto';
import type { Pod } from '../contract/kube.js';

/** Namespace of an object, `default` when it has none. */
export function namespaceOf(pod: Pod): string {
  return pod.metadata.namespace ?? 'default';
}

/** Uid of a pod; the name stands in for objects that never went through the API. */
export function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? `${namespaceOf(pod)}/${pod.metadata.name}`;
}

/** As kubelet's messages write a pod: `web_default(uid)`. */
export function formatPod(pod: Pod): string {
  return `${pod.metadata.name}_${namespaceOf(pod)}(${uidOf(pod)})`;
}

/** 64 hexadecimal digits, as a container runtime's ids are, the same in every run. */
export function runtimeId(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(parts.join('\u0000')).digest('hex');
}
