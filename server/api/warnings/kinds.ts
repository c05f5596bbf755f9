/** What upstream warns of but stores, kind by kind (`WarningsOnCreate` and `WarningsOnUpdate` of the registries). */

import type { KubeObject, Pod, Service } from '../../contract/kube.js';
import { asObject } from '../../kube/json.js';
import { checkDns1123Label } from '../validation/names.js';
import { type PodLike, warnOfPodLike } from './pod-spec.js';

/** Warnings about a Pod. */
export function warnOfPod(object: KubeObject): readonly string[] {
  return warnOfPodLike(object as Pod, '');
}

/** Warnings about what makes pods. */
export function warnOfWorkload(object: KubeObject): readonly string[] {
  return warnOfPodLike(podLike(asObject(object.spec)?.template), 'spec.template.');
}

/** Warnings about a CronJob. */
export function warnOfCronJob(object: KubeObject): readonly string[] {
  const jobSpec = asObject(asObject(asObject(object.spec)?.jobTemplate)?.spec);
  return warnOfPodLike(podLike(jobSpec?.template), 'spec.jobTemplate.spec.template.');
}

function podLike(template: unknown): PodLike {
  return (asObject(template) ?? {}) as PodLike;
}

/** A name that is no host name by itself, of a new Pod. */
export function warnOfPodName({ metadata: { name } }: KubeObject): readonly string[] {
  return nameWarning(name, "the Pod's hostname");
}

/** The same of what makes pods. */
export function warnOfWorkloadName({ metadata: { name } }: KubeObject): readonly string[] {
  return nameWarning(name, 'Pod names and hostnames');
}

function nameWarning(name: string, use: string): readonly string[] {
  const wrong = checkDns1123Label(name);
  if (wrong.length === 0) return [];
  return [
    `metadata.name: this is used in ${use}, which can result in surprising behavior; a DNS label is recommended: [${wrong.join(' ')}]`,
  ];
}

/** Fields of a Service that have no effect (kubernetes `pkg/api/service/warnings.go`). */
export function warnOfService(object: KubeObject): readonly string[] {
  const {
    type,
    clusterIP,
    externalIPs = [],
    loadBalancerIP,
    sessionAffinity,
  } = (object as Service).spec;
  if (type === 'ExternalName') {
    return externalIPs.length > 0
      ? ['spec.externalIPs is ignored when spec.type is "ExternalName"']
      : [];
  }
  if (clusterIP !== 'None') return [];
  return [
    ...((loadBalancerIP ?? '') === ''
      ? []
      : ['spec.loadBalancerIP is ignored for headless services']),
    ...(externalIPs.length === 0 ? [] : ['spec.externalIPs is ignored for headless services']),
    ...(sessionAffinity === undefined || sessionAffinity === 'None'
      ? []
      : ['spec.SessionAffinity is ignored for headless services']),
  ];
}

/** The annotation that came before `ingressClassName`. */
export function warnOfIngress({ metadata: { annotations } }: KubeObject): readonly string[] {
  return annotations?.['kubernetes.io/ingress.class'] === undefined
    ? []
    : [
        `annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`,
      ];
}

/** A reclaim policy that nobody should use. */
export function warnOfVolume(object: KubeObject): readonly string[] {
  return asObject(object.spec)?.persistentVolumeReclaimPolicy === 'Recycle'
    ? [
        'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
      ]
    : [];
}
