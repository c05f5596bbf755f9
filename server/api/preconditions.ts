/** What a write or deletion demands of the object that it finds (apiserver, `storage.Preconditions`). */

import type { KubeObject } from '../contract/kube.js';
import { asObject, type JsonObject } from '../kube/json.js';
import { refuseInvalid } from './refuse-invalid.js';
import type { ResourceInfo } from './registry/resource-info.js';
import { type ApiFailure, type DeleteOptions, refuse } from './request.js';
import { badRequest, conflict } from './status.js';
import { goText } from './validation/field-error.js';

/** Refuses a replacement whose name is not the one in the path. */
export function refuseMisnamed(draft: JsonObject, onUrl: string): ApiFailure | undefined {
  const { name } = asObject(draft.metadata) ?? {};
  if (name === undefined || name === '' || name === onUrl) return undefined;
  const why = `the name of the object (${String(name)}) does not match the name on the URL (${onUrl})`;
  return refuse(badRequest(why));
}

/** Refuses a replacement that is for another object of the name, or for another version of it. */
export function refuseStale(
  info: ResourceInfo,
  draft: JsonObject,
  current: KubeObject,
): ApiFailure | undefined {
  const { uid, resourceVersion } = asObject(draft.metadata) ?? {};
  const other = refuseOther(info, current, 'UID', uid);
  if (other !== undefined) return other;
  if (resourceVersion === undefined || resourceVersion === '') return undefined;
  return resourceVersion === current.metadata.resourceVersion
    ? undefined
    : refuse(conflict(info, current.metadata.name));
}

/** Refuses a replacement of a custom object that does not say which version it replaces. */
export function refuseUnconditional(
  info: ResourceInfo,
  draft: JsonObject,
  { metadata }: KubeObject,
): ApiFailure | undefined {
  const { resourceVersion = '' } = asObject(draft.metadata) ?? {};
  if (!info.custom || resourceVersion !== '') return undefined;
  return refuseInvalid(info, metadata.name, [
    {
      type: 'invalid',
      field: 'metadata.resourceVersion',
      value: goText('0x0'),
      detail: 'must be specified for an update',
    },
  ]);
}

/** Refuses a deletion that is for another object, or for another version of it. */
export function refuseDeletion(
  info: ResourceInfo,
  current: KubeObject,
  { preconditions = {} }: DeleteOptions,
): ApiFailure | undefined {
  return (
    refuseOther(info, current, 'UID', preconditions.uid) ??
    refuseOther(info, current, 'ResourceVersion', preconditions.resourceVersion)
  );
}

function refuseOther(
  info: ResourceInfo,
  { metadata }: KubeObject,
  what: 'UID' | 'ResourceVersion',
  wanted: unknown,
): ApiFailure | undefined {
  const found = what === 'UID' ? metadata.uid : metadata.resourceVersion;
  if (wanted === undefined || wanted === '' || wanted === found) return undefined;
  const why = `Precondition failed: ${what} in precondition: ${String(wanted)}, ${what} in object meta: ${found}`;
  return refuse(conflict(info, metadata.name, why));
}
