import { broadcastOf, cidr4, type Ip, type Ipv4, isLoopback4, maskOf4 } from '../../addr/index.js';
import type { NetDevice } from '../link/device.js';
import type { NetNamespace } from './namespace.js';
import { type RouteScope, SCOPE } from './scope.js';

/** An IPv4 address of a device (struct in_ifaddr). */
export interface InterfaceAddress {
  readonly address: Ipv4;
  readonly prefixLength: number;
  readonly scope: RouteScope;
  /** Not the first address of its prefix on the device: not chosen as a source unless asked for. */
  readonly secondary: boolean;
  /** As given: `brd` of `ip addr`. Broadcasts to the prefix's last address are taken with or without it. */
  broadcast: Ipv4 | undefined;
}

/** Adds the routes that come with an address (fib_add_ifaddr): local, prefix and broadcast. */
export function addAddressRoutes(device: NetDevice, own: InterfaceAddress): void {
  const { fib } = device.netns;
  const { address, prefixLength } = own;
  const src = own.secondary ? primaryOf(device, own) : address;
  const kernel = { dev: device, src, proto: 'kernel' as const };
  fib.put({ ...kernel, table: 255, dst: cidr4(address, 32), type: 'local', scope: 'host' });
  if (!device.up || own.secondary || prefixLength === 32) return;
  const block = cidr4(address, prefixLength);
  if (device.kind === 'loopback') {
    fib.put({ ...kernel, table: 255, dst: block, type: 'local', scope: 'host' });
  } else fib.put({ ...kernel, table: 254, dst: block, type: 'unicast', scope: 'link' });
  if (prefixLength >= 31) return;
  const broadcast = cidr4(broadcastOf(block), 32);
  fib.put({ ...kernel, table: 255, dst: broadcast, type: 'broadcast', scope: 'link' });
}

/**
 * The source address for a destination when the route names none (inet_select_addr): the first primary
 * address of the device whose prefix holds the destination, else its first, else one of another device.
 */
export function selectAddress(
  device: NetDevice,
  towards: Ipv4 | undefined,
  scope: number,
): Ipv4 | undefined {
  const own = selectOn(device, towards, scope);
  if (own !== undefined) return own;
  for (const other of device.netns.deviceList) {
    for (const { address, scope: has, secondary } of other.addresses) {
      if (secondary) continue;
      if (has !== 'link' && SCOPE[has] <= scope) return address;
    }
  }
  return undefined;
}

function selectOn(device: NetDevice, towards: Ipv4 | undefined, scope: number): Ipv4 | undefined {
  const localnet = device.conf.routeLocalnet ? SCOPE.link : SCOPE.host;
  let first: Ipv4 | undefined;
  for (let index = 0; index < device.addresses.length; index++) {
    const own = device.addresses[index];
    if (own === undefined || own.secondary) continue;
    if (Math.min(SCOPE[own.scope], localnet) > scope) continue;
    if (towards === undefined || sameBlock(own.address, towards, own.prefixLength))
      return own.address;
    first ??= own.address;
  }
  return first;
}

/** Whether an IPv4 address lies on the prefix of an address of the device (inet_addr_onlink). */
export function onLink(device: NetDevice, a: Ipv4, b: Ipv4): boolean {
  return device.addresses.some(
    (own) =>
      sameBlock(own.address, a, own.prefixLength) && sameBlock(own.address, b, own.prefixLength),
  );
}

/** The record of a new address: whether it is secondary, and its scope when none was given. */
export function interfaceAddress(
  device: NetDevice,
  address: Ipv4,
  prefixLength: number,
  scope: RouteScope | undefined,
): InterfaceAddress {
  const secondary = device.addresses.some(
    (other) =>
      other.prefixLength === prefixLength && sameBlock(other.address, address, prefixLength),
  );
  const usual = isLoopback4(address) ? 'host' : 'global';
  return { address, prefixLength, scope: scope ?? usual, secondary, broadcast: undefined };
}

/** All IPv4 and IPv6 addresses of a namespace, to count how often each is assigned. */
export function countAddress(netns: NetNamespace, address: Ip, by: number): void {
  const count = (netns.localAddresses.get(address) ?? 0) + by;
  if (count <= 0) netns.localAddresses.delete(address);
  else netns.localAddresses.set(address, count);
}

function primaryOf(device: NetDevice, own: InterfaceAddress): Ip {
  for (const other of device.addresses) {
    if (other.secondary) continue;
    if (other.prefixLength !== own.prefixLength) continue;
    if (sameBlock(other.address, own.address, own.prefixLength)) return other.address;
  }
  return own.address;
}

function sameBlock(a: Ipv4, b: Ipv4, prefixLength: number): boolean {
  return ((a ^ b) & maskOf4(prefixLength)) === 0;
}
