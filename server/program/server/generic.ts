/**
 * Programs of which podnet knows the ports and no more.
 *
 * Fidelity: HTTP on TCP ports, echo on UDP ports; TLS is accepted as a connection and never answered.
 */
import { type Ip, parseIp } from '../../../topology/index.js';
import type { ImageListenFact } from '../contract.js';
import { type Guest, SIGNALS } from '../guest.js';
import type { HttpReply, HttpRequest } from '../http/server.js';
import { serveHttp } from '../http/server.js';
import { httpDate } from '../io/date.js';
import { dieOfBind } from './bind-error.js';
import { banner, echo, serveTcp, serveUdpEcho, silent } from './plain-tcp.js';

/** Serves what the image is known to listen on or, when nothing is known, what the manifest declares. */
export function generic(guest: Guest): void {
  const { image } = guest.request;
  const listens = image.listens.length > 0 ? image.listens : declaredListens(guest);
  for (const listen of listens) if (!serve(guest, listen)) return;
  guest.exitOn([SIGNALS.TERM, SIGNALS.INT]);
}

/** Serves the declared ports, saying that this is an assumption. */
export function assumeDeclared(guest: Guest, what: string): void {
  const listens = declaredListens(guest);
  const ports = listens.map(({ proto, port }) => `${port}/${proto}`).join(', ');
  guest.assume(
    ports === ''
      ? `${what}: podnet cannot run it and assumes that it runs without listening on any port`
      : `${what}: podnet cannot run it and assumes that it listens on the declared ${ports}`,
  );
  for (const listen of listens) if (!serve(guest, listen)) return;
  guest.exitOn([SIGNALS.TERM, SIGNALS.INT]);
}

function declaredListens(guest: Guest): readonly ImageListenFact[] {
  return guest.request.declaredPorts.flatMap(({ port, protocol, name }): ImageListenFact[] => {
    if (protocol === 'SCTP') return [];
    const speaks = /grpc|https|tls|tcp/.test(name ?? '') ? 'silent' : 'http';
    return [{ proto: protocol === 'UDP' ? 'udp' : 'tcp', port, protocol: speaks }];
  });
}

function serve(guest: Guest, listen: ImageListenFact): boolean {
  const port =
    listen.portEnv === undefined ? listen.port : guest.envPort(listen.portEnv, listen.port);
  if (listen.proto === 'udp') return serveUdpEcho(guest, port);
  const parsed = parseIp(listen.address ?? '0.0.0.0');
  const address = parsed.ok ? parsed.value : (0 as Ip);
  const { settings } = guest.request.image;
  switch (listen.protocol ?? 'http') {
    case 'http':
      return serveAnything(guest, address, port);
    case 'echo':
      return serveTcp(guest, port, { greet: echo, address });
    case 'banner':
      return serveTcp(guest, port, { greet: banner(settings?.banner ?? ''), address });
    default:
      return serveTcp(guest, port, { greet: silent, address });
  }
}

function serveAnything(guest: Guest, address: Ip, port: number): boolean {
  const settings = guest.request.image.settings ?? {};
  const served = serveHttp(guest, {
    address,
    port,
    handle: (request) => pageOf(guest, request),
    baseHeaders: () => [
      ...(settings.server === undefined ? [] : [['Server', settings.server] as const]),
      ['Date', httpDate(guest.wallMs)],
    ],
  });
  if (!served.ok) dieOfBind(guest, { runtime: 'go', proto: 'tcp', port, errno: served.error });
  return served.ok;
}

/** Paths that programs answer probes on, whatever they answer elsewhere. */
const HEALTH = /^\/(healthz|livez|readyz|health|ready)$/;

function pageOf(guest: Guest, request: HttpRequest): HttpReply {
  const settings = guest.request.image.settings ?? {};
  const { hostname } = guest.sys;
  if (settings.page === 'starwars') return starwars(request);
  const status = HEALTH.test(request.path) ? 200 : Number(settings.status ?? 200);
  const type = settings.contentType ?? 'text/plain; charset=utf-8';
  const body =
    settings.text?.replaceAll('$HOSTNAME', hostname) ??
    (type === 'application/json'
      ? `${JSON.stringify({ hostname, method: request.method, path: request.target })}\n`
      : `Hostname: ${hostname}\n${request.method} ${request.target}\n`);
  return {
    status,
    headers: [
      ['Content-Type', type],
      ...(status >= 300 && status < 400 ? ([['Location', '/login']] as const) : []),
    ],
    body,
  };
}

/** The Death Star of Cilium's first tutorial. */
function starwars(request: HttpRequest): HttpReply {
  const text = [['Content-Type', 'text/plain']] as const;
  if (request.method === 'POST' && request.path === '/v1/request-landing') {
    return { status: 200, headers: text, body: 'Ship landed\n' };
  }
  if (request.method === 'PUT' && request.path === '/v1/exhaust-port') {
    return {
      status: 503,
      headers: text,
      body: 'Panic: deathstar exploded\n\ngoroutine 1 [running]:\nmain.HandleGarbage(0x2080c3f50, 0x2, 0x4, 0x425c0, 0x5, 0xa)\n',
    };
  }
  const about = { name: 'Death Star', hostname: 'deathstar', model: 'DS-1 Orbital Battle Station' };
  return {
    status: 200,
    headers: [['Content-Type', 'application/json']],
    body: `${JSON.stringify(about)}\n`,
  };
}
