import type { Ip, Mac } from '../addr/index.js';
import { SECOND } from '../base/index.js';
import type { Device, DeviceStats } from './contract.js';
import type { NetDevice } from './link/device.js';
import { bridgeOf, type NetNamespace } from './netns/namespace.js';
import type { RestoreTable, RouteType } from './ops.js';

/** A network namespace as it is now: plain data that does not change, for people. */
export interface NetnsView {
  readonly inode: number;
  readonly label: string;
  readonly devices: readonly DeviceView[];
  readonly routes: readonly RouteView[];
  readonly rules: readonly string[];
  readonly neighbors: readonly NeighborView[];
  readonly fdb: readonly FdbView[];
  readonly sysctls: readonly (readonly [key: string, value: string])[];
  readonly iptables: readonly RestoreTable[];
  readonly conntrack: readonly string[];
  readonly drops: readonly (readonly [reason: string, count: number])[];
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
  readonly addresses: readonly {
    readonly address: Ip;
    readonly prefixLength: number;
    readonly scope: string;
  }[];
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

/** A row of `bridge fdb show` that was learned. */
export interface FdbView {
  readonly bridge: string;
  readonly mac: Mac;
  readonly port: string;
  readonly local: boolean;
  /** Seconds since the address was last seen. */
  readonly ageSeconds: number;
}

/** Reads a namespace. */
export function viewNetns(netns: NetNamespace): NetnsView {
  const { conntrack } = netns.netfilter;
  return {
    inode: netns.inode,
    label: netns.label,
    devices: netns.deviceList.map(viewDevice),
    routes: Array.from(netns.fib.all(), (route) => ({
      table: route.table,
      type: route.type,
      line: route.line(),
    })),
    rules: netns.fib.rules.map((rule) => `${rule.priority}: from all lookup ${rule.table}`),
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
    addresses: device.addresses.map(({ address, prefixLength, scope }) => ({
      address,
      prefixLength,
      scope,
    })),
    stats: { ...device.stats },
  };
}

function viewFdb(device: NetDevice, nowNs: number): FdbView[] {
  const bridge = bridgeOf(device);
  if (bridge === undefined) return [];
  return Array.from(bridge.fdb.all)
    .filter((entry) => entry.alive(nowNs))
    .map((entry) => ({
      bridge: device.name,
      mac: entry.mac,
      port: entry.port?.device.name ?? device.name,
      local: entry.local,
      ageSeconds: entry.local ? 0 : Math.floor((nowNs - entry.seenNs) / SECOND),
    }));
}
