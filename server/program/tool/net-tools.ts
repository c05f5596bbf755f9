/** telnet, socat and the like over emulated sockets, and the network tools by name. */
import { formatIp, type Ip, strerror } from '../../../topology/index.js';
import { background } from '../guard.js';
import { resolveHost } from '../net/resolver.js';
import { listenTcp, listenUdp } from '../net/tcp-server.js';
import { connectTcp } from '../net/tcp-stream.js';
import { arping } from './arping.js';
import { converse } from './converse.js';
import { nc } from './nc.js';
import { ping, ping6 } from './ping/index.js';
import type { Tool } from './tool.js';
import { tracepath } from './tracepath.js';
import { traceroute } from './traceroute.js';

const SECOND_NS = 1_000_000_000;

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
