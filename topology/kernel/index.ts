export type { ApplyListener } from './apply/index.js';
export * from './contract.js';
export * from './drop.js';
export * from './errno.js';
export { Host, type HostInit, type HostParts } from './host.js';
export { IPC_SYSCTL_DEFAULTS, IpcNamespace, isIpcSysctl, type QueueView } from './ipc/index.js';
export { type BridgePort, portStateName } from './link/bridge-port.js';
export type { CableEnd } from './link/cable.js';
export { NetDevice } from './link/device.js';
export { sameRule } from './netfilter/rule-equal.js';
export { SET_REVISIONS } from './netfilter/set/parts.js';
export type { InterfaceAddress } from './netns/address.js';
export type { RoutingRule } from './netns/fib.js';
export { bridgeOf, NetNamespace } from './netns/namespace.js';
export type { Neighbor } from './netns/neighbor.js';
export { type RouteEntry, tableName } from './netns/route.js';
export { type RouteAnswer, type RouteQuestion, routeGet } from './netns/route-get.js';
export { routeLines, routesInOrder } from './netns/route-lines.js';
export { ruleLine } from './netns/rule-line.js';
export * from './nft.js';
export * from './ops.js';
export { type HostProcessTable, SIGNAL } from './process/index.js';
export { type PacketType, Skb } from './skb.js';
export type { BindAnswer, BindNeighbor, BindQuestion, SocketFactory } from './socket/index.js';
export { Softirq } from './softirq.js';
export * from './sys.js';
export * from './trace.js';
export {
  type AddressView,
  type DeviceView,
  type NeighborView,
  type NetnsView,
  type RouteView,
  viewAddresses,
  viewDevice,
  viewNetns,
} from './view.js';
export { type FdbView, tunnelEntries } from './view-fdb.js';
export { linkedDevice, linkFlags, netnsIdOf, type OperState, operState } from './view-link.js';
