/** nc, telnet, socat, ping and traceroute over emulated sockets. */
import { formatIp, type Ip, parseIp, type Socket, strerror } from '../../../topology/index.js';
import { background } from '../guard.js';
import { whenReady } from '../io/wait.js';
import { resolveName, resolveWords } from '../net/names.js';
import { resolveHost } from '../net/resolver.js';
import { serviceName, servicePort } from '../net/services.js';
import { listenTcp, listenUdp } from '../net/tcp-server.js';
import { connectTcp, type TcpStream } from '../net/tcp-stream.js';
import { arping } from './arping.js';
import { ping, ping6 } from './ping/index.js';
import { parseOptions, type Tool, type ToolIo } from './tool.js';
import { tracepath } from './tracepath.js';
import { traceroute } from './traceroute.js';

const SECOND_NS = 1_000_000_000;

const nc: Tool = async (io) => {
  const options = parseOptions(io.args, {
    flags: 'zvlukn46Nd',
    withValue: ['w', 'p', 's', 'e', 'q', 'i'],
  });
  if (options.flags.has('l')) return ncListen(io, options);
  const [name = '', portText = ''] = options.rest;
  const family = options.flags.has('6') ? 'ipv6' : options.flags.has('4') ? 'ipv4' : undefined;
  const resolved = await resolveName(io.guest, name, family === undefined ? {} : { family });
  const address = resolved.ok ? resolved.value.addresses[0] : undefined;
  if (address === undefined) {
    if (io.busybox) return io.fail(`bad address '${name}'`);
    const words = resolved.ok ? 'Name or service not known' : resolveWords(resolved.error);
    return io.fail(`getaddrinfo for host "${name}" port ${portText}: ${words}`);
  }
  const named = servicePort(portText);
  const [first = 0, last = first] = named === undefined ? portText.split('-').map(Number) : [named];
  let status = 0;
  for (let port = first; port <= last; port++) {
    const to = { address, port };
    status = options.flags.has('u')
      ? await ncUdp(io, to, options)
      : await ncTcp(io, { name, to, options });
  }
  return status;
};

type Options = ReturnType<typeof parseOptions>;

async function ncTcp(
  io: ToolIo,
  {
    name,
    to,
    options,
  }: {
    readonly name: string;
    readonly to: { address: Ip; port: number };
    readonly options: Options;
  },
): Promise<number> {
  const limit = options.values.get('w');
  const connected = await connectTcp(io.guest, to, {
    ...(limit === undefined ? {} : { timeoutNs: Number(limit) * SECOND_NS }),
    ...(options.values.has('p') ? { localPort: Number(options.values.get('p')) } : {}),
  });
  const where = formatIp(to.address);
  if (!connected.ok) {
    if (io.busybox) {
      if (connected.error === 'TIMEOUT') return io.fail('timed out');
      return io.fail(`can't connect to remote host (${where}): ${strerror(connected.error)}`);
    }
    if (!options.flags.has('v')) return 1;
    const words =
      connected.error === 'TIMEOUT'
        ? 'timed out: Operation now in progress'
        : `failed: ${strerror(connected.error)}`;
    return io.fail(`connect to ${name} port ${to.port} (tcp) ${words}`);
  }
  if (options.flags.has('v')) {
    await io.err(
      io.busybox
        ? `${name} (${where}:${to.port}) open\n`
        : `Connection to ${name} ${to.port} port [tcp/${options.flags.has('n') ? '*' : (serviceName(to.port, 'tcp') ?? '*')}] succeeded!\n`,
    );
  }
  if (options.flags.has('z')) connected.value.close();
  else
    await converse(
      io,
      connected.value,
      limit === undefined ? undefined : Number(limit) * SECOND_NS,
    );
  return 0;
}

/** Copies input to the connection and the connection to output until the peer ends. */
async function converse(io: ToolIo, stream: TcpStream, idleNs: number | undefined): Promise<void> {
  const sending = (async () => {
    for (let piece = await io.input.read(); piece !== undefined; piece = await io.input.read()) {
      if ((await stream.write(piece)) !== undefined) return;
    }
    stream.shutdownWrite();
  })();
  void sending;
  for (;;) {
    const got = await stream.read(idleNs);
    if (!got.ok || got.value.length === 0) break;
    await io.out(got.value);
  }
  stream.close();
}

async function ncUdp(
  io: ToolIo,
  to: { address: Ip; port: number },
  options: Options,
): Promise<number> {
  const made = io.guest.socket('dgram', to.address);
  if (!made.ok) return io.fail(strerror(made.error));
  const socket = made.value;
  const refused = socket.connect(to.address, to.port);
  if (refused !== undefined) return io.fail(strerror(refused));
  if (options.flags.has('z')) return ncUdpProbe(io, socket, { to, options });
  background(
    io.guest,
    (async () => {
      for (let piece = await io.input.read(); piece !== undefined; piece = await io.input.read())
        socket.send(piece);
    })(),
  );
  const idleNs = Number(options.values.get('w') ?? options.values.get('q') ?? 0) * SECOND_NS;
  for (;;) {
    const got = socket.receive();
    if (got.ok) await io.out(got.value.octets);
    else if (got.error !== 'EAGAIN') break;
    else if ((await whenReady(io.sys, socket, idleNs > 0 ? idleNs : undefined)) === 'timeout')
      break;
  }
  socket.close();
  return 0;
}

async function ncUdpProbe(
  io: ToolIo,
  socket: Socket,
  { to, options }: { readonly to: { address: Ip; port: number }; readonly options: Options },
): Promise<number> {
  socket.send(Uint8Array.of(88));
  await whenReady(io.sys, socket, SECOND_NS);
  const failed = socket.takeError() !== undefined;
  socket.close();
  if (!failed && options.flags.has('v'))
    await io.err(`Connection to ${formatIp(to.address)} ${to.port} port [udp/*] succeeded!\n`);
  return failed ? 1 : 0;
}

async function ncListen(io: ToolIo, options: Options): Promise<number> {
  const port = Number(options.values.get('p') ?? options.rest.at(-1) ?? 0);
  const keeps = options.flags.has('k');
  const command = options.values.get('e');
  const own = parseIp(options.values.get('s') ?? '0.0.0.0');
  if (!own.ok) return io.fail(`bad address '${options.values.get('s')}'`);
  const address = own.value;
  let finish: (status: number) => void = () => undefined;
  const done = new Promise<number>((resolve) => {
    finish = resolve;
  });
  if (options.flags.has('u')) {
    const bound = listenUdp(io.guest, {
      address,
      port,
      onDatagram: (octets) => background(io.guest, io.out(octets)),
    });
    return bound.ok
      ? done
      : io.fail(io.busybox ? `bind: ${strerror(bound.error)}` : strerror(bound.error));
  }
  const bound = listenTcp(io.guest, {
    address,
    port,
    backlog: 1,
    accept: (connection) => {
      if (options.flags.has('v'))
        background(
          io.guest,
          io.err(
            `connect to ${formatIp(connection.local.address)}:${port} from ${formatIp(connection.remote.address)}:${connection.remote.port}\n`,
          ),
        );
      if (!keeps && bound.ok) bound.value.close();
      if (command === undefined) {
        background(
          io.guest,
          (async () => {
            for (
              let piece = await io.input.read();
              piece !== undefined;
              piece = await io.input.read()
            )
              connection.write(piece);
            if (options.flags.has('N')) connection.end();
          })(),
        );
      }
      return {
        onData: (octets) => background(io.guest, io.out(octets)),
        onEnd: () => connection.end(),
        onClose: () => {
          if (!keeps) finish(0);
        },
      };
    },
  });
  if (!bound.ok)
    return io.fail(io.busybox ? `bind: ${strerror(bound.error)}` : strerror(bound.error));
  if (options.flags.has('v')) await io.err(`listening on [::]:${port} ...\n`);
  return done;
}

const telnet: Tool = async (io) => {
  const [name = '', port = '23'] = io.args;
  const resolved = await resolveHost(io.guest, name, { family: 'ipv4' });
  const address = resolved.ok ? resolved.value[0] : undefined;
  if (address === undefined) return io.fail(`bad address '${name}'`);
  const connected = await connectTcp(io.guest, { address, port: Number(port) });
  if (!connected.ok) {
    const words =
      connected.error === 'TIMEOUT' ? 'Connection timed out' : strerror(connected.error);
    return io.fail(`can't connect to remote host (${formatIp(address)}): ${words}`);
  }
  await io.out(`\nConnected to ${name}\n\n`);
  await converse(io, connected.value, undefined);
  await io.err('Connection closed by foreign host\n');
  return 1;
};

/**
 * grpc_health_probe, which images with a gRPC server carry for their probes.
 *
 * Fidelity: podnet speaks no gRPC; a server that accepts the connection is SERVING.
 */
const grpcHealthProbe: Tool = async (io) => {
  const given = io.args.map((arg) => /^--?addr=(.*):(\d+)$/.exec(arg)).find((match) => match);
  if (given === undefined || given === null) return io.fail('--addr not specified', 1);
  const [, name = '', port = ''] = given;
  const resolved = await resolveHost(io.guest, name === '' ? 'localhost' : name, {
    family: 'ipv4',
  });
  const address = resolved.ok ? resolved.value[0] : undefined;
  const connected =
    address === undefined
      ? undefined
      : await connectTcp(io.guest, { address, port: Number(port) }, { timeoutNs: SECOND_NS });
  if (connected?.ok !== true) {
    await io.err(`timeout: failed to connect service "${name}:${port}" within 1s\n`);
    return 2;
  }
  connected.value.close();
  await io.out('status: SERVING\n');
  return 0;
};

/** Of socat, listeners that echo or run nothing, and a client between input and a TCP address. */
const socat: Tool = async (io) => {
  const addresses = io.args.filter((arg) => !arg.startsWith('-') || arg === '-');
  const listen = addresses
    .map((each) => /^(TCP|UDP)4?6?-(?:LISTEN|RECVFROM):(\d+)/i.exec(each))
    .find((match) => match !== null);
  if (listen !== undefined && listen !== null) {
    const port = Number(listen[2]);
    const echoes = addresses.some(
      (each) => /^(EXEC|SYSTEM|PIPE)/i.test(each) && !/echo/i.test(each),
    );
    const address = 0 as Ip;
    const bound =
      listen[1]?.toUpperCase() === 'UDP'
        ? listenUdp(io.guest, {
            address,
            port,
            onDatagram: (octets, from, socket) => {
              if (echoes) socket.send(octets, from);
              else background(io.guest, io.out(octets));
            },
          })
        : listenTcp(io.guest, {
            address,
            port,
            accept: (connection) => ({
              onData: (octets) =>
                echoes ? connection.write(octets) : background(io.guest, io.out(octets)),
            }),
          });
    if (bound.ok) return new Promise(() => undefined);
    await io.err(
      `socat[${io.sys.pid}] E bind(5, {AF=2 0.0.0.0:${port}}, 16): ${strerror(bound.error)}\n`,
    );
    return 1;
  }
  const client = addresses
    .map((each) => /^TCP4?(?:-CONNECT)?:([^:,]+):(\d+)/i.exec(each))
    .find((match) => match !== null);
  const resolved = await resolveHost(io.guest, client?.[1] ?? '', { family: 'ipv4' });
  const address = resolved.ok ? resolved.value[0] : undefined;
  if (client === undefined || client === null || address === undefined)
    return io.fail(`unknown device/address "${io.args[0] ?? ''}"`);
  const connected = await connectTcp(io.guest, { address, port: Number(client[2]) });
  if (!connected.ok)
    return io.fail(
      `E connect: ${connected.error === 'TIMEOUT' ? 'Connection timed out' : strerror(connected.error)}`,
    );
  await converse(io, connected.value, undefined);
  return 0;
};

/** Network tools by name. */
export const NET_TOOLS: Readonly<Record<string, Tool>> = {
  nc,
  grpc_health_probe: grpcHealthProbe,
  ncat: nc,
  netcat: nc,
  telnet,
  socat,
  arping,
  ping,
  ping6,
  traceroute,
  traceroute6: traceroute,
  tracepath,
};
