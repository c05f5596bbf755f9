import { type Ip, isIpv4 } from '../../addr/index.js';
import type { Device } from '../contract.js';
import type { BindState } from './inet-sock.js';

/** What decides whether two sockets may be bound to one port. */
export interface Bindable {
  /** In the port table's form: 0 is every IPv4 address, 0n every IPv6 one and, without `v6only`, every IPv4 one. */
  readonly address: Ip;
  readonly v6only: boolean;
  readonly reuseAddr: boolean;
  readonly reusePort: boolean;
  readonly uid: number;
  readonly device: Device | undefined;
  readonly bindState: BindState;
}

/** Whether some packet could be for both (inet_rcv_saddr_equal with wildcards). */
export function addressesOverlap(a: Bindable, b: Bindable): boolean {
  if (isIpv4(a.address)) {
    if (isIpv4(b.address)) return a.address === b.address || a.address === 0 || b.address === 0;
    return b.address === 0n && !b.v6only;
  }
  if (isIpv4(b.address)) return a.address === 0n && !a.v6only;
  return a.address === b.address || a.address === 0n || b.address === 0n;
}

function devicesOverlap(a: Bindable, b: Bindable): boolean {
  return a.device === undefined || b.device === undefined || a.device === b.device;
}

/** How strictly TCP's rules are applied. */
export interface TcpStrictness {
  /** 'named': the program named the port; 'any': the kernel looks for a free one, and sharing is not for that. */
  readonly port: 'named' | 'any';
}

/** Whether `other`, bound already, keeps `wanted` from its TCP port (inet_csk_bind_conflict). */
export function tcpConflict(wanted: Bindable, other: Bindable, { port }: TcpStrictness): boolean {
  if (!devicesOverlap(wanted, other) || !addressesOverlap(wanted, other)) return false;
  if (wanted.reuseAddr && other.reuseAddr && other.bindState !== 'listening') {
    return port === 'any';
  }
  if (port === 'any' || !wanted.reusePort || !other.reusePort) return true;
  return other.bindState !== 'time-wait' && wanted.uid !== other.uid;
}

/** Whether `other`, bound already, keeps `wanted` from its UDP port (udp_lib_lport_inuse). */
export function udpConflict(wanted: Bindable, other: Bindable): boolean {
  if (!devicesOverlap(wanted, other) || !addressesOverlap(wanted, other)) return false;
  if (wanted.reuseAddr && other.reuseAddr) return false;
  return !(wanted.reusePort && other.reusePort && wanted.uid === other.uid);
}
