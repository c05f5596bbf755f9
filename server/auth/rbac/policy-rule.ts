/** Rules of roles, and what they allow (upstream: `pkg/apis/rbac/v1/evaluation_helpers.go`). */

import type { Attributes, PathAttributes, ResourceAttributes } from '../../api/access.js';
import type { KubeObject } from '../../contract/kube.js';
import { objectsOf, stringsOf } from '../../kube/json.js';

/** `rbac.authorization.k8s.io/v1` PolicyRule; a list that is absent in the object is empty here. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

/** Stands for every verb, group, resource or path. */
export const ALL = '*';

const read = new WeakMap<KubeObject, readonly PolicyRule[]>();

/** The rules of a Role or ClusterRole. Objects of the store never change, so each is read once. */
export function rulesOf(role: KubeObject): readonly PolicyRule[] {
  let rules = read.get(role);
  if (rules === undefined) {
    rules = objectsOf(role.rules).map(policyRule);
    read.set(role, rules);
  }
  return rules;
}

/** A rule from its JSON. */
export function policyRule(rule: { readonly [field: string]: unknown }): PolicyRule {
  return {
    verbs: stringsOf(rule.verbs),
    apiGroups: stringsOf(rule.apiGroups),
    resources: stringsOf(rule.resources),
    resourceNames: stringsOf(rule.resourceNames),
    nonResourceURLs: stringsOf(rule.nonResourceURLs),
  };
}

/** A rule as JSON: lists without elements are left out. */
export function ruleJson(rule: PolicyRule): { readonly [field: string]: readonly string[] } {
  return Object.fromEntries(Object.entries(rule).filter(([, list]) => list.length > 0));
}

/** Whether a rule allows something. */
export function ruleAllows(rule: PolicyRule, asked: Attributes): boolean {
  return asked.kind === 'resource' ? allowsResource(rule, asked) : allowsPath(rule, asked);
}

function allowsResource(rule: PolicyRule, asked: ResourceAttributes): boolean {
  return (
    holds(rule.verbs, asked.verb) &&
    holds(rule.apiGroups, asked.group) &&
    matchesResource(rule.resources, asked) &&
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(asked.name))
  );
}

/** `pods/log` is its own resource: `pods` does not mean it, `pods/log`, `*` and `*` + `/log` do. */
function matchesResource(
  resources: readonly string[],
  { resource, subresource }: ResourceAttributes,
): boolean {
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  return resources.some(
    (one) =>
      one === ALL || one === combined || (subresource !== '' && one === `${ALL}/${subresource}`),
  );
}

function allowsPath(rule: PolicyRule, { verb, path }: PathAttributes): boolean {
  return holds(rule.verbs, verb) && rule.nonResourceURLs.some((url) => coversPath(url, path));
}

/** Whether a pattern, which may end in `*`, holds a path. */
export function coversPath(pattern: string, path: string): boolean {
  if (pattern === ALL || pattern === path) return true;
  return pattern.endsWith(ALL) && path.startsWith(pattern.replace(/\*+$/, ''));
}

function holds(list: readonly string[], wanted: string): boolean {
  return list.includes(ALL) || list.includes(wanted);
}
