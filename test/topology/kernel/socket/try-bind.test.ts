import { describe, expect, test } from '@jest/globals';
import { isIpv4 } from '../../../../topology/addr/index.js';
import type { BindAnswer, Socket } from '../../../../topology/kernel/index.js';
import { establish, ip, Lab, listen, open } from './lab.js';

interface Options {
  readonly reuseAddr?: boolean;
  readonly reusePort?: boolean;
  readonly v6only?: boolean;
  readonly uid?: number;
}

/** `tcp 0.0.0.0 80`, asked in the namespace of the lab's server. */
function ask(lab: Lab, words: string, options: Options = {}): BindAnswer {
  const [proto = '', address = '', port = ''] = words.split(' ');
  return lab.netns('b').sockets.tryBind({
    proto: proto === 'udp' ? 'udp' : 'tcp',
    domain: isIpv4(ip(address)) ? 'inet' : 'inet6',
    address: ip(address),
    port: Number(port),
    uid: options.uid ?? 0,
    reuseAddr: options.reuseAddr === true,
    reusePort: options.reusePort === true,
    v6only: options.v6only === true,
  });
}

function short(answer: BindAnswer): string {
  if (answer.outcome === 'bound') return ['bound', ...answer.sharedWith.map(who)].join(' ');
  return [answer.errno, ...answer.blockers.map(who)].join(' ');
}

function who({ holder }: { readonly holder: { readonly comm: string; readonly state: string } }) {
  return `${holder.comm}/${holder.state}`;
}

describe('a bind that is only tried', () => {
  test.each<readonly [string, Options, string]>([
    ['tcp 0.0.0.0 80', {}, 'EADDRINUSE nginx/LISTEN'],
    ['tcp 10.0.0.2 80', {}, 'EADDRINUSE nginx/LISTEN'],
    ['tcp 127.0.0.1 80', {}, 'EADDRINUSE nginx/LISTEN'],
    ['tcp 0.0.0.0 80', { reuseAddr: true }, 'EADDRINUSE nginx/LISTEN'],
    ['tcp 0.0.0.0 80', { reusePort: true }, 'EADDRINUSE nginx/LISTEN'],
    ['tcp :: 80', {}, 'EADDRINUSE nginx/LISTEN'],
    ['tcp :: 80', { v6only: true }, 'bound'],
    ['tcp ::1 80', {}, 'bound'],
    ['udp 0.0.0.0 80', {}, 'bound'],
    ['tcp 0.0.0.0 81', {}, 'bound'],
    ['tcp 0.0.0.0 0', {}, 'bound'],
    ['tcp 10.0.0.99 81', {}, 'EADDRNOTAVAIL'],
    ['tcp 0.0.0.0 81', { uid: 1000 }, 'EACCES'],
    ['tcp 0.0.0.0 8081', { uid: 1000 }, 'bound'],
  ])('beside a listener on 0.0.0.0:80: %s %j gives %s', (words, options, expected) => {
    const lab = new Lab();
    listen(lab.server);
    expect(short(ask(lab, words, options))).toBe(expected);
  });

  test.each<readonly [Options, string]>([
    [{ reusePort: true }, 'bound nginx/LISTEN'],
    [{ reusePort: true, uid: 1000 }, 'EADDRINUSE nginx/LISTEN'],
    [{ reuseAddr: true }, 'EADDRINUSE nginx/LISTEN'],
  ])('beside a listener with REUSEPORT: %j gives %s', (options, expected) => {
    const lab = new Lab();
    bound(lab, 'SO_REUSEPORT').listen(5);
    expect(short(ask(lab, 'tcp 0.0.0.0 8080', options))).toBe(expected);
  });

  test('says whether the holder lets others share', () => {
    const lab = new Lab();
    bound(lab, 'SO_REUSEADDR');
    const answer = ask(lab, 'tcp 0.0.0.0 8080');
    expect(answer).toMatchObject({
      outcome: 'refused',
      blockers: [{ reuseAddr: true, reusePort: false, listening: false }],
    });
    expect(short(ask(lab, 'tcp 0.0.0.0 8080', { reuseAddr: true }))).toContain('bound nginx/');
  });

  test('is kept out by a connection whose listener is gone, unless both set REUSEADDR', () => {
    const lab = new Lab();
    const listener = bound(lab, 'SO_REUSEADDR', 80);
    listener.listen(5);
    establish(lab, listener);
    listener.close();
    expect(short(ask(lab, 'tcp 0.0.0.0 80'))).toMatch(/^EADDRINUSE nginx\//);
    expect(short(ask(lab, 'tcp 0.0.0.0 80', { reuseAddr: true }))).toMatch(/^bound nginx\//);
  });

  test('leaves the port table as it was', () => {
    const lab = new Lab();
    listen(lab.server);
    const before = lab.netns('b').sockets.holders();
    ask(lab, 'tcp 0.0.0.0 81');
    ask(lab, 'tcp 0.0.0.0 0');
    expect(lab.netns('b').sockets.holders()).toEqual(before);
    expect(open(lab.server, 'stream').bind(ip('0.0.0.0'), 81)).toBeUndefined();
  });
});

function bound(lab: Lab, option: 'SO_REUSEADDR' | 'SO_REUSEPORT', port = 8080): Socket {
  const socket = open(lab.server, 'stream');
  socket.setOption(option, 1);
  expect(socket.bind(ip('0.0.0.0'), port)).toBeUndefined();
  return socket;
}
