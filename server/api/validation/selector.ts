/** Rules for label selectors (apimachinery, `apis/meta/v1/validation`). */

import type { LabelSelector } from '../../contract/kube.js';
import { type FieldError, forbiddenField, invalidValue, required } from './field-error.js';
import { checkLabelValue, checkQualifiedName } from './names.js';
import { validateLabels } from './object-meta.js';

/** What is wrong with a selector. */
export function validateLabelSelector(
  selector: LabelSelector | undefined,
  path: string,
): readonly FieldError[] {
  if (selector === undefined) return [];
  const errors: FieldError[] = [...validateLabels(selector.matchLabels, `${path}.matchLabels`)];
  (selector.matchExpressions ?? []).forEach(({ key, operator, values = [] }, index) => {
    const at = `${path}.matchExpressions[${index}]`;
    switch (operator) {
      case 'In':
      case 'NotIn':
        if (values.length === 0) {
          errors.push(
            required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"),
          );
        }
        break;
      case 'Exists':
      case 'DoesNotExist':
        if (values.length > 0) {
          errors.push(
            forbiddenField(
              `${at}.values`,
              "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            ),
          );
        }
        break;
      default:
        errors.push(
          invalidValue(`${at}.operator`, operator ?? '', 'not a valid selector operator'),
        );
    }
    errors.push(
      ...checkQualifiedName(key ?? '').map((one) => invalidValue(`${at}.key`, key ?? '', one)),
    );
    values.forEach((value, position) => {
      errors.push(
        ...checkLabelValue(value).map((one) =>
          invalidValue(`${at}.values[${position}]`, value, one),
        ),
      );
    });
  });
  return errors;
}
