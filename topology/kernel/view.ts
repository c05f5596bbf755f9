import type { Ip, Mac } from '../addr/index.js';
import type { Device, DeviceStats } from './contract.js';
import type { NetDevice } from './link/device.js';
import { TABLE } from './netns/fib.js';
import type { Ipv6Address } from './netns/ipv6-address.js';
import type { NetNamespace } from './netns/namespace.js';
import { routesInOrder } from './netns/route-lines.js';
import { ruleLine } from './netns/rule-line.js';
import type { RouteScope } from './netns/scope.js';
import type { RestoreTable, RouteType } from './ops.js';
import { type FdbView, viewFdb } from './view-fdb.js';

/** A network namespace as it is now: plain data that does not change, for people. */
export interface NetnsView {
  readonly inode: number;
  readonly label: string;
  readonly devices: readonly DeviceView[];
  /** The main table first, each table in the order of `ip route show`. */
  readonly routes: readonly RouteView[];
  /** Lines of `ip rule`. */
  readonly rules: readonly string[];
  /** Rules of `ip -6 rule`. */
  readonly rules6: readonly string[];
  readonly neighbors: readonly NeighborView[];
  readonly fdb: readonly FdbView[];
  readonly sysctls: readonly (readonly [key: string, value: string])[];
  readonly iptables: readonly RestoreTable[];
  readonly conntrack: readonly string[];
  readonly drops: readonly (readonly [reason: string, count: number])[];
}

/** An address as `ip addr` shows it. */
export interface AddressView {
  readonly address: Ip;
  readonly prefixLength: number;
  readonly scope: RouteScope;
  /** Another address of the same prefix came first. */
  readonly secondary: boolean;
  /** IPv6, as `ip addr` says it: `nodad`, `tentative`, `dadfailed`. */
  readonly flags: readonly string[];
  /** IPv4: the broadcast address that it was given. */
  readonly broadcast: Ip | undefined;
}

/** A device as `ip addr` shows it. */
export interface DeviceView {
  readonly ifindex: number;
  readonly name: string;
  readonly kind: Device['kind'];
  readonly mac: Mac;
  readonly mtuBytes: number;
  readonly up: boolean;
  readonly carrier: boolean;
  readonly promisc: boolean;
  readonly master: string | undefined;
  /** The other end of a veth pair. */
  readonly peer:
    | { readonly ifindex: number; readonly name: string; readonly netns: string }
    | undefined;
  readonly addresses: readonly AddressView[];
  readonly stats: DeviceStats;
}

/** A route: its fields, and its line in `ip route show`. */
export interface RouteView {
  readonly table: number;
  readonly type: RouteType;
  readonly line: string;
}

/** A neighbour as `ip neigh` shows it. */
export interface NeighborView {
  readonly address: Ip;
  readonly device: string;
  readonly mac: Mac | undefined;
  readonly state: string;
}

/** Reads a namespace. */
export function viewNetns(netns: NetNamespace): NetnsView {
  const { conntrack } = netns.netfilter;
  return {
    inode: netns.inode,
    label: netns.label,
    devices: netns.deviceList.map(viewDevice),
    routes: viewRoutes(netns),
    rules: netns.fib.rules.map(ruleLine),
    rules6: netns.fib.rulesOf('ipv6').map(ruleLine),
    neighbors: netns.deviceList.flatMap((device) =>
      Array.from(device.neighbors.values(), (entry) => ({
        address: entry.address,
        device: device.name,
        mac: entry.mac,
        state: netns.neighbors.stateOf(entry),
      })),
    ),
    fdb: netns.deviceList.flatMap((device) => viewFdb(device, netns.nowNs)),
    sysctls: netns.sysctls.differing(),
    iptables: netns.netfilter.tables('ipv4'),
    conntrack: conntrack.size === 0 ? [] : conntrack.list(),
    drops: [...netns.dropCounts],
  };
}

/** The main table first, as `ip route`; then the others by number. */
function viewRoutes(netns: NetNamespace): RouteView[] {
  const rank = (table: number) => (table === TABLE.main ? -1 : table);
  const tables = [...netns.fib.tableIds].sort((a, b) => rank(a) - rank(b));
  return tables.flatMap((table) =>
    routesInOrder(netns, table).map((route) => ({ table, type: route.type, line: route.line() })),
  );
}

/** Reads a device. */
export function viewDevice(device: NetDevice): DeviceView {
  const { peer } = device;
  return {
    ifindex: device.ifindex,
    name: device.name,
    kind: device.kind,
    mac: device.mac,
    mtuBytes: device.mtuBytes,
    up: device.up,
    carrier: device.carrier,
    promisc: device.promisc,
    master: device.master?.name,
    peer:
      peer === undefined
        ? undefined
        : { ifindex: peer.ifindex, name: peer.name, netns: peer.netns.label },
    addresses: viewAddresses(device),
    stats: { ...device.stats },
  };
}

/** The addresses of a device, IPv4's first, as `ip addr`. */
export function viewAddresses(device: NetDevice): readonly AddressView[] {
  const four = device.addresses.map(({ address, broadcast, prefixLength, scope, secondary }) => ({
    address,
    prefixLength,
    scope,
    secondary,
    broadcast,
    flags: [],
  }));
  const six = device.addresses6.map((own) => ({
    address: own.address,
    prefixLength: own.prefixLength,
    scope: own.scope,
    secondary: false,
    broadcast: undefined,
    flags: flagsOf(own),
  }));
  return [...four, ...six];
}

function flagsOf(own: Ipv6Address): readonly string[] {
  const flags: string[] = [];
  // ::1 is never looked for, without being marked so.
  if (own.nodad && own.scope !== 'host') flags.push('nodad');
  if (own.dadFailed) flags.push('dadfailed');
  if (own.tentative) flags.push('tentative');
  return flags;
}
