import { describe, expect, test } from '@jest/globals';
import type { Socket, SocketOption } from '../../../../topology/kernel/index.js';
import { ICMP4 } from '../../../../topology/wire/index.js';
import { establish, ip, Lab, listen, octets, open, received } from './lab.js';

/** What was recorded beside the table of pairs of binds, and the surprises about sockets. */
type Options = readonly SocketOption[];
const NONE: Options = [];
const ADDR: Options = ['SO_REUSEADDR'];
const PORT: Options = ['SO_REUSEPORT'];

function withOptions(socket: Socket, options: Options): Socket {
  for (const option of options) socket.setOption(option, 1);
  return socket;
}

function bindAndListen(lab: Lab, address: string, port: number, options: Options = NONE): string {
  const socket = withOptions(open(lab.server, 'stream'), options);
  return socket.bind(ip(address), port) ?? socket.listen(5) ?? 'OK';
}

function policy(lab: Lab, netns: 'a' | 'b', verdict: 'DROP' | 'ACCEPT'): void {
  lab.apply([
    {
      op: 'iptables.policy',
      netns,
      family: 'ipv4',
      table: 'filter',
      chain: 'INPUT',
      policy: verdict,
    },
  ]);
}

function set(lab: Lab, netns: 'a' | 'b', key: string, value: string): void {
  lab.apply([{ op: 'sysctl.set', netns, key, value }]);
}

/** Times of segments that the client's device saw in a direction, in whole seconds after the first. */
function seconds(lab: Lab, direction: 'in' | 'out', flags: number): number[] {
  const all = lab.seen.filter(({ body }) => body.kind === 'tcp');
  const first = all[0]?.atNs ?? 0;
  return all
    .filter((seen) => seen.direction === direction)
    .filter(({ body }) => body.kind === 'tcp' && body.flags === flags)
    .map(({ atNs }) => Math.round((atNs - first) / 1e9));
}

const SYN = 2;
const SYN_ACK = 18;
const RST_ACK = 20;
const ACK = 16;

describe('a new listener beside what an old one left', () => {
  const cases = [
    [NONE, NONE, 'EADDRINUSE'],
    [NONE, ADDR, 'EADDRINUSE'],
    [NONE, PORT, 'EADDRINUSE'],
    [ADDR, NONE, 'EADDRINUSE'],
    [ADDR, ADDR, 'OK'],
    [ADDR, PORT, 'EADDRINUSE'],
    [PORT, NONE, 'EADDRINUSE'],
    [PORT, ADDR, 'EADDRINUSE'],
    [PORT, PORT, 'OK'],
  ] as const;

  test.each(cases)('in TIME-WAIT: options %j, then %j: %s', (old, now, outcome) => {
    const lab = new Lab();
    const listener = withOptions(open(lab.server, 'stream'), old);
    listener.bind(ip('0.0.0.0'), 80);
    listener.listen(5);
    const { near, far } = establish(lab, listener);
    far.close();
    lab.run(0.01);
    near.close();
    listener.close();
    lab.run(0.1);
    expect(lab.netns('b').sockets.holders()[0]?.state).toBe('TIME-WAIT');
    expect(bindAndListen(lab, '0.0.0.0', 80, now)).toBe(outcome);
  });
});

describe('sockets that share a port', () => {
  test('a listener on a device keeps the wildcard away', () => {
    const lab = new Lab();
    const bound = open(lab.server, 'stream');
    bound.bindToDevice('eth0');
    expect(bound.bind(ip('0.0.0.0'), 80) ?? bound.listen(5)).toBeUndefined();
    expect(bindAndListen(lab, '0.0.0.0', 80)).toBe('EADDRINUSE');
  });

  test('REUSEADDR does not help against one that listens', () => {
    const lab = new Lab();
    expect(bindAndListen(lab, '0.0.0.0', 80, ADDR)).toBe('OK');
    expect(bindAndListen(lab, '10.0.0.2', 80, ADDR)).toBe('EADDRINUSE');
  });

  test('two clients bound alike cannot both reach one server', () => {
    const lab = new Lab();
    listen(lab.server);
    const [first, second] = [1, 2].map(() => {
      const socket = withOptions(open(lab.client, 'stream'), ADDR);
      expect(socket.bind(ip('10.0.0.1'), 8301)).toBeUndefined();
      return socket;
    });
    expect(first?.connect(ip('10.0.0.2'), 80)).toBe('EINPROGRESS');
    expect(second?.connect(ip('10.0.0.2'), 80)).toBe('EADDRNOTAVAIL');
  });

  test('the same port is free in another namespace, which has no listener yet', () => {
    const lab = new Lab();
    listen(lab.server);
    expect(open(lab.client, 'stream').bind(ip('0.0.0.0'), 80)).toBeUndefined();
    const other = open(lab.server, 'stream');
    other.connect(ip('10.0.0.1'), 80);
    lab.run(0.1);
    expect(other.takeError()).toBe('ECONNREFUSED');
  });

  test('IPv6 alone stays IPv6 alone', () => {
    const lab = new Lab();
    const socket = open(lab.server, 'stream', 'inet6');
    socket.setOption('IPV6_V6ONLY', 1);
    expect(socket.bind(((0xffffn << 32n) | 0x0a000002n) as never, 80)).toBe('EINVAL');
    expect(socket.bind(ip('::'), 80)).toBeUndefined();
    expect(socket.setOption('IPV6_V6ONLY', 0)).toBe('EINVAL');
    expect(bindAndListen(lab, '0.0.0.0', 80)).toBe('OK');
  });
});

test('a TCP connection without a source port left fails with EADDRNOTAVAIL', () => {
  const lab = new Lab();
  set(lab, 'a', 'net.ipv4.ip_local_port_range', '50000 50002');
  listen(lab.server);
  const errnos = [1, 2, 3].map(() => open(lab.client, 'stream').connect(ip('10.0.0.2'), 80));
  expect(errnos).toEqual(['EINPROGRESS', 'EINPROGRESS', 'EADDRNOTAVAIL']);
});

test('a connection to port 0 sends its SYN and is refused', () => {
  const lab = new Lab();
  const socket = open(lab.client, 'stream');
  expect(socket.connect(ip('10.0.0.2'), 0)).toBe('EINPROGRESS');
  lab.run(0.1);
  expect(socket.takeError()).toBe('ECONNREFUSED');
  expect(seconds(lab, 'out', SYN)).toEqual([0]);
  expect(seconds(lab, 'in', RST_ACK)).toEqual([0]);
});

describe('a listener whose SYN-ACK is not answered', () => {
  test('repeats it after 1, 3, 7, 15 and 31 s and forgets the request', () => {
    const lab = new Lab();
    set(lab, 'a', 'net.ipv4.tcp_syn_retries', '0');
    set(lab, 'a', 'net.ipv4.tcp_syn_linear_timeouts', '0');
    const listener = listen(lab.server);
    policy(lab, 'a', 'DROP');
    const socket = open(lab.client, 'stream');
    socket.connect(ip('10.0.0.2'), 80);
    lab.run(100);
    expect(seconds(lab, 'in', SYN_ACK)).toEqual([0, 1, 3, 7, 15, 31]);
    expect(socket.takeError()).toBe('ETIMEDOUT');
    expect(listener.accept()).toEqual({ ok: false, error: 'EAGAIN' });
  });

  test('answers every SYN that comes again and waits anew', () => {
    const lab = new Lab();
    set(lab, 'a', 'net.ipv4.tcp_syn_retries', '1');
    listen(lab.server);
    policy(lab, 'a', 'DROP');
    open(lab.client, 'stream').connect(ip('10.0.0.2'), 80);
    lab.run(11.3);
    expect(seconds(lab, 'out', SYN)).toEqual([0, 1, 2, 3, 4, 5]);
    // Its own timer ends at 1 s together with the client's, then each SYN starts 2 s anew.
    expect(seconds(lab, 'in', SYN_ACK)).toEqual([0, 1, 1, 2, 3, 4, 5, 7, 11]);
  });
});

describe('the end of a connection', () => {
  test('after silence without end is ETIMEDOUT, also when errors were heard on the way', () => {
    const lab = new Lab();
    const { near } = establish(lab, listen(lab.server));
    set(lab, 'a', 'net.ipv4.tcp_retries2', '3');
    policy(lab, 'b', 'DROP');
    near.send(octets('x'));
    lab.run(10);
    expect(near.takeError()).toBe('ETIMEDOUT');
  });

  test('is the soft error that was heard last', () => {
    const lab = new Lab();
    const { near } = establish(lab, listen(lab.server));
    set(lab, 'a', 'net.ipv4.tcp_retries2', '3');
    lab.apply([
      {
        op: 'iptables.append',
        netns: 'b',
        family: 'ipv4',
        table: 'filter',
        chain: 'INPUT',
        rule: { matches: [], target: { target: 'REJECT', with: 'icmp-host-unreachable' } },
      },
    ]);
    near.send(octets('x'));
    lab.run(0.1);
    expect(near.takeError()).toBeUndefined();
    lab.run(10);
    expect(near.takeError()).toBe('EHOSTUNREACH');
    const errors = lab.seen.filter(({ body }) => body.kind === 'icmp');
    expect(errors[0]?.body).toMatchObject({ type: ICMP4.destUnreachable, code: 1 });
  });

  test.each([
    ['ECONNRESET while it is open', false, 'ECONNRESET'],
    ['EPIPE after the peer closed', true, 'EPIPE'],
  ])('by RST is %s', (_case, halfClosed, errno) => {
    const lab = new Lab();
    const { near, far } = establish(lab, listen(lab.server));
    if (halfClosed) far.shutdown('write');
    lab.run(0.1);
    expect(near.state).toBe(halfClosed ? 'CLOSE-WAIT' : 'ESTAB');
    far.setOption('SO_LINGER', 0);
    far.close();
    lab.run(0.1);
    expect(near.takeError()).toBe(errno);
    expect(near.state).toBe('CLOSED');
  });

  test('FIN-WAIT-2 without a program lasts tcp_fin_timeout, then the peer hears RST', () => {
    const lab = new Lab();
    const { near, far } = establish(lab, listen(lab.server));
    set(lab, 'a', 'net.ipv4.tcp_fin_timeout', '10');
    near.close();
    lab.run(9);
    expect(lab.netns('a').sockets.holders()[0]?.state).toBe('FIN-WAIT-2');
    lab.run(2);
    expect(lab.netns('a').sockets.holders()).toEqual([]);
    expect(received(far)).toBe('');
    far.send(octets('late'));
    lab.run(0.1);
    expect(far.takeError()).toBe('EPIPE');
  });

  test('of an orphan nobody answers comes after 8 retries, some 100 s', () => {
    const lab = new Lab();
    const { near } = establish(lab, listen(lab.server));
    policy(lab, 'b', 'DROP');
    near.close();
    lab.run(95);
    expect(lab.netns('a').sockets.holders()[0]?.state).toBe('FIN-WAIT-1');
    lab.run(15);
    expect(lab.netns('a').sockets.holders()).toEqual([]);
    expect(lab.clock.pending).toBe(0);
  });
});

test.each([
  ['0', 'EADDRNOTAVAIL'],
  ['1', 'EINPROGRESS'],
  ['2', 'EADDRNOTAVAIL'],
])(
  'TIME-WAIT of a second gives way to a new connection where tcp_tw_reuse is %s: %s',
  (value, errno) => {
    const lab = new Lab();
    set(lab, 'a', 'net.ipv4.tcp_tw_reuse', value);
    const listener = listen(lab.server);
    const again = () => {
      const socket = withOptions(open(lab.client, 'stream'), ADDR);
      expect(socket.bind(ip('10.0.0.1'), 7000)).toBeUndefined();
      return { socket, errno: socket.connect(ip('10.0.0.2'), 80) };
    };
    const first = again();
    lab.run(0.1);
    const accepted = listener.accept();
    first.socket.close();
    lab.run(0.1);
    if (accepted.ok) accepted.value.close();
    lab.run(0.5);
    expect(again().errno).toBe('EADDRNOTAVAIL');
    lab.run(1);
    expect(again().errno).toBe(errno);
  },
);

describe('keepalive', () => {
  /** As recorded: idle 2 s, 3 questions 3 s apart. */
  function keptAlive() {
    const lab = new Lab();
    const { near, far } = establish(lab, listen(lab.server));
    near.setOption('TCP_KEEPIDLE', 2);
    near.setOption('TCP_KEEPINTVL', 3);
    near.setOption('TCP_KEEPCNT', 3);
    near.setOption('SO_KEEPALIVE', 1);
    lab.seen.length = 0;
    return { lab, near, far };
  }

  test('asks a silent peer again and again while it answers', () => {
    const { lab, near } = keptAlive();
    lab.run(12.5);
    expect(seconds(lab, 'out', ACK)).toEqual([0, 3, 6, 9]);
    expect(seconds(lab, 'in', ACK)).toEqual([0, 3, 6, 9]);
    expect(near.state).toBe('ESTAB');
    near.setOption('SO_KEEPALIVE', 0);
    lab.run(0.1);
    expect(lab.clock.pending).toBe(0);
  });

  test('ends with ETIMEDOUT and RST when nobody answers', () => {
    const { lab, near } = keptAlive();
    policy(lab, 'b', 'DROP');
    lab.run(30);
    expect(seconds(lab, 'out', ACK)).toEqual([0, 3, 6]);
    expect(seconds(lab, 'out', RST_ACK)).toEqual([9]);
    expect(near.takeError()).toBe('ETIMEDOUT');
  });

  test.each(['TCP_KEEPIDLE', 'TCP_KEEPINTVL', 'TCP_KEEPCNT'] as const)(
    'refuses 0 for %s',
    (option) => {
      expect(open(new Lab().client, 'stream').setOption(option, 0)).toBe('EINVAL');
    },
  );

  test('is inherited by accepted connections', () => {
    const lab = new Lab();
    const listener = listen(lab.server);
    listener.setOption('SO_KEEPALIVE', 1);
    listener.setOption('TCP_KEEPIDLE', 5);
    establish(lab, listener);
    lab.seen.length = 0;
    lab.run(6);
    expect(seconds(lab, 'in', ACK)).toEqual([0]);
  });
});
