import { MAC_ZERO } from '../../addr/index.js';
import { FdbEntry } from '../link/fdb.js';
import { Vxlan, type VxlanRemote } from '../link/vxlan.js';
import { bridgeOf } from '../netns/namespace.js';
import type { FdbOp, NeighOp, ProxyOp } from '../ops.js';
import { isFailure, type OpFailure, rtnetlink, type Transaction } from './transaction.js';

/** `ip neigh replace|del`. */
export function applyNeighbor(transaction: Transaction, op: NeighOp): OpFailure | undefined {
  const device = transaction.device(op.netns, op.dev);
  if (isFailure(device)) return device;
  const { neighbors } = device.netns;
  const known = neighbors.find(device, op.dst);
  if (op.op === 'neigh.del') {
    if (known === undefined) return rtnetlink('ENOENT');
    neighbors.remove(known);
    transaction.undo(() => device.neighbors.set(op.dst, known));
    return undefined;
  }
  const before = known === undefined ? undefined : { mac: known.mac, state: known.state };
  const entry = neighbors.create(device, op.dst);
  neighbors.update(entry, op.mac, { state: op.state, override: true, admin: true });
  transaction.undo(() => {
    if (before === undefined) neighbors.remove(entry);
    else Object.assign(entry, before);
  });
  return undefined;
}

/** `ip neigh add|del proxy`: `proxy_ndp` answers for these, and ARP whatever `proxy_arp` says (pneigh_lookup). */
export function applyProxy(transaction: Transaction, op: ProxyOp): OpFailure | undefined {
  const device = transaction.device(op.netns, op.dev);
  if (isFailure(device)) return device;
  const before = device.proxied;
  const after = new Set(before);
  if (op.op === 'neigh.proxy-add') after.add(op.dst);
  else if (!after.delete(op.dst)) return rtnetlink('ENOENT');
  device.proxied = after.size === 0 ? undefined : after;
  transaction.undo(() => {
    device.proxied = before;
  });
  return undefined;
}

/** `bridge fdb append|replace|del`, of a VXLAN device or of a bridge port. */
export function applyFdb(transaction: Transaction, op: FdbOp): OpFailure | undefined {
  const device = transaction.device(op.netns, op.dev);
  if (isFailure(device)) return device;
  if (device.driver instanceof Vxlan) return changeVxlan(transaction, op, device.driver);
  const bridge = device.port?.bridge ?? bridgeOf(device);
  if (bridge === undefined) return rtnetlink('EOPNOTSUPP');
  const { fdb } = bridge;
  const before = fdb.find(op.mac, device.netns.nowNs);
  if (op.op === 'fdb.del') {
    if (before === undefined) return rtnetlink('ENOENT');
    fdb.delete(op.mac);
    transaction.undo(() => fdb.put(before));
    return undefined;
  }
  const local = device.port === undefined;
  const seenNs = device.netns.nowNs;
  fdb.put(new FdbEntry({ mac: op.mac, port: device.port, local, permanent: true, seenNs }));
  transaction.undo(() => {
    fdb.delete(op.mac);
    if (before !== undefined) fdb.put(before);
  });
  return undefined;
}

function changeVxlan(transaction: Transaction, op: FdbOp, vxlan: Vxlan): OpFailure | undefined {
  const { fdb } = vxlan;
  const before = fdb.get(op.mac);
  transaction.undo(() => {
    if (before === undefined) fdb.delete(op.mac);
    else fdb.set(op.mac, before);
  });
  const remotes = before?.remotes ?? [];
  if (op.op === 'fdb.del') {
    const left = op.dst === undefined ? [] : remotes.filter((remote) => remote !== op.dst);
    if (before === undefined || left.length === remotes.length) return rtnetlink('ENOENT');
    if (left.length === 0) fdb.delete(op.mac);
    else fdb.set(op.mac, { ...before, remotes: left });
    return undefined;
  }
  if (op.dst === undefined) return rtnetlink('EINVAL');
  if (op.op === 'fdb.append' && remotes.includes(op.dst)) return rtnetlink('EEXIST');
  // Only the entry for unknown addresses may have several ends.
  if (op.op === 'fdb.append' && remotes.length > 0 && op.mac !== MAC_ZERO)
    return rtnetlink('EEXIST');
  const next = op.op === 'fdb.append' ? [...remotes, op.dst] : [op.dst];
  const entry: VxlanRemote = { mac: op.mac, remotes: next, permanent: true, seenNs: 0 };
  fdb.set(op.mac, entry);
  return undefined;
}
