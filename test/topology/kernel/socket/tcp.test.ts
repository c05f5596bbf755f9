import { describe, expect, test } from '@jest/globals';
import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN } from '../../../../topology/wire/index.js';
import { establish, ip, Lab, listen, octets, open, received } from './lab.js';

const flagsOf = (lab: Lab, direction: 'in' | 'out') =>
  lab.segments(direction).map(({ flags }) => flags);

describe('a TCP handshake', () => {
  test('sends what Linux sends in SYN, SYN-ACK and ACK', () => {
    const lab = new Lab();
    const { near, far } = establish(lab, listen(lab.server));
    expect(near.state).toBe('ESTAB');
    expect(far.state).toBe('ESTAB');
    const [syn, ack] = lab.segments('out');
    const [synAck] = lab.segments('in');
    expect(syn).toMatchObject({ flags: TCP_SYN, window: 64240, ack: 0 });
    expect(syn?.options).toMatchObject({ mss: 1460, sackPermitted: true, windowScale: 7 });
    expect(syn?.options.timestamp?.echo).toBe(0);
    expect(synAck).toMatchObject({ flags: TCP_SYN | TCP_ACK, window: 65160 });
    expect(synAck?.options).toMatchObject({ mss: 1460, sackPermitted: true, windowScale: 7 });
    expect(synAck?.options.timestamp?.echo).toBe(syn?.options.timestamp?.value);
    expect(ack).toMatchObject({ flags: TCP_ACK, window: 502 });
  });

  test('announces 65495 over lo', () => {
    const lab = new Lab();
    listen(lab.client, '127.0.0.1:80');
    const steps = lab.trace();
    const socket = open(lab.client, 'stream');
    socket.trace = steps;
    socket.connect(ip('127.0.0.1'), 80);
    lab.run(0.001);
    const view = lab.steps[0]?.view.packet;
    expect(view?.kind === 'ipv4' && view.body.kind === 'tcp' && view.body.options.mss).toBe(65495);
    expect(socket.state).toBe('ESTAB');
  });

  test('is refused by RST where nothing listens', () => {
    const lab = new Lab();
    const socket = open(lab.client, 'stream');
    expect(socket.connect(ip('10.0.0.2'), 81)).toBe('EINPROGRESS');
    let ready = 0;
    socket.onReady = () => ready++;
    lab.run(0.001);
    expect(ready).toBe(1);
    expect(socket.takeError()).toBe('ECONNREFUSED');
    const [rst] = lab.segments('in');
    const [syn] = lab.segments('out');
    expect(rst).toMatchObject({
      flags: TCP_RST | TCP_ACK,
      seq: 0,
      ack: ((syn?.seq ?? 0) + 1) >>> 0,
    });
  });

  test('repeats the SYN after 1, 2, 3, 4, 5, 7, 11, 19, 35 and 67 s, and gives up after 131 s, as the timer wheel rounds them', () => {
    const lab = new Lab();
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
    const socket = open(lab.client, 'stream');
    socket.connect(ip('10.0.0.2'), 80);
    lab.run(135.1);
    const times = lab.seen
      .filter(({ body }) => body.kind === 'tcp')
      .map(({ atNs }) => Math.round(atNs / 1e6));
    expect(times).toEqual([0, 1024, 2048, 3072, 4096, 5120, 7136, 11264, 19456, 35584, 69632]);
    expect(socket.state).toBe('SYN-SENT');
    lab.run(0.2);
    expect(socket.takeError()).toBe('ETIMEDOUT');
  });

  test('fails with EHOSTUNREACH after 3 s when nobody has the address', () => {
    const lab = new Lab();
    const socket = open(lab.client, 'stream');
    socket.connect(ip('10.0.0.9'), 80);
    lab.run(2.9);
    expect(socket.takeError()).toBeUndefined();
    lab.run(0.3);
    expect(socket.takeError()).toBe('EHOSTUNREACH');
  });

  test.each([
    ['10.9.9.9', 'ENETUNREACH'],
    ['10.0.0.255', 'ENETUNREACH'],
  ])('to %s fails at once with %s', (address, errno) => {
    const lab = new Lab();
    expect(open(lab.client, 'stream').connect(ip(address), 80)).toBe(errno);
  });

  test('of a socket with itself is a simultaneous open', () => {
    const lab = new Lab();
    const socket = open(lab.client, 'stream');
    socket.bind(ip('127.0.0.1'), 50000);
    expect(socket.connect(ip('127.0.0.1'), 50000)).toBe('EINPROGRESS');
    lab.run(0.01);
    expect(socket.state).toBe('ESTAB');
    socket.send(octets('echo'));
    lab.run(0.01);
    expect(received(socket)).toBe('echo');
  });

  test('lets a backlog of 1 take two connections and drops further SYNs', () => {
    const lab = new Lab();
    const listener = listen(lab.server, '0.0.0.0:80', 1);
    const sockets = [1, 2, 3, 4].map(() => {
      const socket = open(lab.client, 'stream');
      socket.connect(ip('10.0.0.2'), 80);
      lab.run(0.04);
      return socket;
    });
    expect(sockets.map(({ state }) => state)).toEqual(['ESTAB', 'ESTAB', 'SYN-SENT', 'SYN-SENT']);
    expect(lab.netns('b').dropCounts.get('listen-overflow')).toBe(2);
    expect(listener.accept().ok).toBe(true);
    lab.run(1.1);
    expect(sockets.map(({ state }) => state)).toEqual(['ESTAB', 'ESTAB', 'ESTAB', 'SYN-SENT']);
  });
});

describe('a TCP conversation', () => {
  test('carries data both ways and ends in the usual four steps', () => {
    const lab = new Lab();
    const { near, far } = establish(lab, listen(lab.server));
    expect(near.send(octets('GET /'))).toEqual({ ok: true, value: 5 });
    lab.run(0.001);
    expect(received(far)).toBe('GET /');
    far.send(octets('hello'));
    far.close();
    lab.run(0.001);
    expect(received(near)).toBe('hello');
    expect(received(near)).toBe('');
    expect(near.state).toBe('CLOSE-WAIT');
    near.close();
    lab.run(1);
    expect(flagsOf(lab, 'out')).toEqual([
      TCP_SYN,
      TCP_ACK,
      TCP_ACK | TCP_PSH,
      TCP_ACK,
      TCP_ACK | TCP_FIN,
    ]);
    const states = lab
      .netns('b')
      .sockets.holders()
      .map(({ state }) => state);
    expect(states).toEqual(['LISTEN', 'TIME-WAIT']);
    expect(lab.netns('a').sockets.holders()).toEqual([]);
    lab.run(61);
    expect(lab.netns('b').sockets.holders()).toHaveLength(1);
  });

  test('moves a megabyte through the windows, in order and in full segments', () => {
    const lab = new Lab();
    const { near, far } = establish(lab, listen(lab.server));
    const sent = new Uint8Array(1_000_000).map((_, index) => (index * 7 + (index >> 8)) & 0xff);
    let offset = 0;
    const write = () => {
      while (offset < sent.length) {
        const result = near.send(sent.subarray(offset, offset + 50_000));
        if (!result.ok) return;
        offset += result.value;
      }
    };
    near.onReady = write;
    const got = new Uint8Array(1_000_000);
    let filled = 0;
    far.onReady = () => {
      for (
        let part = far.receive();
        part.ok && part.value.octets.length > 0;
        part = far.receive()
      ) {
        got.set(part.value.octets, filled);
        filled += part.value.octets.length;
      }
    };
    write();
    lab.run(2);
    expect(filled).toBe(1_000_000);
    expect(Buffer.from(got).equals(sent)).toBe(true);
    expect(Math.max(...lab.segments('out').map(({ payload }) => payload.length))).toBe(1448);
  });

  test('probes for what was lost after 204 ms and a tick and then retransmits at doubling distances', () => {
    const lab = new Lab();
    const { near, far } = establish(lab, listen(lab.server));
    const policy = (value: 'ACCEPT' | 'DROP') =>
      lab.apply([
        {
          op: 'iptables.policy',
          netns: 'b',
          family: 'ipv4',
          table: 'filter',
          chain: 'INPUT',
          policy: value,
        },
      ]);
    policy('DROP');
    const start = lab.clock.nowNs;
    lab.seen.length = 0;
    near.send(octets('lost'));
    lab.run(1);
    policy('ACCEPT');
    expect(lab.seen.map(({ atNs }) => Math.round((atNs - start) / 1e6))).toEqual([
      0, 207, 415, 831,
    ]);
    lab.run(1);
    expect(received(far)).toBe('lost');
  });

  test('gives up with ETIMEDOUT after about a quarter of an hour', () => {
    const lab = new Lab();
    const { near } = establish(lab, listen(lab.server));
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
    near.send(octets('x'));
    lab.run(900);
    expect(near.state).toBe('ESTAB');
    lab.run(200);
    expect(received(near)).toBe('ETIMEDOUT');
    expect(lab.clock.pending).toBe(0);
  });

  test('stops at a full receive window and goes on when the program reads', () => {
    const lab = new Lab();
    const { near, far } = establish(lab, listen(lab.server));
    let taken = 0;
    for (
      let result = near.send(new Uint8Array(10_000));
      result.ok;
      result = near.send(new Uint8Array(10_000))
    ) {
      taken += result.value;
      lab.run(0.01);
    }
    lab.run(5);
    let read = 0;
    for (let round = 0; round < 200 && read < taken; round++) {
      for (let part = far.receive(); part.ok; part = far.receive())
        read += part.value.octets.length;
      lab.run(0.5);
    }
    expect(read).toBe(taken);
  });

  test('ends with RST when data is left unread at close', () => {
    const lab = new Lab();
    const { near, far } = establish(lab, listen(lab.server));
    near.send(octets('unread'));
    lab.run(0.001);
    far.close();
    lab.run(0.001);
    expect(received(near)).toBe('ECONNRESET');
    expect(received(near)).toBe('');
    expect(near.send(octets('x'))).toEqual({ ok: false, error: 'EPIPE' });
    expect(lab.netns('b').sockets.holders()).toHaveLength(1);
  });

  test('half closed still receives', () => {
    const lab = new Lab();
    const { near, far } = establish(lab, listen(lab.server));
    near.send(octets('request'));
    near.shutdown('write');
    lab.run(0.1);
    expect(received(far)).toBe('request');
    expect(received(far)).toBe('');
    far.send(octets('answer'));
    lab.run(0.1);
    expect(near.state).toBe('FIN-WAIT-2');
    expect(received(near)).toBe('answer');
    far.close();
    lab.run(0.1);
    expect(received(near)).toBe('');
    near.close();
    expect(
      lab
        .netns('a')
        .sockets.holders()
        .map(({ state }) => state),
    ).toEqual(['TIME-WAIT']);
  });

  test('sends small writes one at a time unless TCP_NODELAY is set', () => {
    const lab = new Lab();
    const { near } = establish(lab, listen(lab.server));
    lab.seen.length = 0;
    near.send(octets('a'));
    near.send(octets('b'));
    near.send(octets('c'));
    lab.run(0.1);
    expect(lab.segments('out').map(({ payload }) => payload.length)).toEqual([1, 2]);
    near.setOption('TCP_NODELAY', 1);
    lab.seen.length = 0;
    near.send(octets('a'));
    near.send(octets('b'));
    lab.run(0.1);
    expect(lab.segments('out').map(({ payload }) => payload.length)).toEqual([1, 1]);
  });

  test('ends when its process ends: FIN to the peer, no timer left', () => {
    const lab = new Lab();
    const { near } = establish(lab, listen(lab.server));
    lab.server.sys.exit(0);
    lab.run(0.1);
    expect(received(near)).toBe('');
    near.close();
    lab.run(200);
    expect(lab.clock.pending).toBe(0);
  });

  test('survives an ICMP error while established', () => {
    const lab = new Lab();
    const { near, far } = establish(lab, listen(lab.server));
    lab.apply([
      {
        op: 'iptables.append',
        netns: 'b',
        family: 'ipv4',
        table: 'filter',
        chain: 'INPUT',
        rule: {
          matches: [{ match: 'proto', proto: 6 }],
          target: { target: 'REJECT', with: 'icmp-port-unreachable' },
        },
      },
    ]);
    near.send(octets('x'));
    lab.run(0.5);
    expect(near.state).toBe('ESTAB');
    lab.apply([
      {
        op: 'iptables.restore',
        netns: 'b',
        family: 'ipv4',
        noflush: false,
        tables: [{ table: 'filter', chains: [] }],
      },
    ]);
    lab.run(2);
    expect(received(far)).toBe('x');
  });
});
