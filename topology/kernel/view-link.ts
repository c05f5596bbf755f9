import type { NetDevice } from './link/device.js';
import { MacvlanDriver } from './link/macvlan.js';
import { Vxlan } from './link/vxlan.js';
import type { NetNamespace } from './netns/namespace.js';

/** RFC 2863 operational states, in the words of iproute2. */
export type OperState = 'UNKNOWN' | 'DOWN' | 'LOWERLAYERDOWN' | 'UP';

/** The device that another is tied to (dev_get_iflink): the other end of a veth, the parent of a macvlan. */
export function linkedDevice(device: NetDevice): NetDevice | undefined {
  if (device.peer !== undefined) return device.peer;
  return device.driver instanceof MacvlanDriver ? device.driver.parent : undefined;
}

/** The operational state (default_operstate); devices that never tell a carrier are UNKNOWN while up. */
export function operState(device: NetDevice): OperState {
  if (!device.up) return 'DOWN';
  if (device.carrier) {
    const silent =
      device.kind === 'loopback' || device.kind === 'dummy' || device.driver instanceof Vxlan;
    return silent ? 'UNKNOWN' : 'UP';
  }
  const linked = linkedDevice(device);
  // Linux looks the index up in the device's own namespace, even if the other end is elsewhere.
  const found = linked === undefined ? undefined : device.netns.deviceByIndex(linked.ifindex);
  return found === undefined || found === device || found.carrier ? 'DOWN' : 'LOWERLAYERDOWN';
}

/** Flags in the words and order of `ip link` (print_link_flags). */
export function linkFlags(device: NetDevice): readonly string[] {
  const linked = linkedDevice(device);
  const state = operState(device);
  const flags: (string | false)[] = [
    device.up && state !== 'UP' && state !== 'UNKNOWN' && 'NO-CARRIER',
    device.kind === 'loopback' && 'LOOPBACK',
    device.kind !== 'loopback' && 'BROADCAST',
    device.kind !== 'loopback' && device.kind !== 'dummy' && 'MULTICAST',
    device.kind === 'dummy' && 'NOARP',
    device.promisc && 'PROMISC',
    device.up && 'UP',
    device.up && device.carrier && 'LOWER_UP',
    linked !== undefined && linked.netns === device.netns && !linked.up && 'M-DOWN',
  ];
  return flags.filter((flag) => flag !== false);
}

/**
 * The number by which a namespace knows the one of a device's other end (`link-netnsid`), counted from 0.
 *
 * Fidelity: Linux gives a number when it is first told of the other namespace; here it is the place of its first device
 * in order of ifindex.
 */
export function netnsIdOf(netns: NetNamespace, other: NetNamespace): number {
  const known: NetNamespace[] = [];
  for (const device of netns.deviceList) {
    const there = linkedDevice(device)?.netns;
    if (there !== undefined && there !== netns && !known.includes(there)) known.push(there);
  }
  const place = known.indexOf(other);
  return place < 0 ? known.length : place;
}
