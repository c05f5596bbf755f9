import { describe, expect, test } from '@jest/globals';
import { parseCommand } from '../../../../topology/kernel/command/index.js';
import type { Skb } from '../../../../topology/kernel/skb.js';
import { Lab, listen, open, ip as parse } from '../socket/lab.js';
import {
  addresses,
  type FakeNetns,
  FORWARDED,
  fakeNetns,
  icmp,
  pass,
  tcp,
  udp,
} from './fake-netns.js';

/** Runs commands of iptables and ipset on a namespace that has netfilter alone. */
function sh(fake: FakeNetns, ...lines: readonly string[]): void {
  for (const line of lines) {
    const read = parseCommand(line);
    if (!read.ok) throw new Error(`${line}: ${read.error.message}`);
    for (const op of read.value) {
      if (op.op === 'iptables.append' || op.op === 'iptables.delete') {
        const { chain, family, rule, table } = op;
        const verb = op.op === 'iptables.append' ? 'append' : 'delete';
        expect(fake.netfilter.edit(family, { verb, table, chain, rule })).toBeUndefined();
      } else if (op.op === 'ipset.create' || op.op === 'ipset.add' || op.op === 'ipset.swap') {
        expect(fake.netfilter.editSets(op)).toBeUndefined();
      } else if (op.op === 'conntrack.delete') fake.netfilter.conntrack.delete(op);
    }
  }
}

function forwarded(fake: FakeNetns, skb: Skb): string {
  const verdict = pass(fake, skb, FORWARDED);
  return verdict === 'accept' ? addresses(skb) : verdict;
}

const CLIENT = '10.244.1.2:40001';
const TO_POD = (pod: string, proto = 'tcp') =>
  `iptables -t nat -A PREROUTING -d 10.96.0.10 -p ${proto} --dport 80 -j DNAT --to-destination ${pod}`;

describe('the errno of a program whose packets are refused', () => {
  test.each([
    ['icmp-port-unreachable', 'ECONNREFUSED'],
    ['icmp-net-unreachable', 'ENETUNREACH'],
    ['icmp-host-unreachable', 'EHOSTUNREACH'],
    ['icmp-proto-unreachable', 'ENOPROTOOPT'],
    ['icmp-net-prohibited', 'ENETUNREACH'],
    ['icmp-host-prohibited', 'EHOSTUNREACH'],
    ['icmp-admin-prohibited', 'EHOSTUNREACH'],
    ['tcp-reset', 'ECONNREFUSED'],
  ])('REJECT with %s gives %s to a connecting TCP socket', (type, errno) => {
    const lab = new Lab();
    listen(lab.server);
    const read = parseCommand(`iptables -A INPUT -p tcp -j REJECT --reject-with ${type}`, 'b');
    if (!read.ok) throw new Error(read.error.message);
    lab.apply(read.value);
    const socket = open(lab.client, 'stream');
    socket.connect(parse('10.0.0.2'), 80);
    lab.run(0.01);
    expect(socket.takeError()).toBe(errno);
  });

  test.each([
    ['DROP', undefined],
    ['REJECT', 'ECONNREFUSED'],
  ])('of OUTPUT -j %s: UDP gets EPERM at once, TCP %s', (target, tcpErrno) => {
    const lab = new Lab();
    const read = parseCommand(`iptables -A OUTPUT -d 10.0.0.2 -j ${target}`, 'a');
    if (!read.ok) throw new Error(read.error.message);
    lab.apply(read.value);
    const datagrams = open(lab.client, 'dgram');
    const sent = datagrams.send(new Uint8Array(1), {
      address: parse('10.0.0.2'),
      port: 53,
    });
    expect(sent).toMatchObject({ ok: false, error: 'EPERM' });
    const socket = open(lab.client, 'stream');
    socket.connect(parse('10.0.0.2'), 80);
    lab.run(0.5);
    expect(socket.takeError()).toBe(tcpErrno);
  });
});

describe('services', () => {
  test('a ping of a ClusterIP is not translated, nor is another port', () => {
    const fake = fakeNetns();
    sh(fake, TO_POD('10.244.2.2:8080'));
    expect(forwarded(fake, tcp(CLIENT, '10.96.0.10:80', 'S'))).toBe(
      '10.244.1.2:40001 → 10.244.2.2:8080',
    );
    expect(forwarded(fake, tcp(CLIENT, '10.96.0.10:81', 'S'))).toBe(
      '10.244.1.2:40001 → 10.96.0.10:81',
    );
    const ping = icmp('10.244.1.2', '10.96.0.10', 8, { id: 7 });
    pass(fake, ping, FORWARDED);
    expect(ping.packet).toMatchObject({ dst: parse('10.96.0.10') });
  });

  test('the reset of a closed target port comes back as from the ClusterIP', () => {
    const fake = fakeNetns();
    sh(fake, TO_POD('10.244.2.2:8080'));
    forwarded(fake, tcp(CLIENT, '10.96.0.10:80', 'S'));
    expect(forwarded(fake, tcp('10.244.2.2:8080', CLIENT, 'RA'))).toBe(
      '10.96.0.10:80 → 10.244.1.2:40001',
    );
  });

  test('a NodePort is translated before a listener of the node is looked for', () => {
    const fake = fakeNetns(['172.18.0.2']);
    sh(
      fake,
      'iptables -t nat -A PREROUTING -p tcp -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j DNAT --to-destination 10.244.2.2:8080',
    );
    const syn = tcp('192.0.2.9:5000', '172.18.0.2:30080', 'S');
    expect(pass(fake, syn, ['PREROUTING'])).toBe('accept');
    expect(addresses(syn)).toBe('192.0.2.9:5000 → 10.244.2.2:8080');
  });

  test('UDP of one client port stays with the old pod until its entry is deleted', () => {
    const fake = fakeNetns();
    sh(fake, TO_POD('10.244.2.2:53', 'udp'));
    const ask = () => forwarded(fake, udp(CLIENT, '10.96.0.10:80'));
    expect(ask()).toBe('10.244.1.2:40001 → 10.244.2.2:53');
    sh(fake, TO_POD('10.244.2.2:53', 'udp').replace('-A', '-D'), TO_POD('10.244.2.3:53', 'udp'));
    expect(ask()).toBe('10.244.1.2:40001 → 10.244.2.2:53');
    sh(fake, 'conntrack -D -p udp --orig-dst 10.96.0.10 --dport 80');
    expect(ask()).toBe('10.244.1.2:40001 → 10.244.2.3:53');
  });

  test('masquerade keeps the source port unless another connection has it', () => {
    const fake = fakeNetns(['172.18.0.2']);
    sh(fake, 'iptables -t nat -A POSTROUTING -j MASQUERADE');
    expect(forwarded(fake, udp('10.244.1.2:5000', '192.0.2.1:53'))).toBe(
      '172.18.0.2:5000 → 192.0.2.1:53',
    );
    const second = forwarded(fake, udp('10.244.1.3:5000', '192.0.2.1:53'));
    const port = Number(/:(\d+) →/.exec(second)?.[1]);
    expect(port).not.toBe(5000);
    expect(port).toBeGreaterThanOrEqual(1024);
  });

  test('a policy in FORWARD stops neither what the node sends nor what it gets', () => {
    const fake = fakeNetns();
    sh(fake, 'iptables -A FORWARD -d 10.244.1.2 -j DROP');
    const packet = () => tcp('10.244.1.1:5000', '10.244.1.2:80', 'S');
    expect(pass(fake, packet(), FORWARDED)).toBe('drop at FORWARD');
    expect(pass(fake, packet(), ['OUTPUT', 'POSTROUTING'])).toBe('accept');
    expect(pass(fake, packet(), ['PREROUTING', 'INPUT'])).toBe('accept');
  });
});

describe('what rules count', () => {
  test('packets and octets of a rule and of a policy are exact, and -Z clears them', () => {
    const fake = fakeNetns();
    sh(fake, 'iptables -A FORWARD -p udp --dport 53 -j ACCEPT', 'iptables -A FORWARD -p tcp');
    for (let count = 0; count < 3; count++) pass(fake, udp(CLIENT, '192.0.2.1:53'), FORWARDED);
    pass(fake, udp(CLIENT, '192.0.2.1:54'), FORWARDED);
    pass(fake, tcp(CLIENT, '192.0.2.1:80', 'S'), FORWARDED);
    const counters = () => fake.netfilter.counters('ipv4', 'filter', 'FORWARD');
    expect(counters()).toEqual([
      { packets: 2, bytes: 72 },
      { packets: 3, bytes: 96 },
      { packets: 1, bytes: 40 },
    ]);
    sh(fake, 'iptables -A FORWARD -j ACCEPT');
    expect(counters()[1]).toEqual({ packets: 3, bytes: 96 });
    fake.netfilter.zeroCounters('ipv4', 'filter', 'FORWARD', 1);
    expect(counters()[1]).toEqual({ packets: 0, bytes: 0 });
  });
});

describe('ipsets in rules', () => {
  test.each([
    ['hash:ip', '10.244.1.2', 'src', 'drop at FORWARD'],
    ['hash:ip', '10.244.1.2', 'dst', 'accept'],
    ['hash:net', '10.244.0.0/16', 'src', 'drop at FORWARD'],
    ['hash:ip,port', '10.244.1.2,tcp:80', 'src,dst', 'drop at FORWARD'],
    ['hash:ip,port', '10.244.1.2,udp:80', 'src,dst', 'accept'],
    ['hash:ip,port,ip', '10.244.1.2,80,10.244.2.2', 'src,dst,dst', 'drop at FORWARD'],
    ['hash:ip,port,net', '10.244.1.2,80,10.244.2.0/24', 'src,dst,dst', 'drop at FORWARD'],
    ['hash:net,port', '10.0.0.0/8,tcp:80', 'dst,dst', 'drop at FORWARD'],
    ['bitmap:port range 0-1000', '80', 'dst', 'drop at FORWARD'],
  ])('%s with %s as %s', (type, element, dims, verdict) => {
    const fake = fakeNetns();
    sh(fake, `ipset create s ${type}`, `ipset add s ${element}`);
    sh(fake, `iptables -A FORWARD -m set --match-set s ${dims} -j DROP`);
    expect(pass(fake, tcp(CLIENT, '10.244.2.2:80', 'S'), FORWARDED)).toBe(verdict);
  });

  test('a more exact nomatch makes an exception, and a swap changes what rules see', () => {
    const fake = fakeNetns();
    sh(fake, 'ipset create s hash:net', 'ipset create other hash:net');
    sh(fake, 'ipset add s 10.244.0.0/16', 'ipset add s 10.244.1.0/24 nomatch');
    sh(fake, 'iptables -A FORWARD -m set --match-set s src -j DROP');
    const syn = (from: string) => pass(fake, tcp(from, '10.9.9.9:80', 'S'), FORWARDED);
    expect([syn(CLIENT), syn('10.244.2.2:5')]).toEqual(['accept', 'drop at FORWARD']);
    sh(fake, 'ipset swap s other');
    expect(syn('10.244.2.2:5')).toBe('accept');
  });

  test('-j SET adds what it sees, for as long as it says', () => {
    const fake = fakeNetns();
    sh(fake, 'ipset create seen hash:ip timeout 10');
    sh(fake, 'iptables -A FORWARD -p udp -j SET --add-set seen src --exist --timeout 5');
    pass(fake, udp(CLIENT, '192.0.2.1:53'), FORWARDED);
    const [set] = fake.netfilter.sets.list();
    expect(set?.entries).toMatchObject([{ text: '10.244.1.2', timeoutSeconds: 5 }]);
    fake.clock.advance(6e9);
    expect(fake.netfilter.sets.list()[0]?.entries).toEqual([]);
  });
});
