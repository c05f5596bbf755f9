/** Defaults of LimitRanges (kubernetes `pkg/apis/core/v1/defaults.go`, SetDefaults_LimitRangeItem). */

import { asObject, type JsonObject, objectsOf } from '../../kube/json.js';

/** Fills in a LimitRange: a container's default limit is its maximum, its default request that limit, then its minimum. */
export function setLimitRangeDefaults(draft: JsonObject): void {
  for (const item of objectsOf(asObject(draft.spec)?.limits)) {
    if (item.type !== 'Container') continue;
    const limits = { ...asObject(item.max), ...asObject(item.default) };
    const requests = { ...asObject(item.min), ...limits, ...asObject(item.defaultRequest) };
    if (Object.keys(limits).length > 0) item.default = limits;
    if (Object.keys(requests).length > 0) item.defaultRequest = requests;
  }
}
