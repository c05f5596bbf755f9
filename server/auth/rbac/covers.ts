/** Whether some rules give at least what others give (upstream: component-helpers `auth/rbac/validation/policy_comparator.go`). */

import { ALL, coversPath, type PolicyRule } from './policy-rule.js';

/** What of `wanted` is not given by `held`, one verb and one resource each; empty when everything is. */
export function missingRules(
  held: readonly PolicyRule[],
  wanted: readonly PolicyRule[],
): readonly PolicyRule[] {
  return wanted.flatMap(breakDown).filter((part) => !held.some((rule) => covers(rule, part)));
}

const NONE = { apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [] };

/** One rule for each single thing that a rule gives. */
function breakDown(rule: PolicyRule): readonly PolicyRule[] {
  const parts: PolicyRule[] = [];
  for (const group of rule.apiGroups) {
    for (const resource of rule.resources) {
      for (const verb of rule.verbs) {
        const part = { ...NONE, apiGroups: [group], resources: [resource], verbs: [verb] };
        if (rule.resourceNames.length === 0) parts.push(part);
        else for (const name of rule.resourceNames) parts.push({ ...part, resourceNames: [name] });
      }
    }
  }
  for (const url of rule.nonResourceURLs) {
    for (const verb of rule.verbs) parts.push({ ...NONE, nonResourceURLs: [url], verbs: [verb] });
  }
  return parts;
}

function covers(held: PolicyRule, part: PolicyRule): boolean {
  return (
    hasAll(held.verbs, part.verbs) &&
    hasAll(held.apiGroups, part.apiGroups) &&
    part.resources.every((resource) => holdsResource(held.resources, resource)) &&
    coversNames(held, part) &&
    part.nonResourceURLs.every((url) => held.nonResourceURLs.some((one) => coversPath(one, url)))
  );
}

function hasAll(held: readonly string[], wanted: readonly string[]): boolean {
  return held.includes(ALL) || wanted.every((one) => held.includes(one));
}

function holdsResource(held: readonly string[], resource: string): boolean {
  if (held.includes(ALL) || held.includes(resource)) return true;
  const slash = resource.indexOf('/');
  return slash >= 0 && held.includes(`${ALL}${resource.slice(slash)}`);
}

/** No names mean all names: only a rule without names covers another without. */
function coversNames(held: PolicyRule, part: PolicyRule): boolean {
  if (held.resourceNames.length === 0) return true;
  return (
    part.resourceNames.length > 0 &&
    part.resourceNames.every((name) => held.resourceNames.includes(name))
  );
}

/** Rules that differ in their verbs alone, put together, as upstream prints them. */
export function compactRules(rules: readonly PolicyRule[]): readonly PolicyRule[] {
  const found = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const { verbs, ...rest } = rule;
    const key = JSON.stringify(rest);
    const known = found.get(key);
    found.set(key, { ...rule, verbs: [...new Set([...(known?.verbs ?? []), ...verbs])] });
  }
  return [...found.values()];
}

/** A rule in upstream's short form: `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. */
export function describeRule(rule: PolicyRule): string {
  const parts = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ] as const;
  const shown = parts.filter(([, list]) => list.length > 0);
  return `{${shown.map(([name, list]) => `${name}:${quoteList(list)}`).join(', ')}}`;
}

/** A list as Go prints it with `%q`: `["a" "b"]`. */
export function quoteList(list: readonly string[]): string {
  return `[${list.map((one) => JSON.stringify(one)).join(' ')}]`;
}
