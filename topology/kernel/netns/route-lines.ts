import { contains, isCidr4 } from '../../addr/index.js';
import { TABLE } from './fib.js';
import type { NetNamespace } from './namespace.js';
import type { RouteEntry } from './route.js';

/** The lines of `ip route show`, in its order; of the main table unless another is asked for. */
export function routeLines(netns: NetNamespace, table: number = TABLE.main): readonly string[] {
  return routesInOrder(netns, table).map((entry) => entry.line());
}

/** The routes of a table in the order of `ip route show`. */
export function routesInOrder(netns: NetNamespace, table: number): readonly RouteEntry[] {
  return [...netns.fib.all(table)].sort(byPrefix);
}

/** The trie of IPv4 is walked by network, the tree of IPv6 so that a prefix comes after those within it. */
function byPrefix(a: RouteEntry, b: RouteEntry): number {
  const [one, other] = [a.dst.network, b.dst.network];
  if (typeof one !== typeof other) return typeof one === 'number' ? -1 : 1;
  const [long, short] = [a.dst.prefixLength, b.dst.prefixLength];
  if (!isCidr4(a.dst) && long !== short) {
    if (long > short && contains(b.dst, one)) return -1;
    if (long < short && contains(a.dst, other)) return 1;
  }
  if (one !== other) return one < other ? -1 : 1;
  return short - long || a.metric - b.metric;
}
