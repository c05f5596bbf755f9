/** Rules for the ephemeral containers of a Pod (`validateEphemeralContainers`, `ValidatePodEphemeralContainersUpdate`). */
import type { Container, KubeObject, Pod } from '../../contract/kube.js';
import { deepEqual } from '../../kube/json.js';
import { type FieldError, forbiddenField, notFoundValue } from './field-error.js';
import { changedPaths, validatePod } from './pod.js';

const PATH = 'spec.ephemeralContainers';
const NOT_HERE = 'cannot be set for an Ephemeral Container';

/** What is wrong with a change through `pods/NAME/ephemeralcontainers`: they are only added, and serve nobody. */
export function validateEphemeralUpdate(
  next: KubeObject,
  current: KubeObject,
): readonly FieldError[] {
  const before = (current as Pod).spec.ephemeralContainers ?? [];
  const { containers, ephemeralContainers: after = [], initContainers = [] } = (next as Pod).spec;
  const targets = new Set([...containers, ...initContainers].map(({ name }) => name));
  return [
    ...validatePod(next),
    ...after.flatMap((container, index) => [
      ...validateFields(container, `${PATH}[${index}]`),
      ...validateTarget(container, `${PATH}[${index}]`, targets),
    ]),
    ...before.flatMap((old) => {
      const kept = after.find(({ name }) => name === old.name);
      if (kept === undefined) return [existing(old.name, 'removed', '')];
      if (deepEqual(kept, old)) return [];
      return [existing(old.name, 'changed', changedPaths(kept, old, old.name).join('\n'))];
    }),
  ];
}

function existing(name: string, what: 'removed' | 'changed', how: string): FieldError {
  return forbiddenField(PATH, `existing ephemeral containers "${name}" may not be ${what}\n${how}`);
}

function validateTarget(
  { targetContainerName = '' }: { readonly targetContainerName?: string },
  path: string,
  targets: ReadonlySet<string>,
): readonly FieldError[] {
  return targetContainerName === '' || targets.has(targetContainerName)
    ? []
    : [notFoundValue(`${path}.targetContainerName`, targetContainerName)];
}

/** Probes, hooks and restart policies are refused with those of all containers. */
function validateFields(
  container: Container & { readonly resizePolicy?: readonly unknown[] },
  path: string,
): readonly FieldError[] {
  const { ports = [], resizePolicy = [], resources = {}, volumeMounts = [] } = container;
  const refuse = (field: string): FieldError => forbiddenField(`${path}.${field}`, NOT_HERE);
  return [
    ...(ports.length > 0 ? [refuse('ports')] : []),
    ...(Object.keys(resources).length > 0 ? [refuse('resources')] : []),
    ...(resizePolicy.length > 0 ? [refuse('resizePolicy')] : []),
    ...volumeMounts.flatMap(({ subPath = '' }, index) =>
      subPath === '' ? [] : [refuse(`volumeMounts[${index}].subPath`)],
    ),
  ];
}
