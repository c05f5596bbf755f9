/** The fields of `metadata` that belong to the server. */

import type { KubeObject, ObjectMeta } from '../contract/kube.js';
import { asObject, deepEqual, type JsonObject } from '../kube/json.js';
import type { ResourceInfo } from './registry/resource-info.js';

/** Letters that upstream puts at the end of a generated name: no vowels, nothing that looks like another. */
const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const MAX_BASE_LENGTH = 58;

const WITH_GENERATION: ReadonlySet<string> = new Set([
  'replicationcontrollers',
  'apps/daemonsets',
  'apps/deployments',
  'apps/replicasets',
  'apps/statefulsets',
  'batch/cronjobs',
  'batch/jobs',
  'discovery.k8s.io/endpointslices',
  'networking.k8s.io/ingressclasses',
  'networking.k8s.io/ingresses',
  'networking.k8s.io/networkpolicies',
  'policy/poddisruptionbudgets',
  'apiextensions.k8s.io/customresourcedefinitions',
  'flowcontrol.apiserver.k8s.io/flowschemas',
  'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations',
  'admissionregistration.k8s.io/mutatingwebhookconfigurations',
  'admissionregistration.k8s.io/validatingadmissionpolicies',
  'admissionregistration.k8s.io/validatingadmissionpolicybindings',
  'admissionregistration.k8s.io/validatingwebhookconfigurations',
  'scheduling.k8s.io/priorityclasses',
  'podnet.dev/faults',
  'podnet.dev/topologies',
  'podnet.dev/traces',
]);

/**
 * Whether objects of a kind count changes of their spec in `metadata.generation`.
 *
 * Fidelity: Pods do not, as before Kubernetes 1.33.
 */
export function hasGeneration(resource: ResourceInfo): boolean {
  return resource.custom || WITH_GENERATION.has(resource.storage);
}

/** How often upstream draws again when a generated name is taken. */
const MAX_DRAWS = 8;

/** A name from `generateName` that is not taken, unless eight draws in a row are. */
export function freeName(
  base: string,
  random: () => number,
  isTaken: (name: string) => boolean,
): string {
  let name = generateName(base, random);
  for (let draw = 1; draw < MAX_DRAWS && isTaken(name); draw++) name = generateName(base, random);
  return name;
}

function generateName(base: string, random: () => number): string {
  return base.slice(0, MAX_BASE_LENGTH) + nameSuffix(random);
}

/** Five letters drawn from `random`, which gives numbers from 0 up to 1. */
export function nameSuffix(random: () => number): string {
  let suffix = '';
  for (let index = 0; index < SUFFIX_LENGTH; index++) {
    suffix += SUFFIX_LETTERS[Math.floor(random() * SUFFIX_LETTERS.length)];
  }
  return suffix;
}

/** The metadata of a draft as an object that can be written to; made when missing. */
export function draftMeta(draft: JsonObject): JsonObject {
  const meta = asObject(draft.metadata) ?? {};
  draft.metadata = meta;
  return meta;
}

const SERVER_FIELDS = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'selfLink',
] as const;

/** Puts the server's own fields of the stored object over those of its replacement. */
export function keepServerFields(meta: JsonObject, current: ObjectMeta): void {
  for (const field of SERVER_FIELDS) {
    const value = asObject(current)?.[field];
    if (value === undefined) delete meta[field];
    else meta[field] = value;
  }
}

/** Whether anything differs that `metadata.generation` counts: all but metadata and status. */
export function specChanged(next: KubeObject, current: KubeObject): boolean {
  const fields = new Set([...Object.keys(next), ...Object.keys(current)]);
  for (const field of fields) {
    if (field === 'metadata' || field === 'status') continue;
    if (!deepEqual(next[field], current[field])) return true;
  }
  return false;
}
