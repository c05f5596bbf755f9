/** The listening side of `nc`. */
import {
  formatIp,
  type Ip,
  parseIp,
  type SocketAddress,
  strerror,
} from '../../../topology/index.js';
import { background } from '../guard.js';
import { lookupAddress } from '../net/reverse.js';
import { type Connection, listenTcp, listenUdp } from '../net/tcp-server.js';
import type { ParsedOptions, ToolIo } from './tool.js';

/** Serves one connection, or with -k one after another, until it is over. */
export async function ncListen(io: ToolIo, options: ParsedOptions): Promise<number> {
  const place = placeOf(io, options);
  if (typeof place === 'string') return io.fail(place);
  return options.flags.has('u')
    ? receiveDatagrams(io, options, place)
    : acceptConnections(io, options, place);
}

/** `nc -l PORT`, `nc -l ADDRESS PORT` and `-p PORT`, `-s ADDRESS`; or why not. */
function placeOf(io: ToolIo, { flags, rest, values }: ParsedOptions): SocketAddress | string {
  const [first, second] = rest;
  const port = Number(second ?? values.get('p') ?? first ?? 0);
  const named = second !== undefined || values.has('p') ? first : undefined;
  const text = values.get('s') ?? named ?? (flags.has('6') ? '::' : '0.0.0.0');
  if (!Number.isInteger(port)) return `port number invalid: ${second ?? first}`;
  const address = parseIp(text === 'localhost' ? '127.0.0.1' : text);
  if (address.ok) return { address: address.value, port };
  return io.busybox ? `bad address '${text}'` : 'getaddrinfo: Name or service not known';
}

/** `ADDRESS PORT`, with the name of the address unless -n. */
async function placeText(
  io: ToolIo,
  flags: ReadonlySet<string>,
  at: SocketAddress,
): Promise<string> {
  const name = flags.has('n') ? undefined : await lookupAddress(io.guest, at.address);
  return `${name ?? formatIp(at.address)} ${at.port}`;
}

async function acceptConnections(
  io: ToolIo,
  options: ParsedOptions,
  place: SocketAddress,
): Promise<number> {
  const { flags, values } = options;
  const keeps = flags.has('k');
  let finish: (status: number) => void = () => undefined;
  const done = new Promise<number>((resolve) => {
    finish = resolve;
  });
  const announce = announcer(io, options);
  const bound = listenTcp(io.guest, {
    ...place,
    backlog: 1,
    accept: (connection) => {
      announce.received(connection.remote, connection.local);
      if (!keeps && bound.ok) bound.value.close();
      if (!values.has('e')) sendInput(io, connection, flags);
      return {
        onData: (octets) => announce.next(() => io.out(octets)),
        onEnd: () => connection.end(),
        onClose: () => {
          if (!keeps) announce.next(async () => finish(0));
        },
      };
    },
  });
  if (!bound.ok) return refused(io, strerror(bound.error));
  announce.listening(place);
  return done;
}

function sendInput(io: ToolIo, connection: Connection, flags: ReadonlySet<string>): void {
  background(
    io.guest,
    (async () => {
      for (let piece = await io.input.read(); piece !== undefined; piece = await io.input.read())
        connection.write(piece);
      if (flags.has('N')) connection.end();
    })(),
  );
}

async function receiveDatagrams(
  io: ToolIo,
  options: ParsedOptions,
  place: SocketAddress,
): Promise<number> {
  const announce = announcer(io, options);
  let peer: SocketAddress | undefined;
  const bound = listenUdp(io.guest, {
    ...place,
    onDatagram: (octets, from) => {
      if (peer === undefined) announce.received(from, place);
      peer = from;
      announce.next(() => io.out(octets));
    },
  });
  if (!bound.ok) return refused(io, strerror(bound.error));
  announce.listening(place);
  return new Promise(() => undefined);
}

function refused(io: ToolIo, words: string): Promise<number> {
  return io.fail(io.busybox ? `bind: ${words}` : words);
}

/** What -v tells and what comes in, one after the other however long names take. */
function announcer(io: ToolIo, { flags }: ParsedOptions) {
  let before: Promise<void> = Promise.resolve();
  const next = (work: () => Promise<void>): void => {
    before = before.then(work);
    background(io.guest, before);
  };
  const tell = (line: () => Promise<string>): void => {
    if (flags.has('v')) next(async () => io.err(await line()));
  };
  return {
    next,
    listening: (at: SocketAddress) =>
      tell(async () =>
        io.busybox
          ? `listening on ${formatIp(at.address) === '0.0.0.0' ? '[::]' : formatIp(at.address)}:${at.port} ...\n`
          : `${flags.has('u') ? 'Bound' : 'Listening'} on ${await placeText(io, flags, at)}\n`,
      ),
    received: (from: SocketAddress, to: SocketAddress) =>
      tell(async () =>
        io.busybox
          ? `connect to ${endpoint(to.address, to.port)} from ${endpoint(from.address, from.port)}\n`
          : `Connection received on ${await placeText(io, flags, from)}\n`,
      ),
  };
}

function endpoint(address: Ip, port: number): string {
  return `${formatIp(address)}:${port}`;
}
