import type { Netns } from '../contract.js';
import type { PortRange } from './ephemeral.js';

/** Sysctls that sockets read, with Linux's defaults for namespaces that do not know them. */
const DEFAULTS = {
  'net.ipv4.ip_unprivileged_port_start': 1024,
  'net.ipv4.ip_nonlocal_bind': 0,
  'net.ipv6.ip_nonlocal_bind': 0,
  'net.ipv6.bindv6only': 0,
  'net.core.rmem_default': 212_992,
  'net.core.wmem_default': 212_992,
  'net.core.somaxconn': 4096,
  'net.unix.max_dgram_qlen': 10,
  'net.ipv4.tcp_syn_retries': 6,
  'net.ipv4.tcp_synack_retries': 5,
  'net.ipv4.tcp_syn_linear_timeouts': 4,
  'net.ipv4.tcp_retries2': 15,
  'net.ipv4.tcp_orphan_retries': 0,
  'net.ipv4.tcp_early_retrans': 3,
  'net.ipv4.tcp_fin_timeout': 60,
  'net.ipv4.tcp_tw_reuse': 2,
  'net.ipv4.tcp_abort_on_overflow': 0,
  'net.ipv4.tcp_keepalive_time': 7200,
  'net.ipv4.tcp_keepalive_intvl': 75,
  'net.ipv4.tcp_keepalive_probes': 9,
  'net.ipv4.tcp_timestamps': 1,
  'net.ipv4.tcp_window_scaling': 1,
  'net.ipv4.tcp_sack': 1,
} as const;

/** A sysctl that sockets read. */
export type SocketSysctl = keyof typeof DEFAULTS;

/** The value of a sysctl in a namespace. */
export function readSysctl(netns: Netns, key: SocketSysctl): number {
  const value = netns.sysctl(key);
  return Number.isFinite(value) ? value : DEFAULTS[key];
}

/** `net.ipv4.ip_local_port_range`. */
export function localPortRange(netns: Netns): PortRange {
  const [low, high] = netns.sysctlPair?.('net.ipv4.ip_local_port_range') ?? [32768, 60999];
  return { low, high };
}

/** `net.ipv4.ping_group_range`: whether a uid, taken as its group too, may open ping sockets; nobody by default. */
export function mayPing(netns: Netns, uid: number): boolean {
  const [low, high] = netns.sysctlPair?.('net.ipv4.ping_group_range') ?? [1, 0];
  return uid >= low && uid <= high;
}
