/**
 * redis-server.
 *
 * Fidelity: replication is accepted in words (INFO, REPLICAOF) and a replica sends what it is asked on to its leader
 * instead of keeping a copy; persistence, transactions and publish/subscribe are left out.
 */
import { type Ip, parseIp, strerror } from '../../../topology/index.js';
import { background } from '../guard.js';
import { type Guest, SIGNALS } from '../guest.js';
import { formatDate } from '../io/date.js';
import { OctetQueue } from '../io/octets.js';
import { type Connection, type ConnectionHandler, listenTcp } from '../net/tcp-server.js';
import { imageVersion } from './image.js';
import { RedisClient } from './redis-client.js';
import {
  bulk,
  bulks,
  emitResp,
  integer,
  parseResp,
  RESP_OK,
  RedisStore,
  type RespValue,
  respError,
  respWords,
} from './redis-store.js';

const WRITES = new Set(
  'SET SETNX APPEND INCR DECR INCRBY DECRBY MSET DEL UNLINK FLUSHALL FLUSHDB EXPIRE LPUSH RPUSH LPOP RPOP SADD SREM HSET HDEL'.split(
    ' ',
  ),
);

interface Server {
  readonly guest: Guest;
  readonly version: string;
  readonly port: number;
  readonly password: string | undefined;
  readonly store: RedisStore;
  readonly leader: { readonly host: string; readonly port: number } | undefined;
  readonly blocked: (() => void)[];
  clients: number;
}

/** Runs the server; options as redis-server takes them, from arguments and a configuration file. */
export function redisServer(guest: Guest, args: readonly string[]): void {
  const options = readOptions(guest, args);
  const version =
    guest.request.image.settings?.version ?? imageVersion(guest.request.image.reference, ['7.4.1']);
  const replica = (options.get('replicaof') ?? options.get('slaveof'))?.split(/\s+/);
  const leaderName = guest.request.image.settings?.replicaOf;
  const server: Server = {
    guest,
    version,
    port: Number(options.get('port') ?? 6379),
    password: options.get('requirepass') ?? guest.env('REDIS_PASSWORD_REQUIRED'),
    store: new RedisStore(() => guest.sys.nowNs),
    leader:
      replica !== undefined
        ? { host: replica[0] ?? '', port: Number(replica[1] ?? 6379) }
        : leaderName === undefined
          ? undefined
          : { host: leaderName, port: 6379 },
    blocked: [],
    clients: 0,
  };
  say(
    guest,
    '#',
    `Redis version=${version}, bits=64, commit=00000000, modified=0, pid=1, just started`,
  );
  for (const [name, address] of bindAddresses(options.get('bind'))) {
    const bound = listenTcp(guest, {
      address,
      port: server.port,
      accept: (connection) => new RedisConnection(server, connection),
    });
    if (bound.ok) continue;
    say(
      guest,
      '#',
      `Warning: Could not create server TCP listening socket ${name}:${server.port}: bind: ${strerror(bound.error)}`,
    );
    say(guest, '#', `Failed listening on port ${server.port} (tcp), aborting.`);
    guest.sys.exit(1);
    return;
  }
  say(guest, '*', `Running mode=standalone, port=${server.port}.`);
  say(guest, '*', 'Ready to accept connections tcp');
  guest.exitOn([SIGNALS.TERM, SIGNALS.INT], 0, () => say(guest, '#', 'User requested shutdown...'));
}

/** Addresses of the option `bind`, with their names; all of them when it is absent. Those in IPv6 are passed over. */
function bindAddresses(option: string | undefined): readonly (readonly [string, Ip])[] {
  return (option ?? '*').split(/\s+/).flatMap((word): readonly (readonly [string, Ip])[] => {
    const name = word.replace(/^-/, '');
    if (name === '*' || name === '') return [[name || '*', 0 as Ip]];
    const address = parseIp(name);
    return address.ok && typeof address.value === 'number' ? [[name, address.value]] : [];
  });
}

function say(guest: Guest, level: string, text: string): void {
  guest.print(`1:M ${formatDate(guest.wallMs, '%d %b %Y %H:%M:%S.%3N')} ${level} ${text}\n`);
}

function readOptions(guest: Guest, args: readonly string[]): Map<string, string> {
  const options = new Map<string, string>();
  const first = args[0];
  if (first !== undefined && !first.startsWith('-')) {
    const text = guest.request.files.readText(first);
    for (const line of (text.ok ? text.value : '').split('\n')) {
      const [name = '', ...rest] = line.trim().split(/\s+/);
      if (name !== '' && !name.startsWith('#')) options.set(name.toLowerCase(), rest.join(' '));
    }
  }
  let name: string | undefined;
  for (const arg of args) {
    if (arg.startsWith('--')) {
      name = arg.slice(2).toLowerCase();
      options.set(name, '');
    } else if (name !== undefined) {
      options.set(name, `${options.get(name) ?? ''} ${arg}`.trim());
    }
  }
  return options;
}

class RedisConnection implements ConnectionHandler {
  private readonly server: Server;
  private readonly connection: Connection;
  private readonly input = new OctetQueue();
  private authenticated: boolean;
  private waiting = false;
  private leader: RedisClient | undefined;

  constructor(server: Server, connection: Connection) {
    this.server = server;
    this.connection = connection;
    this.authenticated = server.password === undefined;
    server.clients++;
  }

  onData(octets: Uint8Array): void {
    this.input.push(octets);
    this.next();
  }

  onClose(): void {
    this.server.clients--;
    this.leader?.close();
  }

  private next(): void {
    while (!this.waiting) {
      const parsed = parseResp(this.input.peek());
      if (parsed === undefined) return;
      this.input.take(parsed.next);
      const words = respWords(parsed.value);
      if (words.length > 0) this.command(words);
    }
  }

  private reply(value: RespValue): void {
    this.connection.write(emitResp(value));
  }

  private command(words: readonly string[]): void {
    const name = (words[0] ?? '').toUpperCase();
    const args = words.slice(1);
    if (name === 'AUTH') {
      this.authenticated = args.at(-1) === this.server.password;
      this.reply(
        this.authenticated
          ? RESP_OK
          : respError('WRONGPASS invalid username-password pair or user is disabled.'),
      );
      return;
    }
    if (!this.authenticated) {
      this.reply(respError('NOAUTH Authentication required.'));
      return;
    }
    if (name === 'QUIT') {
      this.reply(RESP_OK);
      this.connection.end();
      return;
    }
    if (name === 'BLPOP' || name === 'BRPOP') {
      this.blockingPop(name === 'BLPOP' ? 'LPOP' : 'RPOP', args);
      return;
    }
    const control = this.control(name, args);
    if (control !== undefined) {
      this.reply(control);
      return;
    }
    if (this.server.leader !== undefined) {
      if (WRITES.has(name))
        this.reply(respError("READONLY You can't write against a read only replica."));
      else background(this.server.guest, this.askLeader(words));
      return;
    }
    const answer = this.server.store.run(name, args);
    this.reply(
      answer ??
        respError(
          `ERR unknown command '${words[0]}', with args beginning with: ${args.map((arg) => `'${arg}' `).join('')}`,
        ),
    );
    if (name.endsWith('PUSH')) for (const wake of this.server.blocked.splice(0)) wake();
  }

  private control(name: string, args: readonly string[]): RespValue | undefined {
    switch (name) {
      case 'PING':
        return args[0] === undefined ? { kind: 'simple', text: 'PONG' } : bulk(args[0]);
      case 'ECHO':
        return bulk(args[0]);
      case 'SELECT':
      case 'CLIENT':
      case 'RESET':
        return RESP_OK;
      case 'HELLO':
        return respError('NOPROTO unsupported protocol version');
      case 'COMMAND':
        return { kind: 'array', items: [] };
      case 'CONFIG':
        return (args[0] ?? '').toUpperCase() === 'GET'
          ? bulks([args[1] ?? '', args[1] === 'port' ? String(this.server.port) : ''])
          : RESP_OK;
      case 'ROLE':
        return {
          kind: 'array',
          items: [
            bulk(this.server.leader === undefined ? 'master' : 'slave'),
            integer(0),
            { kind: 'array', items: [] },
          ],
        };
      case 'INFO':
        return bulk(this.info());
      default:
        return undefined;
    }
  }

  private info(): string {
    const { leader, version, guest, clients } = this.server;
    const role =
      leader === undefined
        ? ['role:master', 'connected_slaves:0']
        : [
            'role:slave',
            `master_host:${leader.host}`,
            `master_port:${leader.port}`,
            'master_link_status:up',
          ];
    const lines = [
      '# Server',
      `redis_version:${version}`,
      'redis_mode:standalone',
      'os:Linux 6.18.0 x86_64',
      'process_id:1',
      `tcp_port:${this.server.port}`,
      `uptime_in_seconds:${Math.floor(guest.sys.nowNs / 1e9)}`,
      '',
      '# Clients',
      `connected_clients:${clients}`,
      '',
      '# Replication',
      ...role,
      '',
    ];
    return lines.join('\r\n');
  }

  private blockingPop(pop: string, args: readonly string[]): void {
    const keys = args.slice(0, -1);
    const seconds = Number(args.at(-1) ?? 0);
    const attempt = (): boolean => {
      for (const key of keys) {
        const got = this.server.store.run(pop, [key]);
        if (got?.kind === 'bulk' && got.text !== undefined) {
          this.reply(bulks([key, got.text]));
          return true;
        }
      }
      return false;
    };
    if (attempt()) return;
    this.waiting = true;
    const done = (): void => {
      this.waiting = false;
      this.next();
    };
    const wake = (): void => {
      if (!this.waiting) return;
      if (attempt()) done();
      else this.server.blocked.push(wake);
    };
    this.server.blocked.push(wake);
    if (seconds > 0) {
      this.server.guest.sys.schedule(seconds * 1e9, () => {
        if (!this.waiting) return;
        this.reply({ kind: 'array', items: undefined });
        done();
      });
    }
  }

  private async askLeader(words: readonly string[]): Promise<void> {
    const { guest, leader } = this.server;
    if (leader === undefined) return;
    this.waiting = true;
    this.leader ??= new RedisClient(guest, leader.host, leader.port);
    const answer = await this.leader.command(words);
    this.reply(answer.ok ? answer.value : this.ownAnswer(words));
    this.waiting = false;
    this.next();
  }

  /** Without its leader a replica serves what it has, which here is nothing. */
  private ownAnswer(words: readonly string[]): RespValue {
    return this.server.store.run((words[0] ?? '').toUpperCase(), words.slice(1)) ?? bulk(undefined);
  }
}
