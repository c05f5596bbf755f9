import { describe, expect, test } from '@jest/globals';
import type { Socket } from '../../../../topology/kernel/index.js';
import { ip, Lab, listen, octets, open, received } from './lab.js';

/** A client on 10.0.0.1:7000, connected to the server; both ends. */
function connectFrom7000(
  lab: Lab,
  listener: Socket,
): { near: Socket; far: Socket; errno: string | undefined } {
  const near = open(lab.client, 'stream');
  near.setOption('SO_REUSEADDR', 1);
  expect(near.bind(ip('10.0.0.1'), 7000)).toBeUndefined();
  const errno = near.connect(ip('10.0.0.2'), 80);
  lab.run(0.01);
  const accepted = listener.accept();
  return { near, far: accepted.ok ? accepted.value : near, errno };
}

const states = (lab: Lab, netns: string) =>
  lab
    .netns(netns)
    .sockets.holders()
    .map(({ state }) => state);

describe('TIME-WAIT', () => {
  test('at the server gives way to a new SYN from the same port', () => {
    const lab = new Lab();
    const listener = listen(lab.server);
    const first = connectFrom7000(lab, listener);
    first.far.close();
    lab.run(0.01);
    first.near.close();
    lab.run(0.1);
    expect(states(lab, 'b')).toEqual(['LISTEN', 'TIME-WAIT']);
    lab.run(2);
    const second = connectFrom7000(lab, listener);
    expect(second.near.state).toBe('ESTAB');
    second.near.send(octets('again'));
    lab.run(0.01);
    expect(received(second.far)).toBe('again');
  });

  test('at the client keeps the same connection from being made for a minute', () => {
    const lab = new Lab();
    const listener = listen(lab.server);
    const first = connectFrom7000(lab, listener);
    first.near.close();
    lab.run(0.01);
    first.far.close();
    lab.run(0.1);
    expect(states(lab, 'a')).toEqual(['TIME-WAIT']);
    expect(connectFrom7000(lab, listener).errno).toBe('EADDRNOTAVAIL');
    expect(open(lab.client, 'stream').bind(ip('0.0.0.0'), 7000)).toBe('EADDRINUSE');
    // The timer wheel makes 61.44 s of the minute.
    lab.run(61.5);
    expect(open(lab.client, 'stream').bind(ip('10.0.0.1'), 7000)).toBe('EADDRINUSE');
    expect(states(lab, 'a')).toEqual(['CLOSED']);
  });

  test('follows FIN-WAIT-2 of a connection whose program is gone, whenever the peer closes', () => {
    const lab = new Lab();
    const listener = listen(lab.server);
    const { near, far } = connectFrom7000(lab, listener);
    near.close();
    lab.run(10);
    expect(states(lab, 'a')).toEqual(['FIN-WAIT-2']);
    far.close();
    lab.run(0.1);
    expect(states(lab, 'a')).toEqual(['TIME-WAIT']);
    expect(states(lab, 'b')).toEqual(['LISTEN']);
  });

  test('never comes when data arrives for a program that has closed: RST', () => {
    const lab = new Lab();
    const { near, far } = connectFrom7000(lab, listen(lab.server));
    near.close();
    lab.run(0.1);
    far.send(octets('too late'));
    lab.run(0.1);
    expect(received(far)).toBe('');
    expect(far.takeError()).toBe('EPIPE');
    expect(states(lab, 'a')).toEqual([]);
  });
});

describe('closing a listener', () => {
  test('resets connections that nobody accepted and refuses new ones', () => {
    const lab = new Lab();
    const listener = listen(lab.server);
    const near = open(lab.client, 'stream');
    near.connect(ip('10.0.0.2'), 80);
    lab.run(0.01);
    expect(near.state).toBe('ESTAB');
    listener.close();
    lab.run(0.01);
    expect(received(near)).toBe('ECONNRESET');
    expect(lab.netns('b').sockets.holders()).toEqual([]);
  });
});

test('a listener of one address wins over the wildcard when both share the port', () => {
  const lab = new Lab();
  const sockets = ['0.0.0.0', '10.0.0.2'].map((address) => {
    const socket = open(lab.server, 'stream');
    socket.setOption('SO_REUSEPORT', 1);
    socket.bind(ip(address), 80);
    socket.listen(5);
    return socket;
  });
  open(lab.client, 'stream').connect(ip('10.0.0.2'), 80);
  lab.run(0.01);
  expect(sockets.map((socket) => socket.accept().ok)).toEqual([false, true]);
});
