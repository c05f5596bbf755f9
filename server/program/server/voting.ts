/** The three programs of Docker's example voting application. */
import { decodeUtf8 } from '../../../topology/index.js';
import { background } from '../guard.js';
import type { Guest } from '../guest.js';
import type { HttpReply, HttpRequest } from '../http/server.js';
import { sleep } from '../io/wait.js';
import { resolveHost } from '../net/resolver.js';
import { connectTcp, type TcpStream } from '../net/tcp-stream.js';
import { RedisClient } from './redis-client.js';
import { runWeb } from './web.js';

const SECOND_NS = 1_000_000_000;

/** The page where one votes; each vote is pushed to the redis list `votes`. */
export function vote(guest: Guest): void {
  const options = [guest.env('OPTION_A') ?? 'Cats', guest.env('OPTION_B') ?? 'Dogs'] as const;
  const redis = new RedisClient(guest, 'redis', 6379);
  runWeb(guest, {
    runtime: 'gunicorn',
    port: 80,
    server: 'gunicorn',
    banner:
      '[INFO] Starting gunicorn 22.0.0\n[INFO] Listening at: http://0.0.0.0:80 (1)\n[INFO] Using worker: sync',
    handle: async (request): Promise<HttpReply> => {
      const chosen =
        request.method === 'POST'
          ? new URLSearchParams(decodeUtf8(request.body)).get('vote')
          : null;
      const voter = voterOf(guest, request);
      if (chosen !== null) {
        guest.print(`[INFO] Received vote for ${chosen}\n`);
        const pushed = await redis.command([
          'RPUSH',
          'votes',
          JSON.stringify({ voter_id: voter, vote: chosen }),
        ]);
        if (!pushed.ok) {
          guest.print(
            `redis.exceptions.ConnectionError: Error connecting to redis:6379. ${pushed.error}.\n`,
            'stderr',
          );
          return {
            status: 500,
            headers: HTML,
            body: '<!doctype html>\n<title>500 Internal Server Error</title>\n',
          };
        }
      }
      return {
        status: 200,
        headers: [...HTML, ['Set-Cookie', `voter_id=${voter}; Path=/`]],
        body: votePage(options, chosen, guest.sys.hostname),
      };
    },
  });
}

const HTML = [['Content-Type', 'text/html; charset=utf-8']] as const;

function voterOf(guest: Guest, request: HttpRequest): string {
  const cookie = request.headers.find(([name]) => name.toLowerCase() === 'cookie')?.[1] ?? '';
  const known = /voter_id=([0-9a-f]+)/.exec(cookie)?.[1];
  return known ?? Math.floor(guest.request.random() * 2 ** 52).toString(16);
}

function votePage(
  options: readonly [string, string],
  chosen: string | null,
  hostname: string,
): string {
  const button = (value: string, label: string): string =>
    `<button name="vote" value="${value}"${chosen === value ? ' disabled' : ''}>${label}</button>`;
  return `<!DOCTYPE html>\n<html>\n<head><title>${options[0]} vs ${options[1]}!</title></head>\n<body>\n<h3>${options[0]} vs ${options[1]}!</h3>\n<form method="POST">\n${button('a', options[0])}\n${button('b', options[1])}\n</form>\n<div id="hostname">Processed by container ID ${hostname}</div>\n</body>\n</html>\n`;
}

/**
 * Takes votes from redis and counts them.
 *
 * Fidelity: the count is kept in memory; to the database it only holds a connection.
 */
export function worker(guest: Guest): void {
  background(guest, work(guest));
}

async function work(guest: Guest): Promise<void> {
  const redis = new RedisClient(guest, 'redis', 6379);
  const counts = new Map<string, number>();
  let database = await openDatabase(guest);
  await openRedis(guest, redis);
  for (;;) {
    await sleep(guest.sys, SECOND_NS / 10);
    const popped = await redis.command(['LPOP', 'votes']);
    if (!popped.ok) {
      guest.print('Reconnecting Redis\n', 'stderr');
      await openRedis(guest, redis);
      continue;
    }
    if (popped.value.kind !== 'bulk' || popped.value.text === undefined) continue;
    const { vote: choice, voter } = readVote(popped.value.text);
    guest.print(`Processing vote for '${choice}' by '${voter}'\n`);
    counts.set(choice, (counts.get(choice) ?? 0) + 1);
    const failure = await database.write(new Uint8Array([0x51, 0, 0, 0, 5, 0]));
    if (failure !== undefined) {
      guest.print('Reconnecting DB\n');
      database = await openDatabase(guest);
    }
  }
}

function readVote(text: string): { readonly vote: string; readonly voter: string } {
  const vote = /"vote":\s*"([^"]*)"/.exec(text)?.[1] ?? '?';
  const voter = /"voter_id":\s*"([^"]*)"/.exec(text)?.[1] ?? '?';
  return { vote, voter };
}

async function openRedis(guest: Guest, redis: RedisClient): Promise<void> {
  for (;;) {
    guest.print('Connecting to redis\n', 'stderr');
    const opened = await redis.open();
    if (opened.ok) return;
    guest.print('Waiting for redis\n', 'stderr');
    await sleep(guest.sys, SECOND_NS);
  }
}

async function openDatabase(guest: Guest): Promise<TcpStream> {
  for (;;) {
    const resolved = await resolveHost(guest, 'db');
    const address = resolved.ok ? resolved.value[0] : undefined;
    if (address !== undefined) {
      const connected = await connectTcp(guest, { address, port: 5432 });
      if (connected.ok) {
        guest.print('Connected to db\n', 'stderr');
        return connected.value;
      }
    }
    guest.print('Waiting for db\n', 'stderr');
    await sleep(guest.sys, SECOND_NS);
  }
}

/** The page of results, which waits for its database but serves from the start. */
export function result(guest: Guest): void {
  const port = guest.envPort('PORT', 80);
  const served = runWeb(guest, {
    runtime: 'node',
    port,
    banner: `App running on port ${port}`,
    handle: () => ({
      status: 200,
      headers: [['X-Powered-By', 'Express'], ...HTML],
      body: '<!DOCTYPE html>\n<html>\n<head><title>Cats vs Dogs -- Result</title></head>\n<body><div id="result"></div></body>\n</html>\n',
    }),
  });
  if (served) background(guest, waitForDatabase(guest));
}

async function waitForDatabase(guest: Guest): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const resolved = await resolveHost(guest, 'db');
    const address = resolved.ok ? resolved.value[0] : undefined;
    if (address !== undefined && (await connectTcp(guest, { address, port: 5432 })).ok) {
      guest.print('Connected to db\n');
      return;
    }
    guest.print('Waiting for db\n', 'stderr');
    await sleep(guest.sys, SECOND_NS);
  }
  guest.print('Giving up\n', 'stderr');
}
