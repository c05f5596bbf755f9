import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { failureStatus, notFound } from '../../../server/api/status.js';
import {
  createStreams,
  exitStatus,
  type RemoteCommandEvents,
  type RemoteCommandOptions,
  type RemoteCommandTransport,
  type StreamServer,
  type TerminalSize,
} from '../../../server/stream/index.js';

let http: Server;
let base: string;
let streams: StreamServer;
let asked: RemoteCommandOptions[];
let sizes: TerminalSize[];
let gone: number;

/** Says what it was asked, answers input in capitals, ends with 3 at the end of input. */
function run(transport: RemoteCommandTransport): RemoteCommandEvents {
  transport.write('stdout', Buffer.from('out'));
  transport.write('stderr', Buffer.from('err'));
  return {
    input: (octets) => {
      transport.write('stdout', Buffer.from(Buffer.from(octets).toString().toUpperCase()));
    },
    inputEnd: () => transport.finish(exitStatus(3)),
    resize: (size) => sizes.push(size),
    drain: () => undefined,
    gone: () => {
      gone += 1;
    },
  };
}

beforeEach(async () => {
  asked = [];
  sizes = [];
  gone = 0;
  http = createServer();
  streams = createStreams({
    handlers: {
      exec: (request) => {
        asked.push(request);
        const status = notFound({ group: '', plural: 'pods', kind: 'Pod' }, request.pod);
        return request.pod === 'nobody' ? { ok: false, status } : { ok: true, run };
      },
    },
    check: ({ headers }) =>
      headers.origin === undefined
        ? undefined
        : failureStatus({ code: 403, reason: 'Forbidden', message: `not for ${headers.origin}` }),
    onError: (error) => {
      throw error;
    },
  });
  http.on('upgrade', streams.take);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  base = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/api/v1/namespaces/default/pods`;
});

afterEach(() => {
  http.closeAllConnections();
  http.close();
});

const V5 = 'v5.channel.k8s.io';
const open = (path: string, protocols: readonly string[] = [V5], headers = {}) =>
  new WebSocket(`${base}/${path}`, [...protocols], { headers });

/** The messages of a socket until it closes. */
async function messagesOf(
  socket: WebSocket,
  react: (seen: readonly string[]) => void = () => undefined,
): Promise<{ readonly seen: readonly string[]; readonly code: number }> {
  const seen: string[] = [];
  socket.on('message', (data: Buffer, isBinary) => {
    seen.push(isBinary ? `${data[0]}:${data.subarray(1)}` : data.toString());
    react(seen);
  });
  const code = await new Promise<number>((resolve) => socket.on('close', resolve));
  return { seen, code };
}

describe('exec over a WebSocket', () => {
  test('carries input, output and the exit code', async () => {
    const socket = open('web/exec?command=sh&command=-c&command=x&container=c&stdin=true');
    const { seen, code } = await messagesOf(socket, ({ length }) => {
      if (length === 3) socket.send(Buffer.from('\0typed'));
      if (length === 4) socket.send(Uint8Array.of(255, 0));
    });
    expect(code).toBe(1000);
    expect(seen.slice(0, 4)).toEqual(['1:', '1:out', '2:err', '1:TYPED']);
    expect(JSON.parse(seen[4]?.slice(2) ?? '')).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'command terminated with non-zero exit code: exit status 3',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
    const command = ['sh', '-c', 'x'];
    expect(asked).toEqual([
      { namespace: 'default', pod: 'web', container: 'c', command, stdin: true, tty: false },
    ]);
  });

  test('gives a terminal one stream, and its size', async () => {
    const socket = open('web/exec?command=sh&tty=true');
    const { seen } = await messagesOf(socket, ({ length }) => {
      if (length === 1) socket.send(Buffer.from('\x04{"Width":111,"Height":33}\n'));
      if (length === 3) socket.close();
    });
    expect(seen).toEqual(['1:', '1:out', '1:err']);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(sizes).toEqual([{ width: 111, height: 33 }]);
    expect(gone).toBe(1);
    expect(streams.open).toBe(0);
  });

  test.each([
    ['v4.base64.channel.k8s.io', ['1', '1b3V0', '2ZXJy']],
    ['base64.channel.k8s.io', ['1', '1b3V0', '2ZXJy']],
    ['channel.k8s.io', ['1:', '1:out', '2:err']],
  ])('speaks %s', async (protocol, expected) => {
    const socket = open('web/exec?command=sh', [protocol]);
    const { seen } = await messagesOf(socket, ({ length }) => {
      if (length === 3) socket.close();
    });
    expect(socket.protocol).toBe(protocol);
    expect(seen).toEqual(expected);
  });

  test.each([
    ['a pod that is not there', 'nobody/exec?command=ls', V5, 404, 'pods "nobody" not found'],
    ['a path without a stream', 'web/status', V5, 404, 'could not find the requested resource'],
    ['a foreign page', 'web/exec?command=ls&from=afar', V5, 403, 'not for https://evil.example'],
    [
      'subprotocols that nobody speaks',
      'web/exec?command=ls',
      'v9.channel.k8s.io',
      403,
      'requested protocol(s) are not supported: [v9.channel.k8s.io]; supports [v5.channel.k8s.io',
    ],
  ])('refuses %s with a Status', async (_name, path, protocol, code, words) => {
    const headers = path.includes('afar') ? { Origin: 'https://evil.example' } : {};
    const socket = open(path, [protocol], headers);
    const [status, body] = await new Promise<[number | undefined, string]>((resolve) => {
      socket.on('unexpected-response', (_request, response) => {
        let text = '';
        response.on('data', (piece) => {
          text += piece;
        });
        response.on('end', () => resolve([response.statusCode, text]));
      });
    });
    expect(status).toBe(code);
    expect(JSON.parse(body).message).toContain(words);
  });
});
