import type { Rejection } from './filters.js';

/** Why a pod fits nowhere. */
export interface FitError {
  /** Number of all nodes. */
  readonly nodes: number;
  /** Said of the pod as a whole, before any node was looked at. */
  readonly wholePod?: string;
  readonly rejections: readonly Rejection[];
  readonly preemption: 'tried' | 'never';
}

const NOT_HELPFUL = 'Preemption is not helpful for scheduling';
const NO_VICTIMS = 'No preemption victims found for incoming pod';

/**
 * The message of `FailedScheduling`, in the words of Kubernetes 1.33 (`framework.FitError`).
 *
 * Fidelity: podnet does not preempt, so it never finds victims.
 */
export function fitMessage(error: FitError): string {
  if (error.nodes === 0) return 'no nodes available to schedule pods';
  const none = `0/${error.nodes} nodes are available:`;
  const reasons =
    error.wholePod ?? histogram(error.rejections.flatMap((rejection) => rejection.reasons));
  if (error.preemption === 'never') {
    return `${none} ${reasons}. preemption: not eligible due to preemptionPolicy=Never.`;
  }
  const help =
    error.wholePod === undefined
      ? error.rejections.map(({ resolvable }) => (resolvable ? NO_VICTIMS : NOT_HELPFUL))
      : new Array<string>(error.nodes).fill(NOT_HELPFUL);
  return `${none} ${reasons}. preemption: ${none} ${histogram(help)}.`;
}

/** `2 Insufficient cpu, 1 Too many pods`, sorted as text. */
function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}
