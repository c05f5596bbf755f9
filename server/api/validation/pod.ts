/** Rules for Pods and what may change in one. */

import type { Container, KubeObject, Pod, PodSpec } from '../../contract/kube.js';
import { deepEqual, isObject } from '../../kube/json.js';
import { type FieldError, forbiddenField } from './field-error.js';
import { validatePodSpec } from './pod-spec.js';

/** What is wrong with a Pod. */
export function validatePod(object: KubeObject): readonly FieldError[] {
  return validatePodSpec((object as Pod).spec, 'spec');
}

/** A Pod is made without ephemeral containers; they come later, by their own subresource. */
export function validatePodCreate(object: KubeObject): readonly FieldError[] {
  const { ephemeralContainers = [] } = (object as Partial<Pod>).spec ?? {};
  return ephemeralContainers.length === 0
    ? []
    : [forbiddenField('spec.ephemeralContainers', 'cannot be set on create')];
}

const MUTABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** Only images, the deadline and added tolerations may change; a gated pod may also get its node selector. */
export function validatePodUpdate(next: KubeObject, current: KubeObject): readonly FieldError[] {
  const [after, before] = [(next as Pod).spec, (current as Pod).spec];
  const comparable: PodSpec = {
    ...after,
    containers: withImagesOf(after.containers, before.containers),
    ...(after.initContainers === undefined
      ? {}
      : { initContainers: withImagesOf(after.initContainers, before.initContainers ?? []) }),
    ...pick(before, 'activeDeadlineSeconds'),
    ...(onlyAdds(after.tolerations, before.tolerations) ? pick(before, 'tolerations') : {}),
    ...((before.schedulingGates ?? []).length > 0 ? pick(before, 'schedulingGates') : {}),
  };
  if (deepEqual(comparable, before)) return [];
  const changed = changedPaths(comparable, before, 'spec');
  return [
    {
      ...forbiddenField('spec', MUTABLE),
      hint: `changed: ${changed.join(', ')}. Delete the pod and create it again to change more`,
    },
  ];
}

function pick<K extends keyof PodSpec>(spec: PodSpec, field: K): Pick<PodSpec, K> {
  return { [field]: spec[field] } as Pick<PodSpec, K>;
}

function withImagesOf(
  containers: readonly Container[] = [],
  from: readonly Container[],
): Container[] {
  return containers.map((container, index) => {
    const image = from[index]?.image;
    return image === undefined ? container : { ...container, image };
  });
}

function onlyAdds(after: PodSpec['tolerations'], before: PodSpec['tolerations']): boolean {
  const kept = new Set(after?.map(tolerationText));
  return (before ?? []).every((old) => kept.has(tolerationText(old)));
}

function tolerationText(one: NonNullable<PodSpec['tolerations']>[number]): string {
  return JSON.stringify([one.key, one.operator, one.value, one.effect, one.tolerationSeconds]);
}

/** Where two values differ, as deep as both are mappings or lists of one length. */
export function changedPaths(a: unknown, b: unknown, path: string): string[] {
  if (deepEqual(a, b)) return [];
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    return a.flatMap((entry, index) => changedPaths(entry, b[index], `${path}[${index}]`));
  }
  if (!isObject(a) || !isObject(b)) return [path];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) => changedPaths(a[key], b[key], `${path}.${key}`));
}
