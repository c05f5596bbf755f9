/** Whatever a page sends over the live connection, the answer is in words, soon, and nobody else notices. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { GraphDiff } from '../../server/contract/graph.js';
import type { Answer, Commands } from '../../server/contract/live.js';
import { ClusterHost } from '../../server/host/cluster-host.js';
import { type RunningServer, startServer } from '../../server/main.js';
import { type Scenario, startCluster } from '../scenario/helper/start-cluster.js';

const MANIFESTS = `
{ apiVersion: v1, kind: Pod, metadata: { name: web }, spec: { containers: [{ name: web, image: "nginx:1.27" }] } }
---
{ apiVersion: v1, kind: ConfigMap, metadata: { name: kept } }
`;
const CONFIG_MAP = '{apiVersion: v1, kind: ConfigMap, metadata: {name: made}}';
const POD = 'default/web';
const TRACE = {
  ...{ from: POD, to: POD, protocol: 'icmp', port: 80, namespace: 'default' },
  ...{ ttl: 64, size: 56, dontFragment: false },
};

/** A request of each command with every field that it may have. */
const SEEDS: { readonly [Name in keyof Commands]: Readonly<Record<string, unknown>> } = {
  trace: TRACE,
  traceStep: { id: 'trace-1', hop: 1, step: 0 },
  podStep: { id: `pod:${POD}:1`, artefacts: '1' },
  traceCapture: { id: 'trace-1' },
  traces: {},
  keptTrace: { id: 'trace-1' },
  tracePackets: { id: 'trace-1' },
  details: { id: `pod:${POD}` },
  inside: { ids: [`pod:${POD}`] },
  reach: { id: `pod:${POD}` },
  apply: {
    ...{ text: CONFIG_MAP, file: 'a.yaml', namespace: 'default', dryRun: true },
    edited: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'made', version: '1' }],
  },
  deleteManifest: { text: CONFIG_MAP, dryRun: true },
  load: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'kept' },
  act: {
    ...{ act: 'scale', apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default' },
    ...{ name: 'none', replicas: 1, gracePeriodSeconds: 0, node: 'none' },
  },
  undo: { id: '1' },
  snapshots: { snapshot: 'list', name: 'one' },
  fault: {
    ...{ kind: 'kill-container', edge: 'cable:none', pod: `pod:${POD}`, container: 'none' },
    node: 'none',
  },
  logs: { pod: POD, container: 'web', previous: false },
  tryBind: {
    ...{ pod: POD, container: 'web', protocol: 'tcp', address: '0.0.0.0', port: 81 },
    ...{ reuseAddr: false, reusePort: false, v6only: false },
  },
  captureStart: { of: `pod:${POD}`, device: 'eth0', filter: 'tcp' },
  captureRead: { id: '1', after: 0 },
  captureStop: { id: '1' },
  capturePacket: { id: '1', number: 1 },
  captureFile: { id: '1' },
  queue: {
    ...{ pod: POD, container: 'web', kind: 'posix', action: 'send', name: '/jobs', text: 'x' },
    ...{ priority: 1, maxMessages: 10, maxBytes: 100 },
  },
  suggest: { trace: TRACE, journey: 'trace-1', run: 'one' },
  suggestEnd: { run: 'one' },
  typed: { pod: POD, machine: 'none', lines: ['ip link'] },
  clock: { paused: false, speed: 100 },
};

const DEEP: unknown = JSON.parse(`${'{"a":['.repeat(400)}${']}'.repeat(400)}`);
/** What no field expects. */
const HOSTILE: readonly unknown[] = [
  ...[null, true, 0, -1, 1.5, 1e308, 2 ** 53, '', ' ', '\u0000', '\u202e\ud800', 'no/such/thing'],
  ...['__proto__', 'constructor', '../../etc/passwd', '<img src=x onerror=alert(1)>', '%s%n', '*'],
  ...['x'.repeat(100_000), '/'.repeat(5000), [], {}, [[]], ['a'], { length: 1e9 }, DEEP],
  JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}'),
];
/** Words of an engine or a library, which tell a person nothing. */
const UNWORDED =
  /TypeError|RangeError|Cannot read|Cannot convert|is not a function|is not iterable|\[object|call stack|\n {4}at |node_modules|of undefined|of null/;
/** Commands of one connection, below what is refused for being too many. */
const PER_CONNECTION = 45;

let scenario: Scenario;
let server: RunningServer;
let watcher: Socket;
const mistakes: unknown[] = [];
const sockets: Socket[] = [];

beforeAll(async () => {
  scenario = await startCluster({ manifests: MANIFESTS });
  scenario.cluster.driver.setSpeed(100);
  scenario.cluster.driver.start();
  server = await startServer({
    clusters: new ClusterHost(scenario.cluster),
    host: '127.0.0.1',
    port: 0,
    onError: (error) => mistakes.push(error),
  });
  watcher = connect('/graph');
  await new Promise((resolve) => watcher.once('snapshot', resolve));
});
afterAll(async () => {
  for (const socket of sockets) socket.disconnect();
  await server.close();
  await scenario.stop();
});

function connect(namespace: string): Socket {
  const socket = io(`${server.url}${namespace}`, { transports: ['websocket'], forceNew: true });
  sockets.push(socket);
  return socket;
}

let writes = 0;
/** Milliseconds from a write until another page is told. */
async function diffDelay(): Promise<number> {
  const label = `${++writes}`;
  const told = new Promise<void>((resolve) => {
    const hear = ({ vertices }: GraphDiff) => {
      if (!vertices.some((vertex) => vertex.kind === 'pod' && vertex.labels.round === label))
        return;
      watcher.off('diff', hear);
      resolve();
    };
    watcher.on('diff', hear);
  });
  const startMs = performance.now();
  const done = await fetch(`${server.url}/api/v1/namespaces/default/pods/web`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/merge-patch+json' },
    body: JSON.stringify({ metadata: { labels: { round: label } } }),
  });
  expect(done.status).toBe(200);
  await told;
  return performance.now() - startMs;
}

/** What is wrong with an answer; undefined when nothing is. */
function complaint(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('ok' in answer)) return 'no answer';
  const { ok, error } = answer as { readonly ok: unknown; readonly error?: unknown };
  if (ok === true) return undefined;
  if (typeof error !== 'string' || error === '') return `no words: ${JSON.stringify(answer)}`;
  if (error.length > 2000) return `${error.length} letters: ${error.slice(0, 100)}`;
  return UNWORDED.test(error) ? error.slice(0, 300) : undefined;
}

/** Sends requests over as many connections as their number needs; gives what is wrong with the answers. */
async function complaints(
  name: string,
  requests: readonly (readonly [what: string, request: unknown])[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (let at = 0; at < requests.length; at += PER_CONNECTION) {
    const socket = connect('/commands');
    await Promise.all(
      requests.slice(at, at + PER_CONNECTION).map(async ([what, request]) => {
        const answer: Answer<unknown> | string = await socket
          .timeout(20_000)
          .emitWithAck(name, request)
          .catch(() => 'silence');
        const wrong = complaint(answer);
        if (wrong !== undefined) found.push(`${what}: ${wrong}`);
      }),
    );
    socket.disconnect();
  }
  return found;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 60);
}

describe('a message to /commands', () => {
  test.each(Object.keys(SEEDS) as (keyof Commands)[])(
    'with anything in any field is answered in words: %s',
    async (name) => {
      const seed = SEEDS[name];
      const requests = [
        ...HOSTILE.map((value) => [show(value), value] as const),
        ...Object.keys(seed).flatMap((field) =>
          [...HOSTILE, undefined].map(
            (value) => [`${field}: ${show(value)}`, { ...seed, [field]: value }] as const,
          ),
        ),
      ];
      expect(await complaints(name, requests)).toEqual([]);
      scenario.cluster.driver.setSpeed(100);
      scenario.cluster.driver.start();
      expect(await diffDelay()).toBeLessThan(1000);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      expect(mistakes).toEqual([]);
    },
    60_000,
  );

  test('with an unknown name, or no request, is answered in words', async () => {
    const socket = connect('/commands');
    for (const name of ['nothing', 'constructor', '__proto__', 'toString', 'x'.repeat(1000)]) {
      const answer: Answer<unknown> = await socket.timeout(5000).emitWithAck(name, {});
      expect(answer).toEqual({ ok: false, error: `there is no command '${name.slice(0, 60)}'` });
    }
    expect(await socket.timeout(5000).emitWithAck('details')).toEqual({
      ok: false,
      error: 'the request must be an object',
    });
    expect(await socket.timeout(5000).emitWithAck('details', 1, 2, 3)).toMatchObject({ ok: false });
    expect(await socket.timeout(5000).emitWithAck('details', {})).toEqual({
      ok: false,
      error: 'id is missing',
    });
  });

  test('that nobody waits for changes nothing, and one that is too large ends its connection alone', async () => {
    const socket = connect('/commands');
    socket.emit('apply', { text: CONFIG_MAP.replace('made', 'unasked') });
    await socket.timeout(5000).emitWithAck('traces', {});
    expect(scenario.cluster.store.get('configmaps', 'default', 'unasked')).toBeUndefined();
    const ended = new Promise((resolve) => socket.once('disconnect', resolve));
    socket.emit('details', { id: 'x'.repeat(10_000_000) }, () => {});
    await ended;
    expect(await diffDelay()).toBeLessThan(1000);
  });

  test('that comes without end is refused, then its connection ends; another page is served', async () => {
    const socket = connect('/commands');
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    const ended = new Promise((resolve) => socket.once('disconnect', resolve));
    let refused = 0;
    for (let count = 0; count < 5000; count += 1) {
      socket.emit('details', { id: 'pod:default/web' }, (answer: Answer<unknown>) => {
        if (!answer.ok) refused += 1;
      });
    }
    await ended;
    expect(refused).toBeGreaterThan(100);
    expect(await diffDelay()).toBeLessThan(1000);
  });
});

describe('a connection', () => {
  const LINES = [
    ...['', '4', '9', 'x', '40/graph', '42/commands,', '42/commands,[', '42/commands,["trace"]'],
    ...[
      '42["trace",{}]',
      '41',
      '43/commands,1[]',
      '451-/commands,["a",{"_placeholder":true,"num":0}]',
    ],
    ...['4599999999999-["a"]', '40/clusters/none/graph,', '40/__proto__,', '2', '3probe', '5', '6'],
    `42/commands,0${'['.repeat(100_000)}`,
    `42/commands,0["details",${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}]`,
    '40/graph,'.repeat(1000),
  ];

  test.each(LINES.map((line) => [line.slice(0, 40), line] as const))(
    'that says what no page says harms nobody: %s',
    async (_name, line) => {
      const raw = new WebSocket(
        `${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`,
      );
      await new Promise((resolve) => raw.once('open', resolve));
      raw.on('error', () => {});
      for (const part of ['40/commands,', '40/graph,', line, line, Buffer.from(line)])
        raw.send(part);
      expect(await diffDelay()).toBeLessThan(1000);
      raw.terminate();
      expect(mistakes).toEqual([]);
    },
  );

  test('that asks for snapshots without end gets two a second', async () => {
    const page = connect('/graph');
    let snapshots = 0;
    page.on('snapshot', () => {
      snapshots += 1;
    });
    for (let count = 0; count < 2000; count += 1) page.emit('resync');
    expect(await diffDelay()).toBeLessThan(1000);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(snapshots).toBeGreaterThan(1);
    expect(snapshots).toBeLessThan(7);
    page.disconnect();
  });

  test('that does not read is owed a snapshot, and what waits for it is bounded', async () => {
    const raw = new WebSocket(
      `${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`,
    );
    await new Promise((resolve) => raw.once('open', resolve));
    raw.send('40/graph,');
    await new Promise((resolve) => setTimeout(resolve, 200));
    raw.pause();
    const before = process.memoryUsage().arrayBuffers;
    const label = 'y'.repeat(60);
    for (let round = 0; round < 200; round += 1) {
      await fetch(`${server.url}/api/v1/namespaces/default/pods/web`, {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/merge-patch+json' },
        body: JSON.stringify({ metadata: { labels: { round: `${label}.${round}` } } }),
      });
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50e6);
    expect(await diffDelay()).toBeLessThan(1000);
    raw.terminate();
  }, 30_000);
});
