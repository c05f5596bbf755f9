/** What the pods of an autoscaled workload use of what they ask for (upstream `podautoscaler/replica_calculator.go`). */

import type { Pod } from '../../contract/kube.js';
import { parseQuantity } from '../../kube/quantity.js';
import { isActive, isReady } from '../pod/pod-state.js';

/** What one container uses. */
export interface ContainerUsage {
  /** Billionths of a core. */
  readonly nanocores: number;
  readonly bytes: number;
}

/** Asks for the use of a pod by container; undefined while there are no figures. */
export type PodUsage = (pod: Pod) => ReadonlyMap<string, ContainerUsage> | undefined;

/** The wanted size by one metric, and what it was found from. */
export type Proposal =
  | {
      readonly ok: true;
      readonly replicas: number;
      /** Average per pod, in thousandths of a core or octets. */
      readonly average: number;
      /** Whole per cent of the requests; undefined for targets in absolute numbers. */
      readonly utilization: number | undefined;
      readonly above: boolean;
    }
  | { readonly ok: false; readonly message: string };

/** How many pods a metric asks for. */
export interface MetricQuestion {
  readonly resource: 'cpu' | 'memory';
  readonly target: { readonly utilization: number } | { readonly average: number };
  readonly pods: readonly Pod[];
  readonly current: number;
  readonly usage: PodUsage;
}

/** Within a tenth of the target nothing changes. */
const TOLERANCE = 0.1;

/** Compares use with the target over the pods that are ready. */
export function propose({ resource, target, pods, current, usage }: MetricQuestion): Proposal {
  const failed = (why: string): Proposal => ({
    ok: false,
    message: `failed to get ${resource} ${'utilization' in target ? 'utilization' : 'usage'}: ${why}`,
  });
  let used = 0;
  let requested = 0;
  let counted = 0;
  const active = pods.filter(isActive);
  if (active.length === 0)
    return failed(`no pods returned by selector while calculating replica count`);
  for (const pod of active) {
    const figures = isReady(pod) ? usage(pod) : undefined;
    if (figures === undefined) continue;
    counted++;
    for (const { name, resources } of pod.spec.containers) {
      const figure = figures.get(name);
      used += figure === undefined ? 0 : amount(resource, figure);
      const request = resources?.requests?.[resource];
      if ('utilization' in target && request === undefined) {
        return failed(
          `missing request for ${resource} in container ${name} of Pod ${pod.metadata.name}`,
        );
      }
      requested += (parseQuantity(request ?? 0) ?? 0) * (resource === 'cpu' ? 1000 : 1);
    }
  }
  if (counted === 0) {
    return failed(
      `unable to get metrics for resource ${resource}: no metrics returned from resource metrics API`,
    );
  }
  const average = Math.floor(used / counted);
  const utilization = 'utilization' in target ? Math.floor((used * 100) / requested) : undefined;
  const ratio =
    'utilization' in target
      ? (used * 100) / requested / target.utilization
      : used / counted / target.average;
  const replicas = Math.abs(ratio - 1) <= TOLERANCE ? current : Math.ceil(ratio * counted);
  return { ok: true, replicas, average, utilization, above: ratio > 1 };
}

function amount(resource: 'cpu' | 'memory', { nanocores, bytes }: ContainerUsage): number {
  return resource === 'cpu' ? nanocores / 1e6 : bytes;
}
