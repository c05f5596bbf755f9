import type { Ip } from '../addr/index.js';

/** Labels of an object. */
export type Labels = Readonly<Record<string, string>>;

/** A pod as policies see it; pods on the node's own network are not subject to policies. */
export interface PolicyPod {
  readonly namespace: string;
  readonly name: string;
  readonly ips: readonly Ip[];
  readonly nodeName: string;
  readonly labels: Labels;
  /** Named container ports, which policies may refer to. */
  readonly ports?: readonly NamedPort[];
  readonly hostNetwork?: boolean;
}

/** A container port with a name. */
export interface NamedPort {
  readonly name: string;
  readonly protocol: PolicyProtocol;
  readonly port: number;
}

/** Transport protocols of a policy. */
export type PolicyProtocol = 'TCP' | 'UDP' | 'SCTP';

/** A NetworkPolicy: its place and its spec as in the API (networking.k8s.io/v1). */
export interface PolicyRecord {
  readonly namespace: string;
  readonly name: string;
  readonly spec: PolicySpec;
}

/** NetworkPolicySpec. */
export interface PolicySpec {
  readonly podSelector?: LabelSelector;
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly {
    readonly from?: readonly PolicyPeer[];
    readonly ports?: readonly PolicyPort[];
  }[];
  readonly egress?: readonly {
    readonly to?: readonly PolicyPeer[];
    readonly ports?: readonly PolicyPort[];
  }[];
}

/** LabelSelector; an empty one selects everything. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** NetworkPolicyPeer: pods by selectors, or a block of addresses. */
export interface PolicyPeer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

/** NetworkPolicyPort; without a port, all ports of the protocol. */
export interface PolicyPort {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}

/** Whether labels fulfil a selector; an unknown operator fulfils nothing. */
export function selects(selector: LabelSelector, labels: Labels): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labels[key] !== value) return false;
  }
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key];
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      default:
        return false;
    }
  });
}

/** Which directions a policy isolates its pods in (the default of policyTypes included). */
export function directionsOf(spec: PolicySpec): readonly ('ingress' | 'egress')[] {
  const types = spec.policyTypes ?? ['Ingress', ...(spec.egress === undefined ? [] : ['Egress'])];
  return (['ingress', 'egress'] as const).filter((direction) =>
    types.includes(direction === 'ingress' ? 'Ingress' : 'Egress'),
  );
}
