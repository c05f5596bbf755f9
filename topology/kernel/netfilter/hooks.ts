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

/** The hook a chain name stands for in a table, if it is built in. */
export function builtIn(table: TableName, chain: string): HookName | undefined {
  return BUILT_IN[table].find((name) => name === chain);
}
