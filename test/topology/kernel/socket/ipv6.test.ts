import { describe, expect, test } from '@jest/globals';
import { type Ip, type Ipv6, isIpv4 } from '../../../../topology/addr/index.js';
import type { Errno, Socket } from '../../../../topology/kernel/index.js';
import { BackToBack, type End } from './back-to-back.js';
import { ip, octets, received } from './lab.js';

/** `::ffff:10.0.0.2` of `10.0.0.2`. */
function mapped(text: string): Ip {
  const address = ip(text);
  if (!isIpv4(address)) throw new Error(text);
  return ((0xffffn << 32n) | BigInt(address)) as Ipv6;
}

function listenOn(end: End, address: Ip, v6only = 0): Socket {
  const socket = end.open('stream', isIpv4(address) ? 'inet' : 'inet6');
  socket.setOption('IPV6_V6ONLY', v6only);
  expect(socket.bind(address, 80)).toBeUndefined();
  expect(socket.listen(5)).toBeUndefined();
  return socket;
}

function connected(lab: BackToBack, from: Socket, to: Ip): string {
  expect(from.connect(to, 80)).toBe('EINPROGRESS');
  lab.run(0.5);
  return from.takeError() ?? from.state;
}

const ANY6 = ip('::');
const ANY4 = ip('0.0.0.0');

describe('a listener', () => {
  test.each([
    ['[::]', ANY6, 0, 'fd00::2', 'ESTAB', 'fd00::1'],
    ['[::]', ANY6, 0, '10.0.0.2', 'ESTAB', '10.0.0.1'],
    ['[::] v6only', ANY6, 1, 'fd00::2', 'ESTAB', 'fd00::1'],
    ['[::] v6only', ANY6, 1, '10.0.0.2', 'ECONNREFUSED', ''],
    ['0.0.0.0', ANY4, 0, 'fd00::2', 'ECONNREFUSED', ''],
    ['[fd00::2]', ip('fd00::2'), 0, '10.0.0.2', 'ECONNREFUSED', ''],
    ['[::ffff:10.0.0.2]', mapped('10.0.0.2'), 0, '10.0.0.2', 'ESTAB', '10.0.0.1'],
    ['[::ffff:10.0.0.2]', mapped('10.0.0.2'), 0, 'fd00::2', 'ECONNREFUSED', ''],
  ])('on %s (%s, v6only %i) is reached at %s: %s', (_name, address, v6only, to, outcome, peer) => {
    const lab = new BackToBack();
    const listener = listenOn(lab.b, address, v6only);
    const client = lab.a.open('stream', isIpv4(ip(to)) ? 'inet' : 'inet6');
    expect(connected(lab, client, ip(to))).toBe(outcome);
    const accepted = listener.accept();
    expect(accepted.ok).toBe(outcome === 'ESTAB');
    if (!accepted.ok) return;
    const seen = isIpv4(ip(peer)) ? mapped(peer) : ip(peer);
    expect(accepted.value.remote).toEqual({ address: seen, port: client.local?.port });
    client.send(octets('hello'));
    lab.run(0.1);
    expect(received(accepted.value)).toBe('hello');
  });

  test('of IPv4 goes before one of [::], where both may be reached', () => {
    const lab = new BackToBack();
    const six = lab.b.open('stream');
    const four = lab.b.open('stream', 'inet');
    for (const [socket, any] of [
      [six, ANY6],
      [four, ANY4],
    ] as const) {
      socket.setOption('SO_REUSEPORT', 1);
      expect(socket.bind(any, 80)).toBeUndefined();
      expect(socket.listen(5)).toBeUndefined();
    }
    connected(lab, lab.a.open('stream', 'inet'), ip('10.0.0.2'));
    expect([six.accept().ok, four.accept().ok]).toEqual([false, true]);
  });
});

describe('an IPv6 socket towards IPv4', () => {
  test('speaks IPv4 and shows mapped addresses', () => {
    const lab = new BackToBack();
    listenOn(lab.b, ANY4);
    const client = lab.a.open('stream');
    expect(connected(lab, client, mapped('10.0.0.2'))).toBe('ESTAB');
    expect(client.local?.address).toBe(mapped('10.0.0.1'));
    expect(client.remote?.address).toBe(mapped('10.0.0.2'));
    expect(lab.a.sent.map(({ kind }) => kind)).toEqual(['ipv4', 'ipv4']);
  });

  test('of UDP is answered with a mapped sender', () => {
    const lab = new BackToBack();
    const server = lab.b.open('dgram', 'inet');
    server.bind(ANY4, 53);
    const client = lab.a.open('dgram');
    client.send(octets('q'), { address: mapped('10.0.0.2'), port: 53 });
    lab.run(0.1);
    const got = server.receive();
    if (!got.ok) throw new Error(got.error);
    expect(got.value.from.address).toBe(ip('10.0.0.1'));
    server.send(octets('r'), got.value.from);
    lab.run(0.1);
    expect(client.receive()).toMatchObject({
      ok: true,
      value: { octets: octets('r'), from: { address: mapped('10.0.0.2'), port: 53 } },
    });
  });

  test.each(['stream', 'dgram'] as const)('is refused where the two do not fit (%s)', (type) => {
    const { a } = new BackToBack();
    const v6only = a.open(type);
    v6only.setOption('IPV6_V6ONLY', 1);
    expect(v6only.connect(mapped('10.0.0.2'), 80)).toBe('ENETUNREACH');
    const six = a.open(type);
    six.bind(ip('fd00::1'), 0);
    expect(six.connect(mapped('10.0.0.2'), 80)).toBe('ENETUNREACH');
    const four = a.open(type);
    four.bind(mapped('10.0.0.1'), 0);
    expect(four.connect(ip('fd00::2'), 80)).toBe('EAFNOSUPPORT');
  });

  test('is not for ICMPv6', () => {
    const { a } = new BackToBack();
    a.sysctls.set('net.ipv4.ping_group_range', 0);
    const raw = a.open('raw');
    const echo = Uint8Array.of(128, 0, 0, 0, 0, 7, 0, 1);
    const to = { address: mapped('10.0.0.2'), port: 0 };
    expect(raw.bind(mapped('10.0.0.1'), 0)).toBe('EADDRNOTAVAIL');
    expect(raw.connect(mapped('10.0.0.2'), 0)).toBe('ENETUNREACH');
    expect(raw.send(echo, to)).toEqual({ ok: false, error: 'ENETUNREACH' });
  });
});

describe('a link-local address', () => {
  const near = ip('fe80::a');
  const far = ip('fe80::b');

  test.each([
    ['without its link', undefined, undefined, 'EINVAL'],
    ['with its link', 2, undefined, undefined],
    ['with another link', 1, undefined, 'EADDRNOTAVAIL'],
    ['with a link that is not there', 9, undefined, 'ENODEV'],
    ['without its link on a bound device', undefined, 'eth0', undefined],
    ['with another link than the bound device', 1, 'eth0', 'EINVAL'],
  ] as const)('is bound %s', (_case, scopeId, device, errno) => {
    for (const type of ['stream', 'dgram'] as const) {
      const socket = new BackToBack().a.open(type);
      if (device !== undefined) socket.bindToDevice(device);
      expect(socket.bind(near, 0, scopeId)).toBe(errno);
    }
  });

  test('is connected to over its link', () => {
    const lab = new BackToBack();
    const listener = listenOn(lab.b, ANY6);
    const refused = lab.a.open('stream');
    expect(refused.connect(far, 80)).toBe('EINVAL');
    const client = lab.a.open('stream');
    client.bind(near, 0, 2);
    expect(client.connect(far, 80, 2)).toBe('EINPROGRESS');
    lab.run(0.1);
    expect(client.state).toBe('ESTAB');
    expect(client.remote).toEqual({ address: far, port: 80, scopeId: 2 });
    const accepted = listener.accept();
    expect(accepted.ok && accepted.value.remote).toMatchObject({ address: near, scopeId: 2 });
  });

  test('of a datagram is told with its link, so that it can be answered', () => {
    const lab = new BackToBack();
    const server = lab.b.open('dgram');
    server.bind(ANY6, 53);
    const client = lab.a.open('dgram');
    client.bind(near, 0, 2);
    const to = { address: far, port: 53 };
    expect(client.send(octets('q'), to)).toEqual({ ok: true, value: 1 });
    lab.run(0.1);
    const got = server.receive();
    expect(got).toMatchObject({ ok: true, value: { from: { address: near, scopeId: 2 } } });
    expect(server.send(octets('r'), to)).toEqual({ ok: false, error: 'EINVAL' });
    expect(got.ok && server.send(octets('r'), got.value.from).ok).toBe(true);
    lab.run(0.1);
    expect(received(client)).toBe('r');
  });
});

describe('calls of IPv6', () => {
  const cases: readonly [string, (end: End) => Errno | undefined, string | undefined][] = [
    ['a stream bound to a group', (end) => end.open('stream').bind(ip('ff05::1'), 0), 'EINVAL'],
    [
      'a datagram socket bound to a group',
      (end) => end.open('dgram').bind(ip('ff05::1'), 0),
      undefined,
    ],
    ['a foreign address', (end) => end.open('stream').bind(ip('fd00::9'), 0), 'EADDRNOTAVAIL'],
    ['a stream to a group', (end) => end.open('stream').connect(ip('ff05::1'), 80), 'ENETUNREACH'],
    ['a stream to itself by [::]', (end) => end.open('stream').connect(ANY6, 80), 'EINPROGRESS'],
    [
      'IPV6_V6ONLY on an IPv4 socket',
      (end) => end.open('dgram', 'inet').setOption('IPV6_V6ONLY', 1),
      'ENOPROTOOPT',
    ],
  ];
  test.each(cases)('%s', (_case, call, errno) => {
    expect(call(new BackToBack().a)).toBe(errno);
  });

  test('a foreign address is bound where net.ipv6.ip_nonlocal_bind is 1', () => {
    const { a } = new BackToBack();
    a.sysctls.set('net.ipv6.ip_nonlocal_bind', 1);
    expect(a.open('stream').bind(ip('fd00::9'), 0)).toBeUndefined();
    expect(a.open('stream', 'inet').bind(ip('10.9.9.9'), 0)).toBe('EADDRNOTAVAIL');
  });

  test('a datagram of 65,527 octets is the longest', () => {
    const { a } = new BackToBack();
    const to = { address: ip('fd00::2'), port: 81 };
    expect(a.open('dgram').send(new Uint8Array(65_527), to).ok).toBe(true);
    expect(a.open('dgram').send(new Uint8Array(65_528), to)).toEqual({
      ok: false,
      error: 'EMSGSIZE',
    });
  });

  test('segments leave 60 octets for the headers', () => {
    const lab = new BackToBack();
    listenOn(lab.b, ANY6);
    connected(lab, lab.a.open('stream'), ip('fd00::2'));
    const [syn] = lab.a.sent;
    expect(syn?.body.kind === 'tcp' && syn.body.options.mss).toBe(1440);
  });
});

describe('what nobody takes', () => {
  test('is answered with port unreachable for UDP, RST for TCP', () => {
    const lab = new BackToBack();
    lab.a.open('dgram').send(octets('x'), { address: ip('fd00::2'), port: 9 });
    expect(connected(lab, lab.a.open('stream'), ip('fd00::2'))).toBe('ECONNREFUSED');
    expect(lab.b.icmpSent).toEqual([{ type: 1, code: 4, rest: 0 }]);
    expect(lab.b.drops).toEqual(['no-socket', 'no-socket']);
  });

  test('of an unknown protocol is answered with the place of the field; no next header is not', () => {
    const lab = new BackToBack();
    const packet = {
      kind: 'ipv6' as const,
      src: ip('fd00::1') as Ipv6,
      dst: ip('fd00::2') as Ipv6,
      hopLimit: 64,
      trafficClass: 0,
      flowLabel: 0,
      body: { kind: 'opaque' as const, octets: octets('x') },
    };
    lab.b.receive({ ...packet, proto: 132 });
    lab.b.receive({ ...packet, proto: 59 });
    expect(lab.b.icmpSent).toEqual([{ type: 4, code: 1, rest: 6 }]);
    expect(lab.b.drops).toEqual(['no-protocol', 'no-protocol']);
  });
});

test('an echo request of a raw socket is answered to it over IPv6', () => {
  const lab = new BackToBack();
  const raw = lab.a.open('raw');
  const peer = lab.b.open('raw');
  raw.connect(ip('fd00::2'), 0);
  expect(raw.send(Uint8Array.of(128, 0, 0, 0, 0, 7, 0, 1))).toEqual({ ok: true, value: 8 });
  lab.run(0.1);
  expect(peer.receive()).toMatchObject({ ok: true, value: { icmp: { type: 128, id: 7 } } });
  peer.send(Uint8Array.of(129, 0, 0, 0, 0, 7, 0, 1), { address: ip('fd00::1'), port: 0 });
  lab.run(0.1);
  expect(raw.receive()).toMatchObject({
    ok: true,
    value: { icmp: { type: 129, id: 7, sequence: 1 }, from: { address: ip('fd00::2'), port: 0 } },
  });
});

test('a datagram to a group reaches every socket on its port', () => {
  const lab = new BackToBack();
  const [first, second] = [lab.b.open('dgram'), lab.b.open('dgram')];
  for (const socket of [first, second]) {
    socket.setOption('SO_REUSEADDR', 1);
    socket.bind(ANY6, 5353);
  }
  lab.b.receive({
    kind: 'ipv6',
    src: ip('fd00::1') as Ipv6,
    dst: ip('ff05::1') as Ipv6,
    hopLimit: 1,
    trafficClass: 0,
    flowLabel: 0,
    proto: 17,
    body: { kind: 'udp', srcPort: 1, dstPort: 5353, payload: octets('m') },
  });
  expect([received(first), received(second)]).toEqual(['m', 'm']);
});
