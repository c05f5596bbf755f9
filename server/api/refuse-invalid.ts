import { type ApiFailure, refuse } from './request.js';
import { invalid, type QualifiedResource } from './status.js';
import type { FieldError } from './validation/field-error.js';

/** The 422 of some field errors, with podnet's hints beside it. */
export function refuseInvalid(
  info: QualifiedResource,
  name: string,
  errors: readonly FieldError[],
  warnings: readonly string[] = [],
): ApiFailure {
  const hints = errors.flatMap(({ field, hint }) =>
    hint === undefined ? [] : [{ field, text: hint }],
  );
  return refuse(invalid(info, name, errors), hints, warnings);
}
