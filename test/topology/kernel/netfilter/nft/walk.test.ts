import { describe, expect, test } from '@jest/globals';
import { SECOND } from '../../../../../topology/base/index.js';
import { parseNft } from '../../../../../topology/kernel/command/index.js';
import { type FakeNetns, FORWARDED, fakeNetns, pass, TRACE, tcp, udp } from '../fake-netns.js';

function load(fake: FakeNetns, text: string): void {
  const parsed = parseNft(text);
  if (!parsed.ok) throw new Error(parsed.error[0]?.message);
  const checkpoint = fake.netfilter.nftCheckpoint();
  for (const command of parsed.value) {
    if (command.kind !== 'change') continue;
    const refusal = fake.netfilter.applyNft(command.verb, command.thing);
    if (refusal !== undefined) throw new Error(refusal.errno);
  }
  checkpoint.release();
}

function filter(rules: string): string {
  return `table ip t {\n set seen { type ipv4_addr; flags dynamic,timeout; timeout 10s; }\n chain f {\n type filter hook forward priority 0;\n${rules}\n }\n}\n`;
}

const PACKET = () => tcp('10.244.1.2:40001', '10.244.2.2:80', 'S');

describe('a base chain', () => {
  test('costs nothing while there is none', () => {
    expect(fakeNetns().netfilter.active).toBe(false);
  });

  test('that accepts leaves the packet to the chains of higher priority number', () => {
    const fake = fakeNetns();
    load(
      fake,
      'table ip t {\n chain late { type filter hook forward priority 5; drop; }\n chain early { type filter hook forward priority -5; accept; }\n}\n',
    );
    expect(pass(fake, PACKET(), FORWARDED)).toBe('drop at FORWARD');
  });

  test('of the priority of an iptables table runs before it when it came later', () => {
    const fake = fakeNetns();
    fake.netfilter.restore(
      'ipv4',
      [
        {
          table: 'filter',
          chains: [
            {
              name: 'FORWARD',
              policy: 'ACCEPT',
              rules: [
                {
                  matches: [{ match: 'mark', value: 7, mask: 0xffffffff }],
                  target: { target: 'DROP' },
                },
              ],
            },
          ],
        },
      ],
      false,
    );
    load(fake, filter('  meta mark set 7'));
    expect(pass(fake, PACKET(), FORWARDED)).toBe('drop at FORWARD');
  });

  test('with policy drop drops what no rule decided', () => {
    const fake = fakeNetns();
    load(
      fake,
      'table inet t {\n chain f { type filter hook forward priority 0; policy drop; udp dport 53 accept; }\n}\n',
    );
    expect(pass(fake, udp('10.0.0.1:1', '10.0.0.2:53'), FORWARDED)).toBe('accept');
    expect(pass(fake, PACKET(), FORWARDED)).toBe('drop at FORWARD');
  });
});

describe('a rule', () => {
  test('that matched is a sentence with its text', () => {
    const fake = fakeNetns();
    load(fake, filter('  tcp dport { 80, 443 } counter drop'));
    const skb = PACKET();
    skb.trace = TRACE;
    pass(fake, skb, FORWARDED);
    expect(fake.drops).toEqual([
      {
        reason: 'hook-dropped',
        sentence:
          'nft ip t f rule 1 matches (tcp dport { 80, 443 } counter packets 0 bytes 0 drop) and drops the packet',
      },
    ]);
  });

  test('counts packets and octets that reached its counter', () => {
    const fake = fakeNetns();
    load(fake, filter('  tcp dport 80 counter'));
    pass(fake, PACKET(), FORWARDED);
    pass(fake, udp('10.0.0.1:1', '10.0.0.2:80'), FORWARDED);
    const [table] = fake.netfilter.listNft();
    expect(table?.chains[0]?.rules[0]?.rule.statements[1]).toEqual({
      stmt: 'counter',
      packets: 1,
      bytes: 40,
    });
  });

  test('remembers in a set whom it saw, until the timeout', () => {
    const fake = fakeNetns();
    load(fake, filter('  ip saddr @seen drop\n  update @seen { ip saddr }'));
    expect(pass(fake, PACKET(), FORWARDED)).toBe('accept');
    expect(pass(fake, PACKET(), FORWARDED)).toBe('drop at FORWARD');
    fake.clock.advance(11 * SECOND);
    expect(pass(fake, PACKET(), FORWARDED)).toBe('accept');
  });

  test('shares out what numgen counts', () => {
    const fake = fakeNetns();
    load(fake, filter('  numgen inc mod 3 vmap { 0 : drop, 1 : accept }'));
    const verdicts = Array.from({ length: 6 }, () => pass(fake, PACKET(), FORWARDED));
    expect(verdicts).toEqual([
      'drop at FORWARD',
      'accept',
      'accept',
      'drop at FORWARD',
      'accept',
      'accept',
    ]);
  });

  test('lets pass what its limit allows and no more', () => {
    const fake = fakeNetns();
    load(fake, filter('  limit rate 1/second burst 2 packets accept\n  drop'));
    const three = () => Array.from({ length: 3 }, () => pass(fake, PACKET(), FORWARDED));
    expect(three()).toEqual(['accept', 'accept', 'drop at FORWARD']);
    fake.clock.advance(SECOND);
    expect(three()).toEqual(['accept', 'drop at FORWARD', 'drop at FORWARD']);
  });
});
