/** Which objects a quota with scopes counts (upstream `pkg/quota/v1/evaluator/core/pods.go`). */

import type { KubeObject } from '../../contract/kube.js';
import { asObject, asString, type JsonObject, objectsOf, stringsOf } from '../../kube/json.js';
import type { ResourceName } from '../../store/store.js';
import { qosClassOf } from '../defaults/pod.js';

/** Whether all scopes of a quota's spec hold for an object; only pods have scopes. */
export function inScope(quotaSpec: JsonObject, storage: ResourceName, object: KubeObject): boolean {
  const terms = [
    ...stringsOf(quotaSpec.scopes).map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...objectsOf(asObject(quotaSpec.scopeSelector)?.matchExpressions),
  ];
  if (terms.length === 0) return true;
  return storage === 'pods' && terms.every((term) => holds(term, object));
}

function holds(term: JsonObject, pod: KubeObject): boolean {
  const spec = asObject(pod.spec) ?? {};
  switch (term.scopeName) {
    case 'Terminating':
      return Number(spec.activeDeadlineSeconds ?? -1) >= 0;
    case 'NotTerminating':
      return Number(spec.activeDeadlineSeconds ?? -1) < 0;
    case 'BestEffort':
      return qosClassOf(pod) === 'BestEffort';
    case 'NotBestEffort':
      return qosClassOf(pod) !== 'BestEffort';
    case 'PriorityClass':
      return hasClass(term, asString(spec.priorityClassName) ?? '');
    case 'CrossNamespacePodAffinity':
      return reachesOtherNamespaces(spec);
    default:
      return false;
  }
}

function hasClass({ operator, values }: JsonObject, name: string): boolean {
  switch (operator) {
    case 'In':
      return stringsOf(values).includes(name);
    case 'NotIn':
      return !stringsOf(values).includes(name);
    case 'DoesNotExist':
      return name === '';
    default:
      return name !== '';
  }
}

function reachesOtherNamespaces(spec: JsonObject): boolean {
  const affinity = asObject(spec.affinity);
  return ['podAffinity', 'podAntiAffinity'].some((field) => {
    const rules = asObject(affinity?.[field]);
    const terms = [
      ...objectsOf(rules?.requiredDuringSchedulingIgnoredDuringExecution),
      ...objectsOf(rules?.preferredDuringSchedulingIgnoredDuringExecution).map((one) =>
        asObject(one.podAffinityTerm),
      ),
    ];
    return terms.some(
      (term) => stringsOf(term?.namespaces).length > 0 || term?.namespaceSelector !== undefined,
    );
  });
}
