import { describe, expect, test } from '@jest/globals';
import { VirtualFileSystem } from '../../../../server/program/index.js';
import { icmpMeaning } from '../../../../topology/kernel/socket/icmp-errno.js';
import { Machine } from '../netns/machine.js';
import { ip, Lab, listen, octets, open } from './lab.js';

describe('what an ICMP error means to a socket', () => {
  test.each([
    ['net unreachable', 3, 0, 'ENETUNREACH', false],
    ['host unreachable', 3, 1, 'EHOSTUNREACH', false],
    ['protocol unreachable', 3, 2, 'ENOPROTOOPT', true],
    ['port unreachable', 3, 3, 'ECONNREFUSED', true],
    ['fragmentation needed', 3, 4, 'EMSGSIZE', true],
    ['source route failed', 3, 5, 'EOPNOTSUPP', false],
    ['host unknown', 3, 7, 'EHOSTDOWN', true],
    ['source host isolated', 3, 8, 'ENONET', true],
    ['net prohibited', 3, 9, 'ENETUNREACH', true],
    ['host prohibited', 3, 10, 'EHOSTUNREACH', true],
    ['communication prohibited', 3, 13, 'EHOSTUNREACH', true],
    ['TTL exceeded', 11, 0, 'EHOSTUNREACH', false],
    ['parameter problem', 12, 0, 'EPROTO', true],
  ])('%s', (_name, type, code, errno, hard) => {
    expect(icmpMeaning('ipv4', type, code)).toMatchObject({ errno, hard });
  });

  test('an echo reply is no error', () => {
    expect(icmpMeaning('ipv4', 0, 0)).toBeUndefined();
  });
});

describe('calls that a socket cannot carry out', () => {
  test('a datagram socket does not listen or accept', () => {
    const socket = open(new Lab().server, 'dgram');
    expect(socket.listen(1)).toBe('EOPNOTSUPP');
    expect(socket.accept()).toEqual({ ok: false, error: 'EOPNOTSUPP' });
  });

  test('a socket without a peer has nothing to shut down or to read', () => {
    const lab = new Lab();
    expect(open(lab.server, 'dgram').shutdown('both')).toBe('ENOTCONN');
    const stream = open(lab.server, 'stream');
    expect(stream.shutdown('write')).toBe('ENOTCONN');
    expect(stream.receive()).toEqual({ ok: false, error: 'ENOTCONN' });
  });

  test('a connection is opened once', () => {
    const lab = new Lab();
    listen(lab.server);
    const client = open(lab.client, 'stream');
    expect(client.connect(ip('10.0.0.2'), 80)).toBe('EINPROGRESS');
    expect(client.connect(ip('10.0.0.2'), 80)).toBe('EALREADY');
    lab.run(0.1);
    expect(client.takeError()).toBeUndefined();
    expect(client.send(octets('x'))).toEqual({ ok: true, value: 1 });
    expect(client.connect(ip('10.0.0.2'), 80)).toBe('EISCONN');
  });

  test('a listener does not connect', () => {
    expect(listen(new Lab().server).connect(ip('10.0.0.1'), 80)).toBe('EISCONN');
  });
});

describe('operations that the kernel refuses', () => {
  test.each([
    [
      'a VXLAN network identifier of 25 bits',
      'ERANGE',
      {
        op: 'link.add',
        name: 'vx0',
        spec: { type: 'vxlan', vni: 2 ** 24, dstPort: 8472, learning: false },
      },
    ],
    ['the deletion of lo', 'EOPNOTSUPP', { op: 'link.del', name: 'lo' }],
    [
      'a route over a device that is down',
      'ENETDOWN',
      {
        op: 'route.add',
        dst: { network: ip('10.9.0.0'), prefixLength: 16 },
        dev: 'd0',
      },
    ],
  ] as const)('%s: %s', (_name, errno, op) => {
    const { host } = new Machine();
    expect(host.apply([{ op: 'link.add', name: 'd0', spec: { type: 'dummy' } }]).ok).toBe(true);
    expect(host.apply([op as Parameters<typeof host.apply>[0][number]])).toMatchObject({
      ok: false,
      error: { errno },
    });
  });
});

describe('files of a container', () => {
  test('a folder is not read as a file, and a file holds no other', () => {
    const files = new VirtualFileSystem();
    files.makeDirectory('/etc');
    files.writeFile('/etc/hosts', octets('127.0.0.1 localhost\n'));
    expect(files.readFile('/etc')).toEqual({ ok: false, error: 'EISDIR' });
    expect(files.list('/etc/hosts')).toEqual({ ok: false, error: 'ENOTDIR' });
  });
});
