/** Pods that want to be near to or far from other pods (upstream plugin InterPodAffinity). */

import type { Labels, PodAffinityTerm } from '../../contract/kube.js';
import { labelSelectorMatcher } from '../../kube/label-selector.js';
import { canonicalJson } from '../naming.js';
import type { ClusterState, NodeState } from './cluster-state.js';
import type { FilterContext, NodeFilter, Rejection } from './filters.js';
import type { PerNode, PodMatcher } from './pod-tally.js';

/** The labels of a namespace, for namespaceSelector. */
export type NamespaceLabels = (namespace: string) => Labels | undefined;

const NO_AFFINITY: Rejection = {
  plugin: 'InterPodAffinity',
  reasons: ["node(s) didn't match pod affinity rules"],
  resolvable: false,
};
const ANTI_AFFINITY: Rejection = {
  plugin: 'InterPodAffinity',
  reasons: ["node(s) didn't match pod anti-affinity rules"],
  resolvable: true,
};
const GUARDED: Rejection = {
  plugin: 'InterPodAffinity',
  reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"],
  resolvable: true,
};

/** The filter of required affinity and anti-affinity, of the pod and of those that are there. */
export function interPodFilter(context: FilterContext): NodeFilter | undefined {
  const { pod, cluster, namespaceLabels } = context;
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const near = podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const far = podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const namespace = pod.metadata.namespace ?? 'default';
  const forbidden: { readonly key: string; readonly domains: ReadonlyMap<string, number> }[] = [];
  for (const guard of cluster.tally.guards) {
    if (termMatcher(guard.term, guard.namespace, namespaceLabels)(pod)) {
      forbidden.push(domainsOf(cluster, guard.term.topologyKey, guard.perNode));
    }
  }
  if (near.length === 0 && far.length === 0 && forbidden.length === 0) return undefined;
  const count = (term: PodAffinityTerm) =>
    domainsOf(cluster, term.topologyKey, countTerm(context, namespace, term));
  const nearDomains = near.map(count);
  const farDomains = far.map(count);
  // The first pod of a group that wants to be together may go anywhere.
  const first =
    nearDomains.every(({ domains }) => domains.size === 0) &&
    near.every((term) => termMatcher(term, namespace, namespaceLabels)(pod));
  return ({ node }) => {
    const labels = node.metadata.labels ?? {};
    for (const { key, domains } of nearDomains) {
      const domain = labels[key];
      if (domain === undefined || !(first || domains.has(domain))) return NO_AFFINITY;
    }
    for (const { key, domains } of farDomains) {
      if (domains.has(labels[key] ?? '')) return ANTI_AFFINITY;
    }
    for (const { key, domains } of forbidden) {
      if (domains.has(labels[key] ?? '')) return GUARDED;
    }
    return undefined;
  };
}

/**
 * What preferred terms add up to on each node; undefined when the pod has none.
 *
 * Fidelity: preferences of pods that are there already do not count, as they do upstream.
 */
export function preferredInterPod(
  context: Pick<FilterContext, 'pod' | 'cluster' | 'namespaceLabels'>,
): ((state: NodeState) => number) | undefined {
  const { pod, cluster } = context;
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const namespace = pod.metadata.namespace ?? 'default';
  const weigh = (sign: 1 | -1) => (one: { weight: number; podAffinityTerm: PodAffinityTerm }) => ({
    weight: sign * one.weight,
    ...domainsOf(
      cluster,
      one.podAffinityTerm.topologyKey,
      countTerm(context, namespace, one.podAffinityTerm),
    ),
  });
  const terms = [
    ...(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(weigh(1)),
    ...(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(weigh(-1)),
  ];
  if (terms.length === 0) return undefined;
  return ({ node }) =>
    terms.reduce(
      (sum, { weight, key, domains }) =>
        sum + weight * (domains.get(node.metadata.labels?.[key] ?? '') ?? 0),
      0,
    );
}

function countTerm(
  { cluster, namespaceLabels }: Pick<FilterContext, 'cluster' | 'namespaceLabels'>,
  namespace: string,
  term: PodAffinityTerm,
): PerNode {
  return cluster.tally.count(
    `term ${namespace} ${canonicalJson(term)}`,
    termMatcher(term, namespace, namespaceLabels),
  );
}

function termMatcher(
  term: PodAffinityTerm,
  namespace: string,
  namespaceLabels: NamespaceLabels,
): PodMatcher {
  const matches = labelSelectorMatcher(term.labelSelector);
  const named = new Set(term.namespaces ?? []);
  const { namespaceSelector } = term;
  if (named.size === 0 && namespaceSelector === undefined) named.add(namespace);
  const inNamespace = namespaceSelector && labelSelectorMatcher(namespaceSelector);
  return ({ metadata }) => {
    const where = metadata.namespace ?? 'default';
    if (!named.has(where) && inNamespace?.(namespaceLabels(where)) !== true) return false;
    return matches(metadata.labels);
  };
}

/** Counts by value of a node label; nodes without the label are in no domain. */
function domainsOf(
  cluster: ClusterState,
  key: string,
  perNode: PerNode,
): { readonly key: string; readonly domains: ReadonlyMap<string, number> } {
  const domains = new Map<string, number>();
  if (perNode.size > 0) {
    for (const { name, node } of cluster.nodes) {
      const domain = node.metadata.labels?.[key];
      const count = perNode.get(name);
      if (domain === undefined || count === undefined) continue;
      domains.set(domain, (domains.get(domain) ?? 0) + count);
    }
  }
  return { key, domains };
}
