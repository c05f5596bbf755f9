import { describe, expect, test } from '@jest/globals';
import { Skb } from '../../../../topology/kernel/index.js';
import type { TcpSegment } from '../../../../topology/wire/index.js';
import { establish, ip, Lab, listen, octets, open } from './lab.js';

describe('an ICMP error', () => {
  test.each([
    ['icmp-net-unreachable', 'ENETUNREACH'],
    ['icmp-host-unreachable', 'EHOSTUNREACH'],
    ['icmp-proto-unreachable', 'ENOPROTOOPT'],
    ['icmp-port-unreachable', 'ECONNREFUSED'],
    ['icmp-net-prohibited', 'ENETUNREACH'],
    ['icmp-host-prohibited', 'EHOSTUNREACH'],
    ['icmp-admin-prohibited', 'EHOSTUNREACH'],
    ['tcp-reset', 'ECONNREFUSED'],
  ] as const)('%s ends a connection attempt with %s', (type, errno) => {
    const lab = new Lab();
    lab.apply([
      {
        op: 'iptables.append',
        netns: 'b',
        family: 'ipv4',
        table: 'filter',
        chain: 'INPUT',
        rule: { matches: [{ match: 'proto', proto: 6 }], target: { target: 'REJECT', with: type } },
      },
    ]);
    const socket = open(lab.client, 'stream');
    socket.connect(ip('10.0.0.2'), 80);
    lab.run(0.01);
    expect(socket.takeError()).toBe(errno);
    expect(socket.state).toBe('CLOSED');
    expect(lab.netns('a').sockets.holders()).toEqual([]);
  });

  test('that a packet is too big makes segments smaller and sends them again', () => {
    const lab = new Lab();
    const { near, far } = establish(lab, listen(lab.server));
    const { sockets, exceptions } = lab.netns('a');
    lab.apply([
      {
        op: 'iptables.policy',
        netns: 'b',
        family: 'ipv4',
        table: 'filter',
        chain: 'INPUT',
        policy: 'DROP',
      },
    ]);
    near.send(new Uint8Array(3000));
    lab.run(0.001);
    lab.apply([
      {
        op: 'iptables.policy',
        netns: 'b',
        family: 'ipv4',
        table: 'filter',
        chain: 'INPUT',
        policy: 'ACCEPT',
      },
    ]);
    const [syn] = lab.segments('out');
    const big = lab.segments('out').find(({ payload }) => payload.length === 1448);
    if (big === undefined || syn === undefined) throw new Error('nothing was sent');
    exceptions.learnMtu(ip('10.0.0.2') as never, 1000);
    const packet = {
      kind: 'ipv4' as const,
      src: ip('10.0.0.1') as never,
      dst: ip('10.0.0.2') as never,
      ttl: 64,
      tos: 0,
      id: 0,
      df: true,
      mf: false,
      fragOffset: 0,
      proto: 6,
      body: big,
    };
    const message = {
      kind: 'icmp' as const,
      type: 3,
      code: 4,
      rest: 1000,
      payload: new Uint8Array(0),
    };
    const error = new Skb(
      { ...packet, src: packet.dst, dst: packet.src, proto: 1, body: message },
      0x800,
    );
    lab.seen.length = 0;
    sockets.icmpError(error, message, packet);
    lab.run(0.01);
    expect(lab.segments('out').map(({ payload }) => payload.length)).toEqual([948, 948, 948, 156]);
    let bytes = 0;
    for (let part = far.receive(); part.ok; part = far.receive()) bytes += part.value.octets.length;
    expect(bytes).toBe(3000);
  });
});

describe('a path MTU error', () => {
  /** A router tells the client about a segment of its connection. */
  function tooBig(lab: Lab, seq: number, body: TcpSegment): void {
    const packet = {
      kind: 'ipv4' as const,
      src: ip('10.0.0.1') as never,
      dst: ip('10.0.0.2') as never,
      ttl: 64,
      tos: 0,
      id: 0,
      df: true,
      mf: false,
      fragOffset: 0,
      proto: 6,
      body: { ...body, seq },
    };
    const message = {
      kind: 'icmp' as const,
      type: 3,
      code: 4,
      rest: 1000,
      payload: new Uint8Array(0),
    };
    const about = { ...packet, src: packet.dst, dst: packet.src, proto: 1, body: message };
    lab.netns('a').sockets.icmpError(new Skb(about, 0x800), message, packet);
  }

  const pathMtu = (lab: Lab) => lab.netns('a').ip.pathMtu(ip('10.0.0.2'));

  test('about a segment that was never sent changes nothing', () => {
    const lab = new Lab();
    const { near } = establish(lab, listen(lab.server));
    near.send(octets('x'));
    lab.run(0.01);
    const sent = lab.segments('out').at(-1);
    if (sent === undefined) throw new Error('nothing was sent');
    tooBig(lab, (sent.seq + 100_000) >>> 0, sent);
    lab.run(0.01);
    expect(pathMtu(lab)).toBe(1500);
  });

  test('in the middle of a write waits for its end', () => {
    const lab = new Lab();
    const { near } = establish(lab, listen(lab.server));
    near.send(new Uint8Array(3000));
    const sent = lab.segments('out').at(-1);
    if (sent === undefined) throw new Error('nothing was sent');
    tooBig(lab, sent.seq, sent);
    expect(pathMtu(lab)).toBe(1500);
    lab.run(0.01);
    expect(pathMtu(lab)).toBe(1000);
  });

  test('does not bind a socket that probes', () => {
    const lab = new Lab();
    lab.netns('a').ip.learnPathMtu(ip('10.0.0.2'), 1000);
    const to = { address: ip('10.0.0.2'), port: 9 };
    const lengths = [1, 3].map((mode) => {
      const socket = open(lab.client, 'dgram');
      socket.setOption('IP_MTU_DISCOVER', mode);
      lab.seen.length = 0;
      expect(socket.send(new Uint8Array(1400), to).ok).toBe(true);
      lab.run(0.01);
      return lab.seen.filter(({ direction }) => direction === 'out').length;
    });
    expect(lengths).toEqual([2, 1]);
  });
});

describe('what a trace says', () => {
  test('names who took the packet', () => {
    const lab = new Lab();
    listen(lab.server);
    const socket = open(lab.client, 'stream');
    socket.trace = lab.trace();
    socket.connect(ip('10.0.0.2'), 80);
    lab.run(0.01);
    const delivered = lab.steps.filter(({ action }) => action === 'deliver');
    expect(delivered[0]?.reason).toBe(
      `delivered to nginx (pid ${lab.server.pid}) listening on 0.0.0.0:80`,
    );
  });

  test('says what listens near when nothing listens here', () => {
    const lab = new Lab();
    listen(lab.server, '127.0.0.1:8080');
    listen(lab.server);
    for (const port of [81, 8080]) {
      const socket = open(lab.client, 'stream');
      socket.trace = lab.trace();
      socket.connect(ip('10.0.0.2'), port);
      lab.run(0.01);
    }
    const reasons = lab.steps
      .filter(({ drop }) => drop === 'no-socket')
      .map(({ reason }) => reason);
    expect(reasons).toEqual([
      'nothing listens on 10.0.0.2:81/tcp; the kernel answers RST; this namespace listens on 80/tcp (nginx), 8080/tcp (nginx)',
      'nothing listens on 10.0.0.2:8080/tcp; the kernel answers RST; nginx listens on 127.0.0.1:8080 only, which packets from outside cannot reach',
    ]);
  });
});
