/**
 * registry.k8s.io/e2e-test-images/agnhost, with the subcommands that manifests use.
 *
 * Fidelity: `netexec` answers /, /hostname, /echo, /clientip, /healthz, /exit, /dial (http and udp); SCTP is left out.
 */
import { decodeUtf8, encodeUtf8, formatIp, type Ip, parseIp } from '../../../topology/index.js';
import { background } from '../guard.js';
import type { Guest } from '../guest.js';
import { fetchOnce } from '../http/client.js';
import type { HttpReply, HttpRequest } from '../http/server.js';
import { formatDate } from '../io/date.js';
import { whenReady } from '../io/wait.js';
import { resolveHost } from '../net/resolver.js';
import { listenTcp, listenUdp } from '../net/tcp-server.js';
import { dieOfBind, goLogDate } from './bind-error.js';
import { flagPort, flagValue, plain, runWeb, serveHostname, stopAs } from './web.js';

const ANY = 0 as Ip;
const DIAL_TIMEOUT_NS = 5_000_000_000;

/** The program; without a subcommand it pauses, which is the image's default. */
export function agnhost(guest: Guest, args: readonly string[]): void {
  const [command = 'pause', ...rest] = args;
  switch (command) {
    case 'netexec':
      netexec(guest, rest);
      return;
    case 'serve-hostname':
      serveHostname(guest, rest);
      return;
    case 'porter':
      porter(guest);
      return;
    case 'pause':
      guest.print('Paused\n');
      stopAs(guest, 'go', [15, 2]);
      return;
    case 'echo-server':
    case 'tcp-echo':
      tcpReset(guest, rest);
      return;
    case 'connect':
      background(guest, connect(guest, rest));
      return;
    default:
      if (command.startsWith('-')) netexec(guest, args);
      else
        guest.die(
          `Error: unknown command "${command}" for "app"\nRun 'app --help' for usage.\n`,
          1,
        );
  }
}

function netexec(guest: Guest, args: readonly string[]): void {
  const httpPort = flagPort(args, 'http-port', 8080);
  const udpPort = Number(flagValue(args, 'udp-port') ?? 8081);
  const stamp = `I${formatDate(guest.wallMs, '%m%d %H:%M:%S.%3N')}000       1 log.go:195]`;
  guest.print(`${stamp} Started HTTP server on port ${httpPort}\n`);
  if (udpPort > 0) {
    guest.print(`${stamp} Started UDP server on port  ${udpPort}\n`);
    const bound = listenUdp(guest, {
      address: ANY,
      port: udpPort,
      onDatagram: (octets, from, socket) => {
        const answer = udpAnswer(guest, decodeUtf8(octets).trim(), from);
        if (answer !== undefined) socket.send(encodeUtf8(answer), from);
      },
    });
    if (!bound.ok) {
      dieOfBind(guest, { runtime: 'go', proto: 'udp', port: udpPort, errno: bound.error });
      return;
    }
  }
  runWeb(guest, {
    runtime: 'go',
    port: httpPort,
    handle: (request) => netexecAnswer(guest, request),
    log: (request) => `${stamp} ${request.method} ${request.target}`,
  });
}

function udpAnswer(
  guest: Guest,
  text: string,
  from: { readonly address: Ip; readonly port: number },
): string | undefined {
  if (text.toLowerCase() === 'hostname') return guest.sys.hostname;
  if (text.toLowerCase() === 'clientip') return `${formatIp(from.address)}:${from.port}`;
  if (text.toLowerCase().startsWith('echo ')) return text.slice(5);
  return undefined;
}

function netexecAnswer(guest: Guest, request: HttpRequest): HttpReply | Promise<HttpReply> {
  const query = new URLSearchParams(request.query);
  switch (request.path.toLowerCase()) {
    case '/':
      return plain(`NOW: ${formatDate(guest.wallMs, '%Y-%m-%d %H:%M:%S.%N +0000 UTC')}`);
    case '/hostname':
      return plain(guest.sys.hostname);
    case '/echo':
      return plain(query.get('msg') ?? '', Number(query.get('code') ?? 200));
    case '/clientip':
      return plain(`${formatIp(request.remote.address)}:${request.remote.port}`);
    case '/healthz':
      return { status: 200 };
    case '/header':
      return plain(
        request.headers.find(([name]) => name.toLowerCase() === query.get('key'))?.[1] ?? '',
      );
    case '/exit':
      guest.sys.schedule(1_000_000, () => guest.sys.exit(Number(query.get('code') ?? 0)));
      return { status: 200 };
    case '/dial':
      return dial(guest, query);
    default:
      return plain('404 page not found\n', 404);
  }
}

async function dial(guest: Guest, query: URLSearchParams): Promise<HttpReply> {
  const port = Number(query.get('port'));
  const tries = Number(query.get('tries') ?? 1);
  const protocol = query.get('protocol') ?? 'http';
  const path = query.get('request') ?? 'hostname';
  const responses: string[] = [];
  const errors: string[] = [];
  const resolved = await resolveHost(guest, query.get('host') ?? '');
  const address = resolved.ok ? resolved.value[0] : undefined;
  for (let attempt = 0; attempt < tries && address !== undefined; attempt++) {
    const answer =
      protocol === 'udp'
        ? await dialUdp(guest, { address, port }, path)
        : await dialHttp(guest, { address, port }, path);
    (answer.startsWith('!') ? errors : responses).push(answer.replace(/^!/, ''));
  }
  if (address === undefined) errors.push(`lookup ${query.get('host')}: no such host`);
  const outcome = {
    ...(responses.length > 0 ? { responses } : {}),
    ...(errors.length > 0 ? { errors } : {}),
  };
  return plain(JSON.stringify(outcome));
}

async function dialHttp(
  guest: Guest,
  to: { readonly address: Ip; readonly port: number },
  path: string,
): Promise<string> {
  const host = `${formatIp(to.address)}:${to.port}`;
  const answer = await fetchOnce(guest, to, {
    method: 'GET',
    target: `/${path}`,
    headers: [
      ['Host', host],
      ['User-Agent', 'Go-http-client/1.1'],
    ],
    timeoutNs: DIAL_TIMEOUT_NS,
  });
  return answer.ok ? decodeUtf8(answer.value.body) : `!dial tcp ${host}: ${answer.error}`;
}

async function dialUdp(
  guest: Guest,
  to: { readonly address: Ip; readonly port: number },
  text: string,
): Promise<string> {
  const made = guest.socket('dgram', to.address);
  if (!made.ok) return `!${made.error}`;
  const socket = made.value;
  const failure = socket.connect(to.address, to.port);
  if (failure === undefined) socket.send(encodeUtf8(text));
  await whenReady(guest.sys, socket, DIAL_TIMEOUT_NS);
  const got = socket.receive();
  socket.close();
  return got.ok
    ? decodeUtf8(got.value.octets)
    : '!reading from udp connection failed. err: i/o timeout';
}

/** `porter`: serves on each SERVE_PORT_n from the environment. */
function porter(guest: Guest): void {
  for (const [name, value] of guest.request.env) {
    const port = Number(/^SERVE_PORT_(\d+)$/.exec(name)?.[1]);
    if (!Number.isInteger(port) || port < 1) continue;
    const served = runWeb(guest, { runtime: 'go', port, handle: () => plain(value) });
    if (!served) return;
  }
}

function tcpReset(guest: Guest, args: readonly string[]): void {
  const port = flagPort(args, 'port', 8080);
  const bound = listenTcp(guest, {
    address: ANY,
    port,
    accept: (connection) => ({ onData: (octets) => connection.write(octets) }),
  });
  if (!bound.ok) dieOfBind(guest, { runtime: 'go', proto: 'tcp', port, errno: bound.error });
  else stopAs(guest, 'go');
}

async function connect(guest: Guest, args: readonly string[]): Promise<void> {
  const target = args.find((arg) => !arg.startsWith('-')) ?? '';
  const colon = target.lastIndexOf(':');
  const parsed = parseIp(target.slice(0, colon));
  const resolved = parsed.ok ? [parsed.value] : await resolveHost(guest, target.slice(0, colon));
  const address = Array.isArray(resolved)
    ? resolved[0]
    : resolved.ok
      ? resolved.value[0]
      : undefined;
  if (address === undefined) {
    guest.die('DNS\n', 1);
    return;
  }
  const made = guest.socket('stream', address);
  if (!made.ok) {
    guest.die('OTHER\n', 1);
    return;
  }
  const timeout = Number.parseFloat(flagValue(args, 'timeout') ?? '1') * 1e9;
  made.value.connect(address, Number(target.slice(colon + 1)));
  const waited =
    made.value.state === 'SYN-SENT' ? await whenReady(guest.sys, made.value, timeout) : 'ready';
  const errno = made.value.takeError();
  made.value.close();
  if (waited === 'timeout') guest.die('TIMEOUT\n', 1);
  else if (errno === 'ECONNREFUSED') guest.die('REFUSED\n', 1);
  else if (errno !== undefined) guest.die(`${goLogDate(guest)} OTHER: ${errno}\n`, 1);
  else guest.sys.exit(0);
}
