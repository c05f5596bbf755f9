import {
  type ProxyEndpoint,
  type ProxyService,
  type ProxyServicePort,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from './service.js';

/** The endpoints of one Service port, sorted by who may use them on one node. */
export interface CategorizedEndpoints {
  /** For policy Cluster: the ready ones, or the serving ones that terminate when none is ready. */
  readonly cluster: readonly ProxyEndpoint[];
  /** For policy Local: the same choice among those on the node. */
  readonly local: readonly ProxyEndpoint[];
  /** Every endpoint that is in one of the two. */
  readonly reachable: readonly ProxyEndpoint[];
  /** Whether there is a usable endpoint anywhere, so that traffic is dropped rather than rejected here. */
  readonly any: boolean;
}

const isDraining = (endpoint: ProxyEndpoint): boolean => endpoint.serving && endpoint.terminating;

/** The ready ones, or those that still serve while they terminate (KEP-1669). */
function usable(endpoints: readonly ProxyEndpoint[]): readonly ProxyEndpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? ready : endpoints.filter(isDraining);
}

/**
 * Sorts endpoints for one node (CategorizeEndpoints of pkg/proxy/topology.go); without `nodeName`, for a node
 * that has none of them.
 *
 * Fidelity: topology hints are not used.
 */
export function categorize(
  service: ProxyService,
  port: ProxyServicePort,
  endpoints: readonly ProxyEndpoint[],
  nodeName: string | undefined,
): CategorizedEndpoints {
  const cluster = usesClusterEndpoints(service, port) ? usable(endpoints) : [];
  if (!usesLocalEndpoints(service, port)) {
    return { cluster, local: [], reachable: cluster, any: cluster.length > 0 };
  }
  const here =
    nodeName === undefined ? [] : endpoints.filter((endpoint) => endpoint.nodeName === nodeName);
  const local = usable(here);
  const members = new Set([...cluster, ...local]);
  const reachable = endpoints.filter((endpoint) => members.has(endpoint));
  return { cluster, local, reachable, any: usable(endpoints).length > 0 };
}
