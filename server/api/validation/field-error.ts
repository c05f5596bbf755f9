/** Errors about one field, with upstream's reasons and texts (apimachinery, `util/validation/field`). */

import { isObject, type JsonObject, objectsOf } from '../../kube/json.js';

/** Why a field is refused. */
export type FieldErrorType =
  | 'required'
  | 'invalid'
  | 'typeInvalid'
  | 'notSupported'
  | 'duplicate'
  | 'forbidden'
  | 'tooLong'
  | 'tooMany'
  | 'notFound'
  | 'internal';

/** One refused field. */
export interface FieldError {
  readonly type: FieldErrorType;
  /** As upstream writes it: `spec.containers[0].name`. */
  readonly field: string;
  readonly value?: unknown;
  /** What must be true, in upstream's words. */
  readonly detail: string;
  /** What podnet adds for the reader; never part of the Status. */
  readonly hint?: string;
}

const REASONS: Readonly<Record<FieldErrorType, readonly [reason: string, title: string]>> = {
  required: ['FieldValueRequired', 'Required value'],
  invalid: ['FieldValueInvalid', 'Invalid value'],
  typeInvalid: ['FieldValueTypeInvalid', 'Invalid value'],
  notSupported: ['FieldValueNotSupported', 'Unsupported value'],
  duplicate: ['FieldValueDuplicate', 'Duplicate value'],
  forbidden: ['FieldValueForbidden', 'Forbidden'],
  tooLong: ['FieldValueTooLong', 'Too long'],
  tooMany: ['FieldValueTooMany', 'Too many'],
  notFound: ['FieldValueNotFound', 'Not found'],
  internal: ['InternalError', 'Internal error'],
};

/** Stands for a map that is absent, which Go writes otherwise than an empty one. */
export const NIL_MAP: unique symbol = Symbol('map[string]string(nil)');

const GO_TEXT: unique symbol = Symbol('text of a Go value');

/** A value that is shown as this text, for Go's own writing of structs. */
export function goText(text: string): object {
  return { [GO_TEXT]: text };
}

/** Adds errors to others, of which there may be more than a call takes arguments. */
export function addAll(errors: FieldError[], ...more: readonly (readonly FieldError[])[]): void {
  for (const list of more) for (const error of list) errors.push(error);
}

/** A field that must be there. */
export function required(field: string, detail = ''): FieldError {
  return { type: 'required', field, detail };
}

/** A field whose value breaks a rule. */
export function invalidValue(field: string, value: unknown, detail: string): FieldError {
  return { type: 'invalid', field, value, detail };
}

/** A value outside a closed list, which is printed in the order given. */
export function notSupported(
  field: string,
  value: unknown,
  supported: readonly string[],
): FieldError {
  const list = supported.map((one) => `"${one}"`);
  return { type: 'notSupported', field, value, detail: `supported values: ${list.join(', ')}` };
}

/** A value that occurs twice where it may occur once. */
export function duplicate(field: string, value: unknown): FieldError {
  return { type: 'duplicate', field, value, detail: '' };
}

/** A field that may not be set, or not be changed. */
export function forbiddenField(field: string, detail: string): FieldError {
  return { type: 'forbidden', field, detail };
}

/** A text with too many characters. */
export function tooLong(field: string, maxLength: number): FieldError {
  return { type: 'tooLong', field, detail: `may not be more than ${maxLength} bytes` };
}

/** A list with too many elements. */
export function tooMany(field: string, count: number, max: number): FieldError {
  return { type: 'tooMany', field, value: count, detail: `must have at most ${max} items` };
}

/** A reference to something that is not there. */
export function notFoundValue(field: string, value: unknown): FieldError {
  return { type: 'notFound', field, value, detail: '' };
}

/** Upstream's text without the field: `Invalid value: "x": must be ...`. */
export function describeFieldError(error: FieldError): string {
  const [, title] = REASONS[error.type];
  const showsValue = !['required', 'forbidden', 'tooLong', 'internal'].includes(error.type);
  const parts = [title];
  if (showsValue) parts.push(showValue(error.value));
  if (error.detail !== '') parts.push(error.detail);
  return parts.join(': ');
}

/** All errors in one line; more than one stand in brackets, as Go prints an aggregate. */
export function describeFieldErrors(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${describeFieldError(error)}`))];
  return texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
}

/** The cause of a Status. */
export function toCause(error: FieldError): { reason: string; message: string; field: string } {
  return { reason: REASONS[error.type][0], message: describeFieldError(error), field: error.field };
}

/** A value as Go's `%#v` writes it, for the types that occur in such messages; JSON for others. */
function showValue(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (value === NIL_MAP) return 'map[string]string(nil)';
  if (isObject(value) && GO_TEXT in value) return String(value[GO_TEXT]);
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) {
    return `[]string{${value.map((entry) => JSON.stringify(entry)).join(', ')}}`;
  }
  if (!isObject(value)) return JSON.stringify(value);
  if ('matchLabels' in value || 'matchExpressions' in value) return showSelector(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.every(([, entry]) => typeof entry === 'string')) {
    return `map[string]string{${entries.map(([key, entry]) => `"${key}":${JSON.stringify(entry)}`).join(', ')}}`;
  }
  return JSON.stringify(value);
}

function showSelector(selector: JsonObject): string {
  const labels =
    selector.matchLabels === undefined ? 'map[string]string(nil)' : showValue(selector.matchLabels);
  const requirements = objectsOf(selector.matchExpressions).map(
    ({ key, operator, values }) =>
      `v1.LabelSelectorRequirement{Key:${JSON.stringify(key)}, Operator:${JSON.stringify(operator)}, Values:${values === undefined ? '[]string(nil)' : showValue(values)}}`,
  );
  const list = requirements.length === 0 ? '(nil)' : `{${requirements.join(', ')}}`;
  return `v1.LabelSelector{MatchLabels:${labels}, MatchExpressions:[]v1.LabelSelectorRequirement${list}}`;
}
