import { type Cidr, type Ip, isCidr4, isIpv4 } from '../addr/index.js';
import type { KernelOp } from '../kernel/ops.js';
import { endpointText } from './compile-port.js';
import { FamilyProxy } from './family-proxy.js';
import { type ProxyEndpoint, type ProxyService, serviceKey } from './service.js';
import { type ServiceSnapshot, staleUdpOps } from './stale.js';

/** How the proxy is set up. */
export interface ProxyOptions {
  /** Pod addresses (--cluster-cidr), one per family; traffic from elsewhere to a cluster IP is masqueraded. */
  readonly clusterCidr: Cidr | readonly Cidr[];
  /** Addresses at which node ports answer (--nodeport-addresses); absent: all local ones, 127.0.0.1 too. */
  readonly nodePortAddresses?: readonly Ip[];
}

/** The service proxies of all nodes of a cluster, which turn Services and endpoints into rules. */
export interface ServiceProxy {
  /** Adds a Service or replaces it. Its endpoints stay. */
  setService(service: ProxyService): void;
  /** Removes a Service (`namespace/name`); its endpoints are kept for its return. */
  deleteService(key: string): void;
  /** Replaces all endpoints of a Service, which need not exist yet. */
  setEndpoints(key: string, endpoints: readonly ProxyEndpoint[]): void;
  /** Adds a node; the next `sync` gives it everything, unless `initialOps` was asked first. */
  addNode(name: string): void;
  removeNode(name: string): void;
  /**
   * What each node must apply to be up to date; nodes without changes are absent. Ops are shared objects where nodes
   * have the same change.
   */
  sync(): ReadonlyMap<string, readonly KernelOp[]>;
  /** Everything for a node whose kernel is empty, with changes that were not synced yet. Also adds the node. */
  initialOps(nodeName: string): readonly KernelOp[];
}

/**
 * Makes the proxy: kube-proxy's iptables mode with --masquerade-all off, for both families (ip6tables only once a
 * Service has an IPv6 cluster IP).
 *
 * Fidelity: topology hints, --nodeport-addresses by block and the health check server are not modelled.
 */
export function createProxy(options: ProxyOptions): ServiceProxy {
  return new ClusterProxy(options);
}

const ROUTE_LOCALNET: KernelOp = {
  op: 'sysctl.set',
  key: 'net.ipv4.conf.all.route_localnet',
  value: '1',
};

class ClusterProxy implements ServiceProxy {
  private readonly ipv4: FamilyProxy;
  private readonly ipv6: FamilyProxy;
  private ipv6Used = false;
  private readonly localhostNodePorts: boolean;
  private readonly services = new Map<string, ProxyService>();
  private readonly endpoints = new Map<string, readonly ProxyEndpoint[]>();
  /** What nodes were last told of the Services that changed since. */
  private readonly told = new Map<string, ServiceSnapshot | undefined>();
  /** Nodes, and for which families they were set up. */
  private readonly nodes = new Map<string, Set<'ipv4' | 'ipv6'>>();

  constructor(options: ProxyOptions) {
    const blocks = [options.clusterCidr].flat();
    const addresses = options.nodePortAddresses;
    this.localhostNodePorts = addresses === undefined;
    this.ipv4 = new FamilyProxy({
      family: 'ipv4',
      clusterCidr: blocks.find((block) => isCidr4(block)),
      nodePortAddresses: addresses?.filter(isIpv4),
    });
    this.ipv6 = new FamilyProxy({
      family: 'ipv6',
      clusterCidr: blocks.find((block) => !isCidr4(block)),
      nodePortAddresses: addresses?.filter((address) => !isIpv4(address)),
    });
  }

  setService(service: ProxyService): void {
    const key = serviceKey(service);
    this.remember(key);
    this.services.set(key, service);
    if (service.clusterIps.some((address) => !isIpv4(address))) this.ipv6Used = true;
  }

  deleteService(key: string): void {
    if (!this.services.has(key)) return;
    this.remember(key);
    this.services.delete(key);
  }

  setEndpoints(key: string, endpoints: readonly ProxyEndpoint[]): void {
    this.remember(key);
    const old = new Map(
      this.endpoints.get(key)?.map((endpoint) => [identity(endpoint), endpoint] as const),
    );
    // An endpoint that did not change stays the same object, and so does its chain.
    const sorted = endpoints
      .map((endpoint) => ({ text: endpointText(endpoint), endpoint }))
      .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
      .map(({ endpoint }) => old.get(identity(endpoint)) ?? endpoint);
    if (sorted.length === 0) this.endpoints.delete(key);
    else this.endpoints.set(key, sorted);
  }

  addNode(name: string): void {
    if (!this.nodes.has(name)) this.nodes.set(name, new Set());
  }

  removeNode(name: string): void {
    this.nodes.delete(name);
    this.ipv4.removeNode(name);
    this.ipv6.removeNode(name);
  }

  sync(): ReadonlyMap<string, readonly KernelOp[]> {
    const told = [...this.told];
    this.compileWaiting();
    const stale = told.flatMap(([key, before]) => staleUdpOps(before, this.snapshot(key)));
    this.told.clear();
    const ipv4 = this.ipv4.sync();
    const ipv6 = this.ipv6Used ? this.ipv6.sync() : new Map<string, KernelOp>();
    const lists = new Map<KernelOp | undefined, Map<KernelOp | undefined, readonly KernelOp[]>>();
    const result = new Map<string, readonly KernelOp[]>();
    for (const [name, families] of this.nodes) {
      if (families.size < (this.ipv6Used ? 2 : 1)) {
        result.set(name, [
          ...this.restoresOf(ipv4.get(name), ipv6.get(name), []),
          ...this.setUp(name),
        ]);
        continue;
      }
      const first = ipv4.get(name);
      const second = ipv6.get(name);
      if (first === undefined && second === undefined && stale.length === 0) continue;
      const bySecond = lists.get(first) ?? new Map<KernelOp | undefined, readonly KernelOp[]>();
      const list = bySecond.get(second) ?? this.restoresOf(first, second, stale);
      bySecond.set(second, list);
      lists.set(first, bySecond);
      result.set(name, list);
    }
    return result;
  }

  initialOps(nodeName: string): readonly KernelOp[] {
    this.compileWaiting();
    this.nodes.set(nodeName, new Set());
    return this.setUp(nodeName);
  }

  private restoresOf(
    ipv4: KernelOp | undefined,
    ipv6: KernelOp | undefined,
    stale: readonly KernelOp[],
  ): readonly KernelOp[] {
    return [...(ipv4 === undefined ? [] : [ipv4]), ...(ipv6 === undefined ? [] : [ipv6]), ...stale];
  }

  /** The full rules of the families that a node was not set up for yet. */
  private setUp(nodeName: string): readonly KernelOp[] {
    const families = this.nodes.get(nodeName) ?? new Set();
    const ops: KernelOp[] = [];
    if (!families.has('ipv4')) {
      families.add('ipv4');
      if (this.localhostNodePorts) ops.push(ROUTE_LOCALNET);
      ops.push(...this.ipv4.initialOps(nodeName));
    }
    if (this.ipv6Used && !families.has('ipv6')) {
      families.add('ipv6');
      ops.push(...this.ipv6.initialOps(nodeName));
    }
    this.nodes.set(nodeName, families);
    return ops;
  }

  private snapshot(key: string): ServiceSnapshot | undefined {
    const service = this.services.get(key);
    if (service === undefined) return undefined;
    return { service, endpoints: this.endpoints.get(key) ?? [] };
  }

  private remember(key: string): void {
    if (!this.told.has(key)) this.told.set(key, this.snapshot(key));
    this.waiting.add(key);
  }

  /** Services that changed since they were last compiled. */
  private readonly waiting = new Set<string>();

  private compileWaiting(): void {
    for (const key of this.waiting) {
      const snapshot = this.snapshot(key);
      this.ipv4.update(key, snapshot);
      this.ipv6.update(key, snapshot);
    }
    this.waiting.clear();
  }
}

function identity(endpoint: ProxyEndpoint): string {
  const { portName, nodeName, ready, serving, terminating } = endpoint;
  const flags = `${ready}/${serving}/${terminating}`;
  return `${portName}/${endpointText(endpoint)}/${nodeName ?? ''}/${flags}`;
}
