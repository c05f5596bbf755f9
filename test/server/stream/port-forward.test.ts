import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { notFound } from '../../../server/api/status.js';
import { createStreams, type StreamServer } from '../../../server/stream/index.js';
import { SpdyConnection } from '../../../server/stream/spdy/connection.js';

let http: Server;
let path: string;
let streams: StreamServer;
let connections: Duplex[];

/** The pod: port 7 answers in capitals, anything else refuses. */
function connected(port: number) {
  if (port !== 7)
    return { ok: false as const, error: 'dial tcp4 127.0.0.1:81: connect: connection refused' };
  const duplex: Duplex = new Duplex({
    read: () => undefined,
    write: (octets: Buffer, _encoding, done) => {
      duplex.push(octets.toString().toUpperCase());
      done();
    },
    final: (done) => {
      duplex.push(null);
      done();
    },
  });
  connections.push(duplex);
  return { ok: true as const, value: duplex };
}

beforeEach(async () => {
  connections = [];
  http = createServer();
  streams = createStreams({
    handlers: {
      exec: ({ pod }) => ({
        ok: false,
        status: notFound({ group: '', plural: 'pods', kind: 'Pod' }, pod),
      }),
      portforward: ({ pod }) =>
        pod === 'web'
          ? { ok: true, forwarder: { sandboxId: 'abc', connect: async (port) => connected(port) } }
          : { ok: false, status: notFound({ group: '', plural: 'pods', kind: 'Pod' }, pod) },
    },
    check: () => undefined,
    onError: (error) => {
      throw error;
    },
  });
  http.on('upgrade', streams.take);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  path = `127.0.0.1:${(http.address() as AddressInfo).port}/api/v1/namespaces/lab/pods`;
});

afterEach(() => {
  http.closeAllConnections();
  http.close();
});

/** Waits until something is so; for at most 10 s. */
async function until(isSo: () => boolean): Promise<void> {
  for (let round = 0; !isSo() && round < 10_000; round += 1)
    await new Promise((resolve) => setTimeout(resolve, 1));
}

async function textOf(stream: Duplex): Promise<string> {
  let text = '';
  for await (const piece of stream.iterator({ destroyOnReturn: false })) text += piece;
  return text;
}

/** As kubectl from 1.31 on. Written out, since the library of the tests refuses a subprotocol with a slash. */
async function tunnel(): Promise<Duplex> {
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
    'Sec-WebSocket-Protocol': 'SPDY/3.1+portforward.k8s.io',
  };
  const asked = request(`http://${path}/web/portforward`, { headers });
  asked.end();
  const [response, socket] = await new Promise<[IncomingMessage, Duplex]>((resolve) => {
    asked.on('upgrade', (answer, upgradedSocket) => resolve([answer, upgradedSocket]));
  });
  expect(response.headers['sec-websocket-protocol']).toBe('SPDY/3.1+portforward.k8s.io');
  let held = Buffer.alloc(0);
  const carrier: Duplex = new Duplex({
    read: () => undefined,
    // A binary message with a mask of zeros, RFC 6455 section 5.2.
    write: (octets: Buffer, _encoding, done) => {
      const head = Buffer.from([0x82, 0xfe, octets.length >> 8, octets.length & 0xff, 0, 0, 0, 0]);
      socket.write(Buffer.concat([head, octets]), () => done());
    },
    destroy: (_error, done) => {
      socket.destroy();
      done(null);
    },
  });
  socket.on('data', (octets: Buffer) => {
    held = Buffer.concat([held, octets]);
    while (held.length >= 2 && held.length >= 2 + (held[1] ?? 0)) {
      const end = 2 + (held[1] ?? 0);
      carrier.push(held.subarray(2, end));
      held = held.subarray(end);
    }
  });
  return carrier;
}

/** As kubectl before it. */
function upgraded(
  version: string,
  to = 'web/portforward',
): Promise<Duplex | { code: number | undefined; message: string }> {
  return new Promise((resolve) => {
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'SPDY/3.1',
      'X-Stream-Protocol-Version': version,
    };
    const asked = request(`http://${path}/${to}`, { method: 'POST', headers });
    asked.on('upgrade', (_response, socket) => resolve(socket));
    asked.on('response', (response) => {
      let text = '';
      response.on('data', (piece) => {
        text += piece;
      });
      response.on('end', () =>
        resolve({ code: response.statusCode, message: JSON.parse(text).message }),
      );
    });
    asked.end();
  });
}

function client(carrier: Duplex): SpdyConnection {
  return new SpdyConnection({
    carrier,
    role: 'client',
    onStream: () => false,
    onClose: () => undefined,
  });
}

function openPair(connection: SpdyConnection, port: string, requestId: string) {
  const headers = (type: string) =>
    new Map([
      ['streamtype', type],
      ['port', port],
      ['requestid', requestId],
    ]);
  const error = connection.open(headers('error')).duplex;
  error.end();
  return { error, data: connection.open(headers('data')).duplex };
}

describe('port-forward over SPDY', () => {
  test('carries many connections at once, each to its end', async () => {
    const socket = await upgraded('portforward.k8s.io');
    if (!(socket instanceof Duplex)) throw new Error('not upgraded');
    const connection = client(socket);
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const { data, error } = openPair(connection, '7', String(index));
        data.write('hello ');
        data.end(`number ${index}`);
        return [await textOf(data), await textOf(error)];
      }),
    );
    expect(answers[49]).toEqual(['HELLO NUMBER 49', '']);
    await until(() => connections.every(({ closed }) => closed));
    expect(connections.map(({ closed }) => closed)).not.toContain(false);
    connection.close();
    await until(() => streams.open === 0);
    expect(streams.open).toBe(0);
  });

  test('tells why there is no connection on the stream for errors', async () => {
    const socket = await upgraded('portforward.k8s.io');
    if (!(socket instanceof Duplex)) throw new Error('not upgraded');
    const { data, error } = openPair(client(socket), '81', '1');
    data.end();
    expect(await textOf(error)).toBe(
      'error forwarding port 81 to pod abc, uid : dial tcp4 127.0.0.1:81: connect: connection refused',
    );
    socket.destroy();
  });

  test('ends the connections of a client that vanishes', async () => {
    const socket = await upgraded('portforward.k8s.io');
    if (!(socket instanceof Duplex)) throw new Error('not upgraded');
    openPair(client(socket), '7', '1').data.write('x');
    await until(() => connections.length === 1);
    socket.destroy();
    await until(() => connections[0]?.destroyed === true && streams.open === 0);
    expect([connections[0]?.destroyed, streams.open]).toEqual([true, 0]);
  });

  test.each([
    ['no port', ''],
    ['port 0', '0'],
    ['port 65536', '65536'],
    ['a port by name', 'http'],
  ])('resets a stream with %s', async (_name, port) => {
    const socket = await upgraded('portforward.k8s.io');
    if (!(socket instanceof Duplex)) throw new Error('not upgraded');
    const { data } = openPair(client(socket), port, '1');
    await until(() => data.destroyed);
    expect(data.destroyed).toBe(true);
    socket.destroy();
  });

  test.each([
    [
      'a version that nobody speaks',
      'v9',
      'web/portforward',
      403,
      'unable to upgrade: unable to negotiate protocol: client supports [v9], server accepts [portforward.k8s.io]',
    ],
    [
      'no version',
      '',
      'web/portforward',
      400,
      'unable to upgrade: X-Stream-Protocol-Version is required',
    ],
    [
      'a pod that is not there',
      'portforward.k8s.io',
      'nope/portforward',
      404,
      'pods "nope" not found',
    ],
  ])('is refused at %s', async (_name, version, to, code, message) => {
    expect(await upgraded(version, to)).toEqual({ code, message });
  });
});

describe('port-forward over a WebSocket', () => {
  test('is the same SPDY in a tunnel', async () => {
    const carrier = await tunnel();
    const { data } = openPair(client(carrier), '7', '1');
    data.end('hello');
    expect(await textOf(data)).toBe('HELLO');
    carrier.destroy();
    await until(() => streams.open === 0);
    expect(streams.open).toBe(0);
  });

  test('has two channels for each port, which begin with its number', async () => {
    const ws = new WebSocket(`ws://${path}/web/portforward?ports=7&ports=263`, [
      'v4.channel.k8s.io',
    ]);
    const seen: string[] = [];
    ws.on('message', (message: Buffer) => {
      seen.push(`${message[0]}:${message.subarray(1).toString('latin1')}`);
      if (seen.length === 5) ws.send(Buffer.from('\0hello'));
      if (seen.length === 6) connections[0]?.push(null);
    });
    const code = await new Promise((resolve) => ws.on('close', resolve));
    expect(seen).toEqual([
      '0:\x07\x00',
      '1:\x07\x00',
      '2:\x07\x01',
      '3:\x07\x01',
      '3:error forwarding port 263 to pod abc, uid : dial tcp4 127.0.0.1:81: connect: connection refused',
      '0:HELLO',
    ]);
    expect(code).toBe(1000);
  });

  test.each([
    ['no port', '', 400, 'query parameter "port" is required'],
    ['an empty port', '?ports=', 400, 'query parameter "port" cannot be empty'],
    ['port 0', '?ports=0', 400, 'port "0" must be > 0'],
    [
      'a port by name',
      '?ports=http',
      400,
      'unable to parse "http" as a port: strconv.ParseUint: parsing "http": invalid syntax',
    ],
    [
      'port 65536',
      '?ports=65536',
      400,
      'unable to parse "65536" as a port: strconv.ParseUint: parsing "65536": value out of range',
    ],
  ])('is refused with %s', async (_name, query, code, words) => {
    const ws = new WebSocket(`ws://${path}/web/portforward${query}`, ['v4.channel.k8s.io']);
    const body = await new Promise<string>((resolve) => {
      ws.on('unexpected-response', (_request, response) => {
        response.on('data', (piece) => resolve(`${response.statusCode} ${piece}`));
      });
    });
    expect(body.slice(0, 3)).toBe(String(code));
    expect(JSON.parse(body.slice(4)).message).toBe(words);
  });
});
