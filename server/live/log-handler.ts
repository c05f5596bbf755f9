import type { Request, Response } from 'express';
import { badRequest, invalid, methodNotAllowed } from '../api/status.js';
import { type FieldError, forbiddenField, invalidValue } from '../api/validation/field-error.js';
import type { KubeObject, Pod, Status } from '../contract/kube.js';

/** Options of PodLogOptions that say what is printed. */
export interface AskedLog {
  readonly timestamps?: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  readonly sinceTime?: string;
  readonly limitBytes?: number;
}

/** A log that can be printed or followed. */
export interface ServedLog {
  print(options: AskedLog): Uint8Array;
  /** `write` answers false when the reader is slow; `resume` is called when it has caught up. */
  follow(
    options: AskedLog,
    sink: { write(octets: Uint8Array): boolean; end(): void },
  ): { stop(): void; resume(): void };
}

/** Finds the log of a pod's container, or says why there is none. */
export type FindLog = (
  pod: Pod,
  target: { readonly container?: string | undefined; readonly previous: boolean },
) =>
  | { readonly ok: true; readonly value: ServedLog }
  | { readonly ok: false; readonly error: string };

const NUMBERS = ['tailLines', 'sinceSeconds', 'limitBytes'] as const;
const POD_LOGS = { group: '', plural: 'pods', kind: 'Pod' };
const POD_LOG_OPTIONS = { group: '', plural: 'pods', kind: 'PodLogOptions' };
/** How Go writes the layout of RFC 3339. */
const LAYOUT = '2006-01-02T15:04:05Z07:00';

/**
 * Serves `GET pods/NAME/log` with the options of PodLogOptions, as kubectl logs asks. What a slow reader has not taken
 * waits in the log, not here.
 */
export function createLogHandler(find: FindLog) {
  return (
    request: Request,
    response: Response,
    { object, query }: { readonly object: KubeObject; readonly query: URLSearchParams },
  ): void => {
    // Who may create or delete, by a pattern of resources, may not read for that.
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const refusal = methodNotAllowed(POD_LOGS);
      response.status(refusal.code ?? 405).json(refusal);
      return;
    }
    const read = logOptions(query, object.metadata.name);
    if (!read.ok) {
      response.status(read.status.code ?? 400).json(read.status);
      return;
    }
    const found = find(object as Pod, {
      container: query.get('container') || undefined,
      previous: isSet(query, 'previous'),
    });
    if (!found.ok) {
      response.status(400).json(badRequest(found.error));
      return;
    }
    const { options } = read;
    response.type('text/plain');
    if (!isSet(query, 'follow')) {
      response.send(Buffer.from(found.value.print(options)));
      return;
    }
    response.flushHeaders();
    const follower = found.value.follow(options, {
      write: (octets) => response.write(octets),
      end: () => response.end(),
    });
    response.on('drain', () => follower.resume());
    response.on('close', () => follower.stop());
  };
}

/** A boolean of a query as apimachinery converts it: anything but `0` and `false` is true. */
function isSet(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

/** The options, or what is wrong with them (`ValidatePodLogOptions`). */
function logOptions(
  query: URLSearchParams,
  pod: string,
):
  | { readonly ok: true; readonly options: AskedLog }
  | { readonly ok: false; readonly status: Status } {
  const numbers: { [Name in (typeof NUMBERS)[number]]?: number } = {};
  const errors: FieldError[] = [];
  for (const name of NUMBERS) {
    const text = query.get(name);
    if (text === null || text === '') continue;
    if (!/^[-+]?\d+$/.test(text)) {
      const words = `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`;
      return { ok: false, status: badRequest(words) };
    }
    const value = Number(text);
    numbers[name] = value;
    if (name === 'tailLines' && value < 0) {
      errors.push(invalidValue(name, value, 'must be greater than or equal to 0'));
    }
    if (name !== 'tailLines' && value < 1) {
      errors.push(invalidValue(name, value, 'must be greater than 0'));
    }
  }
  const sinceTime = query.get('sinceTime') || undefined;
  if (sinceTime !== undefined && !isRfc3339(sinceTime)) {
    const words = `parsing time ${JSON.stringify(sinceTime)} as "${LAYOUT}": cannot parse ${JSON.stringify(sinceTime)} as "2006"`;
    return { ok: false, status: badRequest(words) };
  }
  if (sinceTime !== undefined && numbers.sinceSeconds !== undefined) {
    errors.push(
      forbiddenField('', 'at most one of `sinceTime` or `sinceSeconds` may be specified'),
    );
  }
  if (errors.length > 0) return { ok: false, status: invalid(POD_LOG_OPTIONS, pod, errors) };
  return {
    ok: true,
    options: {
      ...numbers,
      ...(sinceTime === undefined ? {} : { sinceTime }),
      timestamps: isSet(query, 'timestamps'),
    },
  };
}

function isRfc3339(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)$/.test(text);
}
