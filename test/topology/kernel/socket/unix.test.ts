import { describe, expect, test } from '@jest/globals';
import type { Result } from '../../../../topology/base/index.js';
import type {
  Errno,
  Process,
  UnixAddress,
  UnixSocket,
  UnixSocketType,
} from '../../../../topology/kernel/index.js';
import { Lab, octets } from './lab.js';

const abstract = (name: string): UnixAddress => ({ kind: 'abstract', name });
const path = (text: string): UnixAddress => ({ kind: 'path', path: text });

function unwrap<T>(result: Result<T, Errno>): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

function unix(process: Process, type: UnixSocketType = 'stream'): UnixSocket {
  return unwrap(process.sys.unixSocket(type));
}

function pair(process: Process, type: UnixSocketType) {
  return unwrap(process.sys.unixSocketPair(type));
}

function serve(process: Process, at: UnixAddress, backlog = 5, type: UnixSocketType = 'stream') {
  const socket = unix(process, type);
  expect(socket.bind(at)).toBeUndefined();
  expect(socket.listen(backlog)).toBeUndefined();
  return socket;
}

/** What a call gave, in one word or text. */
function outcome(result: Result<number | { readonly octets: Uint8Array }, Errno>): string {
  if (!result.ok) return result.error;
  if (typeof result.value === 'number') return String(result.value);
  return `'${String.fromCharCode(...result.value.octets)}'`;
}

/** What reads give until one has nothing more to say. */
function reads(socket: UnixSocket, times: number, maxBytes = 100): string[] {
  return Array.from({ length: times }, () => outcome(socket.receive(maxBytes)));
}

describe('what was recorded of abstract names', () => {
  test('connect from another netns: ECONNREFUSED', () => {
    const lab = new Lab();
    serve(lab.server, abstract('app'));
    expect(unix(lab.client).connect(abstract('app'))).toBe('ECONNREFUSED');
    expect(unix(lab.join(lab.server, 'sidecar')).connect(abstract('app'))).toBeUndefined();
  });

  test('same name bound in another netns: OK', () => {
    const lab = new Lab();
    serve(lab.server, abstract('app'));
    expect(unix(lab.client).bind(abstract('app'))).toBeUndefined();
    expect(unix(lab.server).bind(abstract('app'))).toBe('EADDRINUSE');
  });
});

describe('names', () => {
  test('of files cross network namespaces of one mount namespace', () => {
    const lab = new Lab();
    serve(lab.server, path('/run/app.sock'));
    expect(unix(lab.client).connect(path('/run/app.sock'))).toBeUndefined();
    const made = lab.host.processes.clone({ comm: 'x', argv: ['x'], unshare: ['mnt'] });
    expect(unix(unwrap(made)).connect(path('/run/app.sock'))).toBe('ENOENT');
  });

  test('stay when their socket is closed, if they are files', () => {
    const lab = new Lab();
    const socket = serve(lab.server, path('/run/app.sock'));
    socket.close();
    expect(unix(lab.client).connect(path('/run/app.sock'))).toBe('ECONNREFUSED');
    expect(unix(lab.server).bind(path('/run/app.sock'))).toBe('EADDRINUSE');
    serve(lab.server, abstract('a')).close();
    serve(lab.server, abstract('a'));
  });

  test('of files are of one type, abstract ones apart for each', () => {
    const lab = new Lab();
    serve(lab.server, path('/s'));
    expect(unix(lab.server, 'dgram').connect(path('/s'))).toBe('EPROTOTYPE');
    serve(lab.server, abstract('s'));
    expect(unix(lab.server, 'seqpacket').connect(abstract('s'))).toBe('ECONNREFUSED');
    expect(unix(lab.server, 'dgram').bind(abstract('s'))).toBeUndefined();
  });

  test('are chosen by the kernel when none is given', () => {
    const socket = unix(new Lab().server);
    expect(socket.bind()).toBeUndefined();
    expect(socket.local).toEqual({
      kind: 'abstract',
      name: expect.stringMatching(/^[0-9a-f]{5}$/),
    });
    expect(socket.bind()).toBeUndefined();
    expect(socket.bind(abstract('x'))).toBe('EINVAL');
  });

  test('have at most 108 octets, abstract ones 107', () => {
    const lab = new Lab();
    const bind = (address: UnixAddress) => unix(lab.server).bind(address);
    expect([bind(path('p'.repeat(108))), bind(path('p'.repeat(109)))]).toEqual([
      undefined,
      'EINVAL',
    ]);
    expect([bind(abstract('p'.repeat(107))), bind(abstract('p'.repeat(108)))]).toEqual([
      undefined,
      'EINVAL',
    ]);
  });

  test('of files let only their owner in, and root', () => {
    const lab = new Lab();
    serve(lab.server, path('/s'));
    expect(unix(lab.join(lab.server, 'x', 1000)).connect(path('/s'))).toBe('EACCES');
    serve(lab.join(lab.server, 'x', 1000), path('/t'));
    expect(unix(lab.join(lab.server, 'x', 1000)).connect(path('/t'))).toBeUndefined();
    expect(unix(lab.server).connect(path('/t'))).toBeUndefined();
  });
});

describe.each(['stream', 'seqpacket'] as const)('a connection (%s)', (type) => {
  test('waits for accept; a backlog of 1 takes two', () => {
    const lab = new Lab();
    const listener = serve(lab.server, abstract('L'), 1, type);
    const clients = [1, 2, 3].map(() => unix(lab.server, type));
    const errnos = clients.map((client) => client.connect(abstract('L')));
    expect(errnos).toEqual([undefined, undefined, 'EAGAIN']);
    let told = 0;
    if (clients[2] !== undefined) clients[2].onReady = () => told++;
    expect(outcome(clients[0]?.send(octets('hello')) ?? { ok: false, error: 'EBADF' })).toBe('5');
    const accepted = unwrap(listener.accept());
    lab.run(0.001);
    expect(told).toBe(1);
    expect(accepted.local).toEqual(abstract('L'));
    expect(accepted.remote).toBeUndefined();
    expect(clients[0]?.remote).toEqual(abstract('L'));
    expect(reads(accepted, 2)).toEqual(["'hello'", 'EAGAIN']);
    expect(clients[2]?.connect(abstract('L'))).toBeUndefined();
  });

  test('knows who is at the other end', () => {
    const lab = new Lab();
    const listener = serve(lab.server, abstract('L'), 1, type);
    const caller = lab.join(lab.server, 'x', 1000);
    const client = unix(caller, type);
    expect(client.peerCredentials).toEqual({ pid: 0, uid: -1 });
    client.connect(abstract('L'));
    expect(client.peerCredentials).toEqual({ pid: lab.server.pid, uid: 0 });
    expect(unwrap(listener.accept()).peerCredentials).toEqual({ pid: caller.pid, uid: 1000 });
  });

  test('is refused where nobody listens', () => {
    const lab = new Lab();
    const client = unix(lab.server, type);
    expect(client.connect(abstract('none'))).toBe('ECONNREFUSED');
    expect(client.connect(path('/none'))).toBe('ENOENT');
    const bound = unix(lab.server, type);
    expect(bound.listen(1)).toBe('EINVAL');
    expect(bound.accept()).toEqual({ ok: false, error: 'EINVAL' });
    bound.bind(abstract('b'));
    expect(client.connect(abstract('b'))).toBe('ECONNREFUSED');
    bound.listen(1);
    expect(bound.connect(abstract('b'))).toBe('EINVAL');
    expect(client.connect(abstract('b'))).toBeUndefined();
    expect(client.connect(abstract('b'))).toBe('EISCONN');
    expect(client.bind()).toBeUndefined();
    expect(client.listen(1)).toBe('EINVAL');
    bound.shutdown('read');
    expect(unix(lab.server, type).connect(abstract('b'))).toBe('ECONNREFUSED');
  });

  test('that nobody accepted is reset with its listener', () => {
    const lab = new Lab();
    const listener = serve(lab.server, abstract('L'), 1, type);
    const client = unix(lab.server, type);
    client.connect(abstract('L'));
    listener.close();
    expect(reads(client, 1)).toEqual(['ECONNRESET']);
    expect(outcome(client.send(octets('x')))).toBe('EPIPE');
    expect(reads(client, 1)).toEqual(["''"]);
  });

  test('is reset by a peer that left something unread', () => {
    const [near, far] = pair(new Lab().server, type);
    near.send(octets('left'));
    far.send(octets('data'));
    far.close();
    const expected = type === 'stream' ? ["'data'", 'ECONNRESET'] : ['ECONNRESET', "'data'"];
    expect(reads(near, 3)).toEqual([...expected, "''"]);
    expect(outcome(near.send(octets('x')))).toBe('EPIPE');
  });

  test('ends with its process', () => {
    const lab = new Lab();
    const listener = serve(lab.server, abstract('L'), 1, type);
    const caller = lab.join(lab.server, 'x');
    unix(caller, type).connect(abstract('L'));
    const accepted = unwrap(listener.accept());
    let told = 0;
    accepted.onReady = () => told++;
    caller.sys.exit(0);
    lab.run(0.001);
    expect(told).toBe(1);
    expect(reads(accepted, 1)).toEqual(["''"]);
  });

  test('closes one half at a time', () => {
    const [near, far] = pair(new Lab().server, type);
    near.send(octets('last'));
    near.shutdown('write');
    expect(outcome(near.send(octets('x')))).toBe('EPIPE');
    expect(reads(far, 2)).toEqual(["'last'", "''"]);
    expect(outcome(far.send(octets('z')))).toBe('1');
    far.shutdown('write');
    expect(reads(near, 2)).toEqual(["'z'", "''"]);
  });
});

describe('messages', () => {
  test.each([
    ['stream', ["'a'", "'bcde'", 'EAGAIN']],
    ['dgram', ["'a'", "'cde'", "''"]],
    ['seqpacket', ["'a'", "'cde'", "''"]],
  ] as const)('keep their borders or not: %s', (type, expected) => {
    const [near, far] = pair(new Lab().server, type);
    for (const text of ['ab', 'cde', '']) near.send(octets(text));
    expect([outcome(far.receive(1)), ...reads(far, 2)]).toEqual(expected);
  });

  // Counted on Linux 6.18 with the usual net.core.wmem_default, 212992.
  test.each([
    ['stream', 1, 278, 278],
    ['stream', 1000, 93, 93_000],
    ['stream', 4096, 44, 180_224],
    ['stream', 65_536, 4, 233_152],
    ['stream', 100_000, 3, 236_544],
    ['stream', 300_000, 1, 219_264],
    ['dgram', 1, 278, 278],
    ['dgram', 4096, 26, 106_496],
    ['dgram', 65_536, 4, 262_144],
    ['seqpacket', 100_000, 3, 300_000],
    ['seqpacket', 212_960, 1, 212_960],
  ] as const)('fill the buffer of a %s, %d octets each, after %d', (type, bytes, times, total) => {
    const lab = new Lab();
    const [near, far] = pair(lab.server, type);
    let told = 0;
    near.onReady = () => told++;
    let sent = 0;
    let calls = 0;
    for (; calls < 1000; calls++) {
      const result = near.send(new Uint8Array(bytes));
      if (!result.ok) {
        expect(result.error).toBe('EAGAIN');
        break;
      }
      sent += result.value;
    }
    expect([calls, sent]).toEqual([times, total]);
    while (far.receive(bytes).ok);
    lab.run(0.001);
    expect(told).toBe(1);
  });

  test.each(['dgram', 'seqpacket'] as const)('larger than the buffer are refused: %s', (type) => {
    const [near] = pair(new Lab().server, type);
    expect(outcome(near.send(new Uint8Array(212_961)))).toBe('EMSGSIZE');
  });
});

describe('datagrams', () => {
  test('carry the name of their sender', () => {
    const { server } = new Lab();
    const receiver = unix(server, 'dgram');
    receiver.bind(abstract('R'));
    const sender = unix(server, 'dgram');
    sender.send(octets('x'), abstract('R'));
    sender.bind(path('/s'));
    sender.send(octets('y'), abstract('R'));
    expect(unwrap(receiver.receive()).from).toBeUndefined();
    expect(unwrap(receiver.receive()).from).toEqual(path('/s'));
  });

  test('find no room behind max_dgram_qlen and one more', () => {
    const lab = new Lab();
    const receiver = unix(lab.server, 'dgram');
    receiver.bind(abstract('R'));
    const sender = unix(lab.server, 'dgram');
    const outcomes = Array.from({ length: 12 }, () =>
      outcome(sender.send(octets('x'), abstract('R'))),
    );
    expect(outcomes.slice(10)).toEqual(['1', 'EAGAIN']);
    let told = 0;
    sender.onReady = () => told++;
    receiver.receive();
    lab.run(0.001);
    expect(told).toBe(1);
    expect(outcome(sender.send(octets('x'), abstract('R')))).toBe('1');
  });

  test('reach a connected socket from its peer alone', () => {
    const { server } = new Lab();
    const [receiver, peer, other] = ['R', 'B', 'C'].map((name) => {
      const socket = unix(server, 'dgram');
      socket.bind(abstract(name));
      return socket;
    });
    expect(receiver?.connect(abstract('B'))).toBeUndefined();
    expect(outcome(other?.send(octets('x'), abstract('R')) ?? { ok: true, value: 0 })).toBe(
      'EPERM',
    );
    expect(other?.connect(abstract('R'))).toBe('EPERM');
    expect(outcome(peer?.send(octets('x'), abstract('R')) ?? { ok: true, value: 0 })).toBe('1');
    peer?.close();
    const sends = [1, 2].map(() => outcome(receiver?.send(octets('x')) ?? { ok: true, value: 0 }));
    expect(sends).toEqual(['ECONNREFUSED', 'ENOTCONN']);
  });

  test('that waited are lost when their reader turns away, and the sender hears of it', () => {
    const { server } = new Lab();
    const [near, far] = pair(server, 'dgram');
    unix(server, 'dgram').bind(abstract('D'));
    near.send(octets('q'));
    far.send(octets('w'));
    expect(far.connect(abstract('D'))).toBeUndefined();
    expect(reads(near, 2)).toEqual(['ECONNRESET', "'w'"]);
    expect(reads(far, 1)).toEqual(['EAGAIN']);
  });

  test.each([
    ['stream', 'EINVAL', 'ENOTCONN', 'EOPNOTSUPP'],
    ['dgram', 'EAGAIN', 'ENOTCONN', 'ECONNREFUSED'],
    ['seqpacket', 'ENOTCONN', 'ENOTCONN', 'ENOTCONN'],
  ] as const)('without a peer (%s): receive %s, send %s, to a name %s', (type, ...expected) => {
    const socket = unix(new Lab().server, type);
    expect([
      outcome(socket.receive()),
      outcome(socket.send(octets('x'))),
      outcome(socket.send(octets('x'), abstract('gone'))),
    ]).toEqual(expected);
    expect(socket.shutdown('both')).toBeUndefined();
  });

  test('have no connections to wait for', () => {
    const socket = unix(new Lab().server, 'dgram');
    expect(socket.listen(1)).toBe('EOPNOTSUPP');
    expect(socket.accept()).toEqual({ ok: false, error: 'EOPNOTSUPP' });
  });
});

test('sockets are listed as ss -xa shows them', () => {
  const lab = new Lab();
  const listener = serve(lab.server, abstract('P'));
  const client = unix(lab.server);
  client.connect(abstract('P'));
  const rows = () =>
    lab
      .netns('b')
      .sockets.unixHolders()
      .map(({ state, inode, peerInode, receiveQueue, sendQueue, fd }) =>
        [state, inode, peerInode, receiveQueue, sendQueue, fd].join(' '),
      );
  expect(rows()).toEqual(['LISTEN 20001 0 1 5 3', 'ESTAB 20002 0 0 0 4']);
  unwrap(listener.accept());
  client.send(octets('abc'));
  expect(rows()).toEqual([
    'LISTEN 20001 0 0 5 3',
    'ESTAB 20002 20003 0 768 4',
    'ESTAB 20003 20002 3 0 5',
  ]);
  client.close();
  expect(client.send(octets('x'))).toEqual({ ok: false, error: 'EBADF' });
  expect(rows()).toHaveLength(2);
});
