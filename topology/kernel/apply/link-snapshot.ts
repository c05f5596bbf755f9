import { deleteDevice } from '../link/delete.js';
import type { NetDevice } from '../link/device.js';
import { MacvlanDriver } from '../link/macvlan.js';
import { countAddress } from '../netns/address.js';
import { bridgeOf, type NetNamespace } from '../netns/namespace.js';
import type { Transaction } from './transaction.js';

/**
 * Notes everything that a change of a device may change or destroy, of the device and of those it touches: addresses,
 * routes, neighbours, settings, carriers, bridge ports and what bridges learned; each once in a list of ops. Rolling
 * back puts it back exactly. `master` is the bridge that the device is about to become a port of.
 */
export function saveDevice(transaction: Transaction, device: NetDevice, master?: NetDevice): void {
  const devices = touched([device]);
  if (master !== undefined) devices.add(master);
  saveAll(transaction, devices);
}

/** As `saveDevice`, of every device of a namespace. */
export function saveDevices(transaction: Transaction, netns: NetNamespace): void {
  saveAll(transaction, touched(netns.deviceList));
}

/** Deletes a device, with the other end of a veth and the macvlans on top, so that all can be put back. */
export function deleteUndoably(transaction: Transaction, device: NetDevice): void {
  saveAll(transaction, touched(deletedWith(device)));
  deleteDevice(device);
}

/** What goes with a device. */
function deletedWith(device: NetDevice): readonly NetDevice[] {
  const uppers = (device.uppers ?? []).flatMap((upper) => upper.device ?? []);
  return [device, ...(device.peer === undefined ? [] : [device.peer]), ...uppers];
}

/** Devices whose state follows that of others: the other end, the bridge, the ports, those above and below. */
function touched(devices: readonly NetDevice[]): Set<NetDevice> {
  const found = new Set<NetDevice>();
  for (const device of devices) {
    found.add(device);
    const { peer, driver } = device;
    if (peer !== undefined) found.add(peer);
    for (const port of bridgeOf(device)?.ports ?? []) found.add(port.device);
    for (const upper of device.uppers ?? [])
      if (upper.device !== undefined) found.add(upper.device);
    if (driver instanceof MacvlanDriver) found.add(driver.parent);
  }
  for (const device of [...found]) if (device.master !== undefined) found.add(bridgeDevice(device));
  return found;
}

function bridgeDevice(device: NetDevice): NetDevice {
  return device.port?.bridge.device ?? device;
}

function saveAll(transaction: Transaction, devices: ReadonlySet<NetDevice>): void {
  const states: ReturnType<typeof snapshotOne>[] = [];
  const spaces: ReturnType<typeof snapshotNetns>[] = [];
  const bridges: (() => void)[] = [];
  for (const device of devices) {
    if (transaction.first(device)) states.push(snapshotOne(device));
    if (transaction.first(device.netns)) spaces.push(snapshotNetns(device.netns));
    const bridge = bridgeOf(device);
    if (bridge !== undefined && transaction.first(bridge)) bridges.push(bridge.save());
  }
  if (states.length === 0 && spaces.length === 0 && bridges.length === 0) return;
  transaction.undo(() => {
    for (const state of states) state.place();
    for (const { restoreSettings } of spaces) restoreSettings();
    for (const state of states) state.fill();
    for (const restore of bridges) restore();
    for (const { restoreRoutes } of spaces) restoreRoutes();
  });
}

function snapshotNetns(netns: NetNamespace): { restoreSettings(): void; restoreRoutes(): void } {
  const sysctls = netns.sysctls.save();
  const routes = netns.fib.save();
  return {
    restoreSettings() {
      netns.sysctls.restore(sysctls);
      netns.sysctlsChanged();
    },
    restoreRoutes() {
      netns.fib.restore(routes);
    },
  };
}

/** First all devices are put in their places, which others notice; then each gets its state back, unnoticed. */
function snapshotOne(device: NetDevice): { place(): void; fill(): void } {
  const { netns, name, ifindex, up, carrier, activated, peer, mac, mtuBytes, promisc } = device;
  const addresses = [...device.addresses];
  const addresses6 = [...device.addresses6];
  const { ipv6Ready, proxied } = device;
  const neighbors = Array.from(device.neighbors.values(), (entry) => {
    return { entry, mac: entry.mac, state: entry.state };
  });
  const uppers = [...(device.uppers ?? [])];
  return {
    place() {
      if (!device.gone && device.netns === netns && device.name === name) return;
      if (!device.gone) device.netns.removeDevice(device);
      device.gone = false;
      device.name = name;
      device.ifindex = ifindex;
      netns.addDevice(device);
    },
    fill() {
      for (const each of [...device.addresses6]) netns.addrconf.remove(device, each);
      for (const each of device.addresses) countAddress(netns, each.address, -1);
      Object.assign(device, { up, carrier, activated, peer, mac, mtuBytes, promisc, ipv6Ready });
      device.proxied = proxied;
      device.addresses = addresses;
      for (const each of addresses) countAddress(netns, each.address, 1);
      device.addresses6 = addresses6;
      for (const each of addresses6) if (!each.tentative) countAddress(netns, each.address, 1);
      device.neighbors.clear();
      for (const { entry, mac: known, state } of neighbors) {
        entry.mac = known;
        entry.state = state;
        device.neighbors.set(entry.address, entry);
      }
      device.uppers = uppers.length === 0 ? undefined : uppers;
    },
  };
}
