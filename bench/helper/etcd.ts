import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type ClientHttp2Session, connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CLIENT = 'http://127.0.0.1:23790';
const PEER = 'http://127.0.0.1:23800';

/** Whether etcd is installed (Debian: etcd-server). */
export const hasEtcd = spawnSync('etcd', ['--version']).status === 0;

/** An etcd of its own on loopback. */
export interface Etcd {
  put(key: string, value: Uint8Array): Promise<void>;
  stop(): Promise<void>;
}

/** Starts etcd in an empty folder of the same disk that podnet writes to. */
export async function startEtcd(): Promise<Etcd> {
  const folder = mkdtempSync(join(tmpdir(), 'podnet-etcd-'));
  const child = spawn(
    'etcd',
    [
      ...['--data-dir', folder, '--listen-client-urls', CLIENT, '--advertise-client-urls', CLIENT],
      ...['--listen-peer-urls', PEER, '--initial-advertise-peer-urls', PEER],
      ...['--initial-cluster', `default=${PEER}`],
    ],
    { stdio: 'ignore' },
  );
  const session = await reach();
  return {
    put: (key, value) => put(session, key, value),
    stop: async () => {
      session.destroy();
      const ended = once(child, 'exit');
      child.kill();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

const TRIES = 100;

async function reach(): Promise<ClientHttp2Session> {
  for (let left = TRIES; ; left--) {
    const session = connect(CLIENT);
    session.on('error', () => {});
    try {
      await put(session, '/ready', new Uint8Array());
      return session;
    } catch (error) {
      session.destroy();
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** One call of `etcdserverpb.KV/Put`: gRPC's five octets, then PutRequest {key = 1, value = 2}. */
function put(session: ClientHttp2Session, key: string, value: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const message = Buffer.concat([field(1, Buffer.from(key)), field(2, value)]);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    const call = session.request({
      ':method': 'POST',
      ':path': '/etcdserverpb.KV/Put',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    call.on('error', reject);
    call.on('trailers', ({ 'grpc-status': status }) => {
      if (status === '0') resolve();
      else reject(new Error(`etcd: grpc-status ${status}`));
    });
    call.resume();
    call.end(Buffer.concat([head, message]));
  });
}

function field(number: number, octets: Uint8Array): Buffer {
  const head = [number * 8 + 2];
  let length = octets.length;
  while (length >= 0x80) {
    head.push((length % 0x80) + 0x80);
    length = Math.floor(length / 0x80);
  }
  return Buffer.concat([Uint8Array.from([...head, length]), octets]);
}
