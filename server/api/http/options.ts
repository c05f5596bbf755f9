/** Reads the query parameters of requests. */

import type { Status } from '../../contract/kube.js';
import { asObject } from '../../kube/json.js';
import { isPrintable } from '../managed-fields/managers.js';
import type { DeleteOptions, FieldValidation, WriteOptions } from '../request.js';
import { invalid } from '../status.js';
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

/** What the deprecated `orphanDependents` stands for. */
const ORPHANING: Readonly<Record<string, string>> = { true: 'Orphan', false: 'Background' };

/** How to delete: from the body, over which parameters win. */
export function deleteOptions(
  body: unknown,
  query: URLSearchParams,
  { dryRun }: WriteOptions,
): DeleteOptions {
  const given = asObject(body) ?? {};
  const grace = query.get('gracePeriodSeconds') ?? given.gracePeriodSeconds;
  const orphan = query.get('orphanDependents') ?? given.orphanDependents;
  const policy =
    query.get('propagationPolicy') ?? given.propagationPolicy ?? ORPHANING[String(orphan)];
  const { uid, resourceVersion } = asObject(given.preconditions) ?? {};
  return {
    dryRun: dryRun === true || (Array.isArray(given.dryRun) && given.dryRun.length > 0),
    gracePeriodSeconds: grace === undefined || grace === null ? undefined : Number(grace),
    propagationPolicy:
      policy === 'Orphan' || policy === 'Foreground' || policy === 'Background'
        ? policy
        : undefined,
    preconditions: {
      uid: typeof uid === 'string' ? uid : undefined,
      resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : undefined,
    },
  };
}

/** What the rows of a table carry. */
export function includeObject(query: URLSearchParams): IncludeObject {
  const include = query.get('includeObject');
  return include === 'Object' || include === 'None' ? include : 'Metadata';
}
