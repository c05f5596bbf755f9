/** Says which resource a kind and version mean, or why there is none. */

import type { ResourceRegistry } from '../registry/registry.js';
import { groupVersion, parseGroupVersion, type ResourceInfo } from '../registry/resource-info.js';
import { nearest } from '../schema/near-miss.js';

/** The resource of an object, or why it has none. */
export type ResolvedKind =
  | { readonly ok: true; readonly info: ResourceInfo }
  | {
      readonly ok: false;
      readonly field: 'kind' | 'apiVersion';
      readonly message: string;
      readonly hint?: string;
    };

interface Retired {
  /** The release that served it no more. */
  readonly since: string;
  readonly use?: string;
  readonly note?: string;
}

const RETIRED: Readonly<Record<string, Retired>> = {
  'extensions/v1beta1/Deployment': { since: '1.16', use: 'apps/v1' },
  'extensions/v1beta1/DaemonSet': { since: '1.16', use: 'apps/v1' },
  'extensions/v1beta1/ReplicaSet': { since: '1.16', use: 'apps/v1' },
  'extensions/v1beta1/NetworkPolicy': { since: '1.16', use: 'networking.k8s.io/v1' },
  'extensions/v1beta1/PodSecurityPolicy': {
    since: '1.16',
    note: 'PodSecurityPolicy is gone since 1.25',
  },
  'extensions/v1beta1/Ingress': { since: '1.22', use: 'networking.k8s.io/v1' },
  'apps/v1beta1/Deployment': { since: '1.16', use: 'apps/v1' },
  'apps/v1beta1/StatefulSet': { since: '1.16', use: 'apps/v1' },
  'apps/v1beta2/Deployment': { since: '1.16', use: 'apps/v1' },
  'apps/v1beta2/DaemonSet': { since: '1.16', use: 'apps/v1' },
  'apps/v1beta2/ReplicaSet': { since: '1.16', use: 'apps/v1' },
  'apps/v1beta2/StatefulSet': { since: '1.16', use: 'apps/v1' },
  'networking.k8s.io/v1beta1/Ingress': { since: '1.22', use: 'networking.k8s.io/v1' },
  'networking.k8s.io/v1beta1/IngressClass': { since: '1.22', use: 'networking.k8s.io/v1' },
  'rbac.authorization.k8s.io/v1alpha1/ClusterRole': {
    since: '1.22',
    use: 'rbac.authorization.k8s.io/v1',
  },
  'rbac.authorization.k8s.io/v1beta1/ClusterRole': {
    since: '1.22',
    use: 'rbac.authorization.k8s.io/v1',
  },
  'rbac.authorization.k8s.io/v1beta1/ClusterRoleBinding': {
    since: '1.22',
    use: 'rbac.authorization.k8s.io/v1',
  },
  'rbac.authorization.k8s.io/v1beta1/Role': { since: '1.22', use: 'rbac.authorization.k8s.io/v1' },
  'rbac.authorization.k8s.io/v1beta1/RoleBinding': {
    since: '1.22',
    use: 'rbac.authorization.k8s.io/v1',
  },
  'apiextensions.k8s.io/v1beta1/CustomResourceDefinition': {
    since: '1.22',
    use: 'apiextensions.k8s.io/v1',
  },
  'admissionregistration.k8s.io/v1beta1/ValidatingWebhookConfiguration': {
    since: '1.22',
    use: 'admissionregistration.k8s.io/v1',
  },
  'admissionregistration.k8s.io/v1beta1/MutatingWebhookConfiguration': {
    since: '1.22',
    use: 'admissionregistration.k8s.io/v1',
  },
  'storage.k8s.io/v1beta1/StorageClass': { since: '1.22', use: 'storage.k8s.io/v1' },
  'scheduling.k8s.io/v1beta1/PriorityClass': { since: '1.22', use: 'scheduling.k8s.io/v1' },
  'batch/v1beta1/CronJob': { since: '1.25', use: 'batch/v1' },
  'batch/v2alpha1/CronJob': { since: '1.21', use: 'batch/v1' },
  'discovery.k8s.io/v1beta1/EndpointSlice': { since: '1.25', use: 'discovery.k8s.io/v1' },
  'policy/v1beta1/PodDisruptionBudget': { since: '1.25', use: 'policy/v1' },
  'policy/v1beta1/PodSecurityPolicy': {
    since: '1.25',
    note: 'use Pod Security Admission labels on the Namespace',
  },
  'autoscaling/v2beta1/HorizontalPodAutoscaler': { since: '1.25', use: 'autoscaling/v2' },
  'autoscaling/v2beta2/HorizontalPodAutoscaler': { since: '1.26', use: 'autoscaling/v2' },
};

/** Groups of well-known projects, by how the group's name ends. */
const FOREIGN: readonly (readonly [group: string, project: string])[] = [
  ['istio.io', 'Istio'],
  ['cilium.io', 'Cilium'],
  ['projectcalico.org', 'Calico'],
  ['operator.tigera.io', 'the Tigera operator'],
  ['gateway.networking.k8s.io', 'the Gateway API'],
  ['policy.networking.k8s.io', 'the Network Policy API'],
  ['openshift.io', 'OpenShift'],
  ['argoproj.io', 'Argo'],
  ['cert-manager.io', 'cert-manager'],
  ['monitoring.coreos.com', 'the Prometheus operator'],
  ['traefik.io', 'Traefik'],
  ['traefik.containo.us', 'Traefik'],
  ['kyverno.io', 'Kyverno'],
  ['antrea.io', 'Antrea'],
  ['kwok.x-k8s.io', 'kwok'],
  ['metallb.io', 'MetalLB'],
  ['k8s.cni.cncf.io', 'Multus'],
  ['keda.sh', 'KEDA'],
  ['knative.dev', 'Knative'],
  ['fluxcd.io', 'Flux'],
  ['helm.toolkit.fluxcd.io', 'Flux'],
  ['linkerd.io', 'Linkerd'],
  ['batch.x-k8s.io', 'JobSet'],
  ['multicluster.x-k8s.io', 'the Multi-Cluster Services API'],
  ['snapshot.storage.k8s.io', 'the CSI snapshotter'],
  ['kafka.strimzi.io', 'Strimzi'],
  ['cluster.x-k8s.io', 'the Cluster API'],
];

/** Looks up a kind as kubectl does, with a guess for what was meant. */
export function resolveKind(
  registry: ResourceRegistry,
  apiVersion: string,
  kind: string,
): ResolvedKind {
  const info = registry.byKind(apiVersion, kind);
  if (info !== undefined) return { ok: true, info };
  const message = `no matches for kind "${kind}" in version "${apiVersion}"`;
  const { group } = parseGroupVersion(apiVersion);
  const retired = RETIRED[`${apiVersion}/${kind}`];
  if (retired !== undefined)
    return {
      ok: false,
      field: 'apiVersion',
      message,
      hint: retiredHint(kind, apiVersion, retired),
    };
  const served = registry.versionsOfKind(kind);
  if (served.length > 0) {
    const versions = served.map(groupVersion).join(' or ');
    return { ok: false, field: 'apiVersion', message, hint: `${kind} is in ${versions}` };
  }
  const project = FOREIGN.find(([ending]) => group === ending || group.endsWith(`.${ending}`))?.[1];
  if (project !== undefined) {
    return {
      ok: false,
      field: 'kind',
      message: `${message}; ensure CRDs are installed first`,
      hint: `${kind} belongs to ${project}: apply its CustomResourceDefinitions first. podnet keeps such objects but does not act on them`,
    };
  }
  const near = nearest(kind, new Set(registry.all.map((resource) => resource.kind)));
  if (near !== undefined) {
    const version = registry.versionsOfKind(near)[0];
    const where =
      version === undefined || groupVersion(version) === apiVersion
        ? ''
        : ` (apiVersion: ${groupVersion(version)})`;
    return { ok: false, field: 'kind', message, hint: `did you mean "${near}"${where}?` };
  }
  return { ok: false, field: 'kind', message: `${message}; ensure CRDs are installed first` };
}

function retiredHint(kind: string, apiVersion: string, { since, use, note }: Retired): string {
  const gone = `${kind} in ${apiVersion} is gone since Kubernetes ${since}`;
  return use === undefined ? `${gone}; ${note ?? ''}` : `${gone}: use apiVersion: ${use}`;
}
