/** Reads the query parameters of requests. */

import type { Status } from '../../contract/kube.js';
import { readDeleteOptions } from '../delete-options.js';
import { isPrintable } from '../managed-fields/managers.js';
import {
  type ApiFailure,
  type DeleteOptions,
  type FieldValidation,
  refuse,
  type WriteOptions,
} from '../request.js';
import { badRequest, invalid } from '../status.js';
import type { IncludeObject } from '../table/table.js';
import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
  tooLong,
} from '../validation/field-error.js';

/** What the options of a write are read from. */
export interface WriteParameters {
  readonly method: string;
  readonly query: URLSearchParams;
  /** With PATCH: whether it is an apply. */
  readonly apply: boolean;
  readonly userAgent: string | undefined;
}

const KINDS: Readonly<Record<string, string>> = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  PATCH: 'PatchOptions',
  DELETE: 'DeleteOptions',
};

/** How to write; a Status when a parameter has no such value. Source: apimachinery, `apis/meta/v1/validation`. */
export function writeOptions(parameters: WriteParameters): WriteOptions | Status {
  const { method, query, userAgent } = parameters;
  const errors = checkParameters(parameters);
  if (errors.length > 0) {
    const kind = KINDS[method] ?? 'CreateOptions';
    return invalid({ kind, group: 'meta.k8s.io', plural: kind.toLowerCase() }, '', errors);
  }
  const validation = query.get('fieldValidation') ?? '';
  return {
    dryRun: query.getAll('dryRun').some((one) => one !== ''),
    fieldManager: query.get('fieldManager') ?? undefined,
    userAgent,
    fieldValidation: validation === '' ? undefined : (validation as FieldValidation),
    force: isTrue(query.get('force')),
  };
}

const VALIDATIONS = ['Ignore', 'Strict', 'Warn'];
const MAX_MANAGER_BYTES = 128;

function checkParameters({ method, query, apply }: WriteParameters): FieldError[] {
  if (method === 'GET' || method === 'HEAD') return [];
  const errors: FieldError[] = [];
  const manager = query.get('fieldManager') ?? '';
  if (method === 'PATCH' && apply && manager === '')
    errors.push(required('fieldManager', 'is required for apply patch'));
  if (method === 'PATCH' && !apply && query.has('force'))
    errors.push(forbiddenField('force', 'may not be specified for non-apply patch'));
  errors.push(...checkManager(manager));
  const dryRun = query.getAll('dryRun').filter((one) => one !== '');
  if (dryRun.some((one) => one !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']));
  const validation = query.get('fieldValidation') ?? '';
  if (validation !== '' && !VALIDATIONS.includes(validation))
    errors.push(notSupported('fieldValidation', validation, ['', ...VALIDATIONS]));
  return errors;
}

function checkManager(manager: string): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(manager) > MAX_MANAGER_BYTES)
    errors.push(tooLong('fieldManager', MAX_MANAGER_BYTES));
  for (const [index, letter] of [...manager].entries()) {
    if (isPrintable(letter)) continue;
    const code = (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const detail = `invalid character U+${code} (at position ${index})`;
    errors.push(invalidValue('fieldManager', manager, detail));
    break;
  }
  return errors;
}

/** As Go's `strconv.ParseBool` reads it. */
function isTrue(text: string | null): boolean {
  return text !== null && ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text);
}

/**
 * How to delete: as the body says or, when there is none, the parameters. A dry run that a parameter asks for is one in
 * any case.
 */
export function deleteOptions(
  body: unknown,
  query: URLSearchParams,
  { dryRun }: WriteOptions,
): { readonly ok: true; readonly value: DeleteOptions } | ApiFailure {
  const grace = query.get('gracePeriodSeconds') ?? '';
  if (!/^([-+]?\d+)?$/.test(grace))
    return refuse(badRequest(`strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`));
  const orphan = query.get('orphanDependents');
  const read = readDeleteOptions(
    body ?? {
      gracePeriodSeconds: grace === '' ? undefined : Number(grace),
      orphanDependents: orphan === null ? undefined : isTrue(orphan),
      propagationPolicy: query.get('propagationPolicy') ?? undefined,
    },
  );
  if (!read.ok || dryRun !== true) return read;
  return { ok: true, value: { ...read.value, dryRun } };
}

/** What the rows of a table carry. */
export function includeObject(query: URLSearchParams): IncludeObject {
  const include = query.get('includeObject');
  return include === 'Object' || include === 'None' ? include : 'Metadata';
}
