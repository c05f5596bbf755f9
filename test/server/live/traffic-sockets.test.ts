import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Server } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import type { TrafficSlice } from '../../../server/contract/traffic.js';
import { attachTraffic } from '../../../server/live/traffic-sockets.js';
import type { TrafficSource } from '../../../server/live/traffic-source.js';

const SLICE: TrafficSlice = {
  fromNs: 0,
  toNs: 1,
  realMs: 100,
  lanes: [],
  rest: { lanes: 0, packets: 0, octets: 0 },
  crossings: [],
  drops: [],
};

let calls: string[];
let server: Server;
let url: string;
let pages: Socket[];

beforeEach(async () => {
  calls = [];
  pages = [];
  const source: TrafficSource = {
    start: () => calls.push('start'),
    stop: () => calls.push('stop'),
    focus: (edges) => calls.push(`focus ${[...edges].join(' ')}`.trim()),
    take: () => SLICE,
  };
  const http = createServer();
  server = new Server(http);
  attachTraffic(server, { find: (name) => (name === '' ? source : undefined), keep: () => {} });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});

afterEach(async () => {
  for (const page of pages) page.disconnect();
  await server.close();
});

function connect(namespace = '/traffic'): Socket {
  const page = io(`${url}${namespace}`, { transports: ['websocket'], forceNew: true });
  pages.push(page);
  return page;
}

function next<T>(page: Socket, event: string): Promise<T> {
  return new Promise((resolve) => page.once(event, resolve));
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 200 && !holds(); turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
}

describe('traffic', () => {
  test('is counted from the first page until the last has gone', async () => {
    const [first, second] = [connect(), connect()];
    expect(await next(first, 'slice')).toEqual(SLICE);
    await next(second, 'slice');
    first.disconnect();
    await next(second, 'slice');
    await next(second, 'slice');
    expect(calls.filter((call) => !call.startsWith('focus'))).toEqual(['start']);
    second.disconnect();
    await until(() => calls.includes('stop'));
  });

  test('is told of edges that some page asks for; what is no list of ids is ignored', async () => {
    const [first, second] = [connect(), connect()];
    await Promise.all([next(first, 'slice'), next(second, 'slice')]);
    first.emit('focus', ['a']);
    await until(() => calls.includes('focus a'));
    for (const bad of [undefined, 7, 'a', [1], Array(17).fill('a'), ['x'.repeat(401)], [['a']]])
      second.emit('focus', bad);
    second.emit('focus', ['b', 'c']);
    await until(() => calls.includes('focus a b c'));
    first.disconnect();
    await until(() => calls.includes('focus b c'));
    expect(calls.filter((call) => call.startsWith('focus'))).toHaveLength(3);
  });

  test('of a cluster that is not there is refused', async () => {
    const refused = await next<Error>(connect('/clusters/none/traffic'), 'connect_error');
    expect(refused.message).toBe('Invalid namespace');
  });
});
