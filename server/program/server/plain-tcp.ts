/**
 * Servers that speak little or nothing of their protocol: caches, databases, queues, echo.
 *
 * Fidelity: memcached knows get, set, delete, incr, stats and version; MySQL greets with its handshake packet and refuses
 * every login; PostgreSQL refuses TLS and asks for a password; the others accept connections and say nothing.
 */
import { decodeUtf8, encodeUtf8, type Ip } from '../../../topology/index.js';
import { type Guest, SIGNALS } from '../guest.js';
import { concatOctets, OctetQueue } from '../io/octets.js';
import {
  type Connection,
  type ConnectionHandler,
  listenTcp,
  listenUdp,
} from '../net/tcp-server.js';
import { dieOfBind } from './bind-error.js';
import { flagValue } from './web.js';

/** Speaks to one connection. */
export type Greeter = (connection: Connection) => ConnectionHandler;

/** Listens on a TCP port; a refused bind ends the program with the given text. False when it did. */
export function serveTcp(
  guest: Guest,
  port: number,
  how: { readonly greet: Greeter; readonly refusal?: string; readonly address?: Ip },
): boolean {
  const bound = listenTcp(guest, { address: how.address ?? (0 as Ip), port, accept: how.greet });
  if (bound.ok) return true;
  if (how.refusal !== undefined) guest.die(how.refusal, 1);
  else dieOfBind(guest, { runtime: 'c', proto: 'tcp', port, errno: bound.error });
  return false;
}

/** Accepts and listens without a word. */
export const silent: Greeter = () => ({ onData: () => undefined });

/** Sends back what it gets. */
export const echo: Greeter = (connection) => ({ onData: (octets) => connection.write(octets) });

/** Says a line first, then nothing. */
export function banner(text: string): Greeter {
  return (connection) => {
    connection.write(encodeUtf8(text));
    return { onData: () => undefined };
  };
}

/** Answers each datagram with itself; false when the bind was refused. */
export function serveUdpEcho(guest: Guest, port: number): boolean {
  const bound = listenUdp(guest, {
    address: 0 as Ip,
    port,
    onDatagram: (octets, from, socket) => void socket.send(octets, from),
  });
  if (bound.ok) return true;
  dieOfBind(guest, { runtime: 'c', proto: 'udp', port, errno: bound.error });
  return false;
}

/** memcached. */
export function memcached(guest: Guest, args: readonly string[]): void {
  const port = Number(flagValue(args, 'p') ?? flagValue(args, 'port') ?? 11211);
  const version = guest.request.image.settings?.version ?? '1.6.34';
  const items = new Map<string, { flags: string; text: string }>();
  const served = serveTcp(guest, port, {
    greet: (connection) => new MemcachedConnection(connection, items, version),
    refusal: `bind(): Address already in use\nfailed to listen on TCP port ${port}: Address already in use\n`,
  });
  if (served) guest.exitOn([SIGNALS.TERM, SIGNALS.INT]);
}

class MemcachedConnection implements ConnectionHandler {
  private readonly connection: Connection;
  private readonly items: Map<string, { flags: string; text: string }>;
  private readonly version: string;
  private readonly input = new OctetQueue();
  private storing: { words: readonly string[]; bytes: number } | undefined;

  constructor(
    connection: Connection,
    items: Map<string, { flags: string; text: string }>,
    version: string,
  ) {
    this.connection = connection;
    this.items = items;
    this.version = version;
  }

  onData(octets: Uint8Array): void {
    this.input.push(octets);
    for (;;) {
      if (this.storing !== undefined) {
        if (this.input.length < this.storing.bytes + 2) return;
        const text = decodeUtf8(this.input.take(this.storing.bytes));
        this.input.take(2);
        this.store(this.storing.words, text);
        this.storing = undefined;
        continue;
      }
      const line = this.input.takeLine();
      if (line === undefined) return;
      this.command(decodeUtf8(line).split(' '));
    }
  }

  private say(text: string): void {
    this.connection.write(encodeUtf8(`${text}\r\n`));
  }

  private store(words: readonly string[], text: string): void {
    const [command, key = '', flags = '0'] = words;
    const exists = this.items.has(key);
    const refused = (command === 'add' && exists) || (command === 'replace' && !exists);
    if (!refused) this.items.set(key, { flags, text });
    this.say(refused ? 'NOT_STORED' : 'STORED');
  }

  private command(words: readonly string[]): void {
    const [name = '', key = '', amount = '1'] = words;
    switch (name) {
      case 'set':
      case 'add':
      case 'replace':
        this.storing = { words, bytes: Number(words[4] ?? 0) };
        return;
      case 'get':
      case 'gets': {
        const found = words.slice(1).flatMap((each) => {
          const item = this.items.get(each);
          if (item === undefined) return [];
          return [`VALUE ${each} ${item.flags} ${encodeUtf8(item.text).length}\r\n${item.text}`];
        });
        this.say([...found, 'END'].join('\r\n'));
        return;
      }
      case 'delete':
        this.say(this.items.delete(key) ? 'DELETED' : 'NOT_FOUND');
        return;
      case 'incr':
      case 'decr': {
        const item = this.items.get(key);
        if (item === undefined) {
          this.say('NOT_FOUND');
          return;
        }
        item.text = String(
          Math.max(0, Number(item.text) + (name === 'incr' ? 1 : -1) * Number(amount)),
        );
        this.say(item.text);
        return;
      }
      case 'version':
        this.say(`VERSION ${this.version}`);
        return;
      case 'stats':
        this.say(
          `STAT pid 1\r\nSTAT version ${this.version}\r\nSTAT curr_items ${this.items.size}\r\nEND`,
        );
        return;
      case 'flush_all':
        this.items.clear();
        this.say('OK');
        return;
      case 'quit':
        this.connection.end();
        return;
      default:
        this.say('ERROR');
        return;
    }
  }
}

/** Environment of which one must be set before the image's entrypoint lets the server start; false when it ended. */
function mayInitialize(guest: Guest, words: string): boolean {
  const required = guest.request.image.settings?.requiresEnv?.split('|') ?? [];
  const present = required.some((name) => guest.env(name) !== undefined);
  if (required.length === 0 || present) return true;
  guest.die(words, 1);
  return false;
}

/** postgres. */
export function postgres(guest: Guest, args: readonly string[]): void {
  const refusal =
    'Error: Database is uninitialized and superuser password is not specified.\n       You must specify POSTGRES_PASSWORD to a non-empty value for the\n       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".\n';
  if (!mayInitialize(guest, refusal)) return;
  const flag = args.indexOf('-p');
  const port = flag >= 0 ? Number(args[flag + 1]) : guest.envPort('PGPORT', 5432);
  const served = serveTcp(guest, port, {
    greet: postgresGreeter,
    refusal: `LOG:  could not bind IPv4 address "0.0.0.0": Address already in use\nHINT:  Is another postmaster already running on port ${port}? If not, wait a few seconds and retry.\nWARNING:  could not create listen socket for "*"\nFATAL:  could not create any TCP/IP sockets\n`,
  });
  if (!served) return;
  guest.print(
    `LOG:  listening on IPv4 address "0.0.0.0", port ${port}\nLOG:  database system is ready to accept connections\n`,
    'stderr',
  );
  guest.exitOn([SIGNALS.TERM, SIGNALS.INT, SIGNALS.QUIT]);
}

const SSL_REQUEST = 80_877_103;

const postgresGreeter: Greeter = (connection) => ({
  onData: (octets) => {
    const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    if (octets.length >= 8 && view.getUint32(4) === SSL_REQUEST) connection.write(encodeUtf8('N'));
    // AuthenticationOk, then ReadyForQuery: enough for a client that only wants to be connected.
    else if (octets.length >= 8 && octets[0] === 0) {
      connection.write(Uint8Array.of(0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49));
    }
  },
});

/** mysqld and mariadbd. */
export function mysql(guest: Guest, args: readonly string[]): void {
  const words =
    '[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n    You need to specify one of the following as an environment variable:\n    - MYSQL_ROOT_PASSWORD\n    - MYSQL_ALLOW_EMPTY_PASSWORD\n    - MYSQL_RANDOM_ROOT_PASSWORD\n';
  if (!mayInitialize(guest, words)) return;
  const port = Number(flagValue(args, 'port') ?? 3306);
  const version = guest.request.image.settings?.version ?? '8.0.40';
  const served = serveTcp(guest, port, {
    greet: (connection) => {
      connection.write(mysqlHandshake(version));
      return { onData: () => connection.end() };
    },
    refusal: `[ERROR] [MY-010262] [Server] Can't start server: Bind on TCP/IP port: Address already in use\n[ERROR] [MY-010257] [Server] Do you already have another mysqld server running on port: ${port} ?\n[ERROR] [MY-010119] [Server] Aborting\n`,
  });
  if (!served) return;
  guest.print(
    `[System] [MY-010931] [Server] mysqld: ready for connections. Version: '${version}'  socket: '/var/run/mysqld/mysqld.sock'  port: ${port}.\n`,
    'stderr',
  );
  guest.exitOn([SIGNALS.TERM]);
}

/** Protocol::HandshakeV10 with fixed salt. */
function mysqlHandshake(version: string): Uint8Array {
  const plugin = encodeUtf8('caching_sha2_password\0');
  const body = concatOctets([
    Uint8Array.of(10),
    encodeUtf8(`${version}\0`),
    Uint8Array.of(8, 0, 0, 0),
    encodeUtf8('podnetsA\0'),
    Uint8Array.of(0xff, 0xff, 0xff, 2, 0, 0xff, 0xdf, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    encodeUtf8('podnetpodnet\0'),
    plugin,
  ]);
  return concatOctets([Uint8Array.of(body.length & 255, body.length >> 8, 0, 0), body]);
}

/** Databases and queues that only accept: mongod, rabbitmq, kafka, etcd. */
export function quietServer(guest: Guest, ports: readonly number[], ready: string): void {
  for (const port of ports) if (!serveTcp(guest, port, { greet: silent })) return;
  guest.print(`${ready}\n`);
  guest.exitOn([SIGNALS.TERM, SIGNALS.INT]);
}
