/** Rules for numbers, quantities, percentages and addresses. */

import { parseIp } from '../../../topology/index.js';
import type { IntOrString } from '../../contract/kube.js';
import { type FieldError, goText, invalidValue, notSupported } from './field-error.js';
import { checkPortName, checkPortNumber } from './names.js';

/** Upstream's words for a negative number where none may be. */
export const NOT_NEGATIVE = 'must be greater than or equal to 0';

const PERCENT = /^[0-9]+%$/;

/** A number that must not be negative; absent is fine. */
export function notNegative(value: number | undefined, path: string): readonly FieldError[] {
  return value !== undefined && value < 0 ? [invalidValue(path, value, NOT_NEGATIVE)] : [];
}

/** A value of a closed list; absent is fine. */
export function oneOf(
  value: string | undefined,
  path: string,
  supported: readonly string[],
): readonly FieldError[] {
  return value !== undefined && !supported.includes(value)
    ? [notSupported(path, value, supported)]
    : [];
}

/** A text; undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A count or percentage as Go writes its struct. */
export function goIntOrString(value: IntOrString): object {
  return goText(
    typeof value === 'number'
      ? `intstr.IntOrString{Type:0, IntVal:${value}, StrVal:""}`
      : `intstr.IntOrString{Type:1, IntVal:0, StrVal:${JSON.stringify(value)}}`,
  );
}

/** A whole number of at least 0, or a percentage. */
export function countOrPercent(
  value: IntOrString | undefined,
  path: string,
): readonly FieldError[] {
  if (value === undefined) return [];
  if (typeof value === 'number') return notNegative(value, path);
  if (PERCENT.test(value)) return [];
  return [
    invalidValue(
      path,
      goIntOrString(value),
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ),
  ];
}

/** Whether a count or percentage is zero. */
export function isZero(value: IntOrString | undefined): boolean {
  return value === 0 || value === '0%' || value === undefined;
}

/** A port by number or by name. */
export function portOrName(value: IntOrString | undefined, path: string): readonly FieldError[] {
  const problems = typeof value === 'string' ? checkPortName(value) : checkPortNumber(value ?? 0);
  return problems.map((one) => invalidValue(path, value ?? 0, one));
}

/** An address of either family. */
export function validateIp(value: string, path: string): readonly FieldError[] {
  if (parseIp(value).ok) return [];
  const error = invalidValue(
    path,
    value,
    'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  );
  return /^<.*>$/.test(value)
    ? [{ ...error, hint: 'this is a placeholder: put a real address in its place' }]
    : [error];
}
