export { COMMANDS, parseCommand, parseWords } from './parse-command.js';
export { parseIptablesCommand, parseIptablesRestore } from './parse-iptables.js';
export { printOp } from './print.js';
export {
  type IpFamily,
  orderMatches,
  printIptablesSave,
  printRestoreNoflush,
  printRule,
} from './print-rule.js';
export { type CommandError, quoteWord, splitWords, wholeNumber } from './words.js';
