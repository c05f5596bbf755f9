import {
  cidr4,
  contains,
  IPV6_ANY,
  type Ipv4,
  type Ipv6,
  isIpv4,
  isLoopback4,
  isMulticast6,
} from '../../addr/index.js';
import type { NetDevice } from '../link/device.js';
import { findAddress6 } from '../netns/ipv6-address.js';
import type { AddrOp } from '../ops.js';
import { saveDevice } from './link-snapshot.js';
import { extack, isFailure, type OpFailure, rtnetlink, type Transaction } from './transaction.js';

/** `ip addr add|del`. */
export function applyAddress(transaction: Transaction, op: AddrOp): OpFailure | undefined {
  const device = transaction.device(op.netns, op.dev);
  if (isFailure(device)) return device;
  const { address } = op.addr;
  return isIpv4(address)
    ? changeIpv4(transaction, op, device, address)
    : changeIpv6(transaction, op, device, address);
}

function changeIpv4(
  transaction: Transaction,
  op: AddrOp,
  device: NetDevice,
  address: Ipv4,
): OpFailure | undefined {
  const { netns } = device;
  const { prefixLength } = op.addr;
  const own = device.addresses.find(
    (each) => each.address === address && each.prefixLength === prefixLength,
  );
  if (op.op === 'addr.del') {
    if (own === undefined) return extack('EADDRNOTAVAIL', 'ipv4: Address not found.');
    saveDevice(transaction, device);
    netns.removeAddress(device, own);
    return undefined;
  }
  if (own !== undefined) return extack('EEXIST', 'ipv4: Address already assigned.');
  // Addresses of one prefix have one scope (__inet_insert_ifa).
  const block = cidr4(address, prefixLength);
  const fellow = device.addresses.find(
    (each) => each.prefixLength === prefixLength && contains(block, each.address),
  );
  const scope = op.scope ?? (isLoopback4(address) ? 'host' : 'global');
  if (fellow !== undefined && fellow.scope !== scope)
    return extack('EINVAL', 'ipv4: Invalid scope value.');
  saveDevice(transaction, device);
  const added = netns.addAddress(device, address, prefixLength, op.scope);
  added.broadcast = op.broadcast;
  return undefined;
}

/** inet6_addr_add: one address is there once, whatever its prefix length. */
function changeIpv6(
  transaction: Transaction,
  op: AddrOp,
  device: NetDevice,
  address: Ipv6,
): OpFailure | undefined {
  const { addrconf } = device.netns;
  const { prefixLength } = op.addr;
  const own = findAddress6(device, address);
  if (op.op === 'addr.del') {
    if (own?.prefixLength !== prefixLength) {
      return extack('EADDRNOTAVAIL', 'ipv6: address not found.');
    }
    saveDevice(transaction, device);
    addrconf.remove(device, own);
    return undefined;
  }
  if (own !== undefined) return extack('EEXIST', 'ipv6: address already assigned.');
  if (isMulticast6(address)) {
    const text = 'ipv6: Cannot assign multicast address without "IFA_F_MCAUTOJOIN" flag.';
    return extack('EINVAL', text);
  }
  if (address === IPV6_ANY) return extack('EADDRNOTAVAIL', 'ipv6: Invalid address.');
  if (device.conf6.disableIpv6 && device.kind !== 'loopback') {
    return extack('EACCES', 'ipv6: IPv6 is disabled on this device.');
  }
  if (!device.ipv6) return rtnetlink('EINVAL');
  saveDevice(transaction, device);
  addrconf.add(device, address, prefixLength, op.nodad ?? false);
  return undefined;
}
