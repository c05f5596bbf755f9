/** Rules for label selectors (apimachinery, `apis/meta/v1/validation`). */

import type { LabelSelector } from '../../contract/kube.js';
import type { Requirement } from '../../kube/requirement.js';
import { addAll, type FieldError, forbiddenField, invalidValue, required } from './field-error.js';
import { checkLabelValue, checkQualifiedName } from './names.js';
import { validateLabels } from './object-meta.js';

/** Operators of a label selector. */
const LABEL_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];
/** Operators of a node selector. */
export const NODE_OPERATORS = [...LABEL_OPERATORS, 'Gt', 'Lt'];

/** What is wrong with one requirement, apart from its values as such. */
export function validateRequirement(
  { key, operator, values = [] }: Requirement,
  path: string,
  operators: readonly string[],
): readonly FieldError[] {
  return [
    ...(operators.includes(operator)
      ? validateCount(operator, values.length, `${path}.values`)
      : [invalidValue(`${path}.operator`, operator ?? '', 'not a valid selector operator')]),
    ...checkQualifiedName(key ?? '').map((one) => invalidValue(`${path}.key`, key ?? '', one)),
  ];
}

function validateCount(
  operator: Requirement['operator'],
  count: number,
  path: string,
): readonly FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return count > 0
        ? []
        : [required(path, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist':
      return count === 0
        ? []
        : [
            forbiddenField(
              path,
              "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            ),
          ];
    case 'Gt':
    case 'Lt':
      return count === 1
        ? []
        : [required(path, "must be specified single value when `operator` is 'Lt' or 'Gt'")];
  }
}

/** What is wrong with a selector. */
export function validateLabelSelector(
  selector: LabelSelector | undefined,
  path: string,
): readonly FieldError[] {
  if (selector === undefined) return [];
  const errors: FieldError[] = [...validateLabels(selector.matchLabels, `${path}.matchLabels`)];
  (selector.matchExpressions ?? []).forEach((requirement, index) => {
    const at = `${path}.matchExpressions[${index}]`;
    addAll(errors, validateRequirement(requirement, at, LABEL_OPERATORS));
    (requirement.values ?? []).forEach((value, position) => {
      addAll(
        errors,
        checkLabelValue(value).map((one) => invalidValue(`${at}.values[${position}]`, value, one)),
      );
    });
  });
  return errors;
}
