import { printRule } from '../command/print-rule.js';
import type { Rule } from '../ops.js';

const texts = new WeakMap<Rule, string>();

/** The matches of a rule as iptables-save writes them; made when a trace first asks. */
export function ruleText(rule: Rule): string {
  const known = texts.get(rule);
  if (known !== undefined) return known;
  const text = printRule({ matches: rule.matches });
  texts.set(rule, text);
  return text;
}
