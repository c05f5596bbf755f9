import type { Netns } from '../../contract.js';
import type { NftVerdict } from '../../nft.js';
import type { PacketFacts } from '../match/facts.js';
import type { Nat } from '../nat/nat.js';
import type { NftDatum } from './set.js';
import type { NftTable } from './table.js';

/** Two numbers that a statement keeps between packets: packets and octets, or tokens and a moment. */
export interface NftSlot {
  first: number;
  second: number;
}

/** One packet in one rule, as expressions and statements see it. */
export interface NftContext {
  readonly facts: PacketFacts;
  readonly netns: Netns;
  readonly nat: Nat;
  readonly table: NftTable;
  /** Of the rule that is being asked: one for each statement, then those of its expressions. */
  slots: readonly NftSlot[];
}

/** Gives a value for a packet; undefined when the packet has no such thing, and the rule does not match. */
export type NftGetter = (context: NftContext) => NftDatum | undefined;

/** What a statement leads to: the next one, the end of this rule, or a verdict. */
export type NftStep = 'next' | 'break' | NftVerdict | NftEnding;

/** A verdict that was explained where it was made. */
export interface NftEnding {
  readonly verdict: 'reject' | 'translated' | 'failed';
  /** Why, for 'failed'. */
  readonly problem?: string;
}

/** One statement ready to be asked. */
export type NftAction = (context: NftContext) => NftStep;

/** Hands out places in `slots` while a rule is compiled. */
export class SlotCounter {
  count: number;

  constructor(statements: number) {
    this.count = statements;
  }

  take(): number {
    return this.count++;
  }
}
