import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { Rng, SimClock } from '../../../../topology/base/index.js';
import type { Netns, Socket } from '../../../../topology/kernel/index.js';
import { createSocketLayer } from '../../../../topology/kernel/socket/index.js';
import { establish, ip, Lab, listen, open } from './lab.js';

const matrix: {
  readonly addresses: readonly string[];
  readonly table: readonly string[];
  readonly pairs: readonly string[];
} = createRequire(import.meta.url)('../../../fixture/linux/bind-matrix.json');

/** A namespace that owns the addresses of the matrix, for bind alone. */
function bindOnlyNetns(): Netns {
  const clock = new SimClock();
  const stand: Partial<Netns> = {
    inode: 1,
    sysctl: () => Number.NaN,
    ip: {
      isLocal: () => true,
      addrType: () => 'local',
    } as unknown as Netns['ip'],
    host: { name: 'n1', clock, rng: new Rng(1), defer: () => undefined },
  };
  return stand as Netns;
}

/** Sets a socket up as one half of a word of the matrix says: protocol, address, options. */
function prepare(
  layer: ReturnType<typeof createSocketLayer>,
  half: string,
): () => string | undefined {
  const text = matrix.addresses[Number(half[1])] ?? '';
  const v6 = text.startsWith('[');
  const made = layer.open(
    { uid: 0, pid: 1, comm: 'x' },
    v6 ? 'inet6' : 'inet',
    half[0] === 't' ? 'stream' : 'dgram',
  );
  if (!made.ok) throw new Error(made.error);
  const socket: Socket = made.value;
  const options = Number(half[2]);
  if (text.endsWith('v6only')) socket.setOption('IPV6_V6ONLY', 1);
  if ((options & 1) !== 0) socket.setOption('SO_REUSEADDR', 1);
  if ((options & 2) !== 0) socket.setOption('SO_REUSEPORT', 1);
  return () => {
    const errno = socket.bind(ip(text.replace(/^\[|\].*$/g, '')), 8080);
    if (errno !== undefined || half[3] !== 'l') return errno;
    return socket.listen(5);
  };
}

test('two sockets share a port exactly where Linux lets them, in 2951 pairs', () => {
  const words = matrix.pairs.flatMap((line) => line.split(' '));
  expect(words).toHaveLength(2951);
  const wrong = words.filter((word) => {
    const layer = createSocketLayer(bindOnlyNetns());
    const first = prepare(layer, word.slice(0, 4))();
    if (first !== undefined) return true;
    // Wherever two TCP sockets may be bound, the second may listen as well.
    const second = prepare(layer, `${word.slice(4, 7)}${word[4] === 't' ? 'l' : ''}`)();
    return second !== (word[7] === 'e' ? 'EADDRINUSE' : undefined);
  });
  expect(wrong).toEqual([]);
});

test.each(['t', 'u'])(
  'without options two sockets share a port by their addresses alone (%s)',
  (proto) => {
    const table = matrix.addresses.map((_a, first) =>
      matrix.addresses
        .map((_b, second) => {
          const layer = createSocketLayer(bindOnlyNetns());
          expect(prepare(layer, `${proto}${first}0b`)()).toBeUndefined();
          return prepare(layer, `${proto}${second}0b`)() === undefined ? '.' : 'e';
        })
        .join(''),
    );
    expect(table).toEqual(matrix.table);
  },
);

describe('bind', () => {
  test.each([
    ['an address of another machine', '10.0.0.9', 80, 0, 'EADDRNOTAVAIL'],
    ['any address of 127/8', '127.5.6.7', 80, 0, undefined],
    ['a broadcast address', '10.0.0.255', 80, 0, undefined],
    ['a multicast address', '224.0.0.1', 80, 0, undefined],
    ['a low port as root', '0.0.0.0', 80, 0, undefined],
    ['a low port as uid 1000', '0.0.0.0', 80, 1000, 'EACCES'],
    ['a high port as uid 1000', '0.0.0.0', 8080, 1000, undefined],
    ['an IPv6 address', '::1', 80, 0, 'EAFNOSUPPORT'],
  ])('of %s', (_case, address, port, uid, errno) => {
    const lab = new Lab();
    const socket = open(lab.join(lab.client, 'x', uid), 'stream');
    expect(socket.bind(ip(address), port)).toBe(errno);
  });

  test('of a low port is allowed to all where ip_unprivileged_port_start is 0', () => {
    const lab = new Lab();
    lab.apply([
      { op: 'sysctl.set', netns: 'a', key: 'net.ipv4.ip_unprivileged_port_start', value: '0' },
    ]);
    expect(open(lab.join(lab.client, 'x', 1000), 'stream').bind(ip('0.0.0.0'), 80)).toBeUndefined();
  });

  test('of a foreign address is allowed with IP_FREEBIND', () => {
    const socket = open(new Lab().client, 'stream');
    socket.setOption('IP_FREEBIND', 1);
    expect(socket.bind(ip('10.0.0.9'), 80)).toBeUndefined();
  });

  test('a second time is EINVAL', () => {
    const socket = open(new Lab().client, 'stream');
    socket.bind(ip('0.0.0.0'), 80);
    expect(socket.bind(ip('0.0.0.0'), 81)).toBe('EINVAL');
  });

  test('with REUSEPORT on both fails for another uid', () => {
    const lab = new Lab();
    const bind = (uid: number) => {
      const socket = open(lab.join(lab.client, 'x', uid), 'stream');
      socket.setOption('SO_REUSEPORT', 1);
      return socket.bind(ip('0.0.0.0'), 8080);
    };
    expect([bind(1000), bind(1000), bind(1001)]).toEqual([undefined, undefined, 'EADDRINUSE']);
  });

  test('of one port by two REUSEADDR sockets shows its conflict at the second listen', () => {
    const lab = new Lab();
    const sockets = [1, 2].map(() => {
      const socket = open(lab.client, 'stream');
      socket.setOption('SO_REUSEADDR', 1);
      expect(socket.bind(ip('0.0.0.0'), 80)).toBeUndefined();
      return socket;
    });
    expect(sockets.map((socket) => socket.listen(1))).toEqual([undefined, 'EADDRINUSE']);
  });

  test.each([
    [false, false, 'EADDRINUSE'],
    [true, false, 'EADDRINUSE'],
    [false, true, 'EADDRINUSE'],
    [true, true, undefined],
  ])(
    'after the listener died beside an accepted connection: REUSEADDR %s, then %s',
    (old, now, errno) => {
      const lab = new Lab();
      const listener = open(lab.server, 'stream');
      listener.setOption('SO_REUSEADDR', old ? 1 : 0);
      listener.bind(ip('0.0.0.0'), 80);
      listener.listen(5);
      establish(lab, listener);
      listener.close();
      const next = open(lab.server, 'stream');
      next.setOption('SO_REUSEADDR', now ? 1 : 0);
      expect(next.bind(ip('0.0.0.0'), 80) ?? next.listen(5)).toBe(errno);
    },
  );
});

describe('ephemeral ports', () => {
  test('bind(0) takes the parity that connect() leaves alone', () => {
    const lab = new Lab();
    listen(lab.server);
    const bound = [1, 2, 3].map(() => {
      const socket = open(lab.client, 'stream');
      socket.bind(ip('0.0.0.0'), 0);
      return socket.local?.port ?? 0;
    });
    const connected = [1, 2, 3].map(() => {
      const socket = open(lab.client, 'stream');
      socket.connect(ip('10.0.0.2'), 80);
      return socket.local?.port ?? 0;
    });
    expect(bound.map((port) => port % 2)).toEqual([1, 1, 1]);
    expect(connected.map((port) => port % 2)).toEqual([0, 0, 0]);
    expect(Math.min(...bound, ...connected)).toBeGreaterThanOrEqual(32768);
    expect(Math.max(...bound, ...connected)).toBeLessThanOrEqual(60999);
  });

  test('a client port blocks a wildcard listener, not one of another address', () => {
    const lab = new Lab();
    listen(lab.client, '127.0.0.1:80');
    const client = open(lab.client, 'stream');
    client.connect(ip('127.0.0.1'), 80);
    lab.run(0.01);
    const port = client.local?.port ?? 0;
    expect(open(lab.client, 'stream').bind(ip('0.0.0.0'), port)).toBe('EADDRINUSE');
    expect(open(lab.client, 'stream').bind(ip('10.0.0.1'), port)).toBeUndefined();
    expect(open(lab.client, 'dgram').bind(ip('0.0.0.0'), port)).toBeUndefined();
  });
});
