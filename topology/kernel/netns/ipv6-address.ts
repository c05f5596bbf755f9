import {
  cidr6,
  formatIp,
  IPV6_ALL_NODES,
  IPV6_ALL_ROUTERS,
  IPV6_LOOPBACK,
  type Ip,
  type Ipv6,
  isLinkLocal6,
  scopeOf6,
  solicitedNode6,
} from '../../addr/index.js';
import type { WheelTimer } from '../../base/index.js';
import type { NetDevice } from '../link/device.js';
import { TABLE } from './fib.js';
import { RouteEntry } from './route.js';
import type { RouteScope } from './scope.js';

/** ff01::1, ff01::2 and ff05::2: the groups of one interface, and of the routers of a site. */
const OWN_INTERFACE = 0xff010000000000000000000000000001n;
const OWN_INTERFACE_ROUTERS = 0xff010000000000000000000000000002n;
const SITE_ROUTERS = 0xff050000000000000000000000000002n;

/** Metric of routes that come with addresses (IP6_RT_PRIO_ADDRCONF). */
const ADDRCONF_METRIC = 256;

const GROUPS = cidr6(0xff000000000000000000000000000000n as Ipv6, 8);

/** An IPv6 address of a device (struct inet6_ifaddr). */
export class Ipv6Address {
  readonly address: Ipv6;
  readonly prefixLength: number;
  readonly scope: RouteScope;
  /** Added without duplicate address detection (IFA_F_NODAD). */
  readonly nodad: boolean;
  /** Not known to be unique yet: not an address of this host until then (IFA_F_TENTATIVE). */
  tentative = true;
  /** Another node has it (IFA_F_DADFAILED). */
  dadFailed = false;
  /** Solicitations still to be sent, and what tells them from those of others. */
  probes = 0;
  nonce = 0;
  timer: WheelTimer | undefined = undefined;

  constructor(address: Ipv6, prefixLength: number, nodad: boolean) {
    this.address = address;
    this.prefixLength = prefixLength;
    this.scope = address === IPV6_LOOPBACK ? 'host' : isLinkLocal6(address) ? 'link' : 'global';
    this.nodad = nodad;
  }
}

/** Puts an address in its place: before those of its own or a narrower scope (ipv6_link_dev_addr). */
export function insertAddress6(list: Ipv6Address[], own: Ipv6Address): void {
  const scope = scopeOf6(own.address);
  const place = list.findIndex((other) => scopeOf6(other.address) <= scope);
  if (place < 0) list.push(own);
  else list.splice(place, 0, own);
}

/** The address of a device that is this one, tentative or not. */
export function findAddress6(device: NetDevice, address: Ipv6): Ipv6Address | undefined {
  return device.addresses6.find((own) => own.address === address);
}

/** The link-local address of a device that may be used as a source (ipv6_get_lladdr). */
export function linkLocalAddress(device: NetDevice): Ipv6 | undefined {
  return device.addresses6.find((own) => own.scope === 'link' && !own.tentative)?.address;
}

/** Whether a device has joined a group (ipv6_chk_mcast_addr): what every node, router and owner of an address joins. */
export function isMember6(device: NetDevice, group: Ipv6): boolean {
  if (!device.ipv6) return false;
  if (group === IPV6_ALL_NODES || group === OWN_INTERFACE) return true;
  if (group === IPV6_ALL_ROUTERS || group === OWN_INTERFACE_ROUTERS || group === SITE_ROUTERS)
    return device.conf6.forwarding;
  if (device.proxied !== undefined && asksForProxied(device.proxied, group)) return true;
  return device.addresses6.some(
    (own) =>
      solicitedNode6(own.address) === group ||
      (device.conf6.forwarding && solicitedNode6(subnetAnycast(own)) === group),
  );
}

/** A device that answers for others listens where they would (pndisc_constructor). */
function asksForProxied(proxied: ReadonlySet<Ip>, group: Ipv6): boolean {
  for (const address of proxied) {
    if (typeof address === 'bigint' && solicitedNode6(address) === group) return true;
  }
  return false;
}

/** Whether an address is the subnet-router anycast address of a device's prefix (RFC 4291 section 2.6.1). */
export function isAnycast6(device: NetDevice, address: Ipv6): boolean {
  if (!device.conf6.forwarding) return false;
  return device.addresses6.some((own) => hasAnycast(own) && subnetAnycast(own) === address);
}

/** The route by which groups are sent (addrconf_add_mroute). */
export function addGroupRoute(device: NetDevice): void {
  device.netns.fib.put({
    table: TABLE.local,
    dst: GROUPS,
    type: 'multicast',
    dev: device,
    scope: 'link',
    proto: 'kernel',
    metric: ADDRCONF_METRIC,
  });
}

/** Adds the routes that come with an address: its prefix and, once it is known to be unique, itself and its anycast. */
export function addAddressRoutes6(device: NetDevice, own: Ipv6Address): void {
  const { fib } = device.netns;
  const { address, prefixLength } = own;
  if (device.up && (device.kind !== 'loopback' || prefixLength < 128)) {
    fib.put({
      table: TABLE.main,
      dst: cidr6(address, prefixLength),
      type: 'unicast',
      dev: device,
      scope: 'link',
      proto: 'kernel',
      metric: ADDRCONF_METRIC,
    });
  }
  if (own.tentative) return;
  const kernel = { table: TABLE.local, dev: device, scope: 'host', proto: 'kernel' } as const;
  fib.put({ ...kernel, dst: cidr6(address, 128), type: 'local' });
  if (!device.conf6.forwarding || !hasAnycast(own)) return;
  fib.put({ ...kernel, dst: cidr6(subnetAnycast(own), 128), type: 'anycast' });
}

/** Takes away the routes that came with an address, but for what another address of the device still needs. */
export function removeAddressRoutes6(device: NetDevice, gone: Ipv6Address): void {
  const { fib } = device.netns;
  const left = device.addresses6;
  fib.removeWhere((entry) => {
    if (entry.dev !== device || entry.proto !== 'kernel') return false;
    const { network, prefixLength } = entry.dst;
    if (entry.type === 'local') return network === gone.address;
    if (entry.type === 'anycast') {
      const needed = left.some((own) => hasAnycast(own) && subnetAnycast(own) === network);
      return network === subnetAnycast(gone) && !needed;
    }
    if (entry.type !== 'unicast' || prefixLength !== gone.prefixLength) return false;
    const prefix = cidr6(gone.address, prefixLength).network;
    return network === prefix && !left.some((own) => samePrefix(own, gone));
  });
  // Routes that preferred the address go on without it (rt6_remove_prefsrc).
  for (const entry of fib.removeWhere((each) => each.prefSrc === gone.address)) {
    fib.add(new RouteEntry({ ...entry, mtuBytes: entry.routeMtuBytes, src: undefined }));
  }
}

/** For explanations: the address with its prefix length. */
export function addressText6(own: Ipv6Address): string {
  return `${formatIp(own.address)}/${own.prefixLength}`;
}

function subnetAnycast(own: Ipv6Address): Ipv6 {
  return cidr6(own.address, own.prefixLength).network;
}

function hasAnycast(own: Ipv6Address): boolean {
  return own.prefixLength < 127 && own.address !== subnetAnycast(own);
}

function samePrefix(a: Ipv6Address, b: Ipv6Address): boolean {
  return a.prefixLength === b.prefixLength && subnetAnycast(a) === subnetAnycast(b);
}
