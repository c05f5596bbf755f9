import { fail, ok, type Result } from '../../base/index.js';
import type { Host } from '../host.js';
import type { KernelOp, OpError } from '../ops.js';
import { applyAddress } from './address-ops.js';
import { applyConntrack } from './conntrack-ops.js';
import { applyIpset } from './ipset-ops.js';
import { applyIptables } from './iptables-ops.js';
import { applyLinkAdd } from './link-add.js';
import { applyBridgePort, applyLinkDel, applyLinkSet } from './link-ops.js';
import { applyFdb, applyNeighbor, applyProxy } from './neighbor-ops.js';
import { applyNetns } from './netns-ops.js';
import { applyNft } from './nft-ops.js';
import { applyRoute, applyRule } from './route-ops.js';
import { applySysctl } from './sysctl-ops.js';

import { type OpFailure, Transaction } from './transaction.js';

/** Told of every list of ops that was applied. */
export type ApplyListener = (ops: readonly KernelOp[]) => void;

/** Applies a list of ops, all or none. */
export function applyOps(
  host: Host,
  ops: readonly KernelOp[],
  listeners: Iterable<ApplyListener>,
): Result<void, OpError> {
  const transaction = new Transaction(host);
  for (let index = 0; index < ops.length; index++) {
    const op = ops[index];
    if (op === undefined) continue;
    const failure = applyOp(transaction, op);
    if (failure === undefined) continue;
    transaction.rollBack();
    return fail({ code: 'kernel/bad-op', index, op, ...failure });
  }
  transaction.commit();
  for (const listener of listeners) listener(ops);
  return ok(undefined);
}

function applyOp(transaction: Transaction, op: KernelOp): OpFailure | undefined {
  switch (op.op) {
    case 'netns.add':
    case 'netns.attach':
    case 'netns.del':
      return applyNetns(transaction, op);
    case 'link.add':
      return applyLinkAdd(transaction, op);
    case 'link.set':
      return applyLinkSet(transaction, op);
    case 'link.del':
      return applyLinkDel(transaction, op);
    case 'bridge.port':
      return applyBridgePort(transaction, op);
    case 'addr.add':
    case 'addr.del':
      return applyAddress(transaction, op);
    case 'route.add':
    case 'route.replace':
    case 'route.del':
      return applyRoute(transaction, op);
    case 'rule.add':
    case 'rule.del':
      return applyRule(transaction, op);
    case 'neigh.replace':
    case 'neigh.del':
      return applyNeighbor(transaction, op);
    case 'neigh.proxy-add':
    case 'neigh.proxy-del':
      return applyProxy(transaction, op);
    case 'fdb.append':
    case 'fdb.replace':
    case 'fdb.del':
      return applyFdb(transaction, op);
    case 'sysctl.set':
      return applySysctl(transaction, op);
    case 'iptables.restore':
    case 'iptables.append':
    case 'iptables.insert':
    case 'iptables.delete':
    case 'iptables.policy':
    case 'iptables.new-chain':
    case 'iptables.flush':
    case 'iptables.delete-chain':
    case 'iptables.replace':
    case 'iptables.delete-number':
    case 'iptables.rename-chain':
    case 'iptables.zero':
      return applyIptables(transaction, op);
    case 'nft.add':
    case 'nft.create':
    case 'nft.insert':
    case 'nft.replace':
    case 'nft.delete':
    case 'nft.destroy':
    case 'nft.flush':
    case 'nft.rename':
      return applyNft(transaction, op);
    case 'ipset.create':
    case 'ipset.add':
    case 'ipset.del':
    case 'ipset.destroy':
    case 'ipset.flush':
    case 'ipset.swap':
    case 'ipset.rename':
      return applyIpset(transaction, op);
    case 'conntrack.delete':
      return applyConntrack(transaction, op);
  }
}
