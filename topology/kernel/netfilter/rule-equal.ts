import type { Rule } from '../ops.js';

/** Whether two rules are the same to `iptables -D`: equal matches in the same order, and equal targets. */
export function sameRule(a: Rule, b: Rule): boolean {
  return a === b || sameValue(a, b);
}

/** Equal data: numbers, text, lists and records; an absent field equals an undefined or false one. */
function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return a === false || b === false;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return false;
  const left = new Map(Object.entries(a));
  const right = new Map(Object.entries(b));
  const keys = new Set([...left.keys(), ...right.keys()]);
  for (const key of keys) {
    if (!sameValue(left.get(key), right.get(key))) return false;
  }
  return true;
}
