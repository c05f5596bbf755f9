import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contains, isCidr4, type Mac } from '../../../../topology/addr/index.js';
import { SECOND } from '../../../../topology/base/index.js';
import type { Device } from '../../../../topology/kernel/contract.js';
import type { Match, Rule, RuleChain } from '../../../../topology/kernel/ops.js';
import type { Skb } from '../../../../topology/kernel/skb.js';
import {
  addresses,
  block,
  type FakeNetns,
  FORWARDED,
  fakeNetns,
  icmp,
  ip,
  pass,
  port,
  rule,
  TRACE,
  tcp,
  udp,
} from './fake-netns.js';

const DROP = { target: 'DROP' } as const;
const ACCEPT = { target: 'ACCEPT' } as const;
const jump = (chain: string) => ({ target: 'jump', chain }) as const;

/** Replaces the filter table. */
function load(fake: FakeNetns, chains: readonly RuleChain[], noflush = false): string | undefined {
  return fake.netfilter.restore('ipv4', [{ table: 'filter', chains }], noflush);
}

/** Whether FORWARD lets a packet pass. */
function forward(fake: FakeNetns, skb: Skb, inDev = 'eth0', outDev = 'cni0'): string {
  return pass(fake, skb, ['FORWARD'], inDev, outDev);
}

const PACKET = () => tcp('10.244.1.2:40001', '10.244.2.2:80', 'S');

describe('a match', () => {
  test.each<[string, Match[], boolean]>([
    ['-s in the block', [block('src', '10.244.1.0/24')], true],
    ['-s outside the block', [block('src', '10.244.3.0/24')], false],
    ['! -s outside the block', [block('src', '10.244.3.0/24', true)], true],
    ['-d of the address', [block('dst', '10.244.2.2')], true],
    ['-p tcp', [{ match: 'proto', proto: 6 }], true],
    ['! -p tcp', [{ match: 'proto', proto: 6, invert: true }], false],
    ['--dport of the port', port('tcp', 80), true],
    ['--dport of another', port('tcp', 81), false],
    ['--sport range', [{ match: 'sport', ports: { from: 40000, to: 50000 } }], true],
    [
      'multiport',
      [
        {
          match: 'multiport',
          side: 'destination',
          ports: [
            { from: 22, to: 22 },
            { from: 80, to: 90 },
          ],
        },
      ],
      true,
    ],
    [
      '! multiport',
      [{ match: 'multiport', side: 'either', ports: [{ from: 80, to: 80 }], invert: true }],
      false,
    ],
    ['--syn', [{ match: 'tcp-flags', mask: 0x17, set: 0x02 }], true],
    ['icmp type of a TCP segment', [{ match: 'icmp', type: 8 }], false],
    ['! icmp type of a TCP segment', [{ match: 'icmp', type: 8, invert: true }], false],
    ['-i of the device', [{ match: 'in', dev: 'eth0' }], true],
    ['-i with a wildcard', [{ match: 'in', dev: 'eth+' }], true],
    ['-o of another device', [{ match: 'out', dev: 'eth1' }], false],
    ['ctstate INVALID of an untracked packet', [{ match: 'ctstate', states: ['INVALID'] }], true],
    ['mark', [{ match: 'mark', value: 0, mask: 0x4000 }], true],
    [
      'connmark without a connection',
      [{ match: 'connmark', value: 0, mask: 0, invert: true }],
      false,
    ],
    ['addrtype of a foreign address', [{ match: 'addrtype', dstTypes: ['LOCAL'] }], false],
    ['addrtype inverted', [{ match: 'addrtype', dstTypes: ['LOCAL'], dstInvert: true }], true],
    ['physdev of a packet that is not bridged', [{ match: 'physdev', isBridged: true }], false],
    ['statistic with probability 1', [{ match: 'statistic-random', probability: 1 }], true],
    ['statistic with probability 0', [{ match: 'statistic-random', probability: 0 }], false],
  ])('%s', (_name, matches, expected) => {
    const fake = fakeNetns();
    load(fake, [{ name: 'FORWARD', rules: [rule(matches, DROP)] }]);
    expect(forward(fake, PACKET())).toBe(expected ? 'drop at FORWARD' : 'accept');
  });

  test('nth takes every third packet, beginning with the one asked for', () => {
    const fake = fakeNetns();
    load(fake, [
      { name: 'FORWARD', rules: [rule([{ match: 'statistic-nth', every: 3, packet: 1 }], DROP)] },
    ]);
    const verdicts = Array.from({ length: 6 }, () => forward(fake, PACKET()) === 'accept');
    expect(verdicts).toEqual([true, false, true, true, false, true]);
  });

  test('limit lets a burst pass and then one per second', () => {
    const fake = fakeNetns();
    const rules = [rule([{ match: 'limit', perSecond: 1, burst: 2 }], ACCEPT), rule([], DROP)];
    load(fake, [{ name: 'FORWARD', rules }]);
    const passes = (): boolean => forward(fake, PACKET()) === 'accept';
    expect([passes(), passes(), passes()]).toEqual([true, true, false]);
    fake.clock.advance(SECOND);
    expect([passes(), passes()]).toEqual([true, false]);
  });

  test('recent remembers a source for as long as it was told', () => {
    const fake = fakeNetns();
    const recent = (verb: 'set' | 'rcheck', seconds?: number): Match => ({
      match: 'recent',
      verb,
      name: 'seen',
      side: 'source',
      ...(seconds === undefined ? {} : { seconds }),
    });
    const rules = [rule([recent('rcheck', 10)], DROP), rule([recent('set')])];
    load(fake, [{ name: 'FORWARD', rules }]);
    expect(forward(fake, PACKET())).toBe('accept');
    expect(forward(fake, PACKET())).toBe('drop at FORWARD');
    fake.clock.advance(11 * SECOND);
    expect(forward(fake, PACKET())).toBe('accept');
  });
});

describe('chains', () => {
  test('return to the caller at their end and with RETURN, and do not after goto', () => {
    const fake = fakeNetns();
    load(fake, [
      {
        name: 'FORWARD',
        policy: 'DROP',
        rules: [rule([], jump('A')), rule([], jump('B')), rule([], ACCEPT)],
      },
      { name: 'A', rules: [rule([], { target: 'RETURN' }), rule([], DROP)] },
      { name: 'B', rules: [rule(port('tcp', 80), { target: 'goto', chain: 'C' }), rule([], DROP)] },
      { name: 'C', rules: [] },
    ]);
    expect(forward(fake, PACKET())).toBe('accept');
  });

  test('fall back to the policy', () => {
    const fake = fakeNetns();
    fake.netfilter.setPolicy('ipv4', 'filter', 'FORWARD', 'DROP');
    expect(fake.netfilter.active).toBe(true);
    expect(forward(fake, PACKET())).toBe('drop at FORWARD');
    expect(fake.drops[0]?.reason).toBe('hook-dropped');
  });

  test.each<[string, RuleChain[], string]>([
    ['a jump to nowhere', [{ name: 'FORWARD', rules: [rule([], jump('X'))] }], 'ENOENT'],
    [
      'a loop',
      [
        { name: 'A', rules: [rule([], jump('B'))] },
        { name: 'B', rules: [rule([], jump('A'))] },
      ],
      'ELOOP',
    ],
    ['a chain that jumps to itself', [{ name: 'A', rules: [rule([], jump('A'))] }], 'ELOOP'],
    [
      'DNAT outside the nat table',
      [{ name: 'FORWARD', rules: [rule([], { target: 'DNAT', to: ip('10.0.0.1') })] }],
      'EINVAL',
    ],
    [
      'a set that does not exist',
      [{ name: 'FORWARD', rules: [rule([{ match: 'set', name: 's', dims: ['src'] }], DROP)] }],
      'ENOENT',
    ],
  ])('are refused for %s, and nothing of the change is kept', (_name, chains, errno) => {
    const fake = fakeNetns();
    load(fake, [{ name: 'OLD', rules: [rule([], ACCEPT)] }]);
    const before = fake.netfilter.tables('ipv4');
    expect(load(fake, chains, true)).toBe(errno);
    expect(fake.netfilter.tables('ipv4')).toEqual(before);
  });

  test('cannot be removed while another jumps to them', () => {
    const fake = fakeNetns();
    load(fake, [
      { name: 'FORWARD', rules: [rule([], jump('A'))] },
      { name: 'A', rules: [] },
    ]);
    const remove = (chains: RuleChain[]) =>
      fake.netfilter.restore('ipv4', [{ table: 'filter', chains, removeChains: ['A'] }], true);
    expect(remove([])).toBe('EBUSY');
    expect(remove([{ name: 'FORWARD', rules: [] }])).toBeUndefined();
    expect(remove([])).toBe('ENOENT');
  });

  test('are edited rule by rule', () => {
    const fake = fakeNetns();
    const edit = (verb: 'append' | 'insert' | 'delete', number: number, position?: number) =>
      fake.netfilter.edit('ipv4', {
        verb,
        table: 'filter',
        chain: 'FORWARD',
        rule: rule(port('tcp', number), DROP),
        ...(position === undefined ? {} : { position }),
      });
    edit('append', 1);
    edit('append', 2);
    edit('insert', 3);
    edit('insert', 4, 2);
    const ports = () =>
      fake.netfilter
        .tables('ipv4')[0]
        ?.chains.find(({ name }) => name === 'FORWARD')
        ?.rules.map(({ matches }) => (matches[1]?.match === 'dport' ? matches[1].ports.from : 0));
    expect(ports()).toEqual([3, 4, 1, 2]);
    expect(edit('delete', 1)).toBeUndefined();
    expect(edit('delete', 1)).toBe('ENOENT');
    expect(edit('insert', 9, 9)).toBe('E2BIG');
    expect(ports()).toEqual([3, 4, 2]);
  });
});

describe('REJECT', () => {
  test.each([
    ['icmp-port-unreachable', 3],
    ['icmp-admin-prohibited', 13],
    ['icmp-host-prohibited', 10],
  ] as const)('with %s sends code %d', (how, code) => {
    const fake = fakeNetns();
    load(fake, [{ name: 'FORWARD', rules: [rule([], { target: 'REJECT', with: how })] }]);
    expect(forward(fake, PACKET())).toBe('drop at FORWARD');
    expect(fake.icmpErrors).toEqual([{ type: 3, code }]);
    expect(fake.drops[0]?.reason).toBe('hook-rejected');
  });

  test('with tcp-reset answers a SYN as a closed port does', () => {
    const fake = fakeNetns();
    load(fake, [
      {
        name: 'FORWARD',
        rules: [rule([{ match: 'proto', proto: 6 }], { target: 'REJECT', with: 'tcp-reset' })],
      },
    ]);
    forward(fake, PACKET());
    const { body, src, dst } = fake.sent[0] ?? {};
    expect([src, dst]).toEqual([ip('10.244.2.2'), ip('10.244.1.2')]);
    expect(body).toMatchObject({ srcPort: 80, dstPort: 40001, flags: 0x14, seq: 0, ack: 2 });
  });
});

test('REJECT with tcp-reset answers a bridged frame on the port it came in by', () => {
  const fake = fakeNetns();
  const rules = [
    rule([{ match: 'proto', proto: 6 }], { target: 'REJECT', with: 'tcp-reset' } as const),
  ];
  load(fake, [{ name: 'INPUT', rules }]);
  const sent: Skb[] = [];
  const vp1 = { name: 'vp1', transmit: (skb: Skb) => sent.push(skb) } as unknown as Device;
  const syn = PACKET();
  syn.physIn = vp1;
  syn.srcMac = 1 as Mac;
  syn.dstMac = 2 as Mac;
  expect(pass(fake, syn, ['INPUT'], 'cni0')).toBe('drop at INPUT');
  expect(sent.map(({ srcMac, dstMac }) => [srcMac, dstMac])).toEqual([[2, 1]]);
  expect(sent.map(addresses)).toEqual(['10.244.2.2:80 → 10.244.1.2:40001']);
});

test('a trace tells each rule that matched, with its text, and what NAT did', () => {
  const fake = fakeNetns();
  fake.netfilter.restore(
    'ipv4',
    [
      {
        table: 'nat',
        chains: [
          { name: 'PREROUTING', rules: [rule([], jump('KUBE-SERVICES'))] },
          {
            name: 'KUBE-SERVICES',
            rules: [
              rule([block('dst', '10.96.0.10')], DROP),
              rule([block('dst', '10.96.0.20'), ...port('tcp', 80)], {
                target: 'DNAT',
                to: ip('10.244.2.7'),
                ports: { from: 8080, to: 8080 },
              }),
            ].slice(1),
          },
        ],
      },
    ],
    false,
  );
  const syn = tcp('10.244.1.2:40001', '10.96.0.20:80', 'S');
  syn.trace = TRACE;
  pass(fake, syn, FORWARDED);
  const answer = tcp('10.244.2.7:8080', '10.244.1.2:40001', 'SA');
  answer.trace = TRACE;
  pass(fake, answer, FORWARDED);
  expect(fake.sentences).toEqual([
    'first packet of the connection tcp 10.244.1.2:40001 → 10.96.0.20:80: NEW',
    'nat PREROUTING rule 1 matches, jumps to KUBE-SERVICES',
    'nat KUBE-SERVICES rule 1 matches (-d 10.96.0.20/32 -p tcp -m tcp --dport 80), DNAT to 10.244.2.7:8080',
    'destination rewritten from 10.96.0.20:80 to 10.244.2.7:8080',
    'belongs to the known connection tcp 10.244.1.2:40001 → 10.96.0.20:80, as its reply: ESTABLISHED',
    'reply of a known connection, source rewritten back from 10.244.2.7:8080 to 10.96.0.20:80',
  ]);
});

describe('an indexed chain', () => {
  /** The obvious evaluator: every rule in order, for the matches that the property uses. */
  function slow(chains: ReadonlyMap<string, RuleChain>, name: string, skb: Skb): string {
    for (const { matches, target } of chains.get(name)?.rules ?? []) {
      if (!matches.every((match) => holds(match, skb))) continue;
      if (target?.target === 'ACCEPT' || target?.target === 'DROP') return target.target;
      if (target?.target === 'RETURN') return 'end';
      if (target?.target === 'jump' || target?.target === 'goto') {
        const inner = slow(chains, target.chain, skb);
        if (inner !== 'end' || target.target === 'goto') return inner;
      }
    }
    return 'end';
  }

  function holds(match: Match, { packet }: Skb): boolean {
    if (packet.kind !== 'ipv4') return false;
    const { body } = packet;
    const wanted = 'invert' in match && match.invert === true;
    switch (match.match) {
      case 'src':
      case 'dst':
        return isCidr4(match.block) && contains(match.block, packet[match.match]) !== wanted;
      case 'proto':
        return (packet.proto === match.proto) !== wanted;
      case 'dport': {
        if (body.kind !== 'udp' && body.kind !== 'tcp') return false;
        return (body.dstPort >= match.ports.from && body.dstPort <= match.ports.to) !== wanted;
      }
      default:
        return true;
    }
  }

  const address = fc.integer({ min: 1, max: 4 }).map((last) => `10.0.0.${last}`);
  const target = fc.constantFrom(
    ACCEPT,
    DROP,
    { target: 'RETURN' } as const,
    jump('SUB'),
    { target: 'goto', chain: 'SUB' } as const,
    undefined,
  );
  const matches = fc.oneof(
    { weight: 6, arbitrary: address.map((text) => [block('dst', text)]) },
    { weight: 3, arbitrary: address.map((text) => [block('src', text)]) },
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.constantFrom('tcp' as const, 'udp' as const), fc.integer({ min: 1, max: 4 }))
        .map(([proto, number]) => port(proto, number)),
    },
    { weight: 1, arbitrary: address.map((text) => [block('dst', text, true)]) },
    { weight: 1, arbitrary: fc.constant<Match[]>([]) },
  );
  // Runs of one kind are what gets indexed.
  const run = matches.chain((first) =>
    fc.array(fc.tuple(fc.oneof(fc.constant(first), matches), target), { maxLength: 12 }),
  );
  const rules = fc
    .array(
      fc.oneof(
        run,
        fc.array(
          fc.tuple(
            address.map((text) => [block('dst', text)]),
            target,
          ),
          { minLength: 8, maxLength: 20 },
        ),
      ),
      { maxLength: 3 },
    )
    .map((runs) => runs.flat().map(([found, to]): Rule => rule(found, to)));
  const plain = fc.array(
    fc.tuple(matches, fc.constantFrom(ACCEPT, DROP, { target: 'RETURN' } as const)),
    { maxLength: 12 },
  );
  const packet = fc.tuple(
    address,
    address,
    fc.integer({ min: 1, max: 4 }),
    fc.constantFrom('tcp', 'udp', 'icmp'),
  );

  test('decides as a scan of its rules does', () => {
    fc.assert(
      fc.property(
        rules,
        plain,
        fc.array(packet, { minLength: 5, maxLength: 5 }),
        (main, sub, packets) => {
          const chains: RuleChain[] = [
            { name: 'FORWARD', policy: 'ACCEPT', rules: main },
            { name: 'SUB', rules: sub.map(([found, to]) => rule(found, to)) },
          ];
          const byName = new Map(chains.map((chain) => [chain.name, chain]));
          const fake = fakeNetns();
          load(fake, chains);
          for (const [src, dst, number, proto] of packets) {
            const skb =
              proto === 'tcp'
                ? tcp(`${src}:9`, `${dst}:${number}`, 'S')
                : proto === 'udp'
                  ? udp(`${src}:9`, `${dst}:${number}`)
                  : icmp(src, dst, 8);
            const expected = slow(byName, 'FORWARD', skb) === 'DROP' ? 'drop at FORWARD' : 'accept';
            expect(forward(fake, skb)).toBe(expected);
          }
        },
      ),
      { seed: 20261123, numRuns: 300 },
    );
  });
});
