import type { AddrType, CtState, CtStatus, HookName, RouteType, TableName } from '../ops.js';
import { wholeNumber } from './words.js';

/** Protocols by name (/etc/protocols of Debian 12), the name that is printed first. */
export const PROTO_NAMES: readonly (readonly [name: string, proto: number])[] = [
  ['tcp', 6],
  ['udp', 17],
  ['icmp', 1],
  ['sctp', 132],
  ['ipv6-icmp', 58],
  ['icmpv6', 58],
  ['icmp6', 58],
  ['udplite', 136],
  ['dccp', 33],
  ['esp', 50],
  ['ah', 51],
  ['ipv6-mh', 135],
  ['mh', 135],
  ['igmp', 2],
  ['ggp', 3],
  ['ipencap', 4],
  ['st', 5],
  ['egp', 8],
  ['igp', 9],
  ['pup', 12],
  ['hmp', 20],
  ['rdp', 27],
  ['ipv6', 41],
  ['ipv6-route', 43],
  ['ipv6-frag', 44],
  ['rsvp', 46],
  ['gre', 47],
  ['ipv6-nonxt', 59],
  ['ipv6-opts', 60],
  ['eigrp', 88],
  ['ospf', 89],
  ['ipip', 94],
  ['etherip', 97],
  ['encap', 98],
  ['pim', 103],
  ['vrrp', 112],
  ['l2tp', 115],
  ['isis', 124],
  ['mpls-in-ip', 137],
];

/** Built-in chains of each table, in the order of iptables-save. */
export const TABLE_HOOKS: Readonly<Record<TableName, readonly HookName[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/** Connection states, in the order of iptables-save. */
export const CT_STATES: readonly CtState[] = [
  'INVALID',
  'NEW',
  'RELATED',
  'ESTABLISHED',
  'UNTRACKED',
  'SNAT',
  'DNAT',
];

/** TCP flags of `--tcp-flags`, in iptables' order. */
export const TCP_FLAG_NAMES: readonly (readonly [name: string, bit: number])[] = [
  ['FIN', 0x01],
  ['SYN', 0x02],
  ['RST', 0x04],
  ['PSH', 0x08],
  ['ACK', 0x10],
  ['URG', 0x20],
];

/** Connection status of `--ctstatus`, in the order of iptables-save. */
export const CT_STATUSES: readonly CtStatus[] = [
  'EXPECTED',
  'SEEN_REPLY',
  'ASSURED',
  'CONFIRMED',
  'NONE',
];

/** Chunk types of SCTP by number (RFC 9260 section 3.2). */
export const SCTP_CHUNKS: readonly (readonly [name: string, type: number])[] = [
  ['DATA', 0],
  ['INIT', 1],
  ['INIT_ACK', 2],
  ['SACK', 3],
  ['HEARTBEAT', 4],
  ['HEARTBEAT_ACK', 5],
  ['ABORT', 6],
  ['SHUTDOWN', 7],
  ['SHUTDOWN_ACK', 8],
  ['ERROR', 9],
  ['COOKIE_ECHO', 10],
  ['COOKIE_ACK', 11],
  ['ECN_ECNE', 12],
  ['ECN_CWR', 13],
  ['SHUTDOWN_COMPLETE', 14],
  ['ASCONF_ACK', 128],
  ['FORWARD_TSN', 192],
  ['ASCONF', 193],
];

/** Names of `--tos` and `--set-tos` with their values (tos_values.c). */
export const TOS_NAMES: readonly (readonly [name: string, value: number])[] = [
  ['Minimize-Delay', 0x10],
  ['Maximize-Throughput', 0x08],
  ['Maximize-Reliability', 0x04],
  ['Minimize-Cost', 0x02],
  ['Normal-Service', 0x00],
];

/** Names of `--dscp-class` (RFC 2474, RFC 2597, RFC 3246). */
export const DSCP_CLASSES: readonly (readonly [name: string, dscp: number])[] = [
  ['CS0', 0x00],
  ['CS1', 0x08],
  ['CS2', 0x10],
  ['CS3', 0x18],
  ['CS4', 0x20],
  ['CS5', 0x28],
  ['CS6', 0x30],
  ['CS7', 0x38],
  ['BE', 0x00],
  ['AF11', 0x0a],
  ['AF12', 0x0c],
  ['AF13', 0x0e],
  ['AF21', 0x12],
  ['AF22', 0x14],
  ['AF23', 0x16],
  ['AF31', 0x1a],
  ['AF32', 0x1c],
  ['AF33', 0x1e],
  ['AF41', 0x22],
  ['AF42', 0x24],
  ['AF43', 0x26],
  ['EF', 0x2e],
];

/** Address types of `-m addrtype`, in the order of iptables-save. */
export const ADDR_TYPES: readonly AddrType[] = [
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
  'THROW',
  'NAT',
  'XRESOLVE',
];

/** Routing tables with a name (/etc/iproute2/rt_tables). */
export const ROUTE_TABLES: Readonly<Record<string, number>> = {
  main: 254,
  local: 255,
  default: 253,
};

/** The number of a table by its name or in digits; undefined when the word is neither. */
export function findRouteTable(word: string): number | undefined {
  const number = Object.hasOwn(ROUTE_TABLES, word) ? ROUTE_TABLES[word] : wholeNumber(word);
  return number === undefined || number > 0xffffffff ? undefined : number;
}

/** Types of a route by which it can be added and picked (rtnl_rtntype_a2n). */
export const ROUTE_TYPES: readonly RouteType[] = [
  'unicast',
  'local',
  'broadcast',
  'unreachable',
  'prohibit',
  'blackhole',
  'throw',
  'anycast',
  'multicast',
];

/** The hook of a chain's name in a table; undefined for a user's chain. */
export function hookIn(table: TableName, chain: string): HookName | undefined {
  return TABLE_HOOKS[table].find((hook) => hook === chain);
}
