import type { Match } from '../ops.js';
import type { Words } from './words.js';

/** A rule while its words are read. */
export interface RuleDraft {
  readonly family: 'ipv4' | 'ipv6';
  readonly matches: Match[];
  /** Extension named last with `-m`, and whether an option of it was read. */
  readonly loaded: Set<string>;
}

/** Reads the words of one option into the rule; `invert` when `!` stood before it. */
export type MatchReader = (words: Words, draft: RuleDraft, option: string, invert: boolean) => void;

/** One reader under each of its names. */
export function names(
  options: readonly string[],
  reader: MatchReader,
): (readonly [string, MatchReader])[] {
  return options.map((option) => [option, reader] as const);
}

/** The mark of a match behind `!`. */
export function inverted(invert: boolean): { readonly invert?: true } {
  return invert ? { invert: true } : {};
}
