/** What one object uses of a quota (upstream `pkg/quota/v1/evaluator/core`). */

import type { KubeObject } from '../../contract/kube.js';
import {
  amountsOf,
  type ExactQuantity,
  pieces,
  type ResourceAmounts,
} from '../../kube/exact-quantity.js';
import { asObject, asString, type JsonObject, objectsOf } from '../../kube/json.js';
import type { ResourceName } from '../../store/store.js';
import { podAmounts } from '../admission/pod-amounts.js';

const CLASS_SUFFIX = '.storageclass.storage.k8s.io/';

/** Kinds whose objects have a name of their own in quotas, besides `count/<resource>.<group>`. */
const PLAIN_COUNTS: ReadonlySet<string> = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);

/** All that an object uses. */
export function usageOf(storage: ResourceName, object: KubeObject): ResourceAmounts {
  const usage = new Map<string, ExactQuantity>([[countName(storage), pieces(1)]]);
  if (PLAIN_COUNTS.has(storage)) usage.set(storage, pieces(1));
  const spec = asObject(object.spec) ?? {};
  if (storage === 'pods') addPod(usage, object, spec);
  if (storage === 'services') addService(usage, spec);
  if (storage === 'persistentvolumeclaims') addClaim(usage, object, spec);
  return usage;
}

/** `count/deployments.apps`, `count/pods`. */
export function countName(storage: ResourceName): string {
  const slash = storage.indexOf('/');
  return slash < 0
    ? `count/${storage}`
    : `count/${storage.slice(slash + 1)}.${storage.slice(0, slash)}`;
}

/** The kind of object that uses a resource of a quota; undefined when none does. */
export function usedBy(resource: string): ResourceName | undefined {
  const counted = /^count\/([^.]+)(?:\.(.+))?$/.exec(resource);
  if (counted !== null) {
    const [, plural = '', group] = counted;
    return group === undefined ? plural : `${group}/${plural}`;
  }
  if (resource.startsWith('services.')) return 'services';
  if (resource === 'requests.storage' || resource.includes(CLASS_SUFFIX)) {
    return 'persistentvolumeclaims';
  }
  return PLAIN_COUNTS.has(resource) ? resource : 'pods';
}

/** Pods that have ended count as objects alone. */
function addPod(usage: Map<string, ExactQuantity>, object: KubeObject, spec: JsonObject): void {
  const phase = asObject(object.status)?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return;
  usage.set('pods', pieces(1));
  for (const [name, amount] of podAmounts(spec, 'requests')) {
    if (!name.includes('/')) usage.set(name, amount);
    usage.set(`requests.${name}`, amount);
  }
  for (const [name, amount] of podAmounts(spec, 'limits')) usage.set(`limits.${name}`, amount);
}

function addService(usage: Map<string, ExactQuantity>, spec: JsonObject): void {
  const ports = objectsOf(spec.ports);
  if (spec.type === 'NodePort') usage.set('services.nodeports', pieces(ports.length));
  if (spec.type !== 'LoadBalancer') return;
  const allocated =
    spec.allocateLoadBalancerNodePorts === false
      ? ports.filter(({ nodePort }) => Number(nodePort ?? 0) > 0)
      : ports;
  usage.set('services.loadbalancers', pieces(1));
  usage.set('services.nodeports', pieces(allocated.length));
}

function addClaim(usage: Map<string, ExactQuantity>, object: KubeObject, spec: JsonObject): void {
  const requests = amountsOf(asObject(spec.resources)?.requests);
  const storage = requests.get('storage');
  const className =
    asString(spec.storageClassName) ??
    object.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'];
  if (className !== undefined && className !== '') {
    usage.set(`${className}${CLASS_SUFFIX}persistentvolumeclaims`, pieces(1));
  }
  if (storage === undefined) return;
  usage.set('requests.storage', storage);
  if (className !== undefined && className !== '') {
    usage.set(`${className}${CLASS_SUFFIX}requests.storage`, storage);
  }
}
