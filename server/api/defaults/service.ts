/**
 * Defaults of Services and endpoints (kubernetes `pkg/apis/{core,discovery}/v1/defaults.go`).
 *
 * Fidelity: every Service is single-stack IPv4.
 */

import type { KubeObject } from '../../contract/kube.js';
import { asObject, type JsonObject, objectsOf } from '../../kube/json.js';

const AFFINITY_SECONDS = 10800;

/** Fills in a Service, but for what is allocated. */
export function setServiceDefaults(draft: JsonObject): void {
  const spec = asObject(draft.spec);
  if (spec === undefined) return;
  spec.type ??= 'ClusterIP';
  spec.sessionAffinity ??= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig ??= { clientIP: { timeoutSeconds: AFFINITY_SECONDS } };
  }
  for (const port of objectsOf(spec.ports)) {
    port.protocol ??= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '')
      port.targetPort = port.port;
  }
  const outside = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (outside) spec.externalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  if (spec.type === 'ExternalName') return;
  spec.internalTrafficPolicy ??= 'Cluster';
}

/** What upstream fills in with the addresses, and so for nobody in particular. */
function setAddressDefaults(spec: JsonObject): void {
  const [first] = Array.isArray(spec.clusterIPs) ? spec.clusterIPs : [];
  if (spec.clusterIP === undefined || spec.clusterIP === '') {
    if (typeof first === 'string' && first !== '') spec.clusterIP = first;
  }
  if (typeof spec.clusterIP === 'string' && spec.clusterIP !== '')
    spec.clusterIPs ??= [spec.clusterIP];
  spec.ipFamilies ??= ['IPv4'];
  spec.ipFamilyPolicy ??= 'SingleStack';
}

/** A new Service has a load balancer without addresses. */
export function prepareService(draft: JsonObject): void {
  draft.status = { loadBalancer: {} };
  const spec = asObject(draft.spec);
  if (spec !== undefined && spec.type !== 'ExternalName') setAddressDefaults(spec);
}

/** An update that leaves out what was allocated keeps it; a type that has no use for it lets it go. */
export function prepareServiceUpdate(draft: JsonObject, current: KubeObject): void {
  const spec = asObject(draft.spec);
  const before = asObject(current.spec);
  if (spec === undefined || before === undefined) return;
  const type = spec.type ?? 'ClusterIP';
  if (type !== 'ExternalName' && before.type !== 'ExternalName') {
    spec.clusterIP ??= before.clusterIP;
    if (spec.clusterIP === before.clusterIP) spec.clusterIPs ??= before.clusterIPs;
  }
  if (type === 'ExternalName' && before.type !== 'ExternalName') {
    if (spec.clusterIP === before.clusterIP) delete spec.clusterIP;
    delete spec.clusterIPs;
  }
  if (type !== 'ExternalName') setAddressDefaults(spec);
  if (type === 'ClusterIP' || type === 'ExternalName') {
    if (before.type === 'NodePort' || before.type === 'LoadBalancer')
      dropOldNodePorts(spec, before);
    if (spec.externalTrafficPolicy === before.externalTrafficPolicy)
      delete spec.externalTrafficPolicy;
    return;
  }
  keepNodePorts(spec, before);
}

/** Node ports that a type change leaves behind. */
function dropOldNodePorts(spec: JsonObject, before: JsonObject): void {
  const old = new Set(objectsOf(before.ports).map((port) => port.nodePort));
  for (const port of objectsOf(spec.ports)) if (old.has(port.nodePort)) delete port.nodePort;
}

function keepNodePorts(spec: JsonObject, before: JsonObject): void {
  const old = objectsOf(before.ports);
  for (const port of objectsOf(spec.ports)) {
    if (port.nodePort !== undefined && port.nodePort !== 0) continue;
    const same = old.find(
      (one) =>
        one.port === port.port &&
        (one.protocol ?? 'TCP') === (port.protocol ?? 'TCP') &&
        one.nodePort !== undefined,
    );
    if (same !== undefined) port.nodePort = same.nodePort;
  }
}

/** Fills in an EndpointSlice. */
export function setEndpointSliceDefaults(draft: JsonObject): void {
  draft.endpoints ??= [];
  for (const port of objectsOf(draft.ports)) {
    if (Object.isFrozen(port)) continue;
    port.name ??= '';
    port.protocol ??= 'TCP';
  }
}

/** Fills in an Endpoints. */
export function setEndpointsDefaults(draft: JsonObject): void {
  for (const subset of objectsOf(draft.subsets)) {
    for (const port of objectsOf(subset.ports)) if (!Object.isFrozen(port)) port.protocol ??= 'TCP';
  }
}
