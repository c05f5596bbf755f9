/** The constraints of a LimitRange's items, in upstream's words. */

import {
  amountsOf,
  type ExactQuantity,
  formatExact,
  type ResourceAmounts,
} from '../../kube/exact-quantity.js';
import type { JsonObject } from '../../kube/json.js';

/** What one container, pod or claim asks for. */
export interface Constrained {
  readonly requests: ResourceAmounts;
  readonly limits: ResourceAmounts;
}

interface Check {
  /** `Container`, `Pod`, `PersistentVolumeClaim`. */
  readonly type: string;
  readonly resource: string;
  readonly enforced: ExactQuantity;
  readonly request: ExactQuantity | undefined;
  readonly limit: ExactQuantity | undefined;
}

/** What a container or pod breaks of an item. */
export function brokenConstraints(item: JsonObject, amounts: Constrained): readonly string[] {
  return [
    ...checks(item, 'min', amounts).flatMap(belowMinimum),
    ...checks(item, 'max', amounts).flatMap(aboveMaximum),
    ...checks(item, 'maxLimitRequestRatio', amounts).flatMap(aboveRatio),
  ];
}

/** What a claim breaks of an item: claims have no limits. */
export function brokenClaimConstraints(
  item: JsonObject,
  requests: ResourceAmounts,
): readonly string[] {
  const amounts = { requests, limits: new Map() };
  return [
    ...checks(item, 'min', amounts).flatMap(belowMinimum),
    ...checks(item, 'max', amounts).flatMap((check) =>
      check.request === undefined
        ? [`maximum ${usage(check)}.  No request is specified`]
        : aboveMaximumRequest(check),
    ),
  ];
}

function checks(
  item: JsonObject,
  field: 'min' | 'max' | 'maxLimitRequestRatio',
  { requests, limits }: Constrained,
): readonly Check[] {
  const enforced = [...amountsOf(item[field])].sort(([a], [b]) => (a < b ? -1 : 1));
  return enforced.map(([resource, amount]) => ({
    type: String(item.type),
    resource,
    enforced: amount,
    request: requests.get(resource),
    limit: limits.get(resource),
  }));
}

function belowMinimum(check: Check): readonly string[] {
  const { enforced, request, limit } = check;
  if (request === undefined) return [`minimum ${usage(check)}.  No request is specified`];
  if (request.milli < enforced.milli) {
    return [`minimum ${usage(check)}, but request is ${formatExact(request)}`];
  }
  if (limit === undefined || limit.milli >= enforced.milli) return [];
  return [`minimum ${usage(check)}, but limit is ${formatExact(limit)}`];
}

function aboveMaximum(check: Check): readonly string[] {
  const { enforced, limit } = check;
  if (limit === undefined) return [`maximum ${usage(check)}.  No limit is specified`];
  if (limit.milli > enforced.milli) {
    return [`maximum ${usage(check)}, but limit is ${formatExact(limit)}`];
  }
  return aboveMaximumRequest(check);
}

function aboveMaximumRequest(check: Check): readonly string[] {
  const { enforced, request } = check;
  if (request === undefined || request.milli <= enforced.milli) return [];
  return [`maximum ${usage(check)}, but request is ${formatExact(request)}`];
}

function aboveRatio({ type, resource, enforced, request, limit }: Check): readonly string[] {
  const wanted = `${resource} max limit to request ratio per ${type} is ${formatExact(enforced)}, but`;
  if (request === undefined || request.milli === 0n) {
    return [`${wanted} no request is specified or request is 0`];
  }
  if (limit === undefined || limit.milli === 0n) {
    return [`${wanted} no limit is specified or limit is 0`];
  }
  const ratio = Number(limit.milli) / Number(request.milli);
  return ratio * 1000 > Number(enforced.milli)
    ? [`${wanted} provided ratio is ${ratio.toFixed(6)}`]
    : [];
}

function usage({ type, resource, enforced }: Check): string {
  return `${resource} usage per ${type} is ${formatExact(enforced)}`;
}
