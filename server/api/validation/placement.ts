/** Rules for what says where a pod may run: tolerations, affinity, topology spread (`pkg/apis/core/validation`). */

import type {
  Affinity,
  NodeSelectorRequirement,
  PodSpec,
  Toleration,
} from '../../contract/kube.js';
import { addAll, type FieldError, invalidValue, required } from './field-error.js';
import { checkQualifiedName } from './names.js';
import { NODE_OPERATORS, validateLabelSelector, validateRequirement } from './selector.js';
import { oneOf } from './values.js';

const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** What is wrong with the fields of a pod spec that a scheduler reads. */
export function validatePlacement(spec: PodSpec, path: string): readonly FieldError[] {
  return [
    ...validateTolerations(spec.tolerations ?? [], `${path}.tolerations`),
    ...validateAffinity(spec.affinity, `${path}.affinity`),
    ...validateSpread(spec, `${path}.topologySpreadConstraints`),
  ];
}

function validateTolerations(
  tolerations: readonly Toleration[],
  path: string,
): readonly FieldError[] {
  return tolerations.flatMap(
    ({ key = '', operator = 'Equal', value = '', effect, tolerationSeconds }, index) => {
      const at = `${path}[${index}]`;
      const errors: FieldError[] = [];
      if (key !== '')
        addAll(
          errors,
          checkQualifiedName(key).map((one) => invalidValue(`${at}.key`, key, one)),
        );
      if (key === '' && operator !== 'Exists') {
        errors.push(
          invalidValue(
            `${at}.operator`,
            operator,
            'operator must be Exists when `key` is empty, which means "match all values and all keys"',
          ),
        );
      }
      if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
        errors.push(
          invalidValue(
            `${at}.effect`,
            effect ?? '',
            "effect must be 'NoExecute' when `tolerationSeconds` is set",
          ),
        );
      }
      if (operator === 'Exists' && value !== '') {
        errors.push(
          invalidValue(
            `${at}.operator`,
            { key, operator, value },
            "value must be empty when `operator` is 'Exists'",
          ),
        );
      }
      addAll(errors, oneOf(operator, `${at}.operator`, ['Equal', 'Exists']));
      if (effect !== undefined && `${effect}` !== '')
        addAll(errors, oneOf(effect, `${at}.effect`, TAINT_EFFECTS));
      return errors;
    },
  );
}

function validateAffinity(affinity: Affinity | undefined, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const node = affinity?.nodeAffinity;
  const requiredNode = node?.requiredDuringSchedulingIgnoredDuringExecution;
  const nodePath = `${path}.nodeAffinity`;
  if (requiredNode !== undefined && (requiredNode.nodeSelectorTerms ?? []).length === 0) {
    errors.push(
      required(
        `${nodePath}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`,
        'must have at least one node selector term',
      ),
    );
  }
  (requiredNode?.nodeSelectorTerms ?? []).forEach((term, index) => {
    const at = `${nodePath}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${index}]`;
    addAll(errors, validateNodeRequirements(term.matchExpressions ?? [], `${at}.matchExpressions`));
  });
  (node?.preferredDuringSchedulingIgnoredDuringExecution ?? []).forEach(
    ({ weight, preference }, index) => {
      const at = `${nodePath}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
      addAll(errors, validateWeight(weight, `${at}.weight`));
      addAll(
        errors,
        validateNodeRequirements(
          preference?.matchExpressions ?? [],
          `${at}.preference.matchExpressions`,
        ),
      );
    },
  );
  for (const field of ['podAffinity', 'podAntiAffinity'] as const) {
    const rules = affinity?.[field];
    (rules?.requiredDuringSchedulingIgnoredDuringExecution ?? []).forEach((term, index) => {
      const at = `${path}.${field}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`;
      addAll(errors, validatePodTerm(term, at));
    });
    (rules?.preferredDuringSchedulingIgnoredDuringExecution ?? []).forEach(
      ({ weight, podAffinityTerm }, index) => {
        const at = `${path}.${field}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
        addAll(errors, validateWeight(weight, `${at}.weight`));
        addAll(errors, validatePodTerm(podAffinityTerm, `${at}.podAffinityTerm`));
      },
    );
  }
  return errors;
}

type PodTerm = NonNullable<
  NonNullable<Affinity['podAffinity']>['requiredDuringSchedulingIgnoredDuringExecution']
>[number];

function validatePodTerm(term: PodTerm | undefined, path: string): readonly FieldError[] {
  const errors = [...validateLabelSelector(term?.labelSelector, `${path}.labelSelector`)];
  if (!term?.topologyKey) errors.push(required(`${path}.topologyKey`, 'can not be empty'));
  return errors;
}

function validateWeight(weight: number | undefined, path: string): readonly FieldError[] {
  return weight !== undefined && weight >= 1 && weight <= 100
    ? []
    : [invalidValue(path, weight ?? 0, 'must be in the range 1-100')];
}

function validateNodeRequirements(
  requirements: readonly NodeSelectorRequirement[],
  path: string,
): readonly FieldError[] {
  return requirements.flatMap((one, index) =>
    validateRequirement(one, `${path}[${index}]`, NODE_OPERATORS),
  );
}

function validateSpread(
  { topologySpreadConstraints = [] }: PodSpec,
  path: string,
): readonly FieldError[] {
  return topologySpreadConstraints.flatMap(
    ({ maxSkew, topologyKey, whenUnsatisfiable, labelSelector }, index) => {
      const at = `${path}[${index}]`;
      const errors = [
        ...oneOf(whenUnsatisfiable ?? '', `${at}.whenUnsatisfiable`, [
          'DoNotSchedule',
          'ScheduleAnyway',
        ]),
        ...validateLabelSelector(labelSelector, `${at}.labelSelector`),
      ];
      if (!(maxSkew > 0))
        errors.push(invalidValue(`${at}.maxSkew`, maxSkew ?? 0, 'must be greater than zero'));
      if (!topologyKey) errors.push(required(`${at}.topologyKey`, 'can not be empty'));
      return errors;
    },
  );
}
