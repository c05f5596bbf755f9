import type { PolicyView } from '../../topology/index.js';
import type { PolicyVertex } from '../contract/graph.js';
import type { DetailSection, VertexDetails } from '../contract/live.js';
import type { AllowedPeer, PolicyReach } from '../contract/policy.js';
import type { Cluster } from './cluster.js';
import { type Reply, refuse, reply } from './reply.js';

/** Peers that one answer tells at most: more are not told apart on a drawing. */
const MOST_PEERS = 200;

/** Answers whom a pod's policies, or one policy, let pass; from the engine's own index of subjects and peers. */
export function policyReach(cluster: Cluster, id: string): Reply<PolicyReach> {
  const at = id.indexOf(':');
  const key = id.slice(at + 1);
  const { policies } = cluster;
  const found = new ReachList();
  if (id.startsWith('policy:')) {
    const policy = policies.view(key);
    if (policy === undefined) return refuse(`networkpolicies.networking.k8s.io "${key}" not found`);
    for (const pod of policy.subjects.keys()) found.add(policy, pod);
  } else if (id.startsWith('pod:')) {
    const [namespace = ''] = key.split('/');
    const { ingress, egress } = policies.isolationOf(key);
    for (const name of new Set([...ingress, ...egress])) {
      const policy = policies.view(`${namespace}/${name}`);
      if (policy !== undefined) found.add(policy, key);
    }
  } else return refuse(`'${id}' is neither a pod nor a NetworkPolicy`);
  return reply({ id, allowed: found.told, more: found.more });
}

class ReachList {
  readonly told: AllowedPeer[] = [];
  more = 0;

  /** What a policy allows one of its pods. */
  add({ record, rules }: PolicyView, pod: string): void {
    for (const { direction, index, peers, peerPods } of rules) {
      const rule = (direction === 'ingress' ? record.spec.ingress : record.spec.egress)?.[index];
      const allow = (peer: string) =>
        this.tell({
          direction,
          pod: `pod:${pod}`,
          peer,
          ports: (rule?.ports ?? []).map(portText),
          policy: `policy:${record.namespace}/${record.name}`,
        });
      if (peers === undefined) allow('everyone');
      for (const { ipBlock } of peers ?? []) if (ipBlock !== undefined) allow(ipBlock.cidr);
      for (const peer of peerPods.keys()) allow(`pod:${peer}`);
    }
  }

  private tell(peer: AllowedPeer): void {
    if (this.told.length < MOST_PEERS) this.told.push(peer);
    else this.more += 1;
  }
}

interface Port {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}

function portText({ protocol = 'TCP', port, endPort }: Port): string {
  return `${port ?? 'any'}${endPort === undefined ? '' : `-${endPort}`}/${protocol}`;
}

/** A NetworkPolicy as the graph has it; undefined when there is none. */
export function policyVertex(cluster: Cluster, key: string): PolicyVertex | undefined {
  const policy = cluster.policies.view(key);
  if (policy === undefined) return undefined;
  const { namespace, name } = policy.record;
  return {
    id: `policy:${key}`,
    kind: 'policy',
    name,
    namespace,
    directions: policy.directions,
    subjects: policy.subjects.size,
  };
}

/** What the side panel says of a NetworkPolicy. */
export function policyDetails(
  cluster: Cluster,
  id: string,
  key: string,
): VertexDetails | undefined {
  const policy = cluster.policies.view(key);
  if (policy === undefined) return undefined;
  const { record, directions, subjects, rules } = policy;
  const selector = record.spec.podSelector ?? {};
  const facts: DetailSection = {
    kind: 'facts',
    title: 'NetworkPolicy',
    rows: [
      ['isolates', directions.join(' and ') || 'nothing'],
      ['pod selector', selectorText(selector)],
      ['pods', `${subjects.size}`],
    ],
  };
  const table: DetailSection = {
    kind: 'table',
    title: 'Rules',
    columns: ['way', 'peers', 'ports', 'pods now'],
    rows: rules.map(({ direction, index, peers, peerPods }) => {
      const rule = (direction === 'ingress' ? record.spec.ingress : record.spec.egress)?.[index];
      return [
        direction === 'ingress' ? 'from' : 'to',
        peers === undefined ? 'everyone' : peers.map(peerText).join(' or '),
        (rule?.ports ?? []).map(portText).join(' ') || 'all',
        peers === undefined ? '-' : `${peerPods.size}`,
      ];
    }),
    note:
      rules.length === 0
        ? 'No rule: nothing passes in the ways that it isolates, but what another policy allows.'
        : 'What no rule of any policy of a pod allows is dropped in FORWARD of its node. A node always reaches its own pods.',
  };
  return {
    id,
    title: record.name,
    subtitle: `NetworkPolicy in ${record.namespace}`,
    sections: [facts, table],
  };
}

type Peer = NonNullable<PolicyView['rules'][number]['peers']>[number];
type Selector = NonNullable<Peer['podSelector']>;

function peerText({ podSelector, namespaceSelector, ipBlock }: Peer): string {
  if (ipBlock !== undefined) {
    const except = ipBlock.except ?? [];
    return `${ipBlock.cidr}${except.length === 0 ? '' : ` except ${except.join(', ')}`}`;
  }
  const pods = podSelector === undefined ? 'all pods' : `pods ${selectorText(podSelector)}`;
  return namespaceSelector === undefined
    ? pods
    : `${pods} of namespaces ${selectorText(namespaceSelector)}`;
}

/** A label selector as `kubectl -l` takes it. */
function selectorText({ matchLabels, matchExpressions }: Selector): string {
  const parts = Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values = [] } of matchExpressions ?? []) {
    const list = `(${values.join(',')})`;
    if (operator === 'In') parts.push(`${key} in ${list}`);
    else if (operator === 'NotIn') parts.push(`${key} notin ${list}`);
    else parts.push(operator === 'DoesNotExist' ? `!${key}` : key);
  }
  return parts.join(',') || 'all';
}
