import type { NetnsOp } from '../ops.js';
import type { OpFailure, Transaction } from './transaction.js';

/** `ip netns add|attach|del`. */
export function applyNetns(transaction: Transaction, op: NetnsOp): OpFailure | undefined {
  const { host } = transaction;
  const file = `/run/netns/${op.name}`;
  const known = host.netns(op.name);
  if (op.op === 'netns.del') {
    if (op.name === '' || known === undefined) {
      return {
        errno: 'ENOENT',
        message: `Cannot remove namespace file "${file}": No such file or directory`,
      };
    }
    // Held until the list is done, so that taking the name back is enough to undo it.
    host.acquire(known);
    host.unnameNetns(op.name);
    transaction.undo(() => {
      host.nameNetns(known, op.name);
      host.release(known);
    });
    transaction.onCommit(() => host.release(known));
    return undefined;
  }
  if (known !== undefined) {
    return { errno: 'EEXIST', message: `Cannot create namespace file "${file}": File exists` };
  }
  if (op.op === 'netns.add') {
    const netns = host.createNetns('');
    host.nameNetns(netns, op.name);
    host.release(netns);
    transaction.undo(() => host.unnameNetns(op.name));
    return undefined;
  }
  const inode = host.processes.netnsOf(op.pid)?.inode;
  const netns = inode === undefined ? undefined : host.netnsByInode(inode);
  if (netns === undefined) {
    return { errno: 'ESRCH', message: `Invalid PID: ${op.pid}` };
  }
  host.nameNetns(netns, op.name);
  transaction.undo(() => host.unnameNetns(op.name));
  return undefined;
}
