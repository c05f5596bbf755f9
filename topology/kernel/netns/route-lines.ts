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

function byPrefix(a: RouteEntry, b: RouteEntry): number {
  const [one, other] = [a.dst.network, b.dst.network];
  if (typeof one !== typeof other) return typeof one === 'number' ? -1 : 1;
  if (one !== other) return one < other ? -1 : 1;
  return a.dst.prefixLength - b.dst.prefixLength || a.metric - b.metric;
}
