/** The filters of the default scheduler, in its order, with its words (upstream `framework/plugins`). */

import type { Pod } from '../../contract/kube.js';
import { matchesRequired, namedNodes } from '../../kube/node-affinity.js';
import { tolerates, untoleratedTaint } from '../../kube/taints.js';
import type { ClusterState, NodeState } from './cluster-state.js';
import { claimsOf } from './host-ports.js';
import { interPodFilter, type NamespaceLabels } from './inter-pod-affinity.js';
import { type PodRequest, podRequest } from './resources.js';
import { spreadFilter } from './topology-spread.js';

/** The filters in the order in which nodes pass them. */
export const FILTER_PLUGINS: readonly string[] = [
  'NodeUnschedulable',
  'TaintToleration',
  'NodeAffinity',
  'NodePorts',
  'NodeResourcesFit',
  'PodTopologySpread',
  'InterPodAffinity',
];

/** Why a node was ruled out. */
export interface Rejection {
  readonly plugin: string;
  readonly reasons: readonly string[];
  /** Whether removing pods from the node could help. */
  readonly resolvable: boolean;
}

/** Says why a node does not do for the pod; undefined when it does. */
export type NodeFilter = (state: NodeState) => Rejection | undefined;

/** What the filters of one pod ask of the rest. */
export interface FilterContext {
  readonly cluster: ClusterState;
  readonly pod: Pod;
  readonly request: PodRequest;
  readonly namespaceLabels: NamespaceLabels;
}

const UNSCHEDULABLE: Rejection = {
  plugin: 'NodeUnschedulable',
  reasons: ['node(s) were unschedulable'],
  resolvable: false,
};
const AFFINITY: Rejection = {
  plugin: 'NodeAffinity',
  reasons: ["node(s) didn't match Pod's node affinity/selector"],
  resolvable: false,
};
const NOT_NAMED: Rejection = {
  plugin: 'NodeAffinity',
  reasons: ["node(s) didn't satisfy plugin(s) [NodeAffinity]"],
  resolvable: false,
};
const PORTS: Rejection = {
  plugin: 'NodePorts',
  reasons: ["node(s) didn't have free ports for the requested pod ports"],
  resolvable: true,
};

/** The filters that a pod needs; those that cannot rule anything out for it are left out. */
export function filtersFor(context: Omit<FilterContext, 'request'>): readonly NodeFilter[] {
  const { pod } = context;
  const full: FilterContext = { ...context, request: podRequest(pod) };
  const filters: (NodeFilter | undefined)[] = [
    namedFilter(pod),
    unschedulableFilter(pod),
    taintFilter(pod),
    affinityFilter(pod),
    portFilter(pod),
    resourceFilter(full.request),
    spreadFilter(full),
    interPodFilter(full),
  ];
  return filters.filter((filter) => filter !== undefined);
}

function namedFilter(pod: Pod): NodeFilter | undefined {
  const names = namedNodes(pod);
  if (names === undefined) return undefined;
  return ({ name }) => (names.has(name) ? undefined : NOT_NAMED);
}

function unschedulableFilter(pod: Pod): NodeFilter | undefined {
  const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;
  if (pod.spec.tolerations?.some((toleration) => tolerates(toleration, taint))) return undefined;
  return ({ node }) => (node.spec.unschedulable === true ? UNSCHEDULABLE : undefined);
}

function taintFilter({ spec }: Pod): NodeFilter {
  // Nodes of a pool have the same taints, and their refusals are one object.
  const rejections = new Map<string, Rejection>();
  return ({ node }) => {
    const taint = untoleratedTaint(node.spec.taints, spec.tolerations, ['NoSchedule', 'NoExecute']);
    if (taint === undefined) return undefined;
    const reason = `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
    let rejection = rejections.get(reason);
    if (rejection === undefined) {
      rejection = { plugin: 'TaintToleration', reasons: [reason], resolvable: false };
      rejections.set(reason, rejection);
    }
    return rejection;
  };
}

function affinityFilter(pod: Pod): NodeFilter | undefined {
  const { nodeSelector, affinity } = pod.spec;
  if (
    nodeSelector === undefined &&
    affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution === undefined
  ) {
    return undefined;
  }
  return ({ node }) => (matchesRequired(pod, node) ? undefined : AFFINITY);
}

function portFilter(pod: Pod): NodeFilter | undefined {
  const claims = claimsOf(pod);
  if (claims.length === 0) return undefined;
  return ({ ports }) => (ports.conflicts(claims) ? PORTS : undefined);
}

function resourceFilter({ amounts }: PodRequest): NodeFilter {
  return (state) => {
    let reasons: string[] | undefined;
    let resolvable = true;
    if (state.podCount + 1 > (state.allocatable.get('pods') ?? 0)) {
      reasons = ['Too many pods'];
    }
    for (const [name, amount] of amounts) {
      if (amount === 0) continue;
      const has = state.allocatable.get(name) ?? 0;
      if (amount <= has - (state.requested.get(name) ?? 0)) continue;
      reasons = [...(reasons ?? []), `Insufficient ${name}`];
      if (amount > has) resolvable = false;
    }
    return reasons === undefined ? undefined : { plugin: 'NodeResourcesFit', reasons, resolvable };
  };
}
