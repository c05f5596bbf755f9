export * from './nft/index.js';
export { COMMANDS, parseCommand, parseWords } from './parse-command.js';
export { parseIptablesCommand } from './parse-iptables.js';
export { parseIptablesRestore } from './parse-restore.js';
export { printOp } from './print.js';
export {
  type IpFamily,
  orderMatches,
  printIptablesSave,
  printRestoreNoflush,
  printRule,
} from './print-rule.js';
export { type CommandError, quoteWord, splitWords, wholeNumber } from './words.js';
