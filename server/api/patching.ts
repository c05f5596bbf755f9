/** Patches of all four types, for objects and their subresources. */

import type { KubeObject } from '../contract/kube.js';
import { asObject, isObject, type JsonObject } from '../kube/json.js';
import { fromStorage } from './conversion.js';
import { type ApiCore, resolveResource, storeNamespace } from './core.js';
import { applyPatch } from './patch/apply.js';
import { jsonPatch } from './patch/json-patch.js';
import { mergePatch } from './patch/merge-patch.js';
import { strategicMerge } from './patch/strategic-merge.js';
import type { Reader } from './reading.js';
import type { ResourceInfo } from './registry/resource-info.js';
import { type ApiFailure, type ApiResult, type PatchRequest, refuse } from './request.js';
import { badRequest, failureStatus, methodNotAllowed, notFound, unknownPath } from './status.js';
import type { Subresources } from './subresources.js';
import type { Writer } from './writing.js';

/** Patches objects. */
export interface Patcher {
  patch(request: PatchRequest): ApiResult;
}

/** What a patcher works with. */
export interface PatcherParts {
  readonly core: ApiCore;
  readonly reader: Reader;
  readonly writer: Writer;
  readonly subresources: Subresources;
}

/** Makes the patcher of a server. */
export function createPatcher({ core, writer, subresources }: PatcherParts): Patcher {
  function patchObject(info: ResourceInfo, request: PatchRequest): ApiResult {
    const namespace = storeNamespace(info, request.namespace);
    const current = core.store.get(info.storage, namespace, request.name);
    if (current === undefined) {
      return request.type === 'apply'
        ? createByApply(info, request)
        : refuse(notFound(info, request.name));
    }
    const patched = patchedBody(info, fromStorage(info, current), request, core.now());
    if (!patched.ok) return patched;
    const decoded = writer.decode(info, patched.body, request.options);
    if (!decoded.ok) return decoded;
    const renamed = asObject(patched.body.metadata)?.name;
    if (renamed !== undefined && renamed !== request.name) {
      return refuse(
        badRequest(
          `the name of the object (${String(renamed)}) does not match the name on the URL (${request.name})`,
        ),
      );
    }
    return writer.replace(info, current, decoded, request.options);
  }

  function createByApply(info: ResourceInfo, request: PatchRequest): ApiResult {
    const applied = applyPatch({
      info,
      current: undefined,
      body: request.body,
      options: request.options,
      now: core.now(),
    });
    if (!applied.ok) return refuse(applied.error);
    const metadata: JsonObject = { ...asObject(applied.value.metadata), name: request.name };
    return writer.create({
      ...request,
      subresource: undefined,
      body: { ...applied.value, metadata },
    });
  }

  return {
    patch(request) {
      const info = resolveResource(core, request.resource);
      if (info === undefined) return refuse(unknownPath());
      if (!info.verbs.includes('patch')) return refuse(methodNotAllowed(info));
      if (request.subresource === undefined) return patchObject(info, request);
      const current = subresources.get(request);
      if (!current.ok) return current;
      const patched = patchedBody(info, current.value, request, core.now());
      return patched.ok ? subresources.update({ ...request, body: patched.body }) : patched;
    },
  };
}

type Patched = { readonly ok: true; readonly body: JsonObject } | ApiFailure;

function patchedBody(
  info: ResourceInfo,
  current: KubeObject,
  request: PatchRequest,
  now: string,
): Patched {
  const { type, body, options } = request;
  switch (type) {
    case 'json': {
      const result = jsonPatch(current, body);
      return result.ok ? asBody(result.value) : refuse(unprocessable(result.message));
    }
    case 'merge':
      return isObject(body)
        ? asBody(mergePatch(current, body))
        : refuse(badRequest('a merge patch must be a JSON object'));
    case 'strategic':
      if (!isObject(body))
        return refuse(badRequest('a strategic merge patch must be a JSON object'));
      if (info.schema === undefined) return refuse(unsupported());
      return asBody(strategicMerge(typeOf(info, request), { ...current }, body));
    case 'apply': {
      const result = applyPatch({ info, current, body, options, now });
      return result.ok ? asBody(result.value) : refuse(result.error);
    }
  }
}

function typeOf(info: ResourceInfo, { subresource }: PatchRequest): string | undefined {
  return subresource === 'scale' ? 'V1Scale' : info.schema;
}

function asBody(value: unknown): Patched {
  return isObject(value)
    ? { ok: true, body: value }
    : refuse(unprocessable('the patched object is no object'));
}

function unprocessable(message: string) {
  return failureStatus({
    code: 422,
    reason: 'Invalid',
    message: `the server rejected our request due to an error in our request: ${message}`,
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
