import { describe, expect, test } from '@jest/globals';
import { cidr4, ipv4 } from '../../../../topology/addr/index.js';
import type { Rule } from '../../../../topology/kernel/index.js';
import { ip, Lab, octets, open, received } from './lab.js';

/** A server on 53/udp of the server's namespace. */
function serve(lab: Lab, at = '0.0.0.0') {
  const socket = open(lab.server, 'dgram');
  expect(socket.bind(ip(at), 53)).toBeUndefined();
  return socket;
}

const to = (address: string, port = 53) => ({ address: ip(address), port });

/** Resolves the neighbour, so that no packet has to wait for ARP. */
function warmUp(lab: Lab): void {
  open(lab.client, 'dgram').send(octets('x'), to('10.0.0.2', 9));
  lab.run(0.01);
}

function reject(lab: Lab, rule: Rule): void {
  lab.apply([
    { op: 'iptables.append', netns: 'b', family: 'ipv4', table: 'filter', chain: 'INPUT', rule },
  ]);
}

describe('a UDP socket', () => {
  test('sends and receives with addresses and TTL', () => {
    const lab = new Lab();
    const server = serve(lab);
    const client = open(lab.client, 'dgram');
    expect(client.send(octets('who?'), to('10.0.0.2'))).toEqual({ ok: true, value: 4 });
    lab.run(0.01);
    const request = server.receive();
    expect(request).toMatchObject({
      ok: true,
      value: { from: { address: ip('10.0.0.1') }, ttl: 64 },
    });
    if (!request.ok) return;
    server.send(octets('me'), request.value.from);
    lab.run(0.01);
    expect(received(client)).toBe('me');
    expect(received(client)).toBe('EAGAIN');
  });

  test('when connected receives from its peer alone and wins over an unconnected one', () => {
    const lab = new Lab();
    const open53 = serve(lab);
    open53.setOption('SO_REUSEADDR', 1);
    const connected = open(lab.server, 'dgram');
    connected.setOption('SO_REUSEADDR', 1);
    expect(connected.bind(ip('10.0.0.2'), 53)).toBeUndefined();
    const [peer, other] = [open(lab.client, 'dgram'), open(lab.client, 'dgram')];
    peer.bind(ip('10.0.0.1'), 7000);
    connected.connect(ip('10.0.0.1'), 7000);
    peer.send(octets('peer'), to('10.0.0.2'));
    other.send(octets('other'), to('10.0.0.2'));
    lab.run(0.01);
    expect([received(connected), received(connected)]).toEqual(['peer', 'EAGAIN']);
    expect([received(open53), received(open53)]).toEqual(['other', 'EAGAIN']);
  });

  test('bound last gets the datagram when both have REUSEADDR', () => {
    const lab = new Lab();
    const sockets = [1, 2].map(() => {
      const socket = open(lab.server, 'dgram');
      socket.setOption('SO_REUSEADDR', 1);
      socket.bind(ip('0.0.0.0'), 53);
      return socket;
    });
    open(lab.client, 'dgram').send(octets('x'), to('10.0.0.2'));
    lab.run(0.01);
    expect(sockets.map((socket) => received(socket))).toEqual(['EAGAIN', 'x']);
  });

  test('shares a REUSEPORT group by flow', () => {
    const lab = new Lab();
    const sockets = [1, 2].map(() => {
      const socket = open(lab.server, 'dgram');
      socket.setOption('SO_REUSEPORT', 1);
      socket.bind(ip('0.0.0.0'), 53);
      return socket;
    });
    warmUp(lab);
    for (let port = 5000; port < 5100; port++) {
      const client = open(lab.client, 'dgram');
      client.bind(ip('0.0.0.0'), port);
      client.send(octets('x'), to('10.0.0.2'));
      client.send(octets('x'), to('10.0.0.2'));
    }
    lab.run(0.01);
    const counts = sockets.map((socket) => {
      let count = 0;
      while (socket.receive().ok) count++;
      return count;
    });
    expect(counts[0] ?? 0).toBeGreaterThan(60);
    expect((counts[0] ?? 0) % 2).toBe(0);
    expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(200);
  });

  test.each([
    ['without a destination', undefined, 1, 'EDESTADDRREQ'],
    ['to port 0', to('10.0.0.2', 0), 1, 'EINVAL'],
    ['of 65508 octets', to('10.0.0.2'), 65508, 'EMSGSIZE'],
    ['to a broadcast address without SO_BROADCAST', to('10.0.0.255'), 1, 'EACCES'],
    ['without a route', to('10.9.9.9'), 1, 'ENETUNREACH'],
  ])('refuses a datagram %s', (_case, destination, bytes, errno) => {
    const socket = open(new Lab().client, 'dgram');
    expect(socket.send(new Uint8Array(bytes), destination)).toEqual({ ok: false, error: errno });
  });

  test.each([
    ['10.0.0.255', 'EACCES', undefined],
    ['255.255.255.255', 'EACCES', undefined],
  ])('connects to %s with SO_BROADCAST alone', (address, refused, allowed) => {
    const lab = new Lab();
    lab.apply([{ op: 'route.add', netns: 'a', dst: cidr4(ipv4(0), 0), via: ipv4(0x0a000002) }]);
    const socket = open(lab.client, 'dgram');
    expect(socket.connect(to(address).address, 53)).toBe(refused);
    socket.setOption('SO_BROADCAST', 1);
    expect(socket.connect(to(address).address, 53)).toBe(allowed);
  });

  test('drops what its receive buffer does not hold', () => {
    const lab = new Lab();
    const server = serve(lab);
    const client = open(lab.client, 'dgram');
    warmUp(lab);
    for (let count = 0; count < 400; count++) client.send(octets('x'), to('10.0.0.2'));
    lab.run(0.01);
    let kept = 0;
    while (server.receive().ok) kept++;
    expect(kept).toBe(278);
    expect(lab.netns('b').dropCounts.get('socket-buffer-full')).toBe(122);
  });

  test('gives an answer the trace of what it answers', () => {
    const lab = new Lab();
    const server = serve(lab);
    const client = open(lab.client, 'dgram');
    client.trace = lab.trace();
    client.send(octets('?'), to('10.0.0.2'));
    lab.run(0.01);
    const request = server.receive();
    if (request.ok) server.send(octets('!'), request.value.from);
    lab.run(0.01);
    const delivered = lab.steps.filter(
      ({ action, component }) => action === 'deliver' && component === 'socket',
    );
    expect(delivered.map(({ reason }) => reason)).toEqual([
      `delivered to nginx (pid ${lab.server.pid}): its UDP socket is bound to 0.0.0.0:53`,
      `delivered to client (pid ${lab.client.pid}): its UDP socket is bound to 0.0.0.0:${client.local?.port}`,
    ]);
  });
});

describe('ICMP errors', () => {
  const kinds = ['connected', 'connected recverr', 'unconnected', 'unconnected recverr'] as const;

  // What Linux 6.18 gave to each kind of socket.
  test.each([
    ['icmp-net-unreachable', 'EAGAIN', 'ENETUNREACH', 'EAGAIN', 'ENETUNREACH'],
    ['icmp-host-unreachable', 'EAGAIN', 'EHOSTUNREACH', 'EAGAIN', 'EHOSTUNREACH'],
    ['icmp-proto-unreachable', 'ENOPROTOOPT', 'ENOPROTOOPT', 'EAGAIN', 'ENOPROTOOPT'],
    ['icmp-port-unreachable', 'ECONNREFUSED', 'ECONNREFUSED', 'EAGAIN', 'ECONNREFUSED'],
    ['icmp-net-prohibited', 'ENETUNREACH', 'ENETUNREACH', 'EAGAIN', 'ENETUNREACH'],
    ['icmp-host-prohibited', 'EHOSTUNREACH', 'EHOSTUNREACH', 'EAGAIN', 'EHOSTUNREACH'],
    ['icmp-admin-prohibited', 'EHOSTUNREACH', 'EHOSTUNREACH', 'EAGAIN', 'EHOSTUNREACH'],
  ] as const)('%s reach UDP sockets as Linux says', (type, ...expected) => {
    const results = kinds.map((kind) => {
      const lab = new Lab();
      reject(lab, {
        matches: [{ match: 'proto', proto: 17 }],
        target: { target: 'REJECT', with: type },
      });
      const socket = open(lab.client, 'dgram');
      if (kind.endsWith('recverr')) socket.setOption('IP_RECVERR', 1);
      if (kind.startsWith('connected')) socket.connect(ip('10.0.0.2'), 53);
      socket.send(octets('x'), to('10.0.0.2'));
      lab.run(0.01);
      return received(socket);
    });
    expect(results).toEqual(expected);
  });

  test('are queued with type, code and who sent them', () => {
    const lab = new Lab();
    const socket = open(lab.client, 'dgram');
    socket.setOption('IP_RECVERR', 1);
    socket.send(octets('x'), to('10.0.0.2'));
    lab.run(0.01);
    expect(socket.receiveError()).toMatchObject({
      ok: true,
      value: {
        errno: 'ECONNREFUSED',
        from: { address: ip('10.0.0.2') },
        icmp: { type: 3, code: 3 },
      },
    });
    expect(received(socket)).toBe('EAGAIN');
  });
});

describe('ping sockets', () => {
  const request = Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 5, 1, 2, 3);

  test('get the reply to their own identifier', () => {
    const lab = pingLab();
    const [one, two] = [open(lab.client, 'ping'), open(lab.client, 'ping')];
    expect(one.send(request, to('10.0.0.2', 0))).toEqual({ ok: true, value: 11 });
    two.send(request, to('10.0.0.2', 0));
    lab.run(0.01);
    expect(one.receive()).toMatchObject({
      ok: true,
      value: {
        icmp: { type: 0, code: 0, id: 1, sequence: 5 },
        from: { address: ip('10.0.0.2') },
        ttl: 64,
      },
    });
    expect(two.receive()).toMatchObject({ ok: true, value: { icmp: { id: 2 } } });
  });

  test('hear of errors by the queue', () => {
    const lab = pingLab();
    const socket = open(lab.client, 'ping');
    socket.setOption('IP_RECVERR', 1);
    socket.send(request, to('10.0.0.9', 0));
    lab.run(4);
    expect(socket.receiveError()).toMatchObject({
      ok: true,
      value: { errno: 'EHOSTUNREACH', icmp: { type: 3, code: 1, sequence: 5 } },
    });
  });

  test('send nothing but echo requests', () => {
    const socket = open(pingLab().client, 'ping');
    const sent = socket.send(Uint8Array.of(13, 0, 0, 0, 0, 0, 0, 0), to('10.0.0.2', 0));
    expect(sent).toEqual({ ok: false, error: 'EINVAL' });
  });

  test.each([
    [undefined, 0, 'EACCES'],
    ['0 0', 0, undefined],
    ['0 0', 1000, 'EACCES'],
    ['1000 2000', 1000, undefined],
    ['1000 2000', 2001, 'EACCES'],
    ['0 2147483647', 65534, undefined],
  ])('with ping_group_range %s a process of uid %d gets %s', (range, uid, errno) => {
    const lab = new Lab();
    if (range !== undefined) {
      const key = 'net.ipv4.ping_group_range';
      lab.apply([{ op: 'sysctl.set', netns: 'a', key, value: range }]);
    }
    const opened = lab.join(lab.client, 'x', uid).sys.socket('inet', 'ping');
    expect(opened.ok ? undefined : opened.error).toBe(errno);
  });

  test('raw ones need root', () => {
    const lab = pingLab();
    const user = lab.join(lab.client, 'x', 1000);
    expect(user.sys.socket('inet', 'raw')).toEqual({ ok: false, error: 'EPERM' });
    expect(user.sys.socket('inet', 'ping').ok).toBe(true);
  });
});

/** A lab whose first namespace lets everybody ping. */
function pingLab(): Lab {
  const lab = new Lab();
  const key = 'net.ipv4.ping_group_range';
  lab.apply([{ op: 'sysctl.set', netns: 'a', key, value: '0 2147483647' }]);
  return lab;
}
