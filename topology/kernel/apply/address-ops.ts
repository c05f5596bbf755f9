import { isIpv4, isMulticast4 } from '../../addr/index.js';
import type { AddrOp } from '../ops.js';
import { snapshotDevice } from './link-snapshot.js';
import { extack, isFailure, type OpFailure, type Transaction } from './transaction.js';

/** `ip addr add|del`. */
export function applyAddress(transaction: Transaction, op: AddrOp): OpFailure | undefined {
  const device = transaction.device(op.netns, op.dev);
  if (isFailure(device)) return device;
  const { netns } = device;
  const { address, prefixLength } = op.addr;
  const family = isIpv4(address) ? 'ipv4' : 'ipv6';
  const own = device.addresses.find(
    (each) => each.address === address && each.prefixLength === prefixLength,
  );
  if (op.op === 'addr.del') {
    if (own === undefined) return extack('EADDRNOTAVAIL', `${family}: Address not found.`);
    transaction.undo(snapshotDevice(device));
    netns.removeAddress(device, own);
    return undefined;
  }
  if (own !== undefined) return extack('EEXIST', `${family}: Address already assigned.`);
  if (isIpv4(address) && isMulticast4(address)) {
    return extack('EINVAL', 'ipv4: Invalid address.');
  }
  const added = netns.addAddress(device, address, prefixLength, op.scope);
  added.broadcast = op.broadcast;
  transaction.undo(() => netns.removeAddress(device, added));
  return undefined;
}
