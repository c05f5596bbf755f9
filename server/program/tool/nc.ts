/**
 * `nc` of OpenBSD as Debian has it (1.219), and of busybox: connections, port scans, listeners.
 *
 * Fidelity: an address without a name is told as a number also when no name server answers; proxies, TLS, unix sockets and
 * packet options are refused.
 */
import { formatIp, type Ip, parseIp, type Socket, strerror } from '../../../topology/index.js';
import { background } from '../guard.js';
import { sleep, whenReady } from '../io/wait.js';
import { resolveName, resolveWords } from '../net/names.js';
import { serviceName, servicePort } from '../net/services.js';
import { connectTcp } from '../net/tcp-stream.js';
import { converse } from './converse.js';
import { ncListen } from './nc-listen.js';
import { type ParsedOptions, parseOptions, type Tool, type ToolIo } from './tool.js';
import { usageText } from './usage.js';

const SECOND_NS = 1_000_000_000;
/** How often a UDP scan writes again, a second apart, without -w. */
const UDP_SCAN_SECONDS = 3;

const USAGE = usageText(
  'nc [-4|-6] [-n] [-u] [-v] [-z] [-w SECONDS] [-p PORT] [-s ADDRESS] HOST PORT[-PORT]',
  'nc -l [-4|-6] [-k] [-n] [-N] [-u] [-v] [-p PORT] [ADDRESS] [PORT]',
);

/** `nc`. */
export const nc: Tool = async (io) => {
  const options = parseOptions(io.args, {
    flags: 'zvlukn46Nd',
    withValue: ['w', 'p', 's', 'e', 'q', 'i'],
  });
  const refusal = io.busybox ? undefined : refusalOf(io, options);
  if (refusal !== undefined) {
    await io.err(refusal);
    return 1;
  }
  if (options.flags.has('l')) return ncListen(io, options);
  const [name = '', portText = ''] = options.rest;
  const family = options.flags.has('6') ? 'ipv6' : options.flags.has('4') ? 'ipv4' : undefined;
  const literal = parseIp(name).ok;
  const resolved =
    options.flags.has('n') && !literal && !io.busybox
      ? undefined
      : await resolveName(io.guest, name, family === undefined ? {} : { family });
  const addresses = resolved?.ok === true ? resolved.value.addresses : [];
  if (addresses.length === 0) {
    if (io.busybox) return io.fail(`bad address '${name}'`);
    const words =
      resolved?.ok === false ? resolveWords(resolved.error) : 'Name or service not known';
    return io.fail(`getaddrinfo for host "${name}" port ${portText}: ${words}`);
  }
  const range = portsOf(portText);
  if (typeof range === 'string') return io.fail(range);
  const [first, last] = range;
  let status = 1;
  for (let port = first; port <= last; port++) {
    for (const address of io.busybox ? addresses.slice(0, 1) : addresses) {
      const to = { name, address, port };
      const ended = await (options.flags.has('u') ? ncUdp : ncTcp)(io, to, options);
      if (ended === 'refused-locally') return 1;
      if (ended !== 'done') continue;
      status = 0;
      break;
    }
  }
  return status;
};

/** What getopt(3) and main() of nc.c refuse before anything is done. */
function refusalOf(
  io: ToolIo,
  { flags, rest, unknown, values }: ParsedOptions,
): string | undefined {
  if (unknown !== undefined)
    return `nc: invalid option -- '${unknown.replace(/^-+/, '')}'\n${USAGE}`;
  const limit = values.get('w');
  if (limit !== undefined && !/^\d+$/.test(limit)) return `nc: timeout invalid: ${limit}\n`;
  if (io.args.length === 0) return USAGE;
  if (flags.has('l') && flags.has('z')) return 'nc: cannot use -z and -l\n';
  if (!flags.has('l') && flags.has('k')) return 'nc: must use -l with -k\n';
  const hasPort = flags.has('l') ? rest.length > 0 || values.has('p') : rest.length > 1;
  return hasPort ? undefined : 'nc: missing port number\n';
}

/** The ends of `PORT`, `LOW-HIGH` or a service's name, in order; or why not. */
function portsOf(text: string): readonly [number, number] | string {
  const service = servicePort(text);
  if (service !== undefined) return [service, service];
  const dash = text.indexOf('-');
  const words = dash < 0 ? [text] : [text.slice(0, dash), text.slice(dash + 1)];
  const ports: number[] = [];
  for (const word of words) {
    const port = servicePort(word) ?? Number(word === '' ? Number.NaN : word);
    if (!Number.isInteger(port)) return `port number invalid: ${word}`;
    if (port < 1) return `port number too small: ${word}`;
    if (port > 65_535) return `port number too large: ${word}`;
    ports.push(port);
  }
  return [Math.min(...ports), Math.max(...ports)];
}

interface Target {
  readonly name: string;
  readonly address: Ip;
  readonly port: number;
}

type Ended = 'done' | 'failed' | 'refused-locally';

/** `NAME (ADDRESS)` where they differ, as libc's words have it. */
function hostText({ address, name }: Target): string {
  const number = formatIp(address);
  return name === number ? name : `${name} (${number})`;
}

async function say(io: ToolIo, to: Target, { flags }: ParsedOptions): Promise<void> {
  if (!flags.has('v')) return;
  const proto = flags.has('u') ? 'udp' : 'tcp';
  const service = flags.has('n') ? '*' : (serviceName(to.port, proto) ?? '*');
  await io.err(
    io.busybox
      ? `${to.name} (${formatIp(to.address)}:${to.port}) open\n`
      : `Connection to ${hostText(to)} ${to.port} port [${proto}/${service}] succeeded!\n`,
  );
}

async function ncTcp(io: ToolIo, to: Target, options: ParsedOptions): Promise<Ended> {
  const limit = options.values.get('w');
  const own = parseIp(options.values.get('s') ?? '');
  const connected = await connectTcp(io.guest, to, {
    ...(limit === undefined ? {} : { timeoutNs: Number(limit) * SECOND_NS }),
    ...(own.ok ? { localAddress: own.value } : {}),
    ...(options.values.has('p') ? { localPort: Number(options.values.get('p')) } : {}),
  });
  if (!connected.ok) {
    const { error } = connected;
    if (io.busybox) {
      const words = `can't connect to remote host (${formatIp(to.address)})`;
      await io.fail(error === 'TIMEOUT' ? 'timed out' : `${words}: ${strerror(error)}`);
      return 'failed';
    }
    const binds = options.values.has('p') || own.ok;
    if (binds && (error === 'EADDRINUSE' || error === 'EADDRNOTAVAIL')) {
      await io.fail(`bind failed: ${strerror(error)}`);
      return 'refused-locally';
    }
    if (!options.flags.has('v')) return 'failed';
    const words =
      error === 'TIMEOUT' ? 'timed out: Operation now in progress' : `failed: ${strerror(error)}`;
    await io.fail(`connect to ${hostText(to)} port ${to.port} (tcp) ${words}`);
    return 'failed';
  }
  await say(io, to, options);
  if (options.flags.has('z')) connected.value.close();
  else
    await converse(
      io,
      connected.value,
      limit === undefined ? undefined : Number(limit) * SECOND_NS,
    );
  return 'done';
}

async function ncUdp(io: ToolIo, to: Target, options: ParsedOptions): Promise<Ended> {
  const made = io.guest.socket('dgram', to.address);
  if (!made.ok) {
    await io.fail(strerror(made.error));
    return 'failed';
  }
  const socket = made.value;
  const refused = socket.connect(to.address, to.port);
  if (refused !== undefined) {
    socket.close();
    if (options.flags.has('v') || io.busybox)
      await io.fail(
        `connect to ${hostText(to)} port ${to.port} (udp) failed: ${strerror(refused)}`,
      );
    return 'failed';
  }
  if (options.flags.has('z') || (options.flags.has('v') && !io.busybox)) {
    if (!(await answersUdp(io, socket, options))) {
      socket.close();
      return 'failed';
    }
    await say(io, to, options);
  }
  if (!options.flags.has('z')) await converseUdp(io, socket, options);
  socket.close();
  return 'done';
}

/** Writes an X, again at once and once a second: a port that is closed refuses one of them. */
async function answersUdp(io: ToolIo, socket: Socket, { values }: ParsedOptions): Promise<boolean> {
  const write = () => {
    const sent = socket.send(Uint8Array.of(88));
    return sent.ok || sent.error !== 'ECONNREFUSED';
  };
  if (!write()) return false;
  // The refusal of a near port is here before the second write.
  await sleep(io.sys, 0);
  if (!write()) return false;
  const seconds = Number(values.get('w') ?? UDP_SCAN_SECONDS);
  for (let second = 0; second < seconds; second++) {
    await sleep(io.sys, SECOND_NS);
    if (!write()) return false;
  }
  return true;
}

async function converseUdp(io: ToolIo, socket: Socket, { values }: ParsedOptions): Promise<void> {
  background(
    io.guest,
    (async () => {
      for (let piece = await io.input.read(); piece !== undefined; piece = await io.input.read())
        socket.send(piece);
    })(),
  );
  const idleNs = Number(values.get('w') ?? values.get('q') ?? 0) * SECOND_NS;
  for (;;) {
    const got = socket.receive();
    if (got.ok) await io.out(got.value.octets);
    else if (got.error !== 'EAGAIN') return;
    else if ((await whenReady(io.sys, socket, idleNs > 0 ? idleNs : undefined)) === 'timeout')
      return;
  }
}
