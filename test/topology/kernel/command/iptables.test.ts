import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import {
  parseCommand,
  parseIptablesRestore,
  printIptablesSave,
  printOp,
} from '../../../../topology/kernel/command/index.js';
import type { KernelOp, RestoreTable } from '../../../../topology/kernel/ops.js';
import { has, skipNote } from '../../../helper/tools.js';

/** What iptables-save 1.8.9 prints, of every match and target that is modelled. */
const SAVED = `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -s 10.0.0.1/32 -j NOTRACK
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -j MARK --set-xmark 0x4000/0x4000
-A PREROUTING -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff
-A PREROUTING -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff
-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
-A FORWARD -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TCPMSS --set-mss 1400
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-SEP-A - [0:0]
:KUBE-SVC-A - [0:0]
-A PREROUTING ! -s 10.0.0.1/32 -d 10.1.0.0/16 -p tcp -m comment --comment "a b \\"c\\"" -m multiport --dports 80,443,1000:2000 -j KUBE-SVC-A
-A PREROUTING -p tcp -m multiport ! --sports 5 -m addrtype ! --src-type LOCAL --dst-type LOCAL -g KUBE-SVC-A
-A PREROUTING -p tcp -j REDIRECT --to-ports 80-81
-A POSTROUTING ! -o lo -p tcp -j MASQUERADE --to-ports 1024-2000 --random-fully
-A POSTROUTING -o eth+ -m mark ! --mark 0x4000/0x4000 -j RETURN
-A POSTROUTING -s 10.0.0.1/32 -p tcp -j SNAT --to-source 1.2.3.4:55
-A KUBE-SEP-A -p tcp -m recent --set --name KUBE-SEP-A --mask 255.255.255.255 --rsource -j DNAT --to-destination 10.0.0.1-10.0.0.9:80-90 --random --persistent
-A KUBE-SVC-A -m comment --comment "default/api" -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-A --mask 255.255.255.255 --rsource -j KUBE-SEP-A
-A KUBE-SVC-A -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-A
-A KUBE-SVC-A -m statistic --mode nth --every 3 --packet 0 -j KUBE-SEP-A
-A KUBE-SVC-A -p udp -m udp --sport 5:6 ! --dport 7
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate INVALID,NEW,RELATED,ESTABLISHED -m connmark ! --mark 0x3
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -m physdev --physdev-in veth0 --physdev-out veth1 --physdev-is-bridged -j REJECT --reject-with icmp-port-unreachable
-A FORWARD -p icmp -m icmp --icmp-type 8 -m limit --limit 5/min -j REJECT --reject-with icmp-host-prohibited
-A FORWARD -p icmp -m icmp --icmp-type 3/4 -m limit --limit 3/sec --limit-burst 7
-A FORWARD -p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE -j REJECT --reject-with tcp-reset
-A FORWARD -p tcp -m tcp --dport 80 -j LOG --log-prefix "my drop "
COMMIT
`;

function restored(text: string, noflush = false): readonly KernelOp[] {
  const read = parseIptablesRestore(text, { family: 'ipv4', noflush });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

function tablesOf(ops: readonly KernelOp[]): readonly RestoreTable[] {
  const [op] = ops;
  return op?.op === 'iptables.restore' ? op.tables : [];
}

describe('iptables-save text', () => {
  test('is printed again as it was read', () => {
    const tables = tablesOf(restored(SAVED));
    expect(printIptablesSave(tables)).toBe(SAVED);
    expect(tablesOf(restored(SAVED))).toEqual(tables);
  });

  test('may have counters and comments', () => {
    const text =
      '# by hand\n*filter\n:INPUT DROP [12:340]\n[1:2] -A INPUT -i lo -j ACCEPT\nCOMMIT\n';
    expect(restored(text)).toEqual([
      {
        op: 'iptables.restore',
        family: 'ipv4',
        noflush: false,
        tables: [
          {
            table: 'filter',
            chains: [
              {
                name: 'INPUT',
                policy: 'DROP',
                rules: [{ matches: [{ match: 'in', dev: 'lo' }], target: { target: 'ACCEPT' } }],
              },
            ],
          },
        ],
      },
    ]);
  });

  test('under --noflush replaces the chains it names and appends to the others', () => {
    const text =
      '*nat\n:KUBE-X - [0:0]\n-A PREROUTING -j KUBE-X\n-A KUBE-X -j RETURN\n-X KUBE-OLD\nCOMMIT\n';
    expect(restored(text, true)).toEqual([
      {
        op: 'iptables.restore',
        family: 'ipv4',
        noflush: true,
        tables: [
          {
            table: 'nat',
            chains: [{ name: 'KUBE-X', rules: [{ matches: [], target: { target: 'RETURN' } }] }],
            removeChains: ['KUBE-OLD'],
          },
        ],
      },
      {
        op: 'iptables.append',
        family: 'ipv4',
        table: 'nat',
        chain: 'PREROUTING',
        rule: { matches: [], target: { target: 'jump', chain: 'KUBE-X' } },
      },
    ]);
  });

  test.each([
    ['*filter\n-A INPUT -p tpc -j ACCEPT\nCOMMIT', 2, 'tpc', 'unknown protocol "tpc" specified'],
    ['*nta\nCOMMIT', 1, 'nta', "iptables-restore: unable to initialize table 'nta'"],
    [
      '*filter\n-A INPUT -j REJECT --reject-with icmp-foo\nCOMMIT',
      2,
      'icmp-foo',
      'unknown reject type "icmp-foo"',
    ],
    ['*filter\n-A INPUT --dport 80\nCOMMIT', 2, '--dport', 'unknown option "--dport"'],
    [
      '*filter\n-A INPUT -p tcp --dport 99999\nCOMMIT',
      2,
      '99999',
      "invalid port/service `99999' specified",
    ],
    [
      '*filter\n-A INPUT -m comnent --comment x\nCOMMIT',
      2,
      'comnent',
      "Couldn't load match `comnent':No such file or directory",
    ],
    ['*filter\n-A INPUT -j ACCEPT', 2, '', 'iptables-restore: COMMIT expected at line 2'],
  ])('names line and word of a mistake: %j', (text, line, near, message) => {
    expect(parseIptablesRestore(text, { family: 'ipv4', noflush: false })).toMatchObject({
      ok: false,
      error: { line, near, message },
    });
  });
});

describe('iptables commands', () => {
  test.each([
    ['iptables -t nat -A POSTROUTING -s 10.244.0.0/16 ! -d 10.244.0.0/16 -j MASQUERADE'],
    ['iptables -t filter -I FORWARD 2 -p tcp -m tcp --dport 80 -j DROP'],
    ['iptables -t filter -D INPUT -i eth0 -j DROP'],
    ['iptables -t filter -P FORWARD DROP'],
    ['iptables -t nat -N KUBE-X'],
    ['iptables -t nat -F KUBE-X'],
    ['iptables -t nat -X'],
    [
      'ip netns exec pod ip6tables -t filter -A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j ACCEPT',
    ],
    ['ip6tables -t nat -A PREROUTING -p tcp -j DNAT --to-destination [fd00::1]:80'],
  ])('reads and prints %s', (line) => {
    const read = parseCommand(line);
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    expect(read.value.flatMap(printOp)).toEqual([line]);
  });

  test.each([
    [
      'iptables -A INPUT -p tcp --syn -j MARK --set-mark 1',
      '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j MARK --set-xmark 0x1/0xffffffff',
    ],
    ['iptables -A INPUT -j MARK --or-mark 0x4000', '-j MARK --set-xmark 0x4000/0x4000'],
    ['iptables -A INPUT -j MARK --and-mark 0xff', '-j MARK --set-xmark 0x0/0xffffff00'],
    [
      'iptables -A INPUT -m state --state ESTABLISHED,NEW -j ACCEPT',
      '-m state --state NEW,ESTABLISHED -j ACCEPT',
    ],
    [
      'iptables -A INPUT -p icmp --icmp-type echo-request -s 10.1.2.3/24 -j REJECT',
      '-s 10.1.2.0/24 -p icmp -m icmp --icmp-type 8 -j REJECT --reject-with icmp-port-unreachable',
    ],
  ])('%s is kept as Linux keeps it', (line, kept) => {
    const read = parseCommand(line);
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    expect(read.value.flatMap(printOp)).toEqual([`iptables -t filter -A INPUT ${kept}`]);
  });

  test('a restore prints as a here-document that reads back', () => {
    const ops = restored(
      '*nat\n:KUBE-X - [0:0]\n:INPUT ACCEPT [0:0]\n-F INPUT\n-A INPUT -j KUBE-X\nCOMMIT\n',
      true,
    );
    const [text = ''] = ops.flatMap(printOp);
    expect(parseCommand(text)).toEqual({ ok: true, value: ops });
  });
});

const netns = `podnet-test-${process.pid}`;
const hasTools = has('iptables');

describe(`the real iptables${skipNote('iptables')}`, () => {
  const withTools = hasTools ? test : test.skip;

  withTools('accepts what is printed and prints the same', () => {
    execFileSync('ip', ['netns', 'add', netns]);
    try {
      const inside = (command: readonly string[], input = '') =>
        execFileSync('ip', ['netns', 'exec', netns, ...command], { input, encoding: 'utf8' });
      inside(['iptables-restore', '--test'], SAVED);
      inside(['iptables-restore'], SAVED);
      const lines = inside(['iptables-save']).split('\n');
      const rules = (text: readonly string[]) => text.filter((line) => /^(-A|:)/.test(line)).sort();
      expect(rules(lines)).toEqual(rules(SAVED.split('\n')));
    } finally {
      execFileSync('ip', ['netns', 'del', netns]);
    }
  });
});
