/** Rules for what changes through `pods/NAME/resize` (upstream `ValidatePodResize`). */

import type { Container, KubeObject, Pod } from '../../contract/kube.js';
import { asObject, deepEqual } from '../../kube/json.js';
import { type FieldError, forbiddenField } from './field-error.js';
import { validatePod } from './pod.js';

const RESIZABLE: ReadonlySet<string> = new Set(['cpu', 'memory']);

/**
 * What is wrong with new resources of containers: they must be good ones, and only processors and memory change.
 *
 * Fidelity: a resize may change the pod's class of service and take requests away, which upstream refuses.
 */
export function validateResize(next: KubeObject, current: KubeObject): readonly FieldError[] {
  const [after, before] = [(next as Pod).spec.containers, (current as Pod).spec.containers];
  const fixed = after.every((container, index) =>
    deepEqual(fixedPart(container), fixedPart(before[index])),
  );
  return [
    ...validatePod(next),
    ...(fixed ? [] : [forbiddenField('spec', 'only cpu and memory resources are mutable')]),
  ];
}

function fixedPart(container: Container | undefined): unknown {
  const { requests, limits, ...rest } = asObject(container?.resources) ?? {};
  return [rest, ...[requests, limits].map(otherResources)];
}

function otherResources(amounts: unknown): unknown {
  return Object.entries(asObject(amounts) ?? {}).filter(([name]) => !RESIZABLE.has(name));
}
