import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { createHostCheck } from '../../../server/api/http/index.js';
import {
  attachExec,
  type ExecAsked,
  podNotFound,
  type RunningExec,
  type WriteExec,
} from '../../../server/live/exec-sockets.js';

let http: Server;
let base: string;
let asked: ExecAsked[];
let abandoned: number;

/** Says what it was asked, answers input in capitals, ends with 3 at the end of input. */
function run(write: WriteExec): RunningExec {
  let ended: (exitCode: number) => void = () => undefined;
  write('stdout', Buffer.from('out'));
  write('stderr', Buffer.from('err'));
  return {
    writeInput: (octets) =>
      write('stdout', Buffer.from(Buffer.from(octets).toString().toUpperCase())),
    closeInput: () => ended(3),
    abandon: () => {
      abandoned += 1;
    },
    onExit: (exit) => {
      ended = exit;
    },
  };
}

beforeEach(async () => {
  asked = [];
  abandoned = 0;
  http = createServer();
  attachExec({
    http,
    check: createHostCheck(),
    onError: (error) => {
      throw error;
    },
    start: (request) => {
      asked.push(request);
      return request.pod === 'nobody'
        ? { ok: false, status: podNotFound('nobody') }
        : { ok: true, start: run };
    },
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  base = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/api/v1/namespaces/default/pods`;
});

afterEach(() => {
  http.closeAllConnections();
  http.close();
});

const open = (path: string, headers: Record<string, string> = {}) =>
  new WebSocket(`${base}/${path}`, ['v5.channel.k8s.io', 'v4.channel.k8s.io'], { headers });

describe('exec over a WebSocket', () => {
  test('carries input, output and the exit code', async () => {
    const socket = open('web/exec?command=sh&command=-c&command=x&container=c&stdin=true');
    const seen: string[] = [];
    socket.on('message', (data: Buffer) => {
      seen.push(`${data[0]}:${data.subarray(1)}`);
      if (seen.length === 2) socket.send(Buffer.from('\0typed'));
      if (seen.length === 3) socket.send(Uint8Array.of(255, 0));
    });
    const code = await new Promise((resolve) => socket.on('close', resolve));
    expect(code).toBe(1000);
    expect(seen.slice(0, 3)).toEqual(['1:out', '2:err', '1:TYPED']);
    expect(JSON.parse(seen[3]?.slice(2) ?? '')).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
    expect(asked).toEqual([
      {
        namespace: 'default',
        pod: 'web',
        container: 'c',
        command: ['sh', '-c', 'x'],
        stdin: true,
        tty: false,
      },
    ]);
  });

  test('gives a terminal one stream', async () => {
    const socket = open('web/exec?command=sh&tty=true');
    const channels: (number | undefined)[] = [];
    await new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        channels.push(data[0]);
        if (channels.length === 2) resolve();
      });
    });
    expect(channels).toEqual([1, 1]);
    socket.close();
    await new Promise((resolve) => socket.on('close', resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(abandoned).toBe(1);
  });

  test.each([
    ['a pod that is not there', 'nobody/exec?command=ls', {}, 404, 'pods "nobody" not found'],
    [
      'a foreign page',
      'web/exec?command=ls',
      { Origin: 'https://evil.example' },
      403,
      'evil.example',
    ],
  ])('refuses %s with a Status', async (_name, path, headers, code, words) => {
    const socket = open(path, headers);
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
