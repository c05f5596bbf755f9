import type { Request, Response } from 'express';
import { badRequest } from '../api/status.js';
import type { KubeObject, Pod } from '../contract/kube.js';

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
  follow(options: AskedLog, sink: { write(octets: Uint8Array): void; end(): void }): () => void;
}

/** Finds the log of a pod's container, or says why there is none. */
export type FindLog = (
  pod: Pod,
  target: { readonly container?: string | undefined; readonly previous: boolean },
) =>
  | { readonly ok: true; readonly value: ServedLog }
  | { readonly ok: false; readonly error: string };

const NUMBERS = ['tailLines', 'sinceSeconds', 'limitBytes'] as const;

/** Serves `GET pods/NAME/log` with the options of PodLogOptions, as kubectl logs asks. */
export function createLogHandler(find: FindLog) {
  return (
    _request: Request,
    response: Response,
    { object, query }: { readonly object: KubeObject; readonly query: URLSearchParams },
  ): void => {
    const found = find(object as Pod, {
      container: query.get('container') || undefined,
      previous: isSet(query, 'previous'),
    });
    const options = found.ok ? logOptions(query) : found.error;
    if (!found.ok || typeof options === 'string') {
      const status = badRequest(typeof options === 'string' ? options : '');
      response.status(400).json(status);
      return;
    }
    response.type('text/plain');
    if (!isSet(query, 'follow')) {
      response.send(Buffer.from(found.value.print(options)));
      return;
    }
    response.flushHeaders();
    const stop = found.value.follow(options, {
      write: (octets) => response.write(octets),
      end: () => response.end(),
    });
    response.on('close', stop);
  };
}

function isSet(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value === 'true' || value === '1';
}

/** The options, or what is wrong with them. */
function logOptions(query: URLSearchParams): AskedLog | string {
  const numbers: { [Name in (typeof NUMBERS)[number]]?: number } = {};
  for (const name of NUMBERS) {
    const text = query.get(name);
    if (text === null || text === '') continue;
    const value = Number(text);
    const least = name === 'tailLines' ? 0 : 1;
    if (!Number.isInteger(value) || value < least) {
      return `${name}: Invalid value: ${text}: must be greater than or equal to ${least}`;
    }
    numbers[name] = value;
  }
  const sinceTime = query.get('sinceTime');
  if (sinceTime !== null && numbers.sinceSeconds !== undefined)
    return 'at most one of `sinceTime` or `sinceSeconds` may be specified';
  return {
    ...numbers,
    ...(sinceTime === null ? {} : { sinceTime }),
    timestamps: isSet(query, 'timestamps'),
  };
}
