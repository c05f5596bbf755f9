/** Patches of all four types, for objects and their subresources. */

import type { KubeObject } from '../contract/kube.js';
import { asObject, isObject, type JsonObject } from '../kube/json.js';
import { fromStorage } from './conversion.js';
import { type ApiCore, denyCreate, resolveResource, storeNamespace } from './core.js';
import { decode } from './decoding.js';
import type { FieldManager } from './managed-fields/field-manager.js';
import { applyScale } from './managed-fields/scale.js';
import { patchedBody, refusePatched } from './patch/patched-body.js';
import { refuseMisnamed } from './preconditions.js';
import { refuseInvalid } from './refuse-invalid.js';
import type { ResourceInfo } from './registry/resource-info.js';
import { type ApiFailure, type ApiResult, type PatchRequest, refuse } from './request.js';
import { jsonType } from './schema/decode.js';
import { badRequest, conflict, methodNotAllowed, notFound, unknownPath } from './status.js';
import type { Subresources } from './subresources.js';
import type { Writer } from './writing.js';

/** Patches objects. */
export interface Patcher {
  patch(request: PatchRequest): ApiResult;
}

/** What a patcher works with. */
export interface PatcherParts {
  readonly core: ApiCore;
  readonly writer: Writer;
  readonly subresources: Subresources;
  readonly fieldManager: FieldManager;
}

/** Makes the patcher of a server. */
export function createPatcher(parts: PatcherParts): Patcher {
  const { core, writer, subresources, fieldManager } = parts;

  function stored(info: ResourceInfo, request: PatchRequest): KubeObject | undefined {
    const namespace = storeNamespace(info, request.namespace);
    return core.store.get(info.storage, namespace, request.name);
  }

  function patchObject(info: ResourceInfo, request: PatchRequest): ApiResult {
    const current = stored(info, request);
    if (current === undefined) return refuse(notFound(info, request.name));
    const patched = patchedBody(info, fromStorage(info, current), request);
    if (!patched.ok) return patched;
    const decoded = decode(info, patched.body, request.options);
    if (!decoded.ok) return refusePatched(request, patched.body, decoded);
    const misplaced = refuseMoved(info, decoded.draft, request);
    if (misplaced !== undefined) return misplaced;
    return writer.replace(info, current, decoded, request.options);
  }

  function applyObject(info: ResourceInfo, request: PatchRequest): ApiResult {
    const body = applyBody(request);
    if (!body.ok) return body;
    const live = stored(info, request);
    const options = request.options ?? {};
    const applied = fieldManager.apply({ info, live, body: body.value, options });
    if (!applied.ok) return refuse(applied.error);
    const owners = { managedFields: applied.managedFields };
    if (live === undefined) return createApplied(info, request, applied.value, owners);
    const decoded = decode(info, applied.value, options);
    if (!decoded.ok) return decoded;
    const misplaced = refuseMoved(info, decoded.draft, request);
    if (misplaced !== undefined) return misplaced;
    return writer.replace(info, live, { ...decoded, owners }, options);
  }

  function createApplied(
    info: ResourceInfo,
    request: PatchRequest,
    body: JsonObject,
    owners: { readonly managedFields: readonly unknown[] | undefined },
  ): ApiResult {
    const uid = asObject(body.metadata)?.uid;
    if (uid !== undefined && uid !== '') {
      const why = `uid mismatch: the provided object specified uid ${String(uid)}, and no existing object was found`;
      return refuse(conflict(info, request.name, why));
    }
    const misplaced = refuseMoved(info, body, request);
    if (misplaced !== undefined) return misplaced;
    const denied = denyCreate(core, info, request);
    if (denied !== undefined) return denied;
    return writer.create({ ...request, subresource: undefined, body }, owners);
  }

  function applySubresource(info: ResourceInfo, request: PatchRequest): ApiResult {
    const current = subresources.get(request);
    const live = stored(info, request);
    if (!current.ok || live === undefined) return current;
    const body = applyBody(request);
    if (!body.ok) return body;
    const { subresource, options = {} } = request;
    if (subresource === 'scale') {
      const scaled = applyScale(fieldManager, { info, live, body: body.value, options });
      if (!scaled.ok) return refuse(scaled.error);
      const { managedFields } = scaled;
      const scale = { ...current.value, spec: { replicas: scaled.replicas } };
      return subresources.update({ ...request, body: scale }, { managedFields });
    }
    const applied = fieldManager.apply({ info, subresource, live, body: body.value, options });
    if (!applied.ok) return refuse(applied.error);
    const { value, managedFields } = applied;
    return subresources.update({ ...request, body: value }, { managedFields });
  }

  function patchSubresource(info: ResourceInfo, request: PatchRequest): ApiResult {
    const current = subresources.get(request);
    if (!current.ok) return current;
    const patched = patchedBody(info, current.value, request);
    return patched.ok ? subresources.update({ ...request, body: patched.body }) : patched;
  }

  return {
    patch(request) {
      const info = resolveResource(core, request.resource);
      if (info === undefined) return refuse(unknownPath());
      if (!info.verbs.includes('patch')) return refuse(methodNotAllowed(info));
      if (request.type === 'apply') {
        const nobody = refuseNameless(request);
        if (nobody !== undefined) return nobody;
        return request.subresource === undefined
          ? applyObject(info, request)
          : applySubresource(info, request);
      }
      return request.subresource === undefined
        ? patchObject(info, request)
        : patchSubresource(info, request);
    },
  };
}

const PATCH_OPTIONS = { kind: 'PatchOptions', group: 'meta.k8s.io', plural: 'patchoptions' };

function refuseNameless({ options }: PatchRequest): ApiFailure | undefined {
  if (options?.fieldManager !== undefined && options.fieldManager !== '') return undefined;
  return refuseInvalid(PATCH_OPTIONS, '', [
    { type: 'required', field: 'fieldManager', detail: 'is required for apply patch' },
  ]);
}

function applyBody({
  body,
}: PatchRequest): { readonly ok: true; readonly value: JsonObject } | ApiFailure {
  if (isObject(body)) return { ok: true, value: withoutNulls(body) };
  const why = `json: cannot unmarshal ${jsonType(body)} into Go value of type map[string]interface {}`;
  return refuse(badRequest(`error decoding YAML: error unmarshaling JSON: ${why}`));
}

/** Fields that are null are as good as not there. */
function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([key, value]) => [key, isObject(value) ? withoutNulls(value) : value]),
  );
}

/** Refuses a patch that gives the object another name or namespace; sets the namespace that the request means. */
function refuseMoved(
  info: ResourceInfo,
  draft: JsonObject,
  request: PatchRequest,
): ApiFailure | undefined {
  const metadata = asObject(draft.metadata);
  const name = metadata?.name;
  const namespace = metadata?.namespace;
  if (info.namespaced && namespace !== undefined && namespace !== '') {
    if (namespace !== (request.namespace ?? 'default'))
      return refuse(
        badRequest(
          'the namespace of the provided object does not match the namespace sent on the request',
        ),
      );
  }
  if (name === undefined || name === '') {
    return refuse(
      badRequest(
        `the name of the object (${request.name} based on URL) was undeterminable: name must be provided`,
      ),
    );
  }
  return refuseMisnamed(draft, request.name);
}
