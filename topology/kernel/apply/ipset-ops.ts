import type { IpsetOp } from '../ops.js';
import { isFailure, type OpFailure, type Transaction } from './transaction.js';

/** `ipset create|add|del|flush|destroy|swap|rename`; messages are those of ipset 7.17. */
export function applyIpset(transaction: Transaction, op: IpsetOp): OpFailure | undefined {
  const netns = transaction.netns(op.netns);
  if (isFailure(netns)) return netns;
  if (transaction.first(`ipset/${netns.inode}`)) {
    const restore = netns.netfilter.checkpointSets();
    transaction.undo(restore);
  }
  const failure = netns.netfilter.editSets(op);
  return failure === undefined
    ? undefined
    : { errno: failure.errno, message: `ipset v7.17: ${failure.message}` };
}
