/** Writes answers: JSON always, a Status for every refusal, never HTML. */

import type { Response } from 'express';
import type { Status } from '../../contract/kube.js';
import type { ApiFailure } from '../request.js';

/** Sends a value as JSON, without an ETag: a hash of every list would cost more than it saves. */
export function sendJson(res: Response, code: number, value: unknown): void {
  if (res.headersSent) return;
  const octets = prepareJson(res, code, value);
  res.setHeader('Content-Length', octets.length);
  res.end(octets);
}

/** Sends a document that changes seldom, such as discovery: with an ETag, by which clients ask again. */
export function sendDocument(
  res: Response,
  value: unknown,
  contentType = 'application/json',
): void {
  res.send(prepareJson(res, 200, value, contentType));
}

function prepareJson(
  res: Response,
  code: number,
  value: unknown,
  contentType = 'application/json',
): Buffer {
  res.status(code);
  res.setHeader('Content-Type', contentType);
  res.setHeader('Cache-Control', 'no-cache, private');
  return Buffer.from(JSON.stringify(value));
}

/** Sends a Status with its own code. */
export function sendStatus(res: Response, status: Status): void {
  sendJson(res, status.code ?? 500, status);
}

/** Sends a refusal; hints go out as warnings, which kubectl prints. */
export function sendFailure(res: Response, { error, warnings, hints }: ApiFailure): void {
  addWarnings(res, [
    ...warnings,
    ...hints.map(({ field, text }) => (field === undefined ? text : `${field}: ${text}`)),
  ]);
  if (error.details?.retryAfterSeconds !== undefined) {
    res.setHeader('Retry-After', String(error.details.retryAfterSeconds));
  }
  sendStatus(res, error);
}

const MAX_WARNINGS = 20;

/** Adds `Warning: 299` headers, RFC 7234 section 5.5. */
export function addWarnings(res: Response, warnings: readonly string[]): void {
  for (const warning of [...new Set(warnings)].slice(0, MAX_WARNINGS)) {
    const text = warning.replace(/[^\x20-\x7e]/g, '?').replace(/[\\"]/g, (sign) => `\\${sign}`);
    res.appendHeader('Warning', `299 - "${text}"`);
  }
}
