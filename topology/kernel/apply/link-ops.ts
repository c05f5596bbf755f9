import type { NetDevice } from '../link/device.js';
import { bridgeOf } from '../netns/namespace.js';
import type { KernelOp } from '../ops.js';
import { checkMac, checkMtu, validName } from './link-add.js';
import { deleteUndoably, saveDevice } from './link-snapshot.js';
import { extack, isFailure, type OpFailure, rtnetlink, type Transaction } from './transaction.js';

type LinkSetOp = Extract<KernelOp, { readonly op: 'link.set' }>;
type LinkDelOp = Extract<KernelOp, { readonly op: 'link.del' }>;
type BridgePortOp = Extract<KernelOp, { readonly op: 'bridge.port' }>;

/** `ip link set`: namespace, address, MTU, name, flags, master, in the kernel's order. */
export function applyLinkSet(transaction: Transaction, op: LinkSetOp): OpFailure | undefined {
  const device = transaction.device(op.netns, op.name);
  if (isFailure(device)) return device;
  const bad = checkMac(op.mac) ?? checkMtu(op.mtuBytes);
  if (bad !== undefined) return bad;
  const master = typeof op.master === 'string' ? device.netns.device(op.master) : undefined;
  saveDevice(transaction, device, master);
  for (const upper of uppersAbove(device, op.mtuBytes)) saveDevice(transaction, upper);
  return (
    move(transaction, device, op) ??
    setAddressAndSize(device, op) ??
    rename(device, op) ??
    setFlags(device, op) ??
    setMaster(device, op)
  );
}

/** `ip link del`. */
export function applyLinkDel(transaction: Transaction, op: LinkDelOp): OpFailure | undefined {
  const device = transaction.device(op.netns, op.name);
  if (isFailure(device)) return device;
  if (device.kind === 'loopback' || device.kind === 'cable') return rtnetlink('EOPNOTSUPP');
  deleteUndoably(transaction, device);
  return undefined;
}

/** `bridge link set`. */
export function applyBridgePort(transaction: Transaction, op: BridgePortOp): OpFailure | undefined {
  const device = transaction.device(op.netns, op.name);
  if (isFailure(device)) return device;
  const { port } = device;
  if (port === undefined) return rtnetlink('EOPNOTSUPP');
  if (op.state !== undefined && (op.state < 0 || op.state > 4)) return rtnetlink('EINVAL');
  saveDevice(transaction, device);
  if (op.hairpin !== undefined) port.hairpin = op.hairpin;
  if (op.isolated !== undefined) port.isolated = op.isolated;
  if (op.learning !== undefined) port.learning = op.learning;
  if (op.state !== undefined) port.bridge.setPortState(port, op.state);
  return undefined;
}

function move(transaction: Transaction, device: NetDevice, op: LinkSetOp): OpFailure | undefined {
  if (op.toNetns === undefined) return undefined;
  const target = transaction.netns(op.toNetns);
  if (isFailure(target)) return target;
  if (target === device.netns) return undefined;
  if (device.kind === 'loopback' || device.kind === 'bridge') {
    return extack('EINVAL', 'The interface netns is immutable.');
  }
  const name = op.rename ?? device.name;
  if (target.device(name) !== undefined) return rtnetlink('EEXIST');
  if (device.port !== undefined) device.port.bridge.removePort(device.port);
  device.netns.removeDevice(device);
  device.name = name;
  target.addDevice(device);
  device.driver.linkChanged(device);
  return undefined;
}

function setAddressAndSize(device: NetDevice, op: LinkSetOp): OpFailure | undefined {
  const { mac, mtuBytes } = device;
  if (op.mac !== undefined && op.mac !== mac) changeMac(device, op.mac);
  if (op.mtuBytes !== undefined && op.mtuBytes !== mtuBytes) {
    const limitBytes = device.driver.mtuLimitBytes;
    if (limitBytes !== undefined && op.mtuBytes > limitBytes) return rtnetlink('EINVAL');
    for (const each of [device, ...uppersAbove(device, op.mtuBytes)]) changeMtu(each, op.mtuBytes);
  }
  return undefined;
}

/** Devices on top that may not stay larger (macvlan_device_event). */
function uppersAbove(device: NetDevice, mtuBytes: number | undefined): readonly NetDevice[] {
  if (mtuBytes === undefined) return [];
  return (device.uppers ?? []).flatMap(({ device: upper }) =>
    upper !== undefined && upper.mtuBytes > mtuBytes ? [upper] : [],
  );
}

function changeMac(device: NetDevice, mac: NetDevice['mac']): void {
  const before = device.mac;
  const bridge = bridgeOf(device);
  if (bridge !== undefined) bridge.setMac(mac);
  else device.mac = mac;
  device.port?.bridge.portMacChanged(device.port, before);
  device.netns.neighbors.flushDevice(device, true);
}

function changeMtu(device: NetDevice, mtuBytes: number): void {
  const bridge = bridgeOf(device);
  if (bridge !== undefined) bridge.mtuFixed = true;
  device.setMtu(mtuBytes);
  device.port?.bridge.adjust();
}

function rename(device: NetDevice, op: LinkSetOp): OpFailure | undefined {
  const name = op.rename;
  if (name === undefined || name === device.name) return undefined;
  if (!validName(name)) {
    return extack('EINVAL', `argument "${name}" is wrong: "name" not a valid ifname`);
  }
  if (device.netns.device(name) !== undefined) return rtnetlink('EEXIST');
  device.netns.renameDevice(device, name);
  return undefined;
}

function setFlags(device: NetDevice, op: LinkSetOp): OpFailure | undefined {
  if (op.promisc !== undefined) device.promisc = op.promisc;
  if (op.up !== undefined && op.up !== device.up) device.netns.setUp(device, op.up);
  return undefined;
}

function setMaster(device: NetDevice, op: LinkSetOp): OpFailure | undefined {
  if (op.master === undefined) return undefined;
  if (op.master === null) {
    if (device.port !== undefined) device.port.bridge.removePort(device.port);
    return undefined;
  }
  const master = device.netns.device(op.master);
  if (master === undefined) {
    return extack('ENODEV', `argument "${op.master}" is wrong: Device does not exist`);
  }
  const bridge = bridgeOf(master);
  if (bridge === undefined) return rtnetlink('EOPNOTSUPP');
  if (device.kind === 'loopback') return rtnetlink('EINVAL');
  if (device.kind === 'bridge') return extack('EINVAL', 'Can not enslave a bridge to a bridge.');
  if (device.uppers !== undefined) return rtnetlink('EBUSY');
  if (device.port?.bridge === bridge) return undefined;
  if (device.port !== undefined) device.port.bridge.removePort(device.port);
  bridge.addPort(device);
  return undefined;
}
