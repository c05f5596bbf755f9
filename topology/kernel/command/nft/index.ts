export type { NftCommand, NftKnown, NftListing, NftSpans } from './commands.js';
export type { NftError } from './cursor.js';
export { formatNftError, formatNftErrors, kernelError } from './error.js';
export type { Span } from './lexer.js';
export { nftOps } from './ops.js';
export { parseNft } from './parse-ruleset.js';
export { printNftOp } from './print-op.js';
export { printNftRule } from './print-rule.js';
export {
  type NftPrintOptions,
  printChain,
  printNftRuleset,
  printNftTable,
  printSetBlock,
} from './print-ruleset.js';
