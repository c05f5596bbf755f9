import { isMulticastMac, type Mac } from '../../addr/index.js';
import { Bridge } from '../link/bridge.js';
import { deleteDevice } from '../link/delete.js';
import { NetDevice } from '../link/device.js';
import type { Driver } from '../link/driver.js';
import { MacvlanDriver } from '../link/macvlan.js';
import { DummyDriver } from '../link/simple.js';
import { VethDriver } from '../link/veth.js';
import { Vxlan } from '../link/vxlan.js';
import type { NetNamespace } from '../netns/namespace.js';
import type { KernelOp, LinkSpec } from '../ops.js';
import { extack, isFailure, type OpFailure, rtnetlink, type Transaction } from './transaction.js';

type LinkAddOp = Extract<KernelOp, { readonly op: 'link.add' }>;

const ETHERNET_MTU_BYTES = 1500;

/** Outer Ethernet, IPv4, UDP and VXLAN headers: what a tunnel's MTU is smaller by. */
const VXLAN_HEADROOM_BYTES = 50;

const MIN_MTU_BYTES = 68;
const MAX_MTU_BYTES = 65535;

/** IFNAMSIZ less the closing zero. */
const MAX_NAME_LENGTH = 15;

/** `ip link add`. */
export function applyLinkAdd(transaction: Transaction, op: LinkAddOp): OpFailure | undefined {
  const netns = transaction.netns(op.netns);
  if (isFailure(netns)) return netns;
  const bad = checkNew(netns, op);
  if (bad !== undefined) return bad;
  switch (op.spec.type) {
    case 'veth':
      return addVeth(transaction, op, op.spec, netns);
    case 'vxlan':
      return addVxlan(transaction, op, op.spec, netns);
    case 'macvlan':
      return addMacvlan(transaction, op, op.spec, netns);
    case 'bridge': {
      const bridge = new Bridge();
      const device = make(netns, op, {
        kind: 'bridge',
        driver: bridge,
        mtuBytes: ETHERNET_MTU_BYTES,
      });
      bridge.macFixed = op.mac !== undefined;
      bridge.mtuFixed = op.mtuBytes !== undefined;
      bridge.attach(device);
      transaction.undo(() => deleteDevice(device));
      return undefined;
    }
    case 'dummy': {
      const driver = new DummyDriver();
      const device = make(netns, op, { kind: 'dummy', driver, mtuBytes: ETHERNET_MTU_BYTES });
      transaction.undo(() => deleteDevice(device));
      return undefined;
    }
  }
}

/** Whether a name may be given to a device. */
export function validName(name: string): boolean {
  return (
    name.length > 0 &&
    name.length <= MAX_NAME_LENGTH &&
    !/[\s/:]/.test(name) &&
    !/^\.{1,2}$/.test(name)
  );
}

/** Whether a size may be an MTU: `Error: mtu less than device minimum.` otherwise. */
export function checkMtu(mtuBytes: number | undefined): OpFailure | undefined {
  if (mtuBytes === undefined) return undefined;
  if (mtuBytes < MIN_MTU_BYTES) return extack('EINVAL', 'mtu less than device minimum.');
  if (mtuBytes > MAX_MTU_BYTES) return extack('EINVAL', 'mtu greater than device maximum.');
  return undefined;
}

/** Whether an address may be a device's own. */
export function checkMac(mac: Mac | undefined): OpFailure | undefined {
  if (mac === undefined || (mac !== 0 && !isMulticastMac(mac))) return undefined;
  return rtnetlink('EADDRNOTAVAIL');
}

function checkNew(
  netns: NetNamespace,
  link: { readonly name: string; readonly mac?: Mac; readonly mtuBytes?: number },
): OpFailure | undefined {
  if (!validName(link.name)) {
    return extack('EINVAL', `argument "${link.name}" is wrong: "name" not a valid ifname`);
  }
  if (netns.device(link.name) !== undefined) return rtnetlink('EEXIST');
  return checkMac(link.mac) ?? checkMtu(link.mtuBytes);
}

function make(
  netns: NetNamespace,
  link: {
    readonly name: string;
    readonly mac?: Mac;
    readonly mtuBytes?: number;
    readonly spec?: LinkSpec;
  },
  how: { readonly kind: NetDevice['kind']; readonly driver: Driver; readonly mtuBytes: number },
): NetDevice {
  const device = new NetDevice({
    ifindex: netns.nextIfindex(),
    name: link.name,
    kind: how.kind,
    spec: link.spec,
    netns,
    mac: link.mac ?? netns.host.nextMac(),
    mtuBytes: link.mtuBytes ?? how.mtuBytes,
    driver: how.driver,
  });
  netns.addDevice(device);
  return device;
}

function addVeth(
  transaction: Transaction,
  op: LinkAddOp,
  spec: Extract<LinkSpec, { readonly type: 'veth' }>,
  netns: NetNamespace,
): OpFailure | undefined {
  const peerNetns = spec.peer.netns === undefined ? netns : transaction.netns(spec.peer.netns);
  if (isFailure(peerNetns)) return peerNetns;
  const bad = checkNew(peerNetns, spec.peer);
  if (bad !== undefined) return bad;
  if (peerNetns === netns && spec.peer.name === op.name) return rtnetlink('EEXIST');
  const kind = 'veth';
  // The kernel makes the peer first.
  const driver = new VethDriver();
  const peer = make(peerNetns, spec.peer, { kind, driver, mtuBytes: ETHERNET_MTU_BYTES });
  const device = make(netns, op, { kind, driver, mtuBytes: ETHERNET_MTU_BYTES });
  device.peer = peer;
  peer.peer = device;
  transaction.undo(() => deleteDevice(device));
  return undefined;
}

function addVxlan(
  transaction: Transaction,
  op: LinkAddOp,
  spec: Extract<LinkSpec, { readonly type: 'vxlan' }>,
  netns: NetNamespace,
): OpFailure | undefined {
  const lower = spec.dev === undefined ? undefined : netns.device(spec.dev);
  if (spec.dev !== undefined && lower === undefined) {
    return { errno: 'ENODEV', message: `Cannot find device "${spec.dev}"` };
  }
  if (spec.vni < 0 || spec.vni >= 2 ** 24) {
    return extack('ERANGE', `argument "${spec.vni}" is wrong: invalid id`);
  }
  for (const other of netns.deviceList) {
    const { driver } = other;
    const same =
      driver instanceof Vxlan && driver.vni === spec.vni && driver.dstPort === spec.dstPort;
    if (same) return extack('EEXIST', 'A VXLAN device with the specified VNI already exists.');
  }
  const driver = new Vxlan({
    vni: spec.vni,
    dstPort: spec.dstPort,
    local: spec.local,
    learning: spec.learning,
    underlay: netns,
    lower,
  });
  const mtuBytes = lower === undefined ? ETHERNET_MTU_BYTES : lower.mtuBytes - VXLAN_HEADROOM_BYTES;
  const device = make(netns, op, { kind: 'vxlan', driver, mtuBytes });
  driver.attach(device);
  transaction.undo(() => deleteDevice(device));
  return undefined;
}

function addMacvlan(
  transaction: Transaction,
  op: LinkAddOp,
  spec: Extract<LinkSpec, { readonly type: 'macvlan' }>,
  netns: NetNamespace,
): OpFailure | undefined {
  const parent = netns.device(spec.parent);
  if (parent === undefined)
    return { errno: 'ENODEV', message: `Cannot find device "${spec.parent}"` };
  if (parent.port !== undefined) return rtnetlink('EBUSY');
  if ((op.mtuBytes ?? 0) > parent.mtuBytes) return rtnetlink('EINVAL');
  const driver = new MacvlanDriver(parent, spec.mode);
  const device = make(netns, op, { kind: 'macvlan', driver, mtuBytes: parent.mtuBytes });
  driver.attach(device);
  transaction.undo(() => deleteDevice(device));
  return undefined;
}
