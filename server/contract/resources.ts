import type * as kube from './kube.js';

/** Resources that podnet's own components read and write, by `group/plural` (`plural` alone for core). */
export interface ResourceTypes {
  pods: kube.Pod;
  services: kube.Service;
  endpoints: kube.Endpoints;
  nodes: kube.KubeNode;
  namespaces: kube.Namespace;
  configmaps: kube.ConfigMap;
  secrets: kube.Secret;
  events: kube.KubeEvent;
  replicationcontrollers: kube.ReplicationController;
  serviceaccounts: kube.KubeObject;
  persistentvolumeclaims: kube.KubeObject;
  'discovery.k8s.io/endpointslices': kube.EndpointSlice;
  'apps/replicasets': kube.ReplicaSet;
  'apps/deployments': kube.Deployment;
  'apps/statefulsets': kube.StatefulSet;
  'apps/daemonsets': kube.DaemonSet;
  'apps/controllerrevisions': kube.KubeObject;
  'batch/jobs': kube.Job;
  'batch/cronjobs': kube.CronJob;
  'networking.k8s.io/networkpolicies': kube.KubeObject;
  'certificates.k8s.io/certificatesigningrequests': kube.KubeObject;
  'rbac.authorization.k8s.io/clusterroles': kube.KubeObject;
  'coordination.k8s.io/leases': kube.KubeObject;
  'podnet.dev/traces': kube.Trace;
  'podnet.dev/faults': kube.Fault;
  'podnet.dev/topologies': kube.Topology;
}

/** A name of `ResourceTypes`. */
export type KnownResource = keyof ResourceTypes;
