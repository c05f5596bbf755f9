import type { Netfilter, Netns } from '../contract.js';

/** Makes the netfilter of a namespace: empty tables, nothing tracked, inactive. */
export function createNetfilter(_netns: Netns): Netfilter {
  return {
    active: false,
    run: () => 'accept',
    restore: () => undefined,
    edit: () => undefined,
    setPolicy: () => undefined,
    tables: () => [],
    replaceAll: () => undefined,
    attach: () => undefined,
    deviceDown: () => undefined,
    addressGone: () => undefined,
    dispose: () => undefined,
    conntrack: { size: 0, list: () => [], delete: () => 0 },
  };
}
