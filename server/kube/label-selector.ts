/** Label selectors, as text (`app=web,tier in (a,b),!old`) and as objects. */

import type { LabelSelector, Labels } from '../contract/kube.js';
import { asObject, isObject, objectsOf, stringsOf } from './json.js';
import { meetsRequirement, type Requirement } from './requirement.js';

/** Decides whether a set of labels matches. */
export type LabelMatcher = (labels: Labels | undefined) => boolean;

const KEY = /^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$/;
const SET_BASED = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/;
const EQUALITY = /^([^=!<>\s]+)\s*(==|=|!=|>|<)\s*(\S*)$/;

/** Reads a selector text; undefined when it is not one. */
export function parseLabelSelector(text: string): LabelMatcher | undefined {
  const requirements: Requirement[] = [];
  for (const part of splitOutsideParentheses(text)) {
    const requirement = parseRequirement(part.trim());
    if (requirement === undefined) return undefined;
    requirements.push(requirement);
  }
  return matchAll(requirements);
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

function splitOutsideParentheses(text: string): string[] {
  if (text.trim() === '') return [];
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '(') depth += 1;
    if (text[index] === ')') depth -= 1;
    if (text[index] !== ',' || depth > 0) continue;
    parts.push(text.slice(start, index));
    start = index + 1;
  }
  parts.push(text.slice(start));
  return parts;
}

const OPERATORS: Readonly<Record<string, Requirement['operator']>> = {
  '=': 'In',
  '==': 'In',
  '!=': 'NotIn',
  '>': 'Gt',
  '<': 'Lt',
  in: 'In',
  notin: 'NotIn',
};

function parseRequirement(text: string): Requirement | undefined {
  const set = SET_BASED.exec(text);
  if (set?.[1] !== undefined && set[2] !== undefined) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim());
    return withKey(set[1], OPERATORS[set[2]], values);
  }
  const equality = EQUALITY.exec(text);
  if (equality?.[1] !== undefined && equality[2] !== undefined) {
    return withKey(equality[1], OPERATORS[equality[2]], [equality[3] ?? '']);
  }
  return text.startsWith('!')
    ? withKey(text.slice(1).trim(), 'DoesNotExist', [])
    : withKey(text, 'Exists', []);
}

function withKey(
  key: string,
  operator: Requirement['operator'] | undefined,
  values: readonly string[],
): Requirement | undefined {
  return operator !== undefined && KEY.test(key) ? { key, operator, values } : undefined;
}
