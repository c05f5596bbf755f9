/** Field selectors: `metadata.name=web,status.phase!=Running`. Each kind supports a few fields. */

import type { KubeObject } from '../contract/kube.js';
import { isObject } from '../kube/json.js';
import type { ResourceInfo } from './registry/resource-info.js';

/** Decides whether an object matches. */
export type ObjectMatcher = (object: KubeObject) => boolean;

const INVOLVED = ['apiVersion', 'fieldPath', 'kind', 'name', 'namespace', 'resourceVersion', 'uid'];
const EVERYWHERE = ['metadata.name', 'metadata.namespace'];
const BY_KIND: Readonly<Record<string, readonly string[]>> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  events: [
    ...INVOLVED.map((field) => `involvedObject.${field}`),
    ...INVOLVED.map((field) => `regarding.${field}`),
    'reason',
    'reportingComponent',
    'reportingController',
    'source',
    'type',
  ],
  nodes: ['spec.unschedulable'],
  namespaces: ['status.phase'],
  secrets: ['type'],
  services: ['spec.clusterIP', 'spec.type'],
  replicationcontrollers: ['status.replicas'],
  'apps/replicasets': ['status.replicas'],
  'batch/jobs': ['status.successful'],
  'certificates.k8s.io/certificatesigningrequests': ['spec.signerName'],
};

/** What came of reading a field selector. */
export type ParsedFieldSelector =
  | { readonly ok: true; readonly matches: ObjectMatcher; readonly name: string | undefined }
  | { readonly ok: false; readonly message: string };

/** Reads a field selector for a kind. `name` is set when it asks for one object by name. */
export function parseFieldSelector(resource: ResourceInfo, text: string): ParsedFieldSelector {
  const supported = [...EVERYWHERE, ...(BY_KIND[resource.storage] ?? [])];
  const tests: ObjectMatcher[] = [];
  let name: string | undefined;
  for (const term of text.split(',').filter((part) => part !== '')) {
    const parsed = /^([^=!]+)(==|=|!=)(.*)$/.exec(term);
    const field = parsed?.[1];
    const wanted = parsed?.[3] ?? '';
    if (field === undefined)
      return { ok: false, message: `invalid selector: '${text}'; can't understand '${term}'` };
    if (!supported.includes(field)) {
      return {
        ok: false,
        message: `field label not supported: ${field}`,
      };
    }
    const negated = parsed?.[2] === '!=';
    if (field === 'metadata.name' && !negated) name = wanted;
    tests.push((object) => (fieldText(object, field) === wanted) !== negated);
  }
  return { ok: true, name, matches: (object) => tests.every((test) => test(object)) };
}

function fieldText(object: KubeObject, field: string): string {
  const path =
    field === 'source' ? 'source.component' : field.replace(/^regarding\./, 'involvedObject.');
  let value: unknown = object;
  for (const step of path.split('.')) value = isObject(value) ? value[step] : undefined;
  if (value !== undefined && value !== null) return String(value);
  return field === 'spec.unschedulable' || field === 'spec.hostNetwork' ? 'false' : '';
}
