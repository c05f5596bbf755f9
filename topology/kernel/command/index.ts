export { findIpObject, type IpObject } from './ip-object.js';
export type { IptablesQuery, IptablesRequest } from './iptables-request.js';
export { IPTABLES_VERSION, iptablesFailure, type ToolFailure } from './iptables-stderr.js';
export {
  type ListCounter,
  type ListedChain,
  type ListOptions,
  listHeader,
  listRule,
} from './list-rule.js';
export { findRouteTable, ROUTE_TYPES, TABLE_HOOKS } from './names.js';
export * from './nft/index.js';
export { COMMANDS, parseCommand, parseWords } from './parse-command.js';
export {
  CONNTRACK_VERSION,
  type ConntrackQuery,
  type ConntrackRequest,
  parseConntrackRequest,
} from './parse-conntrack.js';
export { type FindSet, type IpsetRequest, parseIpsetRequest } from './parse-ipset.js';
export {
  parseIptablesCommand,
  parseIptablesRequest,
} from './parse-iptables.js';
export { parseIptablesRestore } from './parse-restore.js';
export { printOp } from './print.js';
export { printElement, printSetHeader } from './print-ipset.js';
export type { IpFamily } from './print-match.js';
export {
  orderMatches,
  printIptablesSave,
  printRestoreNoflush,
  printRule,
} from './print-rule.js';
export { type CommandError, quoteWord, splitWords, wholeNumber } from './words.js';
