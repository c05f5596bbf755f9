/** Spreading pods over zones and nodes (upstream plugin PodTopologySpread). */

import type { LabelSelector, Pod } from '../../contract/kube.js';
import { labelSelectorMatcher } from '../../kube/label-selector.js';
import { matchesRequired } from '../../kube/node-affinity.js';
import { canonicalJson } from '../naming.js';
import { controllerOf } from '../pod/pod-state.js';
import type { NodeState } from './cluster-state.js';
import type { FilterContext, NodeFilter, Rejection } from './filters.js';
import type { PerNode } from './pod-tally.js';

const SKEWED: Rejection = {
  plugin: 'PodTopologySpread',
  reasons: ["node(s) didn't match pod topology spread constraints"],
  resolvable: true,
};
const NO_LABEL: Rejection = {
  plugin: 'PodTopologySpread',
  reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"],
  resolvable: false,
};
const HOSTNAME = 'kubernetes.io/hostname';
/** What upstream's system default asks for when a pod says nothing itself. */
const DEFAULTS = [
  { topologyKey: HOSTNAME, maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5 },
] as const;

/**
 * The filter of `DoNotSchedule` constraints.
 *
 * Fidelity: minDomains, nodeTaintsPolicy and matchLabelKeys are not read; nodeAffinityPolicy is Honor.
 */
export function spreadFilter(context: FilterContext): NodeFilter | undefined {
  const { pod, cluster } = context;
  const hard = (pod.spec.topologySpreadConstraints ?? []).filter(
    (one) => one.whenUnsatisfiable === 'DoNotSchedule',
  );
  if (hard.length === 0) return undefined;
  const eligible = cluster.nodes.filter(
    ({ node }) =>
      matchesRequired(pod, node) &&
      hard.every(({ topologyKey }) => node.metadata.labels?.[topologyKey] !== undefined),
  );
  const constraints = hard.map((one) => {
    const perNode = countMatching(context, one.labelSelector);
    const domains = domainCounts(eligible, one.topologyKey, perNode);
    return {
      key: one.topologyKey,
      maxSkew: one.maxSkew,
      domains,
      least: domains.size === 0 ? 0 : Math.min(...domains.values()),
      self: labelSelectorMatcher(one.labelSelector)(pod.metadata.labels) ? 1 : 0,
    };
  });
  return ({ node }) => {
    for (const { key, maxSkew, domains, least, self } of constraints) {
      const domain = node.metadata.labels?.[key];
      if (domain === undefined) return NO_LABEL;
      if ((domains.get(domain) ?? 0) + self - least > maxSkew) return SKEWED;
    }
    return undefined;
  };
}

/**
 * How crowded each node is by the pod's `ScheduleAnyway` constraints, or by the default ones with the other pods
 * of its controller; lower is better.
 *
 * Fidelity: by default upstream also looks at Services that select a pod without a controller.
 */
export function crowding(
  context: Pick<FilterContext, 'pod' | 'cluster'>,
  feasible: readonly NodeState[],
): ((state: NodeState) => number) | undefined {
  const { pod, cluster } = context;
  const own = pod.spec.topologySpreadConstraints ?? [];
  const soft = own.filter((one) => one.whenUnsatisfiable === 'ScheduleAnyway');
  const owner = controllerOf(pod);
  const constraints =
    soft.length > 0
      ? soft.map((one) => ({
          key: one.topologyKey,
          maxSkew: one.maxSkew,
          perNode: countMatching(context, one.labelSelector),
        }))
      : own.length > 0 || owner === undefined
        ? []
        : DEFAULTS.map(({ topologyKey, maxSkew }) => ({
            key: topologyKey,
            maxSkew,
            perNode: cluster.tally.count(
              `owner ${owner.uid}`,
              (other) => controllerOf(other)?.uid === owner.uid,
            ),
          }));
  if (constraints.length === 0) return undefined;
  const weighed = constraints.map((one) => {
    const domains = one.key === HOSTNAME ? undefined : domainCounts(feasible, one.key, one.perNode);
    const size = domains === undefined ? feasible.length : domains.size;
    return { ...one, domains, weight: Math.log(size + 2) };
  });
  return ({ name, node }) => {
    let score = 0;
    for (const { key, maxSkew, perNode, domains, weight } of weighed) {
      const domain = node.metadata.labels?.[key];
      if (domains !== undefined && domain === undefined) continue;
      const count = domains === undefined ? perNode.get(name) : domains.get(domain ?? '');
      score += (count ?? 0) * weight + (maxSkew - 1);
    }
    return Math.round(score);
  };
}

function countMatching(
  { pod, cluster }: { readonly pod: Pod; readonly cluster: FilterContext['cluster'] },
  selector: LabelSelector | undefined,
): PerNode {
  const namespace = pod.metadata.namespace ?? 'default';
  const matches = labelSelectorMatcher(selector);
  return cluster.tally.count(
    `spread ${namespace} ${canonicalJson(selector ?? null)}`,
    ({ metadata }) => (metadata.namespace ?? 'default') === namespace && matches(metadata.labels),
  );
}

function domainCounts(
  nodes: readonly NodeState[],
  key: string,
  perNode: PerNode,
): Map<string, number> {
  const domains = new Map<string, number>();
  for (const { name, node } of nodes) {
    const domain = node.metadata.labels?.[key];
    if (domain === undefined) continue;
    domains.set(domain, (domains.get(domain) ?? 0) + (perNode.get(name) ?? 0));
  }
  return domains;
}
