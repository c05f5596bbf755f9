/**
 * Under which names podnet's own components write.
 *
 * Fidelity: of objects that only podnet's components have written, nobody keeps the owners; they are worked out as one
 * manager for the object and one for its status when a client asks for such an object by name or writes to it. So a
 * thousand pods start without anything being recorded. Lists and watches show such objects without owners.
 */

import type { KubeObject } from '../../contract/kube.js';
import type { ResourceInfo } from '../registry/resource-info.js';

const MAKERS: Readonly<Record<string, string>> = {
  nodes: 'kubelet',
  events: 'kube-controller-manager',
  namespaces: 'kube-apiserver',
  'coordination.k8s.io/leases': 'kubelet',
  'scheduling.k8s.io/priorityclasses': 'kube-apiserver',
  'flowcontrol.apiserver.k8s.io/flowschemas': 'kube-apiserver',
  'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations': 'kube-apiserver',
  'rbac.authorization.k8s.io/clusterroles': 'kube-apiserver',
  'rbac.authorization.k8s.io/clusterrolebindings': 'kube-apiserver',
  'rbac.authorization.k8s.io/roles': 'kube-apiserver',
  'rbac.authorization.k8s.io/rolebindings': 'kube-apiserver',
};

const STATUS_MAKERS: Readonly<Record<string, string>> = { pods: 'kubelet', nodes: 'kubelet' };

const CONTROLLERS = 'kube-controller-manager';
/** Who looks after the kinds of podnet's own group. */
const OWN = { group: 'podnet.dev', name: 'podnet' };

/** Who of podnet's components writes objects of a kind. */
export function makerOf(info: ResourceInfo): string {
  return MAKERS[info.storage] ?? controllerOf(info);
}

/** Who of podnet's components writes their status. */
export function statusMakerOf(info: ResourceInfo): string {
  return STATUS_MAKERS[info.storage] ?? controllerOf(info);
}

function controllerOf({ group }: ResourceInfo): string {
  return group === OWN.group ? OWN.name : CONTROLLERS;
}

/** Whether an object keeps the owners of its fields; those of podnet's own making do not. */
export function isTracked({ metadata }: KubeObject): boolean {
  return metadata.managedFields !== undefined;
}
