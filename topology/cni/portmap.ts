import { cidr4, type Ipv4 } from '../addr/index.js';
import { hash32 } from '../base/index.js';
import type { KernelOp, Match, Rule, RuleChain, Target } from '../kernel/ops.js';
import { IPPROTO } from '../wire/packet.js';
import type { CniRequest, PortMapping } from './plugin.js';

const DNAT_CHAIN = 'CNI-HOSTPORT-DNAT';
const SETMARK_CHAIN = 'CNI-HOSTPORT-SETMARK';
const MASQ_CHAIN = 'CNI-HOSTPORT-MASQ';
const MARK = 0x2000;

/**
 * Chains that every node has before its first hostPort.
 *
 * Source: containernetworking/plugins `portmap/portmap_iptables.go`. Fidelity: upstream makes them with the
 * first mapping; podnet with the node's first pod.
 */
export function portmapNodeOps(): KernelOp[] {
  const local: Match = { match: 'addrtype', dstTypes: ['LOCAL'] };
  const mark: Target = { target: 'MARK', verb: 'set-xmark', value: MARK, mask: MARK };
  const marked: Match = { match: 'mark', value: MARK, mask: MARK };
  return [
    {
      op: 'iptables.restore',
      family: 'ipv4',
      noflush: true,
      tables: [
        {
          table: 'nat',
          chains: [
            { name: DNAT_CHAIN, rules: [] },
            {
              name: SETMARK_CHAIN,
              rules: [{ matches: [comment('CNI portfwd masquerade mark')], target: mark }],
            },
            { name: MASQ_CHAIN, rules: [{ matches: [marked], target: { target: 'MASQUERADE' } }] },
          ],
        },
      ],
    },
    jump('PREROUTING', [local], DNAT_CHAIN),
    jump('OUTPUT', [local], DNAT_CHAIN),
    jump('POSTROUTING', [comment('CNI portfwd requiring masquerade')], MASQ_CHAIN),
  ];
}

/** Rules for the mappings of one container; none when it has none. */
export function portmapAddOps(request: CniRequest, address: Ipv4): KernelOp[] {
  const mappings = request.portMappings ?? [];
  if (mappings.length === 0) return [];
  const chain = containerChain(request);
  return [
    {
      op: 'iptables.restore',
      family: 'ipv4',
      noflush: true,
      tables: [
        {
          table: 'nat',
          chains: [{ name: chain, rules: mappings.flatMap((m) => mappingRules(m, address)) }],
        },
      ],
    },
    ...entryRules(request).map(
      (rule): KernelOp => ({
        op: 'iptables.append',
        family: 'ipv4',
        table: 'nat',
        chain: DNAT_CHAIN,
        rule,
      }),
    ),
  ];
}

/** Takes the rules of `portmapAddOps` away. */
export function portmapDelOps(request: CniRequest): KernelOp[] {
  const mappings = request.portMappings ?? [];
  if (mappings.length === 0) return [];
  const empty: readonly RuleChain[] = [];
  return [
    ...entryRules(request).map(
      (rule): KernelOp => ({
        op: 'iptables.delete',
        family: 'ipv4',
        table: 'nat',
        chain: DNAT_CHAIN,
        rule,
      }),
    ),
    {
      op: 'iptables.restore',
      family: 'ipv4',
      noflush: true,
      tables: [{ table: 'nat', chains: empty, removeChains: [containerChain(request)] }],
    },
  ];
}

function entryRules(request: CniRequest): Rule[] {
  const mappings = request.portMappings ?? [];
  const protocols = ['tcp', 'udp'] as const;
  return protocols.flatMap((protocol) => {
    const ports = mappings
      .filter((m) => m.protocol === protocol)
      .map((m) => ({ from: m.hostPort, to: m.hostPort }));
    if (ports.length === 0) return [];
    return [
      {
        matches: [
          { match: 'proto', proto: IPPROTO[protocol] },
          comment(`dnat name: "cbr0" id: "${request.containerId}"`),
          { match: 'multiport', side: 'destination', ports },
        ],
        target: { target: 'jump', chain: containerChain(request) },
      },
    ] satisfies Rule[];
  });
}

function mappingRules(mapping: PortMapping, address: Ipv4): Rule[] {
  const common: Match[] = [
    { match: 'proto', proto: IPPROTO[mapping.protocol] },
    { match: 'dport', ports: { from: mapping.hostPort, to: mapping.hostPort } },
  ];
  if (mapping.hostIp !== undefined && mapping.hostIp !== 0) {
    common.unshift({ match: 'dst', block: cidr4(mapping.hostIp, 32) });
  }
  const self: Match = { match: 'src', block: cidr4(address, 32) };
  const loopback: Match = { match: 'src', block: cidr4(0x7f000001 as Ipv4, 32) };
  const mark: Target = { target: 'jump', chain: SETMARK_CHAIN };
  const port = { from: mapping.containerPort, to: mapping.containerPort };
  return [
    { matches: [self, ...common], target: mark },
    { matches: [loopback, ...common], target: mark },
    { matches: common, target: { target: 'DNAT', to: address, ports: port } },
  ];
}

function containerChain(request: CniRequest): string {
  return `CNI-DN-${hash32(`cbr0${request.containerId}`).toString(16).padStart(8, '0')}`;
}

function jump(
  chain: 'PREROUTING' | 'OUTPUT' | 'POSTROUTING',
  matches: readonly Match[],
  target: string,
): KernelOp {
  return {
    op: 'iptables.append',
    family: 'ipv4',
    table: 'nat',
    chain,
    rule: { matches, target: { target: 'jump', chain: target } },
  };
}

function comment(text: string): Match {
  return { match: 'comment', text };
}
