import { type Cidr, cidrOf, type Ip, isCidr4, isIpv4, parseCidr } from '../addr/index.js';
import { hash32 } from '../base/index.js';
import type { Match, Rule, RuleChain, Target } from '../kernel/ops.js';
import { IPPROTO } from '../wire/packet.js';
import type { PolicyState, RuleState } from './policy-state.js';
import type { PolicyPod, PolicyPort } from './record.js';

/**
 * How policies look as rules. A first packet between pods visits, from FORWARD, the chain of its source pod and then
 * that of its destination pod, if policies select them. A pod's chain clears the mark, visits the chain of each policy,
 * which sets the mark where a rule allows the packet, and drops what no policy marked.
 */

/** The mark of a packet that some policy allows. */
export const ALLOWED_MARK = 0x10000;

export type Family = 'ipv4' | 'ipv6';

const ALLOW: Target = {
  target: 'MARK',
  verb: 'set-xmark',
  value: ALLOWED_MARK,
  mask: ALLOWED_MARK,
};
const CLEAR: Target = { target: 'MARK', verb: 'set-xmark', value: 0, mask: ALLOWED_MARK };
const NOT_ALLOWED: Match = {
  match: 'mark',
  value: ALLOWED_MARK,
  mask: ALLOWED_MARK,
  invert: true,
};

/** A chain name of 28 octets at most that stands for a text. */
export function policyChain(prefix: string, text: string): string {
  const high = hash32(text).toString(36).toUpperCase().padStart(7, '0');
  const low = hash32(`${text}/`).toString(36).toUpperCase().padStart(7, '0');
  return `PODNET-${prefix}-${high}${low}`.slice(0, 28);
}

/** The chain that every forwarded packet visits. */
export const ROOT_CHAIN: RuleChain = {
  name: 'PODNET-POLICY',
  rules: [
    // What an allowed packet began goes on, both ways.
    {
      matches: [{ match: 'ctstate', states: ['RELATED', 'ESTABLISHED'] }],
      target: { target: 'RETURN' },
    },
    { matches: [], target: jump('PODNET-EGRESS') },
    { matches: [], target: jump('PODNET-INGRESS') },
  ],
};

/** Name of a pod's chain. */
export function podChainName(direction: 'ingress' | 'egress', podKey: string): string {
  return policyChain(direction === 'ingress' ? 'IN' : 'OUT', podKey);
}

/** Name of a policy's chain. */
export function policyChainName(policy: PolicyState, direction: 'ingress' | 'egress'): string {
  const { namespace, name } = policy.record;
  return policyChain('NP', `${direction} ${namespace}/${name}`);
}

/** The chain of a pod that policies select. */
export function podChain(
  direction: 'ingress' | 'egress',
  podKey: string,
  policies: readonly PolicyState[],
): RuleChain {
  const visits = policies.map((policy): Rule => {
    const { namespace, name } = policy.record;
    return {
      matches: [comment(`policy ${namespace}/${name}`)],
      target: jump(policyChainName(policy, direction)),
    };
  });
  const refusal = comment(`${podKey}: no policy allows this ${direction}`);
  return {
    name: podChainName(direction, podKey),
    rules: [
      { matches: [], target: CLEAR },
      ...visits,
      { matches: [refusal, NOT_ALLOWED], target: { target: 'DROP' } },
    ],
  };
}

/** Leads a pod's packets to its chain. */
export function dispatchRule(direction: 'ingress' | 'egress', podKey: string, address: Ip): Rule {
  return {
    matches: [only(direction === 'ingress' ? 'dst' : 'src', address), comment(podKey)],
    target: jump(podChainName(direction, podKey)),
  };
}

/** The chains of a policy: one for each direction, and one for the peers of each rule that names some. */
export function policyChains(policy: PolicyState, family: Family): readonly RuleChain[] {
  const chains: RuleChain[] = [];
  for (const direction of policy.directions) {
    const rules: Rule[] = [];
    for (const state of policy.rules.filter((rule) => rule.direction === direction)) {
      rules.push(...ruleOf(policy, state, family, chains));
    }
    chains.push({ name: policyChainName(policy, direction), rules });
  }
  return chains;
}

function ruleOf(
  policy: PolicyState,
  state: RuleState,
  family: Family,
  chains: RuleChain[],
): readonly Rule[] {
  const { direction, index, peers } = state;
  const { namespace, name, spec } = policy.record;
  const ports = (direction === 'ingress' ? spec.ingress : spec.egress)?.[index]?.ports ?? [];
  let target = ALLOW;
  if (peers !== undefined) {
    const text = `${direction} ${namespace}/${name} ${index}`;
    const peerChain = {
      name: policyChain('PEER', text),
      rules: peerRules(state, family, text, chains),
    };
    chains.push(peerChain);
    target = jump(peerChain.name);
  }
  if (ports.length === 0) return [{ matches: [], target }];
  return ports.flatMap((port) => {
    if (typeof port.port !== 'string') {
      return [{ matches: portMatches(port), target }];
    }
    // A name stands for another number in each pod that the packet may go to.
    const pods = direction === 'ingress' ? policy.subjects : state.peerPods;
    return [...pods.values()].flatMap((pod) => namedPortRules(pod, port, family, target));
  });
}

function peerRules(
  state: RuleState,
  family: Family,
  text: string,
  chains: RuleChain[],
): readonly Rule[] {
  const side = state.direction === 'ingress' ? 'src' : 'dst';
  const rules: Rule[] = [];
  for (const [key, pod] of [...state.peerPods].sort(byKey)) {
    if (pod.hostNetwork === true) continue;
    for (const address of addressesOf(pod, family)) {
      rules.push({ matches: [only(side, address), comment(key)], target: ALLOW });
    }
  }
  (state.peers ?? []).forEach(({ ipBlock }, index) => {
    const block = ipBlock === undefined ? undefined : readBlock(ipBlock.cidr, family);
    if (block === undefined) return;
    const except = (ipBlock?.except ?? []).flatMap((cidr) => readBlock(cidr, family) ?? []);
    const matches: readonly Match[] = [{ match: side, block }];
    if (except.length === 0) {
      rules.push({ matches, target: ALLOW });
      return;
    }
    const chain: RuleChain = {
      name: policyChain('BLOCK', `${text} ${index}`),
      rules: [
        ...except.map(
          (hole): Rule => ({
            matches: [{ match: side, block: hole }],
            target: { target: 'RETURN' },
          }),
        ),
        { matches: [], target: ALLOW },
      ],
    };
    chains.push(chain);
    rules.push({ matches, target: jump(chain.name) });
  });
  return rules;
}

function namedPortRules(
  pod: PolicyPod,
  port: PolicyPort,
  family: Family,
  target: Target,
): readonly Rule[] {
  const protocol = port.protocol ?? 'TCP';
  return (pod.ports ?? [])
    .filter((named) => named.name === port.port && named.protocol === protocol)
    .flatMap((named) =>
      addressesOf(pod, family).map(
        (address): Rule => ({
          matches: [only('dst', address), ...portMatches({ protocol, port: named.port })],
          target,
        }),
      ),
    );
}

function portMatches({ protocol = 'TCP', port, endPort }: PolicyPort): readonly Match[] {
  const number =
    protocol === 'UDP' ? IPPROTO.udp : protocol === 'SCTP' ? IPPROTO.sctp : IPPROTO.tcp;
  const proto: Match = { match: 'proto', proto: number };
  if (typeof port !== 'number') return [proto];
  return [proto, { match: 'dport', ports: { from: port, to: endPort ?? port } }];
}

/** Addresses of a pod in one family. */
export function addressesOf(pod: PolicyPod, family: Family): readonly Ip[] {
  return pod.ips.filter((address) => isIpv4(address) === (family === 'ipv4'));
}

function readBlock(text: string, family: Family): Cidr | undefined {
  const parsed = parseCidr(text);
  if (!parsed.ok) return undefined;
  return isCidr4(parsed.value) === (family === 'ipv4') ? parsed.value : undefined;
}

function only(side: 'src' | 'dst', address: Ip): Match {
  return { match: side, block: cidrOf(address, isIpv4(address) ? 32 : 128) };
}

function comment(text: string): Match {
  return { match: 'comment', text };
}

function jump(chain: string): Target {
  return { target: 'jump', chain };
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
