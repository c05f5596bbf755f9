/** A part of a rule in nft's words, or what nft has no word for. */
export type Translated = { readonly text: string } | { readonly unsupported: string };
