import type { Rule } from '../ops.js';

/** A rule for people: its matches as iptables writes them, without the chain and the target. */
export function ruleText(rule: Rule): string {
  return rule.matches.map((match) => match.match).join(' ');
}
