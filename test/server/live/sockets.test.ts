import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { io, type Socket } from 'socket.io-client';
import { createHostCheck } from '../../../server/api/http/index.js';
import type { GraphDiff, GraphSnapshot, Vertex } from '../../../server/contract/graph.js';
import type { Answer } from '../../../server/contract/live.js';
import type { CommandHandlers } from '../../../server/live/command-sockets.js';
import { GraphModel } from '../../../server/live/graph-model.js';
import { attachLive, type Live } from '../../../server/live/sockets.js';
import type { TrafficSource } from '../../../server/live/traffic-source.js';

const CLOCK = { nowNs: 0, now: '2026-01-01T00:00:00Z', paused: true, speed: 1 };
const FACTS = {
  name: 'test',
  version: 'v1.33.1',
  clusterCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/12',
  dnsIp: '10.96.0.10',
  network: 'host-gw',
};

const vertices = new Map<string, Vertex>();
let model: GraphModel;
let http: Server;
let live: Live;
let url: string;
let sockets: Socket[];

const unasked = () => Promise.reject(new Error('nobody asks this'));
const handlers: CommandHandlers = {
  trace: unasked,
  traceStep: unasked,
  podStep: unasked,
  traceCapture: unasked,
  traces: unasked,
  keptTrace: unasked,
  tracePackets: unasked,
  details: unasked,
  inside: unasked,
  reach: unasked,
  apply: unasked,
  deleteManifest: unasked,
  load: unasked,
  act: async ({ act }) => ({ ok: true, value: { text: `${act} done` } }),
  undo: unasked,
  snapshots: unasked,
  fault: () => Promise.reject(new Error('the handler threw')),
  clock: async () => ({ ok: true, value: null }),
  logs: unasked,
  tryBind: unasked,
  captureStart: unasked,
  captureRead: unasked,
  captureStop: unasked,
  capturePacket: unasked,
  captureFile: unasked,
  queue: unasked,
  suggest: unasked,
  suggestEnd: unasked,
  typed: unasked,
};

const traffic: TrafficSource = {
  start: () => {},
  stop: () => {},
  focus: () => {},
  take: () => undefined,
};

function addSwitch(name: string): void {
  vertices.set(`switch:${name}`, { id: `switch:${name}`, kind: 'switch', name });
  model.markVertex(`switch:${name}`);
}

beforeEach(async () => {
  vertices.clear();
  sockets = [];
  model = new GraphModel({
    vertex: (id) => vertices.get(id),
    edge: () => undefined,
    clock: () => CLOCK,
    cluster: () => FACTS,
  });
  http = createServer();
  live = attachLive({
    http,
    find: (name) => (name === '' || name === 'two' ? { model, handlers, traffic } : undefined),
    all: () => [{ model, handlers, traffic }],
    check: ({ headers }) => createHostCheck({ hosts: ['127.0.0.1'] })(headers),
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});

afterEach(async () => {
  for (const socket of sockets) socket.disconnect();
  await live.close();
});

function connect(namespace: string, headers: Record<string, string> = {}): Socket {
  const socket = io(`${url}${namespace}`, {
    transports: ['websocket'],
    extraHeaders: headers,
    reconnection: false,
    forceNew: true,
  });
  sockets.push(socket);
  return socket;
}

function next<T>(socket: Socket, event: string): Promise<T> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve);
    socket.once('connect_error', reject);
  });
}

const ask = (socket: Socket, name: string, request: unknown): Promise<Answer<unknown>> =>
  socket.emitWithAck(name, request);

describe('a page', () => {
  test('pages of another cluster have namespaces of their own, which end with it', async () => {
    addSwitch('a');
    const graph = connect('/clusters/two/graph');
    const snapshot = await next<GraphSnapshot>(graph, 'snapshot');
    expect(snapshot.vertices.map(({ id }) => id)).toEqual(['switch:a']);
    addSwitch('b');
    const diff = await next<GraphDiff>(graph, 'diff');
    expect(diff.vertices.map(({ id }) => id)).toEqual(['switch:b']);
    const commands = connect('/clusters/two/commands');
    expect(await commands.emitWithAck('clock', { paused: true })).toEqual({
      ok: true,
      value: null,
    });
    const ended = next(graph, 'disconnect');
    live.remove('two');
    expect(await ended).toBe('io server disconnect');
    const refused = await next<Error>(connect('/clusters/three/graph'), 'connect_error');
    expect(refused.message).toBe('Invalid namespace');
  });

  test('gets a snapshot, then each change as a diff that follows it', async () => {
    addSwitch('one');
    const page = connect('/graph');
    const snapshot = await next<GraphSnapshot>(page, 'snapshot');
    expect(snapshot.cluster).toEqual(FACTS);
    expect(snapshot.vertices.map(({ id }) => id)).toEqual(['switch:one']);
    addSwitch('two');
    vertices.delete('switch:one');
    model.markVertex('switch:one');
    const diff = await next<GraphDiff>(page, 'diff');
    expect(diff.after).toBe(snapshot.seq);
    expect(diff.vertices.map(({ id }) => id)).toEqual(['switch:two']);
    expect(diff.removedVertices).toEqual(['switch:one']);
  });

  test('that missed something gets a snapshot when it asks', async () => {
    const page = connect('/graph');
    await next(page, 'snapshot');
    addSwitch('one');
    await next(page, 'diff');
    page.emit('resync');
    const again = await next<GraphSnapshot>(page, 'snapshot');
    expect(again.vertices).toHaveLength(1);
  });

  test('of another origin is refused', async () => {
    const page = connect('/graph', { Origin: 'https://evil.example' });
    await expect(next(page, 'snapshot')).rejects.toThrow();
  });

  test('that came by another name is refused', async () => {
    const page = connect('/graph', { Host: 'evil.example' });
    await expect(next(page, 'snapshot')).rejects.toThrow();
  });
});

describe('a command', () => {
  test('is answered', async () => {
    const page = connect('/commands');
    expect(await ask(page, 'act', { act: 'cordon', node: 'worker-1' })).toEqual({
      ok: true,
      value: { text: 'cordon done' },
    });
  });

  test('that fails is answered with why', async () => {
    const page = connect('/commands');
    expect(await ask(page, 'fault', { kind: 'kill-pause' })).toEqual({
      ok: false,
      error: 'the handler threw',
    });
    expect(await ask(page, 'clock', 'fast')).toEqual({
      ok: false,
      error: 'the request must be an object',
    });
  });

  test('is refused beyond fifty a second', async () => {
    const page = connect('/commands');
    await next(page, 'connect');
    const answers = await Promise.all(Array.from({ length: 80 }, () => ask(page, 'clock', {})));
    const refused = answers.filter((answer) => !answer.ok);
    expect(refused.length).toBeGreaterThan(20);
    expect(refused[0]).toEqual({ ok: false, error: 'too many commands: at most 50 a second' });
  });
});
