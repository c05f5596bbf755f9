import { strerror } from '../errno.js';
import type { NftVerb } from '../nft.js';
import type { NftOp } from '../ops.js';
import { isFailure, type OpFailure, type Transaction } from './transaction.js';

/** One command of `nft`. */
export function applyNft(transaction: Transaction, op: NftOp): OpFailure | undefined {
  const netns = transaction.netns(op.netns);
  if (isFailure(netns)) return netns;
  const { netfilter } = netns;
  if (transaction.first(`nft/${netns.inode}`)) {
    const before = netfilter.nftCheckpoint();
    transaction.undo(() => before.restore());
    transaction.onCommit(() => before.release());
  }
  const refusal = netfilter.applyNft(verbOf(op.op), op.thing);
  if (refusal === undefined) return undefined;
  const { errno } = refusal;
  const message = `Error: Could not process rule: ${strerror(errno)}`;
  return { errno, message, nft: refusal };
}

function verbOf(op: NftOp['op']): NftVerb {
  switch (op) {
    case 'nft.add':
      return 'add';
    case 'nft.create':
      return 'create';
    case 'nft.insert':
      return 'insert';
    case 'nft.replace':
      return 'replace';
    case 'nft.delete':
      return 'delete';
    case 'nft.destroy':
      return 'destroy';
    case 'nft.flush':
      return 'flush';
    case 'nft.rename':
      return 'rename';
  }
}
