import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Rng, SimClock } from '../../../../../topology/base/index.js';
import {
  nftOps,
  parseIptablesRestore,
  parseNft,
  printNftRuleset,
  translateToNft,
} from '../../../../../topology/kernel/command/index.js';
import { Host, Softirq } from '../../../../../topology/kernel/index.js';

const FIXTURES = new URL('../../../../fixture/linux/nft/', import.meta.url);

function fixture(name: string): string {
  return readFileSync(new URL(name, FIXTURES), 'utf8');
}

function makeHost(): Host {
  const clock = new SimClock();
  return new Host({ name: 'n1', clock, rng: new Rng(1), softirq: new Softirq(clock) });
}

/** Rules of iptables in the words of nft. */
function translated(text: string): string {
  const host = makeHost();
  const ops = parseIptablesRestore(text, { family: 'ipv4', noflush: false });
  if (!ops.ok) throw new Error(ops.error.message);
  const applied = host.apply(ops.value);
  if (!applied.ok) throw new Error(applied.error.message);
  return translateToNft(host.root.netfilter.tables('ipv4'), 'ipv4');
}

function translatedRules(...rules: readonly string[]): readonly string[] {
  const text = translated(`*filter\n:FORWARD ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`);
  return text.split('\n').filter((line) => line.startsWith('add rule') || line.startsWith('#'));
}

describe('rules of iptables in the words of nft', () => {
  test('are listed by nft 1.0.6 and by podnet alike', () => {
    const parsed = parseNft(translated(fixture('iptables.save')));
    const host = makeHost();
    if (parsed.ok) host.apply(nftOps(parsed.value));
    expect(printNftRuleset(host.root.netfilter.listNft())).toBe(fixture('iptables.list'));
  });

  test.each([
    ['-A FORWARD -s 10.0.0.0/8 -j DROP', 'ip saddr 10.0.0.0/8 counter drop'],
    ['-A FORWARD ! -i eth+ -j ACCEPT', 'iifname != "eth*" counter accept'],
    [
      '-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT',
      'ip protocol tcp tcp dport 80 counter accept',
    ],
    ['-A FORWARD -m mark --mark 0x1/0xff -j DROP', 'meta mark & 0xff == 0x1 counter drop'],
    [
      '-A FORWARD -j REJECT --reject-with icmp-host-prohibited',
      'counter reject with icmp host-prohibited',
    ],
    ['-A FORWARD -m addrtype ! --dst-type LOCAL -j DROP', 'fib daddr type != local counter drop'],
  ])('%s', (rule, words) => {
    expect(translatedRules(rule)).toEqual([`add rule ip filter FORWARD ${words}`]);
  });

  test('that nft cannot say become comments that name what is missing', () => {
    const rules = translatedRules(
      '-A FORWARD -m recent --rcheck --name x --rsource -j DROP',
      '-A FORWARD -m conntrack --ctstate NEW,DNAT -j DROP',
      '-A FORWARD -p tcp -m multiport --ports 80,81 -j DROP',
    );
    expect(rules.map((line) => line.slice(0, line.indexOf(':')))).toEqual([
      '# nft has no recent',
      '# nft has no conntrack states with SNAT or DNAT',
      '# nft has no multiport --ports',
    ]);
  });
});
