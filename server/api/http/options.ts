/** Reads the query parameters of requests. */

import { asObject } from '../../kube/json.js';
import type { DeleteOptions, FieldValidation, WriteOptions } from '../request.js';
import type { IncludeObject } from '../table/table.js';

/** How to write; a sentence when a parameter has no such value. */
export function writeOptions(query: URLSearchParams): WriteOptions | string {
  const dryRun = query.getAll('dryRun').filter((one) => one !== '');
  if (dryRun.some((one) => one !== 'All'))
    return `dryRun: Unsupported value: "${dryRun.join(',')}": supported values: "All"`;
  const validation = query.get('fieldValidation') ?? '';
  if (!['', 'Strict', 'Warn', 'Ignore'].includes(validation)) {
    return `fieldValidation: Unsupported value: "${validation}": supported values: "Ignore", "Strict", "Warn"`;
  }
  return {
    dryRun: dryRun.length > 0,
    fieldManager: query.get('fieldManager') ?? undefined,
    fieldValidation: validation === '' ? undefined : (validation as FieldValidation),
    force: query.get('force') === 'true',
  };
}

/** How to delete: from the body, over which parameters win. */
export function deleteOptions(
  body: unknown,
  query: URLSearchParams,
  { dryRun }: WriteOptions,
): DeleteOptions {
  const given = asObject(body) ?? {};
  const grace = query.get('gracePeriodSeconds') ?? given.gracePeriodSeconds;
  const policy = query.get('propagationPolicy') ?? given.propagationPolicy;
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
