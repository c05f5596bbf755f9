import { EXTENSION_READERS } from './match-extension.js';
import { HEADER_READERS } from './match-header.js';
import type { MatchReader, RuleDraft } from './rule-draft.js';
import type { Words } from './words.js';

/** Extensions of `-m` that are read. */
export const EXTENSIONS: readonly string[] = [
  'tcp',
  'udp',
  'sctp',
  'icmp',
  'icmp6',
  'icmpv6',
  'multiport',
  'conntrack',
  'state',
  'mark',
  'connmark',
  'comment',
  'statistic',
  'addrtype',
  'physdev',
  'recent',
  'limit',
  'set',
];

const READERS: ReadonlyMap<string, MatchReader> = new Map([
  ...HEADER_READERS,
  ...EXTENSION_READERS,
]);

/** Reads one match option that was just taken; false if it is none. */
export function readMatch(
  words: Words,
  draft: RuleDraft,
  option: string,
  invert: boolean,
): boolean {
  const reader = READERS.get(option);
  if (reader === undefined) return false;
  reader(words, draft, option, invert);
  return true;
}
