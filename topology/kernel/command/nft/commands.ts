import type { NftFamily, NftSetSpec, NftTableRef, NftThing, NftVerb } from '../../nft.js';
import type { Span } from './lexer.js';

/** Where the parts of a command stand, for the kernel's refusals. */
export interface NftSpans {
  readonly whole: Span;
  readonly table?: Span;
  readonly chain?: Span;
  readonly set?: Span;
  readonly handle?: Span;
  readonly elements?: readonly Span[];
  readonly statements?: readonly Span[];
}

/** What `nft list` may show. */
export interface NftListing {
  readonly what:
    | 'ruleset'
    | 'tables'
    | 'chains'
    | 'sets'
    | 'maps'
    | 'table'
    | 'chain'
    | 'set'
    | 'map';
  readonly family?: NftFamily;
  readonly table?: string;
  readonly name?: string;
}

/** One command of a text: a change, or a question. */
export type NftCommand =
  | {
      readonly kind: 'change';
      readonly verb: NftVerb;
      readonly thing: NftThing;
      readonly at: NftSpans;
    }
  | { readonly kind: 'list'; readonly listing: NftListing; readonly at: NftSpans };

/** What the reader knows of the kernel's present rules. */
export interface NftKnown {
  findSet(ref: NftTableRef, name: string): NftSetSpec | undefined;
}
