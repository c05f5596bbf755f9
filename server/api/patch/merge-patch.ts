/** JSON merge patch, RFC 7386. */

import { isObject, type JsonObject, ownField, setField } from '../../kube/json.js';

/** Applies a merge patch; inputs stay as they are. */
export function mergePatch(current: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(current) ? { ...current } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field];
    else setField(result, field, mergePatch(ownField(result, field), value));
  }
  return result;
}
