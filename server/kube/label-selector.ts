/** Label selectors, as text (`app=web,tier in (a,b),!old`) and as objects. */

import type { LabelSelector, Labels } from '../contract/kube.js';
import { asObject, isObject, objectsOf, stringsOf } from './json.js';
import { parseSelectorText } from './label-selector-text.js';
import { meetsRequirement, type Requirement } from './requirement.js';

/** Decides whether a set of labels matches. */
export type LabelMatcher = (labels: Labels | undefined) => boolean;

/** Reads a selector text, or says what is wrong with it. */
export function parseLabelSelector(
  text: string,
):
  | { readonly ok: true; readonly matches: LabelMatcher }
  | { readonly ok: false; readonly message: string } {
  const parsed = parseSelectorText(text);
  return parsed.ok ? { ok: true, matches: matchAll(parsed.requirements) } : parsed;
}

/** A matcher for a selector object; no selector matches nothing, an empty one everything. */
export function labelSelectorMatcher(selector: LabelSelector | undefined): LabelMatcher {
  if (selector === undefined) return () => false;
  const equal = Object.entries(selector.matchLabels ?? {});
  return matchAll([
    ...equal.map(([key, value]) => ({ key, operator: 'In' as const, values: [value] })),
    ...(selector.matchExpressions ?? []),
  ]);
}

/** A matcher for a plain map of labels, as Services and ReplicationControllers have. */
export function labelMapMatcher(selector: Labels): LabelMatcher {
  return labelSelectorMatcher({ matchLabels: selector });
}

/** A selector object, or a plain map of labels, as text; empty when it selects by nothing. */
export function selectorText(selector: unknown): string {
  if (!isObject(selector)) return '';
  const plain = !('matchLabels' in selector) && !('matchExpressions' in selector);
  const labels = Object.entries(asObject(plain ? selector : selector.matchLabels) ?? {});
  const sets = objectsOf(selector.matchExpressions).map(({ key, operator, values }) => {
    if (operator === 'Exists') return String(key);
    if (operator === 'DoesNotExist') return `!${String(key)}`;
    return `${String(key)} ${String(operator).toLowerCase()} (${stringsOf(values).join(',')})`;
  });
  return [...labels.map(([key, value]) => `${key}=${String(value)}`), ...sets].join(',');
}

function matchAll(requirements: readonly Requirement[]): LabelMatcher {
  return (labels) =>
    requirements.every((one) =>
      meetsRequirement(one, labels && Object.hasOwn(labels, one.key) ? labels[one.key] : undefined),
    );
}
