/** The rules of every kind that has some. */

import type { RuleBook } from './rules.js';

/** Makes the rule book. */
export function createRuleBook(): RuleBook {
  return new Map();
}
