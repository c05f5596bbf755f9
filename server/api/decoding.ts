/** Reads the bodies of writes. */

import { isObject, type JsonObject } from '../kube/json.js';
import { toStorage } from './conversion.js';
import type { ManagedFields } from './managed-fields/field-manager.js';
import { groupVersion, type ResourceInfo } from './registry/resource-info.js';
import { type ApiFailure, type Hint, refuse, type WriteOptions } from './request.js';
import { type DecodeProblem, decodeAs, decodeCustom, jsonType } from './schema/decode.js';
import { badRequest } from './status.js';

/** A fresh copy of a body, in the version of storage, that may be written to. */
export interface Draft {
  readonly draft: JsonObject;
  readonly warnings: string[];
  /** Who owns its fields, where an apply has settled that. */
  readonly owners?: { readonly managedFields: ManagedFields } | undefined;
}

/** Reads a body as an object of a kind. */
export function decode(
  info: ResourceInfo,
  body: unknown,
  options: WriteOptions | undefined,
): ({ ok: true } & Draft) | ApiFailure {
  if (!isObject(body))
    return refuse(
      badRequest(
        `${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: the body must be a JSON object`,
      ),
    );
  const wanted = groupVersion(info);
  const mismatch = refuseOtherKind(info, wanted, body);
  if (mismatch !== undefined) return mismatch;
  const { value, problems } =
    info.schema === undefined ? decodeCustom(body, info.structural) : decodeAs(info.schema, body);
  const wrong = problems.filter((problem) => problem.kind === 'type');
  const unknown = problems.filter((problem) => problem.kind === 'unknown');
  const hints = problems.flatMap(toHint);
  if (wrong.length > 0)
    return refuse(
      badRequest(
        cannotBeHandled(
          info,
          wrong.map((one) => one.upstream),
        ),
      ),
      hints,
    );
  const validation = options?.fieldValidation ?? 'Warn';
  if (unknown.length > 0 && validation === 'Strict') {
    const text = `strict decoding error: ${unknown.map((one) => one.upstream).join(', ')}`;
    return refuse(badRequest(cannotBeHandled(info, [text])), hints);
  }
  const warnings = validation === 'Warn' ? unknown.map((one) => one.upstream) : [];
  const draft = toStorage(info, { apiVersion: wanted, kind: info.kind, ...value });
  return { ok: true, draft, warnings };
}

function refuseOtherKind(
  info: ResourceInfo,
  wanted: string,
  body: JsonObject,
): ApiFailure | undefined {
  for (const field of ['apiVersion', 'kind']) {
    const value = body[field] ?? '';
    if (typeof value === 'string') continue;
    const why = `json: cannot unmarshal ${jsonType(value)} into Go struct field .${field} of type string`;
    return refuse(badRequest(`couldn't get version/kind; json parse error: ${why}`));
  }
  if ((body.apiVersion ?? '') !== '' && body.apiVersion !== wanted) {
    return refuse(
      badRequest(
        `the API version in the data (${body.apiVersion}) does not match the expected API version (${wanted})`,
      ),
    );
  }
  if ((body.kind ?? '') !== '' && body.kind !== info.kind) {
    return refuse(
      badRequest(
        `${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: the kind in the data is ${body.kind}`,
      ),
    );
  }
  return undefined;
}

function cannotBeHandled(info: ResourceInfo, texts: readonly string[]): string {
  return `${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${texts.join(', ')}`;
}

function toHint(problem: DecodeProblem): Hint[] {
  return problem.hint === undefined ? [] : [{ field: problem.path, text: problem.hint }];
}
