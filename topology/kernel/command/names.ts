import type { AddrType, CtState, HookName, TableName } from '../ops.js';

/** Protocol names that iptables knows without /etc/protocols. */
export const PROTO_NAMES: readonly (readonly [name: string, proto: number])[] = [
  ['tcp', 6],
  ['udp', 17],
  ['icmp', 1],
  ['sctp', 132],
  ['ipv6-icmp', 58],
  ['icmpv6', 58],
  ['icmp6', 58],
  ['udplite', 136],
  ['esp', 50],
  ['ah', 51],
  ['gre', 47],
  ['ipip', 4],
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

/** Address types of `-m addrtype`. */
export const ADDR_TYPES: readonly AddrType[] = [
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
];

/** Routing tables with a name (/etc/iproute2/rt_tables). */
export const ROUTE_TABLES: Readonly<Record<string, number>> = {
  main: 254,
  local: 255,
  default: 253,
};

/** The hook of a chain's name in a table; undefined for a user's chain. */
export function hookIn(table: TableName, chain: string): HookName | undefined {
  return TABLE_HOOKS[table].find((hook) => hook === chain);
}
