/** nodeSelector and node affinity against a node (upstream `component-helpers/scheduling/corev1`); pure. */

import type { KubeNode, NodeSelectorTerm, Pod } from '../contract/kube.js';
import { meetsRequirement } from './requirement.js';

/** Whether a node meets one term; a term without requirements meets none. */
export function matchesTerm(term: NodeSelectorTerm, node: KubeNode): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  return (
    matchExpressions.every((one) => meetsRequirement(one, node.metadata.labels?.[one.key])) &&
    matchFields.every((one) =>
      meetsRequirement(one, one.key === 'metadata.name' ? node.metadata.name : undefined),
    )
  );
}

/** Whether a node meets a pod's nodeSelector and required node affinity. */
export function matchesRequired(pod: Pod, node: KubeNode): boolean {
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {})) {
    if (node.metadata.labels?.[key] !== value) return false;
  }
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return true;
  return required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** The node names that a pod's required affinity leaves, when every term names them; else undefined. */
export function namedNodes(pod: Pod): ReadonlySet<string> | undefined {
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      ?.nodeSelectorTerms;
  if (terms === undefined || terms.length === 0) return undefined;
  const names = new Set<string>();
  for (const { matchFields = [] } of terms) {
    const fields = matchFields.filter(
      (one) => one.key === 'metadata.name' && one.operator === 'In',
    );
    if (fields.length === 0) return undefined;
    for (const field of fields) for (const name of field.values ?? []) names.add(name);
  }
  return names;
}
