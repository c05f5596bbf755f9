import { type Cidr, formatIp, type Ip, isIpv4 } from '../addr/index.js';
import type { Match, Rule, RuleChain, Target } from '../kernel/ops.js';
import { type CategorizedEndpoints, categorize } from './categorize.js';
import { chainName } from './chain-name.js';
import {
  comment,
  destinationPort,
  FROM_LOCAL,
  from,
  fromAddress,
  jump,
  notFrom,
  protocolNumber,
  rule,
  TO_LOCAL,
  to,
} from './match.js';
import {
  externallyAccessible,
  type ProxyEndpoint,
  type ProxyService,
  type ProxyServicePort,
  servicePortName,
} from './service.js';

/** Rules that one Service port puts into the chains that all Services share. */
export interface SharedLines {
  readonly natServices: readonly Rule[];
  readonly natNodePorts: readonly Rule[];
  readonly filterServices: readonly Rule[];
  readonly filterExternalServices: readonly Rule[];
  readonly filterNodePorts: readonly Rule[];
  readonly filterFirewall: readonly Rule[];
}

/** What one Service port needs on a node. */
export interface PortRules {
  /** Chains of its own, in the nat table. */
  readonly chains: readonly RuleChain[];
  readonly lines: SharedLines;
}

/** What the rules of a port depend on. */
export interface PortInput {
  readonly service: ProxyService;
  readonly port: ProxyServicePort;
  /** The endpoints of this port and family, in their order. */
  readonly endpoints: readonly ProxyEndpoint[];
  readonly family: 'ipv4' | 'ipv6';
  readonly clusterCidr: Cidr | undefined;
  /** The node to compile for; absent for nodes that have none of the endpoints. */
  readonly nodeName: string | undefined;
}

const ACCEPT: Target = { target: 'ACCEPT' };
const MARK_MASQ = jump('KUBE-MARK-MASQ');

/** What the rule writers share. */
interface Port extends PortInput {
  readonly name: string;
  readonly proto: Match;
  readonly clusterIp: Ip;
  readonly externalIps: readonly Ip[];
  readonly loadBalancerIps: readonly Ip[];
  readonly categorized: CategorizedEndpoints;
  readonly policies: Policies;
  readonly names: {
    readonly cluster: string;
    readonly local: string;
    readonly external: string;
    readonly firewall: string;
  };
}

interface Policies {
  readonly hasInternal: boolean;
  readonly hasExternal: boolean;
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
  readonly accessible: boolean;
  readonly firewalled: boolean;
}

/**
 * The rules of one Service port, in the order and wording of kube-proxy's iptables mode (syncProxyRules of
 * pkg/proxy/iptables/proxier.go).
 *
 * Fidelity: with loadBalancerSourceRanges a node's own requests to the load balancer's address are treated as any
 * other (upstream lets them in when a range covers the node).
 */
export function compilePort(input: PortInput): PortRules | undefined {
  const ofFamily = (address: Ip): boolean => isIpv4(address) === (input.family === 'ipv4');
  const { service } = input;
  const clusterIp = service.clusterIps.find(ofFamily);
  if (clusterIp === undefined || service.type === 'ExternalName') return undefined;
  const port = prepare(input, clusterIp, ofFamily);
  return { chains: ownChains(port), lines: sharedLines(port) };
}

function prepare(input: PortInput, clusterIp: Ip, ofFamily: (address: Ip) => boolean): Port {
  const { service, port, endpoints, nodeName } = input;
  const name = servicePortName(service, port);
  const categorized = categorize(service, port, endpoints, nodeName);
  const loadBalancerIps = (service.loadBalancerIps ?? []).filter(ofFamily);
  const internalLocal = service.internalTrafficPolicy === 'Local';
  const externalLocal = service.externalTrafficPolicy === 'Local';
  const hasLocal = categorized.local.length > 0;
  const ranges = service.loadBalancerSourceRanges?.length ?? 0;
  return {
    ...input,
    name,
    clusterIp,
    categorized,
    loadBalancerIps,
    externalIps: (service.externalIps ?? []).filter(ofFamily),
    proto: { match: 'proto', proto: protocolNumber(port.protocol) },
    policies: {
      internalLocal,
      externalLocal,
      hasInternal: categorized.any && (!internalLocal || hasLocal),
      hasExternal: categorized.any && (!externalLocal || hasLocal),
      accessible: externallyAccessible(service, port),
      firewalled: categorized.any && loadBalancerIps.length > 0 && ranges > 0,
    },
    names: {
      cluster: chainName('SVC', name, port.protocol),
      local: chainName('SVL', name, port.protocol),
      external: chainName('EXT', name, port.protocol),
      firewall: chainName('FW', name, port.protocol),
    },
  };
}

/** The rules that catch traffic to the port and send it to its chains, or refuse it. */
function sharedLines(p: Port): SharedLines {
  const { categorized, policies, names } = p;
  const natServices: Rule[] = [];
  const natNodePorts: Rule[] = [];
  const filterServices: Rule[] = [];
  const filterExternalServices: Rule[] = [];
  const filterNodePorts: Rule[] = [];
  const filterFirewall: Rule[] = [];
  const dport = destinationPort(p.port.port);
  const at = (address: Ip, text: string, target: Target): Rule =>
    rule([to(address), p.proto, comment(text), dport], target);
  const refusal = refusalOf(p);

  if (policies.hasInternal) {
    const chain = policies.internalLocal ? names.local : names.cluster;
    natServices.push(at(p.clusterIp, `${p.name} cluster IP`, jump(chain)));
  } else {
    filterServices.push(at(p.clusterIp, refusal.text, refusal.target));
  }
  for (const address of p.externalIps) {
    if (categorized.any) {
      natServices.push(at(address, `${p.name} external IP`, jump(names.external)));
    }
    if (!policies.hasExternal) {
      filterExternalServices.push(at(address, refusal.text, refusal.target));
    }
  }
  for (const address of p.loadBalancerIps) {
    if (categorized.any) {
      const chain = policies.firewalled ? names.firewall : names.external;
      natServices.push(at(address, `${p.name} loadbalancer IP`, jump(chain)));
    }
    if (policies.firewalled) {
      const text = `${p.name} traffic not accepted by ${names.firewall}`;
      filterFirewall.push(at(address, text, { target: 'DROP' }));
    }
    if (!policies.hasExternal) {
      filterExternalServices.push(at(address, refusal.text, refusal.target));
    }
  }
  const nodePort = p.port.nodePort ?? 0;
  if (nodePort !== 0) {
    const nodeDport = destinationPort(nodePort);
    if (categorized.any) {
      natNodePorts.push(rule([p.proto, comment(p.name), nodeDport], jump(names.external)));
    }
    if (!policies.hasExternal) {
      const matches = [p.proto, comment(refusal.text), TO_LOCAL, nodeDport];
      filterExternalServices.push(rule(matches, refusal.target));
    }
  }
  const health = p.service.healthCheckNodePort ?? 0;
  if (health !== 0 && policies.externalLocal) {
    const text = `${p.name} health check node port`;
    const tcp: Match = { match: 'proto', proto: protocolNumber('TCP') };
    filterNodePorts.push(rule([tcp, comment(text), destinationPort(health)], ACCEPT));
  }
  return {
    natServices,
    natNodePorts,
    filterServices,
    filterExternalServices,
    filterNodePorts,
    filterFirewall,
  };
}

/** What happens to traffic that no endpoint here may take. */
function refusalOf(p: Port): { readonly text: string; readonly target: Target } {
  return p.categorized.any
    ? { text: `${p.name} has no local endpoints`, target: { target: 'DROP' } }
    : {
        text: `${p.name} has no endpoints`,
        target: {
          target: 'REJECT',
          with: p.family === 'ipv4' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable',
        },
      };
}

function ownChains(p: Port): readonly RuleChain[] {
  const { categorized, policies, names } = p;
  const usesCluster = categorized.cluster.length > 0;
  const usesLocal = categorized.local.length > 0;
  const chains: RuleChain[] = [];
  if (usesCluster) {
    const rules = endpointRules(p, categorized.cluster);
    const inside = policies.hasInternal && !policies.internalLocal ? clusterIpMasquerade(p) : [];
    chains.push({ name: names.cluster, rules: [...inside, ...rules] });
  }
  if (usesLocal) {
    const rules = endpointRules(p, categorized.local);
    const inside = policies.hasInternal && policies.internalLocal ? clusterIpMasquerade(p) : [];
    chains.push({ name: names.local, rules: [...inside, ...rules] });
  }
  if (categorized.any && policies.accessible) {
    chains.push({ name: names.external, rules: externalRules(p) });
  }
  if (policies.firewalled) chains.push({ name: names.firewall, rules: firewallRules(p) });
  for (const endpoint of categorized.reachable) chains.push(endpointChain(p, endpoint));
  return chains;
}

/** Off-cluster traffic to the cluster IP must come back through this node. */
function clusterIpMasquerade(p: Port): readonly Rule[] {
  if (p.clusterCidr === undefined) return [];
  const text = comment(`${p.name} cluster IP`);
  const dport = destinationPort(p.port.port);
  return [rule([notFrom(p.clusterCidr), to(p.clusterIp), p.proto, text, dport], MARK_MASQ)];
}

/** From the cluster IP or the external chain to the endpoints: affinity first, then chance. */
function endpointRules(p: Port, endpoints: readonly ProxyEndpoint[]): readonly Rule[] {
  const rules: Rule[] = [];
  const toward = (endpoint: ProxyEndpoint): Match =>
    comment(`${p.name} -> ${endpointText(endpoint)}`);
  if (p.service.sessionAffinity === 'ClientIP') {
    for (const endpoint of endpoints) {
      const chain = sepName(p, endpoint);
      const recent: Match = {
        match: 'recent',
        verb: 'rcheck',
        name: chain,
        side: 'source',
        seconds: p.service.affinityTimeoutSeconds ?? 10_800,
        reap: true,
      };
      rules.push(rule([toward(endpoint), recent], jump(chain)));
    }
  }
  endpoints.forEach((endpoint, index) => {
    const left = endpoints.length - index;
    // Upstream writes ten decimals; the last endpoint takes all that is left.
    const share: Match | undefined =
      left > 1
        ? { match: 'statistic-random', probability: Number((1 / left).toFixed(10)) }
        : undefined;
    rules.push(rule([toward(endpoint), share], jump(sepName(p, endpoint))));
  });
  return rules;
}

function externalRules(p: Port): readonly Rule[] {
  const { policies, names } = p;
  const rules: Rule[] = [];
  const destinations = `${p.name} external destinations`;
  if (!policies.externalLocal) {
    rules.push(rule([comment(`masquerade traffic for ${destinations}`)], MARK_MASQ));
  } else {
    // Pods and the node itself are served as if they went out to the load balancer and came back.
    const cluster = p.categorized.cluster.length > 0 ? jump(names.cluster) : undefined;
    if (p.clusterCidr !== undefined && cluster !== undefined) {
      const text = comment(`pod traffic for ${destinations}`);
      rules.push(rule([from(p.clusterCidr), text], cluster));
    }
    const masquerade = comment(`masquerade LOCAL traffic for ${destinations}`);
    rules.push(rule([masquerade, FROM_LOCAL], MARK_MASQ));
    if (cluster !== undefined) {
      rules.push(rule([comment(`route LOCAL traffic for ${destinations}`), FROM_LOCAL], cluster));
    }
  }
  if (policies.hasExternal) {
    rules.push(rule([], jump(policies.externalLocal ? names.local : names.cluster)));
  }
  return rules;
}

function firewallRules(p: Port): readonly Rule[] {
  const ranges = p.service.loadBalancerSourceRanges ?? [];
  const allowed = ranges
    .filter((range) => (typeof range.network === 'number') === (p.family === 'ipv4'))
    .map((range) =>
      rule([from(range), comment(`${p.name} loadbalancer IP`)], jump(p.names.external)),
    );
  const rest = comment(`other traffic to ${p.name} will be dropped by KUBE-PROXY-FIREWALL`);
  return [...allowed, rule([rest])];
}

/** Chains of endpoints by the endpoint's record, which stays the same object while nothing about it changes. */
const endpointChains = new WeakMap<ProxyEndpoint, { readonly key: string; chain: RuleChain }>();

function endpointChain(p: Port, endpoint: ProxyEndpoint): RuleChain {
  const affine = p.service.sessionAffinity === 'ClientIP';
  const key = `${p.name} ${p.port.protocol} ${affine}`;
  const known = endpointChains.get(endpoint);
  if (known?.key === key) return known.chain;
  const name = chainName('SEP', p.name, p.port.protocol, endpointText(endpoint));
  const recent: Match | undefined = affine
    ? { match: 'recent', verb: 'set', name, side: 'source' }
    : undefined;
  const chain: RuleChain = {
    name,
    rules: [
      // A pod that reaches itself through the Service must see another source than its own.
      rule([fromAddress(endpoint.ip), comment(p.name)], MARK_MASQ),
      rule([p.proto, comment(p.name), recent], {
        target: 'DNAT',
        to: endpoint.ip,
        ports: { from: endpoint.port, to: endpoint.port },
      }),
    ],
  };
  endpointChains.set(endpoint, { key, chain });
  return chain;
}

function sepName(p: Port, endpoint: ProxyEndpoint): string {
  return endpointChain(p, endpoint).name;
}

/** `ip:port`, IPv6 in brackets. */
export function endpointText(endpoint: { readonly ip: Ip; readonly port: number }): string {
  const address = formatIp(endpoint.ip);
  return isIpv4(endpoint.ip) ? `${address}:${endpoint.port}` : `[${address}]:${endpoint.port}`;
}
