import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  iptablesFailure,
  listRule,
  parseIptablesRequest,
  printRule,
} from '../../../../topology/kernel/command/index.js';
import { sameRule } from '../../../../topology/kernel/netfilter/rule-equal.js';
import { Machine } from '../netns/machine.js';

/** One row of iptables-save.json: what the real iptables 1.8.9 made of a command. */
interface Recorded {
  readonly family: 4 | 6;
  readonly table: string;
  readonly args: readonly string[];
  readonly status: number;
  readonly stderr: string;
  readonly saved: readonly string[];
  readonly listed: readonly string[];
}

const path = new URL('../../../fixture/linux/iptables-save.json', import.meta.url);
const rows: readonly Recorded[] = JSON.parse(readFileSync(path, 'utf8'));

/** What iptables has and podnet refuses, saying so. */
const UNSUPPORTED =
  /-m (ah|bpf|cgroup|cpu|devgroup|ecn|esp|helper|nfacct|policy|quota|realm|socket|time)\b|-j (AUDIT|CHECKSUM|NFQUEUE|QUEUE|TEE|TPROXY)\b|--helper|--packets-gt|--dccp-types/;

/** What podnet words otherwise: a netmask with holes, a name that a resolver is asked for. */
const OTHERWISE = /255\.0\.255\.0|--algo foo/;

/** Runs a command on a namespace as it was when it was recorded. */
type Outcome = Pick<Recorded, 'status' | 'stderr' | 'saved' | 'listed'>;

function run(row: Recorded): Outcome | 'unsupported' {
  const machine = new Machine();
  const { host } = machine;
  host.apply([
    { op: 'ipset.create', name: 's4', spec: { type: 'hash:ip', family: 'inet' } },
    { op: 'ipset.create', name: 's6', spec: { type: 'hash:ip,port,ip', family: 'inet6' } },
  ]);
  const family = row.family === 4 ? 'ipv4' : 'ipv6';
  const read = parseIptablesRequest(['-t', row.table, ...row.args], { family });
  if (!read.ok) {
    if (read.error.code === 'command/unsupported') return 'unsupported';
    return {
      status: read.error.status ?? 0,
      stderr: read.error.stderr ?? '',
      saved: [],
      listed: [],
    };
  }
  const { netfilter } = host.root;
  const { query, ops, warnings } = read.value;
  const stderr = warnings.map((line) => `${line}\n`).join('');
  const tables = () => netfilter.tables(family);
  if (query?.query === 'check') {
    const chain = tables()
      .flatMap(({ chains }) => chains)
      .find(({ name }) => name === query.chain);
    const found = query.rules.every((rule) => chain?.rules.some((each) => sameRule(each, rule)));
    const tool = family === 'ipv4' ? 'iptables' : 'ip6tables';
    const message = `${tool}: Bad rule (does a matching rule exist in that chain?).`;
    return found
      ? { status: 0, stderr, saved: [], listed: [] }
      : { ...iptablesFailure(message, family), saved: [], listed: [] };
  }
  const applied = host.apply(ops);
  if (!applied.ok)
    return { ...iptablesFailure(applied.error.message, family), saved: [], listed: [] };
  const saved = tables().flatMap(({ chains }) =>
    chains.flatMap(({ name, policy, rules }) => [
      ...(policy === undefined ? [`:${name} - [0:0]`] : []),
      ...rules.map((rule) => `-A ${name} ${printRule(rule, family)}`.trimEnd()),
    ]),
  );
  const options = { numeric: true, verbose: true, exact: false, lineNumbers: false } as const;
  const listed = tables().flatMap(({ chains }) =>
    chains.flatMap(({ rules }) =>
      rules.map((rule, at) =>
        listRule(rule, at + 1, { packets: 0, bytes: 0 }, { ...options, family }).trimEnd(),
      ),
    ),
  );
  return { status: 0, stderr, saved, listed };
}

describe('iptables and ip6tables against what the real ones did', () => {
  const known = rows.filter(({ args }) => !OTHERWISE.test(args.join(' ')));

  test('at least 250 rules of both families are compared', () => {
    expect(known.length).toBeGreaterThan(900);
  });

  test.each(
    known.map(
      (row) =>
        [
          `ip${row.family === 6 ? '6' : ''}tables -t ${row.table} ${row.args.join(' ')}`,
          row,
        ] as const,
    ),
  )('%s', (line, row) => {
    const mine = run(row);
    if (UNSUPPORTED.test(line)) {
      expect(mine).toBe('unsupported');
      return;
    }
    const { status, stderr, saved } = row;
    const listed = row.listed.map((text) => text.trimEnd());
    expect(mine).toEqual({ status, stderr, saved, listed });
  });
});
