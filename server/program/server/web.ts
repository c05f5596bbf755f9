/** Small web servers that demonstration images run, each answering as the real one does. */
import { decodeUtf8, formatIp, type Ip } from '../../../topology/index.js';
import { type Guest, SIGNALS } from '../guest.js';
import { headerOf } from '../http/message.js';
import { type HttpReply, type HttpRequest, serveHttp } from '../http/server.js';
import { httpDate } from '../io/date.js';
import { dieOfBind, goLogDate, type LanguageRuntime } from './bind-error.js';
import { imageName, imageVersion } from './image.js';

const ANY = 0 as Ip;

/** A web server by what differs from its fellows. */
export interface WebServer {
  readonly runtime: LanguageRuntime;
  readonly port: number;
  /** Value of the Server field; most Go programs send none. */
  readonly server?: string;
  handle(request: HttpRequest): HttpReply | Promise<HttpReply>;
  log?(request: HttpRequest, reply: HttpReply): string | undefined;
  /** Printed once it listens. */
  readonly banner?: string;
  /** Signals that end it with 0; by default those that its runtime handles. */
  readonly stopsOn?: readonly number[];
}

/** Listens and serves; a refused bind ends the process in the runtime's words. False when it did. */
export function runWeb(guest: Guest, web: WebServer): boolean {
  const served = serveHttp(guest, {
    address: ANY,
    port: web.port,
    handle: (request) => web.handle(request),
    baseHeaders: () => baseHeaders(guest, web),
    log: (request, reply) => {
      const line = web.log?.(request, reply);
      if (line !== undefined) guest.print(`${line}\n`);
    },
  });
  if (!served.ok) {
    dieOfBind(guest, { runtime: web.runtime, proto: 'tcp', port: web.port, errno: served.error });
    return false;
  }
  if (web.banner !== undefined) guest.print(`${web.banner}\n`);
  stopAs(guest, web.runtime, web.stopsOn);
  return true;
}

/** As PID 1, Go ends with 2 and Java with 143 on SIGTERM; node and python ignore it, gunicorn stops in order. */
export function stopAs(guest: Guest, runtime: LanguageRuntime, stopsOn?: readonly number[]): void {
  if (stopsOn !== undefined) guest.exitOn(stopsOn);
  else if (runtime === 'go') guest.exitOn([SIGNALS.TERM, SIGNALS.INT], 2);
  else if (runtime === 'java') guest.exitOn([SIGNALS.TERM], 143);
  else if (runtime === 'gunicorn') guest.exitOn([SIGNALS.TERM, SIGNALS.INT]);
}

function baseHeaders(guest: Guest, web: WebServer): [string, string][] {
  const date: [string, string] = ['Date', httpDate(guest.wallMs)];
  return web.server === undefined ? [date] : [['Server', web.server], date];
}

/** A reply of plain text. */
export function plain(body: string, status = 200): HttpReply {
  return { status, headers: [['Content-Type', 'text/plain; charset=utf-8']], body };
}

/** A reply of JSON, indented as the given number of spaces. */
export function json(value: unknown, indent = 0, status = 200): HttpReply {
  return {
    status,
    headers: [['Content-Type', 'application/json']],
    body: `${JSON.stringify(value, undefined, indent)}\n`,
  };
}

/** The value of a flag written `-name=value`, `--name=value` or `--name value`. */
export function flagValue(args: readonly string[], name: string): string | undefined {
  for (let at = 0; at < args.length; at++) {
    const match = /^--?([\w-]+)(?:=([\s\S]*))?$/.exec(args[at] ?? '');
    if (match?.[1] === name) return match[2] ?? args[at + 1] ?? '';
  }
  return undefined;
}

/** A flag's port, from `8080`, `:8080` or `0.0.0.0:8080`. */
export function flagPort(args: readonly string[], name: string, otherwise: number): number {
  const text = flagValue(args, name);
  const port = Number(text?.slice(text.lastIndexOf(':') + 1));
  return text !== undefined && Number.isInteger(port) && port > 0 && port < 65536
    ? port
    : otherwise;
}

/** Addresses of the container as programs find them; the connection's own when there is no viewer. */
export function ownAddresses(guest: Guest, request: HttpRequest): string[] {
  const devices = guest.request.viewer?.devices() ?? [];
  const found = devices.flatMap((device) =>
    device.addresses.map(({ address }) => formatIp(address)),
  );
  return found.length > 0 ? found : ['127.0.0.1', formatIp(request.local.address)];
}

/** traefik/whoami. */
export function whoami(guest: Guest, args: readonly string[]): void {
  const port = flagPort(args, 'port', guest.envPort('WHOAMI_PORT_NUMBER', 80));
  const name = flagValue(args, 'name') ?? guest.env('WHOAMI_NAME');
  runWeb(guest, {
    runtime: 'go',
    port,
    banner: `${goLogDate(guest)} Starting up on port ${port}`,
    handle: (request) => {
      if (request.path === '/health') return { status: 200 };
      if (request.path === '/bench') return plain('1');
      const host = headerOf(request.headers, 'Host') ?? '';
      if (request.path === '/api') {
        return json({
          ...(name === undefined ? {} : { name }),
          hostname: guest.sys.hostname,
          ip: ownAddresses(guest, request),
          headers: Object.fromEntries(
            request.headers
              .filter(([field]) => field.toLowerCase() !== 'host')
              .map(([field, value]) => [field, [value]]),
          ),
          url: request.target,
          host,
          method: request.method,
          remoteAddr: remoteOf(request),
        });
      }
      const lines = [
        ...(name === undefined ? [] : [`Name: ${name}`]),
        `Hostname: ${guest.sys.hostname}`,
        ...ownAddresses(guest, request).map((address) => `IP: ${address}`),
        `RemoteAddr: ${remoteOf(request)}`,
        `${request.method} ${request.target} ${request.version}`,
        `Host: ${host}`,
        ...sortedFields(request),
      ];
      return plain(`${lines.join('\n')}\n\n`);
    },
  });
}

function remoteOf(request: HttpRequest): string {
  return `${formatIp(request.remote.address)}:${request.remote.port}`;
}

function sortedFields(request: HttpRequest): string[] {
  return request.headers
    .filter(([field]) => field.toLowerCase() !== 'host')
    .map(([field, value]) => `${canonical(field)}: ${value}`)
    .sort();
}

function canonical(field: string): string {
  return field.toLowerCase().replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase());
}

/** google-samples/hello-app. */
export function helloApp(guest: Guest): void {
  const port = guest.envPort('PORT', 8080);
  const version = imageVersion(guest.request.image.reference, ['1.0.0', '2.0.0']);
  runWeb(guest, {
    runtime: 'go',
    port,
    banner: `${goLogDate(guest)} Server listening on port ${port}`,
    handle: () => plain(`Hello, world!\nVersion: ${version}\nHostname: ${guest.sys.hostname}\n`),
    log: (request) => `${goLogDate(guest)} Serving request: ${request.path}`,
  });
}

/** hashicorp/http-echo. */
export function httpEcho(guest: Guest, args: readonly string[]): void {
  const text = flagValue(args, 'text') ?? guest.env('ECHO_TEXT');
  const port = flagPort(args, 'listen', 5678);
  const status = Number(flagValue(args, 'status-code') ?? 200);
  if (text === undefined) {
    guest.die('Missing -text option!\n', 127);
    return;
  }
  runWeb(guest, {
    runtime: 'go',
    port,
    banner: `${goLogDate(guest)} [INFO] server is listening on :${port}`,
    stopsOn: [SIGNALS.INT, SIGNALS.TERM],
    handle: (request) => {
      if (request.path === '/health') return json({ status: 'ok' });
      const reply = plain(`${text}\n`, status);
      return {
        ...reply,
        headers: [
          ['X-App-Name', 'http-echo'],
          ['X-App-Version', '1.0.0'],
          ...(reply.headers ?? []),
        ],
      };
    },
    log: (request, reply) =>
      `${goLogDate(guest)} ${headerOf(request.headers, 'Host') ?? ''} ${remoteOf(request)} "${request.method} ${request.target} ${request.version}" ${reply.status} ${typeof reply.body === 'string' ? reply.body.length : 0} "${headerOf(request.headers, 'User-Agent') ?? ''}"`,
  });
}

/** registry.k8s.io/serve_hostname, and `agnhost serve-hostname`. */
export function serveHostname(guest: Guest, args: readonly string[]): void {
  const port = flagPort(args, 'port', 9376);
  runWeb(guest, {
    runtime: 'go',
    port,
    banner: `Serving on port ${port}.`,
    handle: () => plain(guest.sys.hostname),
    log: (request) => `HTTP request from ${remoteOf(request)}`,
  });
}

/** registry.k8s.io/echoserver, which is nginx with a script, and ealen/echo-server and jmalloc/echo-server. */
export function echoServer(guest: Guest, args: readonly string[]): void {
  const name = imageName(guest.request.image.reference);
  const isKubernetes = guest.request.image.programKind === 'echoserver' || name === 'echoserver';
  const listened = guest.request.image.listens[0]?.port;
  const port = isKubernetes
    ? 8080
    : flagPort(args, 'port', guest.envPort('PORT', listened ?? 8080));
  runWeb(guest, {
    runtime: isKubernetes ? 'c' : 'node',
    port,
    ...(isKubernetes ? { server: 'echoserver' } : {}),
    stopsOn: [SIGNALS.TERM, SIGNALS.QUIT, SIGNALS.INT],
    handle: (request) => (isKubernetes ? kubernetesEcho(guest, request) : jsonEcho(guest, request)),
  });
}

function kubernetesEcho(guest: Guest, request: HttpRequest): HttpReply {
  const host = headerOf(request.headers, 'Host') ?? '';
  const pod = ['NODE_NAME', 'POD_NAME', 'POD_NAMESPACE', 'POD_IP']
    .map((name) => [name, guest.env(name)] as const)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `\t${name.toLowerCase().replace('_', ' ')}:\t${value}`);
  const headers = request.headers.map(([name, value]) => `\t${name.toLowerCase()}=${value}`).sort();
  const lines = [
    '',
    '',
    `Hostname: ${guest.sys.hostname}`,
    '',
    'Pod Information:',
    ...(pod.length > 0 ? pod : ['\t-no pod information available-']),
    '',
    'Server values:',
    '\tserver_version=nginx: 1.13.3 - lua: 10008',
    '',
    'Request Information:',
    `\tclient_address=${formatIp(request.remote.address)}`,
    `\tmethod=${request.method}`,
    `\treal path=${request.target}`,
    `\tquery=${request.query}`,
    '\trequest_version=1.1',
    '\trequest_scheme=http',
    `\trequest_uri=http://${host}${request.target}`,
    '',
    'Request Headers:',
    ...headers,
    '',
    'Request Body:',
    request.body.length > 0 ? decodeUtf8(request.body) : '\t-no body in request-',
    '',
    '',
  ];
  return { status: 200, headers: [['Content-Type', 'text/plain']], body: lines.join('\n') };
}

function jsonEcho(guest: Guest, request: HttpRequest): HttpReply {
  return json({
    host: {
      hostname: (headerOf(request.headers, 'Host') ?? '').split(':')[0],
      ip: formatIp(request.remote.address),
    },
    http: { method: request.method, originalUrl: request.target, protocol: 'http' },
    request: {
      query: Object.fromEntries(new URLSearchParams(request.query)),
      body: decodeUtf8(request.body),
      headers: Object.fromEntries(
        request.headers.map(([name, value]) => [name.toLowerCase(), value]),
      ),
    },
    environment: { HOSTNAME: guest.sys.hostname },
  });
}

/** stefanprodan/podinfo. */
export function podinfo(guest: Guest, args: readonly string[]): void {
  const port = flagPort(args, 'port', guest.envPort('PODINFO_PORT', 9898));
  const version = imageVersion(guest.request.image.reference, ['6.9.1']);
  runWeb(guest, {
    runtime: 'go',
    port,
    stopsOn: [SIGNALS.TERM, SIGNALS.INT],
    banner: JSON.stringify({ level: 'info', msg: 'Starting podinfo', version, port: String(port) }),
    handle: (request) => {
      if (request.path === '/healthz' || request.path === '/readyz') return json({ status: 'OK' });
      if (request.path === '/version') return json({ version });
      const color = guest.env('PODINFO_UI_COLOR') ?? '#34577c';
      const message = guest.env('PODINFO_UI_MESSAGE') ?? `greetings from podinfo v${version}`;
      return json(
        { hostname: guest.sys.hostname, version, color, message, goos: 'linux', goarch: 'amd64' },
        2,
      );
    },
  });
}

/** httpbin, in the Python original (port 80) and in Go (port 8080). */
export function httpbin(guest: Guest): void {
  const port = guest.envPort('PORT', guest.request.image.listens[0]?.port ?? 80);
  runWeb(guest, {
    runtime: 'gunicorn',
    port,
    server: 'gunicorn/19.9.0',
    banner: `[INFO] Listening at: http://0.0.0.0:${port} (1)`,
    handle: (request) => httpbinAnswer(guest, request),
  });
}

function httpbinAnswer(guest: Guest, request: HttpRequest): HttpReply | Promise<HttpReply> {
  const [, first = '', second = ''] = request.path.split('/');
  const headers = Object.fromEntries(
    request.headers.map(([name, value]) => [canonical(name), value]),
  );
  const origin = formatIp(request.remote.address);
  const args = Object.fromEntries(new URLSearchParams(request.query));
  const url = `http://${headers.Host ?? ''}${request.target}`;
  switch (first) {
    case '':
      return {
        status: 200,
        headers: [['Content-Type', 'text/html; charset=utf-8']],
        body: '<!DOCTYPE html>\n<title>httpbin.org</title>\n',
      };
    case 'get':
      return json({ args, headers, origin, url }, 2);
    case 'post':
    case 'put':
    case 'anything':
      return json(
        { args, data: decodeUtf8(request.body), headers, method: request.method, origin, url },
        2,
      );
    case 'headers':
      return json({ headers }, 2);
    case 'ip':
      return json({ origin }, 2);
    case 'hostname':
      return json({ hostname: guest.sys.hostname }, 2);
    case 'user-agent':
      return json({ 'user-agent': headers['User-Agent'] ?? null }, 2);
    case 'status':
      return {
        status: /^\d{3}$/.test(second) ? Number(second) : 400,
        headers: [['Content-Type', 'text/html; charset=utf-8']],
      };
    case 'delay':
      return delayed(
        guest,
        Math.min(10, Number(second) || 0),
        json({ args, headers, origin, url }, 2),
      );
    default:
      return {
        status: 404,
        headers: [['Content-Type', 'text/html']],
        body: '<title>404 Not Found</title>\n<h1>Not Found</h1>\n',
      };
  }
}

function delayed(guest: Guest, seconds: number, reply: HttpReply): Promise<HttpReply> {
  return new Promise((resolve) => {
    guest.sys.schedule(seconds * 1e9, () => resolve(reply));
  });
}
