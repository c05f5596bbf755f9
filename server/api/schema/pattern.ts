/** Regular expressions that strangers wrote: `pattern` of a CustomResourceDefinition. */

import { createContext, Script } from 'node:vm';

/** A test that takes longer counts as no match. */
const PATIENCE_MS = 50;
const MAX_KEPT = 1000;

/** From what length on texts took an expression too long: they are not tried again. */
const hopeless = new WeakMap<RegExp, number>();
const kept = new Map<string, RegExp | undefined>();
const place = createContext(
  { expression: undefined, text: '' },
  { microtaskMode: 'afterEvaluate' },
);
const script = new Script('expression.test(text)');

/** Reads a pattern; undefined when it is none. */
export function compilePattern(pattern: string): RegExp | undefined {
  if (kept.has(pattern)) return kept.get(pattern);
  const compiled = tryCompile(pattern);
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(pattern, compiled);
  return compiled;
}

/** Texts up to this length cost little where a pattern repeats one thing only. */
const SHORT = 1000;

/** Whether a match takes no more than some steps for each pair of letters. */
function isQuick({ source }: RegExp, text: string): boolean {
  const repeats = source.match(/[*+]|\{\d+,/g) ?? [];
  return text.length <= SHORT && repeats.length <= 1 && !/[*+}]\)|\)[*+{]/.test(source);
}

/**
 * Whether a text matches. Patterns that may backtrack for long are given 50 ms.
 *
 * Fidelity: Go's expressions never backtrack, and know a few signs that these do not.
 */
export function matchesPattern(expression: RegExp, text: string): boolean {
  if (isQuick(expression, text)) return expression.test(text);
  if (text.length >= (hopeless.get(expression) ?? Number.POSITIVE_INFINITY)) return false;
  place.expression = expression;
  place.text = text;
  try {
    return script.runInContext(place, { timeout: PATIENCE_MS }) === true;
  } catch {
    hopeless.set(expression, text.length);
    return false;
  }
}

function tryCompile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    try {
      return new RegExp(pattern);
    } catch {
      return undefined;
    }
  }
}
