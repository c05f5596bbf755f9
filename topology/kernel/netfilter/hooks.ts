import type { HookName, TableName } from '../ops.js';

/** The five hooks. */
export const HOOKS: readonly HookName[] = [
  'PREROUTING',
  'INPUT',
  'FORWARD',
  'OUTPUT',
  'POSTROUTING',
];

/** The tables in the order `iptables-save` walks them here. */
export const TABLES: readonly TableName[] = ['raw', 'mangle', 'nat', 'filter', 'security'];

/** The built-in chains of each table (net/ipv4/netfilter/iptable_*.c). */
export const BUILT_IN: Readonly<Record<TableName, readonly HookName[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/** What runs at a hook: a table, connection tracking, or the end of it. */
export type HookStep = TableName | 'conntrack' | 'confirm';

/**
 * Who runs at each hook, by priority (include/uapi/linux/netfilter_ipv4.h): raw -300, conntrack -200, mangle -150,
 * destination NAT -100, filter 0, security 50, source NAT 100, confirmation last. Fragments were put together before
 * (-400).
 */
export const HOOK_ORDER: Readonly<Record<HookName, readonly HookStep[]>> = {
  PREROUTING: ['raw', 'conntrack', 'mangle', 'nat'],
  INPUT: ['mangle', 'filter', 'security', 'nat', 'confirm'],
  FORWARD: ['mangle', 'filter', 'security'],
  OUTPUT: ['raw', 'conntrack', 'mangle', 'nat', 'filter', 'security'],
  POSTROUTING: ['mangle', 'nat', 'confirm'],
};

/** The hook a chain name stands for in a table, if it is built in. */
export function builtIn(table: TableName, chain: string): HookName | undefined {
  return BUILT_IN[table].find((name) => name === chain);
}
