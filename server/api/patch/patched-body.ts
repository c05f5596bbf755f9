/** What JSON, merge and strategic merge patches make of an object, and their refusals. */

import type { KubeObject } from '../../contract/kube.js';
import { isObject, type JsonObject } from '../../kube/json.js';
import type { ResourceInfo } from '../registry/resource-info.js';
import { type ApiFailure, type PatchRequest, refuse } from '../request.js';
import { jsonType } from '../schema/decode.js';
import { badRequest, failureStatus, invalid } from '../status.js';
import { describeGoValue, goKindOf } from './go-format.js';
import { jsonPatch } from './json-patch.js';
import { mergePatch } from './merge-patch.js';
import { StrategicPatchError } from './strategic-error.js';
import { strategicMerge } from './strategic-merge.js';

/** A patched object, still to be decoded, or why there is none. */
export type Patched = { readonly ok: true; readonly body: JsonObject } | ApiFailure;

/** Patches the object that a client sees. */
export function patchedBody(
  info: ResourceInfo,
  current: KubeObject,
  { type, body, subresource }: PatchRequest,
): Patched {
  switch (type) {
    case 'json':
      return patchByOperations(current, body);
    case 'merge':
      return isObject(body)
        ? asBody(mergePatch(current, body))
        : refuse(badRequest(`error decoding patch: ${notAMap(body)}`));
    case 'strategic': {
      if (info.schema === undefined) return refuse(unsupported());
      if (!isObject(body)) return refuse(badRequest(notAMap(body)));
      return patchStrategically(subresource === 'scale' ? 'V1Scale' : info.schema, current, body);
    }
    case 'apply':
      return refuse(badRequest('an apply patch is merged by its field manager'));
  }
}

function patchByOperations(current: KubeObject, body: unknown): Patched {
  const result = jsonPatch(current, body);
  if (result.ok) return asBody(result.value);
  switch (result.kind) {
    case 'malformed':
      return refuse(badRequest(result.message));
    case 'too-large':
      return refuse(
        failureStatus({
          code: 413,
          reason: 'RequestEntityTooLarge',
          message: `Request entity too large: ${result.message}`,
        }),
      );
    case 'failed':
      return refuse(rejected(), [{ text: result.message }]);
  }
}

function patchStrategically(type: string, current: KubeObject, body: JsonObject): Patched {
  try {
    return { ok: true, body: strategicMerge(type, { ...current }, body) };
  } catch (error) {
    if (!(error instanceof StrategicPatchError)) throw error;
    return error.code === 422
      ? refuse(rejected(), [{ text: error.message }])
      : refuse(badRequest(error.message));
  }
}

function notAMap(body: unknown): string {
  return `json: cannot unmarshal ${jsonType(body)} into Go value of type map[string]interface {}`;
}

function asBody(value: unknown): Patched {
  if (isObject(value)) return { ok: true, body: value };
  return refuse(invalidPatch(JSON.stringify(value) ?? '', notAMap(value)));
}

const NO_KIND = { group: '', kind: '', plural: '' };

function invalidPatch(patch: string, detail: string) {
  return invalid(NO_KIND, '', [{ type: 'invalid', field: 'patch', value: patch, detail }]);
}

/** Says that a patched object cannot be read as its kind: 422, quoting what could not be read. */
export function refusePatched(
  { type, body }: PatchRequest,
  patched: JsonObject,
  { error, hints, warnings }: ApiFailure,
): ApiFailure {
  const why = /cannot be handled as a [^:]*: ([\s\S]*)$/.exec(error.message ?? '')?.[1];
  if (why === undefined) return { ok: false, error, hints, warnings };
  const status =
    type === 'strategic'
      ? invalidPatch(describeGoValue(body), asConversion(why))
      : invalidPatch(JSON.stringify(patched), why);
  return refuse(status, hints, warnings);
}

const KIND_OF_JSON: Readonly<Record<string, string>> = { object: 'map', array: 'slice' };

/** What upstream's converter says of a wrong type, which reads no JSON: `unrecognized type: int32`. */
function asConversion(why: string): string {
  const [, found = '', type = ''] =
    /cannot unmarshal (\S+) (?:\S+ )?into Go .* of type (\S+)/.exec(why) ?? [];
  if (type === '') return why;
  const kind = KIND_OF_JSON[found] ?? (found === 'number' ? goKindOf(1) : found);
  if (type.startsWith('[]')) return `cannot restore slice from ${kind}`;
  if (type.startsWith('map[')) return `cannot restore map from ${kind}`;
  if (type.startsWith('v1.')) return `cannot restore struct from: ${kind}`;
  return `unrecognized type: ${type}`;
}

function rejected() {
  return failureStatus({
    code: 422,
    reason: 'Invalid',
    message: 'the server rejected our request due to an error in our request',
    details: {},
  });
}

function unsupported() {
  return failureStatus({
    code: 415,
    reason: 'UnsupportedMediaType',
    message:
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
  });
}
