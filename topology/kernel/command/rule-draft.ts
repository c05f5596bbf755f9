import type { Match } from '../ops.js';
import type { Extension } from './extension.js';

/** What extensions ask of the rule they stand in, as far as it was read. */
export interface RuleDraft {
  readonly family: 'ipv4' | 'ipv6';
  /** What `-p` named; undefined for none and for all. */
  readonly proto: { readonly number: number; readonly invert: boolean } | undefined;
}

/** Makes a fresh reader of an extension for one rule. */
export type MatchMaker = (draft: RuleDraft) => Extension<readonly Match[]>;

/** Longest port list of `-m multiport` (XT_MULTI_PORTS). */
export const MULTI_PORTS = 15;

/** Protocols with ports, as port targets and multiport know them: tcp, udp, udplite, sctp, dccp. */
export const PORT_PROTOS: ReadonlySet<number> = new Set([6, 17, 136, 132, 33]);
