import type { ConntrackOp } from '../ops.js';
import { isFailure, type OpFailure, type Transaction } from './transaction.js';

/** `conntrack -D`, `conntrack -F`: carried out when all other ops have been. */
export function applyConntrack(transaction: Transaction, op: ConntrackOp): OpFailure | undefined {
  const netns = transaction.netns(op.netns);
  if (isFailure(netns)) return netns;
  const { op: _verb, netns: _name, ...match } = op;
  transaction.onCommit(() => netns.netfilter.conntrack.delete(match));
  return undefined;
}
