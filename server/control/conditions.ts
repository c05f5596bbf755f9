import type { Condition } from '../contract/kube.js';

/** The condition of a type. */
export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/**
 * Conditions with one set. The transition time moves only when the status does; a condition that says the
 * same already stays the same object.
 */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  next: Condition,
  now: string,
): readonly Condition[] {
  const current = findCondition(conditions, next.type);
  if (
    current !== undefined &&
    current.status === next.status &&
    current.reason === next.reason &&
    current.message === next.message
  ) {
    return conditions ?? [];
  }
  const lastTransitionTime =
    current?.status === next.status ? (current.lastTransitionTime ?? now) : now;
  const set = { ...next, lastTransitionTime };
  if (current === undefined) return [...(conditions ?? []), set];
  return (conditions ?? []).map((condition) => (condition === current ? set : condition));
}

/** Conditions without one. */
export function withoutCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): readonly Condition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
