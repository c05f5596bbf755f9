import type { Ip } from '../../addr/index.js';
import { deleteDevice } from '../link/delete.js';
import type { NetDevice } from '../link/device.js';
import { MacvlanDriver } from '../link/macvlan.js';
import { countAddress } from '../netns/address.js';
import { bridgeOf } from '../netns/namespace.js';

/**
 * Notes everything about a device that going down, moving or being deleted destroys. The answer puts it back
 * exactly: addresses, routes, neighbours, settings, ports, the other end of a veth.
 */
export function snapshotDevice(device: NetDevice): () => void {
  const { netns, name, ifindex, up, carrier, peer, mac, mtuBytes, promisc } = device;
  const addresses = [...device.addresses];
  const addresses6 = [...device.addresses6];
  const { ipv6Ready } = device;
  const own = new Set<Ip>([...addresses, ...addresses6].map((each) => each.address));
  const routes = [...netns.fib.all()].filter(
    (entry) => entry.dev === device || (entry.prefSrc !== undefined && own.has(entry.prefSrc)),
  );
  const neighbors = [...device.neighbors.values()];
  const sysctls = netns.sysctls.save();
  const restorePort = snapshotPort(device);
  const members = (bridgeOf(device)?.ports ?? []).map((each) => snapshotPort(each.device));
  const uppers = [...(device.uppers ?? [])];
  return () => {
    if (device.gone || device.netns !== netns || device.name !== name) {
      if (!device.gone) device.netns.removeDevice(device);
      device.gone = false;
      device.name = name;
      device.ifindex = ifindex;
      netns.addDevice(device);
    }
    netns.sysctls.restore(sysctls);
    netns.sysctlsChanged();
    device.mac = mac;
    device.mtuBytes = mtuBytes;
    device.promisc = promisc;
    device.peer = peer;
    if (peer !== undefined) peer.peer = device;
    device.up = up;
    device.carrier = carrier;
    for (const each of device.addresses) countAddress(netns, each.address, -1);
    device.addresses = [...addresses];
    for (const each of addresses) countAddress(netns, each.address, 1);
    for (const each of [...device.addresses6]) netns.addrconf.remove(device, each);
    device.addresses6 = [...addresses6];
    for (const each of addresses6) if (!each.tentative) countAddress(netns, each.address, 1);
    device.ipv6Ready = ipv6Ready;
    for (const entry of [...netns.fib.all()]) if (entry.dev === device) netns.fib.remove(entry);
    for (const entry of routes) {
      if (!netns.fib.at(entry.table, entry.dst).includes(entry)) netns.fib.add(entry);
    }
    for (const entry of neighbors) device.neighbors.set(entry.address, entry);
    if (device.driver instanceof MacvlanDriver && !uppersOf(device.driver))
      device.driver.attach(device);
    device.uppers = uppers.length === 0 ? undefined : uppers;
    restorePort();
    for (const restore of members) restore();
    device.driver.linkChanged(device);
    netns.addrconf.linkChanged(device);
    netns.fib.generation++;
  };
}

/** Notes a device and all that is deleted with it: the other end of a veth, macvlans on top. */
export function snapshotForDelete(device: NetDevice): () => void {
  const all = [device];
  if (device.peer !== undefined) all.push(device.peer);
  for (const upper of device.uppers ?? []) if (upper.device !== undefined) all.push(upper.device);
  const restores = all.map(snapshotDevice);
  return () => {
    for (const restore of restores) restore();
  };
}

/** Deletes a device so that it can be put back. */
export function deleteUndoably(device: NetDevice): () => void {
  const restore = snapshotForDelete(device);
  deleteDevice(device);
  return restore;
}

/** Notes which bridge a device is a port of, and how. */
export function snapshotPort(device: NetDevice): () => void {
  const { port } = device;
  return () => {
    if (device.port?.bridge === port?.bridge) return;
    if (device.port !== undefined) device.port.bridge.removePort(device.port);
    if (port !== undefined) copyPort(port, port.bridge.addPort(device));
  };
}

function copyPort(from: NonNullable<NetDevice['port']>, to: NonNullable<NetDevice['port']>): void {
  to.hairpin = from.hairpin;
  to.isolated = from.isolated;
  to.learning = from.learning;
  to.heldDown = from.heldDown;
  to.bridge.portChanged(to);
}

function uppersOf(driver: MacvlanDriver): boolean {
  return driver.parent.uppers?.includes(driver) === true;
}
