import { beforeEach, describe, expect, test } from '@jest/globals';
import { SECOND } from '../../../../topology/base/index.js';
import { quoteOf } from '../../../../topology/wire/index.js';
import {
  addresses,
  block,
  Dialog,
  type FakeNetns,
  FORWARDED,
  fakeNetns,
  icmp,
  ip,
  pass,
  port,
  rule,
  type SegmentSpec,
  tcp,
  udp,
} from './fake-netns.js';

const CLIENT = '10.244.1.2:40001';
const SERVER = '10.244.2.2:8080';

/** Makes conntrack necessary without changing any packet. */
function track(fake: FakeNetns): void {
  fake.netfilter.edit('ipv4', {
    verb: 'append',
    table: 'filter',
    chain: 'FORWARD',
    rule: rule([{ match: 'ctstate', states: ['INVALID'] }]),
  });
}

describe('connection tracking', () => {
  let fake: FakeNetns;
  beforeEach(() => {
    fake = fakeNetns();
    track(fake);
  });

  test('is off while no rule needs it', () => {
    const idle = fakeNetns();
    expect(idle.netfilter.active).toBe(false);
    pass(idle, udp(CLIENT, SERVER), FORWARDED);
    expect(idle.netfilter.conntrack.size).toBe(0);
  });

  test('lists a UDP connection that nobody answered', () => {
    pass(fake, udp(CLIENT, SERVER), FORWARDED);
    expect(fake.netfilter.conntrack.list()).toEqual([
      'udp      17 30 src=10.244.1.2 dst=10.244.2.2 sport=40001 dport=8080 [UNREPLIED] src=10.244.2.2 dst=10.244.1.2 sport=8080 dport=40001 mark=0 use=1',
    ]);
  });

  test('enters a connection only when its first packet went all the way', () => {
    pass(fake, udp(CLIENT, SERVER), ['PREROUTING', 'FORWARD']);
    expect(fake.netfilter.conntrack.size).toBe(0);
  });

  test('gives UDP 120 s once it was answered for more than two seconds', () => {
    pass(fake, udp(CLIENT, SERVER), FORWARDED);
    pass(fake, udp(SERVER, CLIENT), FORWARDED);
    fake.clock.advance(3 * SECOND);
    pass(fake, udp(CLIENT, SERVER), FORWARDED);
    expect(fake.netfilter.conntrack.list()).toEqual([
      'udp      17 120 src=10.244.1.2 dst=10.244.2.2 sport=40001 dport=8080 src=10.244.2.2 dst=10.244.1.2 sport=8080 dport=40001 [ASSURED] mark=0 use=1',
    ]);
  });

  test('forgets a connection after its time, and then leaves no timer', () => {
    pass(fake, udp(CLIENT, SERVER), FORWARDED);
    fake.clock.advance(20 * SECOND);
    pass(fake, udp(CLIENT, SERVER), FORWARDED);
    fake.clock.advance(29 * SECOND);
    expect(fake.netfilter.conntrack.size).toBe(1);
    fake.clock.advance(2 * SECOND);
    expect(fake.netfilter.conntrack.size).toBe(0);
    expect(fake.clock.pending).toBe(0);
  });

  test.each([
    ['a SYN', ['>S'], 'SYN_SENT', 120, '[UNREPLIED] '],
    ['a SYN and its answer', ['>S', '<SA'], 'SYN_RECV', 60, ''],
    ['a handshake', ['>S', '<SA', '>A'], 'ESTABLISHED', 432_000, ''],
    ['a FIN', ['>S', '<SA', '>A', '>FA'], 'FIN_WAIT', 120, ''],
    ['a FIN that was acknowledged', ['>S', '<SA', '>A', '>FA', '<A'], 'CLOSE_WAIT', 60, ''],
    ['FINs of both', ['>S', '<SA', '>A', '>FA', '<FA'], 'LAST_ACK', 30, ''],
    ['a full close', ['>S', '<SA', '>A', '>FA', '<FA', '>A'], 'TIME_WAIT', 120, ''],
    ['a reset', ['>S', '<SA', '>A', '<R'], 'CLOSE', 10, ''],
    ['a pick-up in the middle', ['>PA'], 'ESTABLISHED', 300, '[UNREPLIED] '],
  ])('follows TCP: after %s the state is right', (_name, segments, state, seconds, unreplied) => {
    const dialog = new Dialog(CLIENT, SERVER);
    for (const segment of segments) {
      expect(pass(fake, dialog.segment(segment), FORWARDED)).toBe('accept');
    }
    const assured = segments.length >= 3 ? '[ASSURED] ' : '';
    expect(fake.netfilter.conntrack.list()).toEqual([
      `tcp      6 ${seconds} ${state} src=10.244.1.2 dst=10.244.2.2 sport=40001 dport=8080 ${unreplied}src=10.244.2.2 dst=10.244.1.2 sport=8080 dport=40001 ${assured}mark=0 use=1`,
    ]);
  });

  test('keeps nothing of a connection that is reset at once', () => {
    pass(fake, tcp(CLIENT, SERVER, 'S'), FORWARDED);
    pass(fake, tcp(SERVER, CLIENT, 'RA'), FORWARDED);
    expect(fake.netfilter.conntrack.size).toBe(0);
  });

  // Each row was sent through a router of Linux 6.18 in this order, whose conntrack -L said the same.
  describe('after a handshake', () => {
    const HANDSHAKE = ['>S', '<SA', '>A'];
    const cases: readonly (readonly [
      string,
      readonly string[],
      string,
      SegmentSpec,
      string,
      string,
    ])[] = [
      ['data in the window', [], '>PA 100', {}, 'ESTABLISHED', '300 ESTABLISHED'],
      ['acknowledged data', ['>PA 100'], '<A', {}, 'ESTABLISHED', '432000 ESTABLISHED'],
      [
        'data far beyond the window',
        [],
        '>PA 100',
        { seq: 900_000 },
        'INVALID',
        '432000 ESTABLISHED',
      ],
      [
        'an acknowledgement of what was never sent',
        [],
        '>A',
        { ack: 90_000 },
        'INVALID',
        '432000 ESTABLISHED',
      ],
      [
        'old data sent again',
        ['>PA 100', '<A'],
        '>PA 100',
        { seq: 1001 },
        'ESTABLISHED',
        '432000 ESTABLISHED',
      ],
      ['a reset with the expected number', [], '<R', { seq: 5001 }, 'ESTABLISHED', '10 CLOSE'],
      ['a reset inside the window', [], '<R', { seq: 5100 }, 'ESTABLISHED', '10 ESTABLISHED'],
      ['a reset from before', [], '<R', { seq: 4000 }, 'INVALID', '432000 ESTABLISHED'],
      ['a shut window', [], '<A', { window: 0 }, 'ESTABLISHED', '300 ESTABLISHED'],
      ['a SYN', [], '>S', { seq: 77 }, 'ESTABLISHED', '432000 ESTABLISHED'],
      ['an answered FIN', ['>FA'], '<A', {}, 'ESTABLISHED', '60 CLOSE_WAIT'],
      ['the FIN of the server', ['<FA'], '>A', {}, 'ESTABLISHED', '60 CLOSE_WAIT'],
      ['a full close', ['>FA', '<FA'], '>A', {}, 'ESTABLISHED', '120 TIME_WAIT'],
      ['data of both', ['>PA 100', '<PA 50'], '>A', {}, 'ESTABLISHED', '432000 ESTABLISHED'],
      ['a reset behind data', ['<PA 20'], '<R', { seq: 5021 }, 'ESTABLISHED', '10 CLOSE'],
      ['a reset of the client', [], '>RA', {}, 'ESTABLISHED', '10 CLOSE'],
    ];

    test.each(cases)('%s', (_name, before, last, spec, state, line) => {
      const dialog = new Dialog(CLIENT, SERVER);
      for (const text of [...HANDSHAKE, ...before]) pass(fake, dialog.segment(text), FORWARDED);
      const skb = dialog.segment(last, spec);
      pass(fake, skb, FORWARDED);
      expect(skb.ct?.state).toBe(state);
      expect(fake.netfilter.conntrack.list()[0]).toContain(`tcp      6 ${line} src=`);
    });

    test('with tcp_be_liberal nothing but a reset is out of the window', () => {
      fake.sysctls.set('net.netfilter.nf_conntrack_tcp_be_liberal', 1);
      const dialog = new Dialog(CLIENT, SERVER);
      for (const text of HANDSHAKE) pass(fake, dialog.segment(text), FORWARDED);
      const far = dialog.segment('>PA 100', { seq: 900_000 });
      const reset = dialog.segment('<R', { seq: 4000 });
      for (const skb of [far, reset]) pass(fake, skb, FORWARDED);
      expect([far.ct?.state, reset.ct?.state]).toEqual(['ESTABLISHED', 'INVALID']);
    });

    test('three equal acknowledgements shorten the time', () => {
      fake.sysctls.set('net.netfilter.nf_conntrack_tcp_timeout_max_retrans', 200);
      const dialog = new Dialog(CLIENT, SERVER);
      for (const text of [...HANDSHAKE, '>A', '>A', '>A', '>A']) {
        pass(fake, dialog.segment(text), FORWARDED);
      }
      expect(fake.netfilter.conntrack.list()[0]).toContain('tcp      6 200 ESTABLISHED');
    });
  });

  test('with tcp_loose = 0 a connection is not picked up in the middle', () => {
    fake.sysctls.set('net.netfilter.nf_conntrack_tcp_loose', 0);
    const skb = tcp(CLIENT, SERVER, 'PA');
    pass(fake, skb, FORWARDED);
    expect(skb.ct?.state).toBe('INVALID');
  });

  test('a SYN sent again does not prolong its entry', () => {
    pass(fake, tcp(CLIENT, SERVER, 'S'), FORWARDED);
    fake.clock.advance(7 * SECOND);
    pass(fake, tcp(CLIENT, SERVER, 'S'), FORWARDED);
    expect(fake.netfilter.conntrack.list()[0]).toContain('tcp      6 113 SYN_SENT');
  });

  test('a SYN-ACK to a SYN that was let through begins the connection anew', () => {
    const old = new Dialog(CLIENT, SERVER);
    for (const text of ['>S', '<SA', '>A']) pass(fake, old.segment(text), FORWARDED);
    pass(fake, tcp(CLIENT, SERVER, 'S', { seq: 70_000 }), FORWARDED);
    pass(fake, tcp(SERVER, CLIENT, 'SA', { seq: 9000, ack: 70_001 }), FORWARDED);
    expect(fake.netfilter.conntrack.list()[0]).toContain('SYN_RECV');
  });

  test('takes a SYN in TIME_WAIT for a new connection', () => {
    const dialog = new Dialog(CLIENT, SERVER);
    for (const text of ['>S', '<SA', '>A', '>FA', '<FA', '>A', '>S']) {
      pass(fake, dialog.segment(text), FORWARDED);
    }
    expect(fake.netfilter.conntrack.list()[0]).toContain('SYN_SENT');
  });

  test.each([
    ['a SYN-ACK without its SYN', () => tcp(CLIENT, SERVER, 'SA'), 'INVALID'],
    ['a lone reset', () => tcp(CLIENT, SERVER, 'R'), 'INVALID'],
    ['SYN and FIN together', () => tcp(CLIENT, SERVER, 'SF'), 'INVALID'],
    ['a lone echo reply', () => icmp('10.244.1.2', '10.244.2.2', 0, { id: 7 }), 'INVALID'],
    ['an echo request', () => icmp('10.244.1.2', '10.244.2.2', 8, { id: 7 }), 'NEW'],
    ['a SYN', () => tcp(CLIENT, SERVER, 'S'), 'NEW'],
  ])('says of %s what state it is in', (_name, make, state) => {
    const skb = make();
    pass(fake, skb, FORWARDED);
    expect(skb.ct?.state).toBe(state);
  });

  test('says RELATED of an ICMP error about a known connection', () => {
    const first = udp(CLIENT, SERVER);
    pass(fake, first, FORWARDED);
    if (first.packet.kind !== 'ipv4') throw new Error('not IPv4');
    const error = icmp('10.244.9.9', '10.244.1.2', 3, { code: 3, payload: quoteOf(first.packet) });
    pass(fake, error, FORWARDED);
    expect(error.ct?.state).toBe('RELATED');
    const stranger = icmp('10.244.9.9', '10.244.7.7', 3, { payload: quoteOf(first.packet) });
    pass(fake, stranger, FORWARDED);
    expect(stranger.ct?.state).toBe('INVALID');
  });

  test('deletes what matches and says how many', () => {
    pass(fake, udp(CLIENT, SERVER), FORWARDED);
    pass(fake, udp('10.244.1.2:40002', SERVER), FORWARDED);
    pass(fake, tcp(CLIENT, SERVER, 'S'), FORWARDED);
    expect(fake.netfilter.conntrack.delete({ proto: 17, origDst: ip('10.244.2.2') })).toBe(2);
    expect(fake.netfilter.conntrack.delete({})).toBe(1);
    expect(fake.clock.pending).toBe(0);
  });

  test('tells thousands of connections apart', () => {
    for (let host = 0; host < 20; host++) {
      for (let number = 0; number < 200; number++) {
        pass(fake, udp(`10.244.1.${host}:${1024 + number}`, SERVER), FORWARDED);
      }
    }
    expect(fake.netfilter.conntrack.size).toBe(4000);
    const reply = udp(SERVER, '10.244.1.7:1100');
    pass(fake, reply, FORWARDED);
    expect(reply.ct?.state).toBe('ESTABLISHED');
  });
});

describe('NAT', () => {
  const nat = (
    fake: FakeNetns,
    chain: string,
    matches: Parameters<typeof rule>[0],
    target: Parameters<typeof rule>[1],
  ) =>
    fake.netfilter.edit('ipv4', {
      verb: 'append',
      table: 'nat',
      chain,
      rule: rule(matches, target),
    });

  test('rewrites a destination and puts it back in the reply', () => {
    const fake = fakeNetns();
    nat(fake, 'PREROUTING', [block('dst', '10.96.0.20'), ...port('tcp', 80)], {
      target: 'DNAT',
      to: ip('10.244.2.7'),
      ports: { from: 8080, to: 8080 },
    });
    const syn = tcp(CLIENT, '10.96.0.20:80', 'S');
    pass(fake, syn, FORWARDED);
    expect(addresses(syn)).toBe('10.244.1.2:40001 → 10.244.2.7:8080');
    const answer = tcp('10.244.2.7:8080', CLIENT, 'SA');
    pass(fake, answer, FORWARDED);
    expect(addresses(answer)).toBe('10.96.0.20:80 → 10.244.1.2:40001');
    const ack = tcp(CLIENT, '10.96.0.20:80', 'A');
    pass(fake, ack, FORWARDED);
    expect(addresses(ack)).toBe('10.244.1.2:40001 → 10.244.2.7:8080');
  });

  test('masquerades, keeps the port, and takes another for a second source with the same one', () => {
    const fake = fakeNetns(['172.18.0.2']);
    nat(fake, 'POSTROUTING', [block('src', '10.244.0.0/16')], { target: 'MASQUERADE' });
    const first = udp('10.244.1.2:40001', '8.8.8.8:53');
    pass(fake, first, FORWARDED);
    expect(addresses(first)).toBe('172.18.0.2:40001 → 8.8.8.8:53');
    const second = udp('10.244.1.3:40001', '8.8.8.8:53');
    pass(fake, second, FORWARDED);
    expect(addresses(second)).toMatch(/^172\.18\.0\.2:\d+ → 8\.8\.8\.8:53$/);
    expect(addresses(second)).not.toContain(':40001');
    const port = Number(/:(\d+) →/.exec(addresses(second))?.[1]);
    expect(port).toBeGreaterThanOrEqual(1024);
    const answer = udp('8.8.8.8:53', `172.18.0.2:${port}`);
    pass(fake, answer, FORWARDED);
    expect(addresses(answer)).toBe('8.8.8.8:53 → 10.244.1.3:40001');
  });

  test('keeps a privileged port privileged when it must change', () => {
    const fake = fakeNetns(['172.18.0.2']);
    nat(fake, 'POSTROUTING', [], { target: 'MASQUERADE' });
    pass(fake, udp('10.244.1.2:123', '8.8.8.8:123'), FORWARDED);
    const second = udp('10.244.1.3:123', '8.8.8.8:123');
    pass(fake, second, FORWARDED);
    const port = Number(/:(\d+) →/.exec(addresses(second))?.[1]);
    expect(port).toBeLessThan(512);
  });

  test('changes the port of an untranslated connection that clashes with a translated one', () => {
    const fake = fakeNetns(['172.18.0.2']);
    nat(fake, 'POSTROUTING', [block('src', '10.244.0.0/16')], { target: 'MASQUERADE' });
    pass(fake, udp('10.244.1.2:40001', '8.8.8.8:53'), FORWARDED);
    const own = udp('172.18.0.2:40001', '8.8.8.8:53');
    pass(fake, own, ['OUTPUT', 'POSTROUTING']);
    expect(addresses(own)).toMatch(/^172\.18\.0\.2:/);
    expect(addresses(own)).not.toContain(':40001');
  });

  test('translates the ICMP error of a backend so that it seems to come from the service', () => {
    const fake = fakeNetns();
    nat(fake, 'PREROUTING', [block('dst', '10.96.0.20')], {
      target: 'DNAT',
      to: ip('10.244.2.7'),
      ports: { from: 8080, to: 8080 },
    });
    const request = udp(CLIENT, '10.96.0.20:80');
    pass(fake, request, FORWARDED);
    if (request.packet.kind !== 'ipv4') throw new Error('not IPv4');
    const error = icmp('10.244.2.7', '10.244.1.2', 3, {
      code: 3,
      payload: quoteOf(request.packet),
    });
    pass(fake, error, FORWARDED);
    expect(addresses(error)).toBe('10.96.0.20 → 10.244.1.2');
    const sent = udp(CLIENT, '10.96.0.20:80');
    if (sent.packet.kind !== 'ipv4' || error.packet.kind !== 'ipv4') throw new Error('not IPv4');
    const { body } = error.packet;
    expect(body.kind === 'icmp' && [...body.payload]).toEqual([...quoteOf(sent.packet)]);
  });

  test('forgets masqueraded connections when the device goes down', () => {
    const fake = fakeNetns();
    nat(fake, 'POSTROUTING', [], { target: 'MASQUERADE' });
    pass(fake, udp(CLIENT, '8.8.8.8:53'), FORWARDED);
    fake.netfilter.deviceDown(fake.device('eth0').ifindex);
    expect(fake.netfilter.conntrack.size).toBe(1);
    fake.netfilter.deviceDown(fake.device('cni0').ifindex);
    expect(fake.netfilter.conntrack.size).toBe(0);
  });

  test('asks the nat table for the first packet alone', () => {
    const fake = fakeNetns();
    pass(fake, udp(CLIENT, SERVER), FORWARDED);
    nat(fake, 'POSTROUTING', [{ match: 'ctstate', states: ['NEW'] }], undefined);
    pass(fake, udp(CLIENT, SERVER), FORWARDED);
    nat(fake, 'PREROUTING', [], { target: 'DNAT', to: ip('10.244.2.9') });
    const second = udp(CLIENT, SERVER);
    pass(fake, second, FORWARDED);
    expect(addresses(second)).toBe('10.244.1.2:40001 → 10.244.2.2:8080');
  });
});
