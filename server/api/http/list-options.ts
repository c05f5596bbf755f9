/** The query of a list or watch (upstream `ListOptions`), with upstream's refusals. */

import type { Status } from '../../contract/kube.js';
import { badRequest, invalid } from '../status.js';
import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
} from '../validation/field-error.js';

/** How a resourceVersion is meant. */
export type VersionMatch = 'Exact' | 'NotOlderThan';

/** What a list or watch asks for, besides selectors. */
export interface ListOptions {
  readonly watch: boolean;
  /** Undefined when absent; 0 is any version. */
  readonly resourceVersion: number | undefined;
  readonly match: VersionMatch | undefined;
  readonly sendInitialEvents: boolean | undefined;
  readonly allowWatchBookmarks: boolean;
  /** 0 when absent. */
  readonly timeoutSeconds: number;
  readonly limit: number;
  readonly continue: string | undefined;
}

const KIND = { group: 'meta.k8s.io', plural: 'listoptions', kind: 'ListOptions' };

/** Whether a parameter says yes: anything does but absence, `false` and `0` (apimachinery, `runtime/converter.go`). */
export function isYes(value: string | null | undefined): boolean {
  return value !== null && value !== undefined && !['false', '0'].includes(value.toLowerCase());
}

/**
 * Reads the query: 400 where a number is none, 422 where options do not go together (apimachinery,
 * `apis/meta/internalversion/validation`).
 */
export function parseListOptions(query: URLSearchParams): ListOptions | Status {
  const watch = isYes(query.get('watch'));
  const numbers = { timeoutSeconds: 0, limit: 0 };
  for (const name of ['timeoutSeconds', 'limit'] as const) {
    const text = query.get(name) ?? '';
    if (text === '') continue;
    if (!/^[-+]?\d+$/.test(text))
      return badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    numbers[name] = Math.max(Number(text), 0);
  }
  const version = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const initial = query.get('sendInitialEvents');
  const sendInitialEvents = initial === null ? undefined : isYes(initial);
  const next = query.get('continue') || undefined;
  const errors = watch
    ? watchErrors(match, sendInitialEvents, next)
    : listErrors({ match, sendInitialEvents, next, version });
  if (errors.length > 0) return invalid(KIND, '', errors);
  if (version !== '' && !/^\d+$/.test(version)) {
    const problem = `strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`;
    return invalid(KIND, '', [invalidValue('resourceVersion', version, problem)]);
  }
  if (!watch && next !== undefined && version !== '' && version !== '0')
    return badRequest('specifying resource version is not allowed when using continue');
  return {
    ...numbers,
    watch,
    resourceVersion: version === '' ? undefined : Number(version),
    match: match === 'Exact' || match === 'NotOlderThan' ? match : undefined,
    sendInitialEvents,
    allowWatchBookmarks: isYes(query.get('allowWatchBookmarks')),
    continue: next,
  };
}

const MATCH = 'resourceVersionMatch';

function watchErrors(
  match: string,
  sendInitialEvents: boolean | undefined,
  next: string | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan')
    errors.push(
      forbiddenField(
        MATCH,
        'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      ),
    );
  if (match === '') return errors;
  if (sendInitialEvents === undefined)
    errors.push(
      forbiddenField(
        MATCH,
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    );
  if (match !== 'NotOlderThan') errors.push(notSupported(MATCH, match, ['NotOlderThan']));
  if (next !== undefined)
    errors.push(
      forbiddenField(MATCH, 'resourceVersionMatch is forbidden when continue is provided'),
    );
  return errors;
}

function listErrors({
  match,
  sendInitialEvents,
  next,
  version,
}: {
  readonly match: string;
  readonly sendInitialEvents: boolean | undefined;
  readonly next: string | undefined;
  readonly version: string;
}): FieldError[] {
  const errors: FieldError[] = [];
  if (match !== '') {
    if (version === '')
      errors.push(
        forbiddenField(
          MATCH,
          'resourceVersionMatch is forbidden unless resourceVersion is provided',
        ),
      );
    if (next !== undefined)
      errors.push(
        forbiddenField(MATCH, 'resourceVersionMatch is forbidden when continue is provided'),
      );
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(notSupported(MATCH, match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && version === '0')
      errors.push(
        forbiddenField(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
      );
  }
  if (sendInitialEvents !== undefined)
    errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return errors;
}
