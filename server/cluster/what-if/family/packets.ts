/** The packet itself, or a setting of the place where it was lost: rules, sizes, time to live, names. */

import type { TableName } from '../../../../topology/index.js';
import { printOp, type RestoreTable } from '../../../../topology/index.js';
import { nearest } from '../../../api/schema/near-miss.js';
import { askInstead, type Candidate, type Family } from '../candidate.js';
import type { Case } from '../case.js';
import type { Failure } from '../failures.js';
import { passedSpaces, type Space, spaceOf, typedChange } from '../places.js';
import { withoutPort } from './services.js';

/** IPv4 and ICMP or UDP headers. */
const HEADERS_BYTES = 28;
/** Chains of podnet's own parts, whose rules come back. */
const OWN_CHAINS = /^(KUBE-|PODNET-|FLANNEL-|CNI-)/;

/** A rule that somebody put there drops or rejects the packet: it is deleted, or the policy of the chain accepts. */
export const rules: Family = (failed) =>
  atFailures(failed, /^hook-(dropped|rejected)$/, ({ step }, space) => {
    const { facts = {}, reason } = step;
    const { chain = '', table = '' } = facts;
    if (OWN_CHAINS.test(chain) || chain === '') return [];
    const number = /\brule (\d+) matches\b/.exec(reason)?.[1];
    const tableName = asTable(table);
    if (tableName === undefined) return [];
    if (number === undefined) {
      const [line = ''] = printOp({
        op: 'iptables.policy',
        family: 'ipv4',
        table: tableName,
        chain: asHook(chain),
        policy: 'ACCEPT',
      });
      return [
        {
          ...typedChange(space, [line]),
          text: `Type in ${space.label}: ${line}`,
          because: `no rule of ${table} ${chain} decided, and its policy drops what is left`,
          size: 'field',
        },
      ];
    }
    const rule = ruleAt(space.netns.netfilter.tables('ipv4'), tableName, chain, Number(number));
    if (rule === undefined) return [];
    const [line = ''] = printOp({
      op: 'iptables.delete',
      family: 'ipv4',
      table: tableName,
      chain,
      rule,
    });
    return [
      {
        ...typedChange(space, [line]),
        text: `Type in ${space.label}: ${line}`,
        because: `that rule (${table} ${chain}, number ${number}) loses the packet`,
        size: 'field',
      },
    ];
  });

function ruleAt(tables: readonly RestoreTable[], table: TableName, chain: string, number: number) {
  return tables.find((one) => one.table === table)?.chains.find(({ name }) => name === chain)
    ?.rules[number - 1];
}

function asTable(name: string): TableName | undefined {
  return (['raw', 'mangle', 'nat', 'filter', 'security'] as const).find((one) => one === name);
}

function asHook(name: string) {
  const hooks = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const;
  return hooks.find((one) => one === name) ?? 'FORWARD';
}

/** Settings of the kernel that lose packets. */
export const settings: Family = (failed) => [
  ...atFailures(failed, /^rp-filter$/, ({ step }, space) =>
    ['all', step.device ?? 'default'].slice(0, 2).map((dev, index, all) => {
      const lines = all
        .slice(0, index + 1)
        .map((one) => `sysctl -w net.ipv4.conf.${one}.rp_filter=2`);
      return {
        ...typedChange(space, lines),
        text: `Type in ${space.label}: ${lines.join('; ')}`,
        because: `the way back to the sender does not lead through ${dev === 'all' ? 'the device' : dev} that the packet came by; loose mode (RFC 3704) accepts that`,
        size: 'field' as const,
      };
    }),
  ),
  ...atFailures(failed, /^forwarding-disabled$/, (_failure, space) =>
    isOutside(failed, space)
      ? []
      : sysctl(
          space,
          'net.ipv4.ip_forward=1',
          'a host that does not forward ignores packets for others',
        ),
  ),
  ...atFailures(failed, /^conntrack-full$/, (_failure, space) =>
    sysctl(
      space,
      'net.netfilter.nf_conntrack_max=262144',
      'the table of connections is full, and packets of new ones are dropped',
    ),
  ),
  ...atFailures(failed, /^(link-down|no-carrier|bridge-port-down)$/, ({ step }, space) =>
    downDevices(space, step.device).map((line) => ({
      ...typedChange(space, [line]),
      text: `Type in ${space.label}: ${line}`,
      because: 'the device is down, and what it would send or receive is lost',
      size: 'field' as const,
    })),
  ),
];

/** The world outside is nobody's to change. */
function isOutside({ cluster }: Case, { place }: Space): boolean {
  return cluster.fabric.machines.get(place.machine ?? '')?.kind === 'outside';
}

function downDevices({ netns }: Space, device: string | undefined): readonly string[] {
  return netns.deviceList
    .filter(({ name, up }) => !up && (device === undefined || name === device))
    .map(({ name }) => `ip link set ${name} up`);
}

function sysctl(space: Space, setting: string, because: string): readonly Candidate[] {
  const lines = [`sysctl -w ${setting}`];
  return [
    {
      ...typedChange(space, lines),
      text: `Type in ${space.label}: ${lines.join('; ')}`,
      because,
      size: 'field',
    },
  ];
}

/** A packet that is too large: smaller, in pieces, or through devices that take it. */
export const sizes: Family = (failed) => {
  const { outcome, request } = failed;
  const tooLarge =
    failed.failures.some(({ code }) => code === 'mtu-exceeded') ||
    outcome.journey?.summary.includes('EMSGSIZE') === true;
  if (!tooLarge) return [];
  const all = passedSpaces(failed)
    .filter((space) => !isOutside(failed, space))
    .flatMap(({ netns }) => netns.deviceList.filter(({ kind }) => kind !== 'loopback'))
    .map(({ mtuBytes }) => mtuBytes);
  const smallest = Math.min(...all);
  const size = smallest - HEADERS_BYTES;
  return [
    ...(request.dontFragment === true
      ? [
          askInstead(
            { dontFragment: false },
            'Leave DF out, so that the packet may be cut into fragments',
            'with DF set a packet that does not fit is dropped',
          ),
        ]
      : []),
    ...(Number.isFinite(size) && size > 0 && size < (request.size ?? Number.POSITIVE_INFINITY)
      ? [
          askInstead(
            { size },
            `Send ${size} octets of payload`,
            `the smallest MTU of the way is ${smallest}, of which headers take ${HEADERS_BYTES}`,
          ),
        ]
      : []),
  ];
};

/** Too few hops were allowed. */
export const timeToLive: Family = ({ failures, request }) =>
  failures.some(({ code }) => code === 'ttl-expired') &&
  request.ttl !== undefined &&
  request.ttl < 64
    ? [
        askInstead(
          { ttl: 64 },
          'Send with a TTL of 64',
          `the way has more routers than ${request.ttl}: the last one that was allowed dropped it`,
        ),
      ]
    : [];

/** A name that nobody has: the ones that were probably meant. */
export const names: Family = (failed) => {
  const { cluster, outcome, request, source } = failed;
  const { error } = outcome;
  if (
    error === undefined ||
    !/nothing is named|no pod, Service|NXDOMAIN|no namespace is named/.test(error)
  )
    return [];
  const end = error.startsWith('from:') ? 'from' : 'to';
  const text = request[end];
  const port = /:\d+$/.exec(text)?.[0] ?? '';
  const parts = withoutPort(text)
    .replace(/^(svc|pod|service)\//, '')
    .split(/[/.]/);
  const isDns = withoutPort(text).includes('.');
  const own = source?.kind === 'pod' ? source.pod.metadata.namespace : undefined;
  const namespace = own ?? request.namespace ?? 'default';
  const [wantedNamespace, wanted = ''] = isDns
    ? [parts[1] ?? namespace, parts[0]]
    : parts.length > 1
      ? [parts[0] ?? namespace, parts[1]]
      : [namespace, parts[0]];
  const known = [
    ...(end === 'to' ? cluster.store.list('services') : []),
    ...cluster.store.list('pods'),
    ...(['apps/deployments', 'apps/statefulsets', 'apps/daemonsets'] as const).flatMap((resource) =>
      cluster.store.list(resource, namespace),
    ),
  ].map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name }));
  const exact = known.filter(({ name }) => name === wanted);
  const near = nearest(
    wanted,
    known.filter((one) => one.namespace === wantedNamespace).map(({ name }) => name),
  );
  const nearAnywhere = nearest(
    wanted,
    known.map(({ name }) => name),
  );
  const found = [
    ...exact,
    ...known.filter((one) => one.namespace === wantedNamespace && one.name === near),
    ...known.filter((one) => one.name === nearAnywhere),
  ].map((one) => (one.namespace === namespace ? one.name : `${one.namespace}/${one.name}`));
  return [...new Set(found)]
    .slice(0, 4)
    .map((name) =>
      askInstead(
        { [end]: `${name}${port}` },
        `${end === 'from' ? 'Send from' : 'Ask'} ${name}${port}`,
        `nothing is named ${withoutPort(text)}, and ${name} is`,
      ),
    );
};

function atFailures(
  { cluster, failures }: Case,
  code: RegExp,
  make: (failure: Failure, space: Space) => readonly Candidate[],
): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  for (const failure of failures) {
    if (!code.test(failure.code)) continue;
    const space = spaceOf(cluster, failure.hop);
    if (space === undefined) continue;
    for (const candidate of make(failure, space))
      if (!found.has(candidate.text)) found.set(candidate.text, candidate);
  }
  return [...found.values()];
}
