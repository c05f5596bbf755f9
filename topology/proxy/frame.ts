import type { Cidr, Ip } from '../addr/index.js';
import { ipv4 } from '../addr/index.js';
import type { KernelOp, Match, Rule, RuleChain, TableName } from '../kernel/ops.js';
import type { SharedLines } from './compile-port.js';
import { comment, jump, MASQUERADE_MARK, rule, TO_LOCAL, to } from './match.js';

/**
 * What kube-proxy installs whatever the Services are: the jumps from the built-in chains, the chains that all Services
 * share, masquerading and forwarding (iptablesJumpChains and the end of syncProxyRules, pkg/proxy/iptables/proxier.go).
 */

/** The chains that gather lines of all Services, with their table and where the lines come from. */
export const GATHERING_CHAINS: readonly {
  readonly table: TableName;
  readonly chain: string;
  readonly lines: keyof SharedLines;
}[] = [
  { table: 'filter', chain: 'KUBE-NODEPORTS', lines: 'filterNodePorts' },
  { table: 'filter', chain: 'KUBE-SERVICES', lines: 'filterServices' },
  { table: 'filter', chain: 'KUBE-EXTERNAL-SERVICES', lines: 'filterExternalServices' },
  { table: 'filter', chain: 'KUBE-PROXY-FIREWALL', lines: 'filterFirewall' },
  { table: 'nat', chain: 'KUBE-NODEPORTS', lines: 'natNodePorts' },
  { table: 'nat', chain: 'KUBE-SERVICES', lines: 'natServices' },
];

const LOOPBACK_4: Cidr = { network: ipv4(0x7f000000), prefixLength: 8 };
const MARKED = { value: MASQUERADE_MARK, mask: MASQUERADE_MARK } as const;
const ACCEPT = { target: 'ACCEPT' } as const;

const NEW: Match = { match: 'ctstate', states: ['NEW'] };

interface Jump {
  readonly table: TableName;
  readonly from: string;
  readonly rule: Rule;
}

function jumpFrom(
  table: TableName,
  chain: string,
  target: string,
  text: string | undefined,
  state?: Match,
): Jump {
  const remark = text === undefined ? undefined : comment(text);
  return { table, from: chain, rule: rule([state, remark], jump(target)) };
}

const EXTERNAL = 'kubernetes externally-visible service portals';
const PORTALS = 'kubernetes service portals';
const FIREWALL = 'kubernetes load balancer firewall';

/** In upstream's order; each is put first in its chain, so the last one stands first. */
const JUMPS: readonly Jump[] = [
  jumpFrom('filter', 'INPUT', 'KUBE-FIREWALL', undefined),
  jumpFrom('filter', 'OUTPUT', 'KUBE-FIREWALL', undefined),
  jumpFrom('filter', 'INPUT', 'KUBE-EXTERNAL-SERVICES', EXTERNAL, NEW),
  jumpFrom('filter', 'FORWARD', 'KUBE-EXTERNAL-SERVICES', EXTERNAL, NEW),
  jumpFrom('filter', 'INPUT', 'KUBE-NODEPORTS', 'kubernetes health check service ports'),
  jumpFrom('filter', 'FORWARD', 'KUBE-SERVICES', PORTALS, NEW),
  jumpFrom('filter', 'OUTPUT', 'KUBE-SERVICES', PORTALS, NEW),
  jumpFrom('filter', 'FORWARD', 'KUBE-FORWARD', 'kubernetes forwarding rules'),
  jumpFrom('filter', 'INPUT', 'KUBE-PROXY-FIREWALL', FIREWALL, NEW),
  jumpFrom('filter', 'OUTPUT', 'KUBE-PROXY-FIREWALL', FIREWALL, NEW),
  jumpFrom('filter', 'FORWARD', 'KUBE-PROXY-FIREWALL', FIREWALL, NEW),
  jumpFrom('nat', 'OUTPUT', 'KUBE-SERVICES', PORTALS),
  jumpFrom('nat', 'PREROUTING', 'KUBE-SERVICES', PORTALS),
  jumpFrom('nat', 'POSTROUTING', 'KUBE-POSTROUTING', 'kubernetes postrouting rules'),
];

/** Ops that hook the shared chains into the built-in ones of a fresh node. */
export function jumpOps(family: 'ipv4' | 'ipv6'): readonly KernelOp[] {
  return JUMPS.map(({ table, from, rule }) => ({
    op: 'iptables.insert',
    family,
    table,
    chain: from,
    rule,
  }));
}

/** Chains of the filter table that never change. */
export function fixedFilterChains(family: 'ipv4' | 'ipv6'): readonly RuleChain[] {
  return [
    {
      name: 'KUBE-FORWARD',
      rules: [
        rule([{ match: 'ctstate', states: ['INVALID'] }], { target: 'DROP' }),
        rule([comment('kubernetes forwarding rules'), { match: 'mark', ...MARKED }], ACCEPT),
        rule(
          [
            comment('kubernetes forwarding conntrack rule'),
            { match: 'ctstate', states: ['RELATED', 'ESTABLISHED'] },
          ],
          ACCEPT,
        ),
      ],
    },
    { name: 'KUBE-FIREWALL', rules: family === 'ipv4' ? [LOCALNET_GUARD] : [] },
  ];
}

/** Node ports on 127.0.0.1 need route_localnet, which would let neighbours in without this. */
const LOCALNET_GUARD: Rule = rule(
  [
    { match: 'src', block: LOOPBACK_4, invert: true },
    { match: 'dst', block: LOOPBACK_4 },
    comment('block incoming localnet connections'),
    { match: 'ctstate', states: ['RELATED', 'ESTABLISHED', 'DNAT'], invert: true },
  ],
  { target: 'DROP' },
);

/** Chains of the nat table that never change. */
export function fixedNatChains(): readonly RuleChain[] {
  return [
    {
      name: 'KUBE-MARK-MASQ',
      rules: [rule([], { target: 'MARK', verb: 'set-xmark', ...MARKED })],
    },
    {
      name: 'KUBE-POSTROUTING',
      rules: [
        rule([{ match: 'mark', ...MARKED, invert: true }], { target: 'RETURN' }),
        // Clears the mark, so that the packet is not masqueraded again if it comes by once more.
        rule([], { target: 'MARK', verb: 'set-xmark', value: MASQUERADE_MARK, mask: 0 }),
        rule([comment('kubernetes service traffic requiring SNAT')], {
          target: 'MASQUERADE',
          randomFully: true,
        }),
      ],
    },
  ];
}

const LAST_IN_CHAIN =
  'kubernetes service nodeports; NOTE: this must be the last rule in this chain';

/** The end of KUBE-SERVICES in nat: node ports, at the node's own addresses or at those that were named. */
export function nodePortJumps(addresses: readonly Ip[] | undefined): readonly Rule[] {
  const remark = comment(LAST_IN_CHAIN);
  if (addresses === undefined) return [rule([remark, TO_LOCAL], jump('KUBE-NODEPORTS'))];
  return addresses.map((address) => rule([to(address), remark], jump('KUBE-NODEPORTS')));
}
