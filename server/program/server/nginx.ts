/**
 * nginx as the official image runs it.
 *
 * Fidelity: of the configuration, `listen`, `server_name`, `location`, `return`, `root`, `alias`, `index`, `try_files`,
 * `add_header`, `proxy_pass`, `proxy_set_header` and `upstream` have effect, other directives are read and ignored;
 * listeners on IPv6 addresses and TLS are left out; workers are not processes of their own.
 */
import {
  ERRNO,
  type Errno,
  encodeUtf8,
  formatIp,
  type Ip,
  strerror,
} from '../../../topology/index.js';
import { background } from '../guard.js';
import { type Guest, SIGNALS } from '../guest.js';
import { headerOf } from '../http/message.js';
import { type HttpReply, type HttpRequest, serveHttp } from '../http/server.js';
import { formatDate, httpDate, logDate } from '../io/date.js';
import { imageVersion } from './image.js';
import { type Directive, readNginxConfig } from './nginx-config.js';
import {
  type NginxSite,
  resolveUpstreams,
  sitesOf,
  type UpstreamAddresses,
  upstreamNames,
} from './nginx-servers.js';
import { SiteHandler } from './nginx-site.js';

const RELEASES = [
  '1.27.5',
  '1.29.1',
  '1.28.0',
  '1.26.3',
  '1.25.5',
  '1.24.0',
  '1.23.4',
  '1.21.6',
  '1.20.2',
  '1.19.10',
  '1.18.0',
  '1.17.10',
  '1.16.1',
  '1.15.12',
  '1.14.2',
  '1.7.9',
];
const BIND_TRIES = 5;
const BIND_PAUSE_NS = 500_000_000;
const ENTRYPOINT_WORDS = encodeUtf8(
  [
    '/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration',
    '/docker-entrypoint.sh: Configuration complete; ready for start up',
    '',
  ].join('\n'),
);

/** Runs nginx in the foreground or, as a daemon would, the same: the container's process is the master either way. */
export function nginx(guest: Guest, args: readonly string[]): void {
  const version = imageVersion(guest.request.image.reference, RELEASES);
  if (args.includes('-v') || args.includes('-V')) {
    guest.die(`nginx version: nginx/${version}\n`, 0);
    return;
  }
  guest.request.write('stdout', ENTRYPOINT_WORDS);
  const flag = args.indexOf('-c');
  const path = flag >= 0 ? (args[flag + 1] ?? '') : '/etc/nginx/nginx.conf';
  renderTemplates(guest);
  const config = readNginxConfig(guest.request.files, path);
  if (!config.ok) {
    emergency(guest, config.error);
    return;
  }
  if (args.includes('-t')) {
    guest.die(
      `nginx: the configuration file ${path} syntax is ok\nnginx: configuration file ${path} test is successful\n`,
      0,
    );
    return;
  }
  if (upstreamNames(config.value).length === 0) {
    start(guest, version, { config: config.value, upstreams: new Map() });
    return;
  }
  const started = resolveUpstreams(guest, config.value).then((upstreams) => {
    if (upstreams.ok) start(guest, version, { config: config.value, upstreams: upstreams.value });
    else emergency(guest, upstreams.error);
  });
  background(guest, started);
}

function emergency(guest: Guest, text: string): void {
  guest.die(`${stamp(guest)} [emerg] 1#1: ${text}\nnginx: [emerg] ${text}\n`, 1);
}

function stamp(guest: Guest): string {
  return formatDate(guest.wallMs, '%Y/%m/%d %H:%M:%S');
}

/** The image's entrypoint fills `${NAME}` in /etc/nginx/templates from the environment. */
function renderTemplates(guest: Guest): void {
  const { files } = guest.request;
  const names = files.list('/etc/nginx/templates');
  if (!names.ok) return;
  for (const name of names.value.filter((each) => each.endsWith('.template'))) {
    const text = files.readText(`/etc/nginx/templates/${name}`);
    if (!text.ok) continue;
    const filled = text.value.replace(
      /\$\{(\w+)\}|\$([A-Z_][A-Z0-9_]*)/g,
      (whole, braced?: string, bare?: string) => guest.env(braced ?? bare ?? '') ?? whole,
    );
    files.writeFile(`/etc/nginx/conf.d/${name.replace(/\.template$/, '')}`, filled);
  }
}

interface Loaded {
  readonly config: readonly Directive[];
  readonly upstreams: UpstreamAddresses;
}

function start(guest: Guest, version: string, loaded: Loaded): void {
  const sites = sitesOf(loaded.config);
  if (!sites.ok) {
    emergency(guest, sites.error);
    return;
  }
  const groups = new Map<
    string,
    { address: Ip; port: number; handlers: [NginxSite, SiteHandler][] }
  >();
  for (const site of sites.value) {
    const handler = new SiteHandler(guest, site, { upstreams: loaded.upstreams, version });
    for (const { address, port } of site.listens) {
      const key = `${address} ${port}`;
      const group = groups.get(key) ?? { address, port, handlers: [] };
      group.handlers.push([site, handler]);
      groups.set(key, group);
    }
  }
  const waiting = [...groups.values()];
  const attempt = (triesLeft: number): void => {
    while (waiting[0] !== undefined) {
      const errno = listen(guest, version, waiting[0]);
      if (errno === undefined) waiting.shift();
      else {
        refused(guest, waiting[0], { errno, triesLeft, again: () => attempt(triesLeft - 1) });
        return;
      }
    }
    const lines = [
      'using the "epoll" event method',
      `nginx/${version}`,
      'start worker processes',
    ].map((line) => `${stamp(guest)} [notice] 1#1: ${line}\n`);
    guest.print(lines.join(''), 'stderr');
  };
  attempt(BIND_TRIES);
  guest.exitOn([SIGNALS.TERM, SIGNALS.INT, SIGNALS.QUIT]);
}

function refused(
  guest: Guest,
  listen: { readonly address: Ip; readonly port: number },
  how: { readonly errno: Errno; readonly triesLeft: number; again(): void },
): void {
  const number = ERRNO[how.errno][0];
  const where = `${formatIp(listen.address)}:${listen.port}`;
  const text = `bind() to ${where} failed (${number}: ${strerror(how.errno)})`;
  if (how.errno !== 'EADDRINUSE') {
    emergency(guest, text);
    return;
  }
  guest.print(`${stamp(guest)} [emerg] 1#1: ${text}\nnginx: [emerg] ${text}\n`, 'stderr');
  guest.print(`${stamp(guest)} [notice] 1#1: try again to bind() after 500ms\n`, 'stderr');
  guest.sys.schedule(BIND_PAUSE_NS, () => {
    if (how.triesLeft > 1) how.again();
    else emergency(guest, 'still could not bind()');
  });
}

function listen(
  guest: Guest,
  version: string,
  group: {
    readonly address: Ip;
    readonly port: number;
    readonly handlers: [NginxSite, SiteHandler][];
  },
): Errno | undefined {
  const choose = (request: HttpRequest): SiteHandler | undefined => {
    const host = (headerOf(request.headers, 'Host') ?? '').split(':')[0] ?? '';
    const named = group.handlers.find(([site]) => site.names.includes(host));
    return (named ?? group.handlers[0])?.[1];
  };
  const served = serveHttp(guest, {
    address: group.address,
    port: group.port,
    writesKeepAlive: true,
    handle: (request): HttpReply | Promise<HttpReply> =>
      choose(request)?.handle(request) ?? { status: 404 },
    baseHeaders: () => [
      ['Server', `nginx/${version}`],
      ['Date', httpDate(guest.wallMs)],
    ],
    log: (request, reply, sentBytes) =>
      guest.print(combinedLog(guest, request, { reply, sentBytes })),
    ...(group.handlers[0] === undefined
      ? {}
      : { badRequest: group.handlers[0][1].errorPage(400, 'Bad Request') }),
  });
  return served.ok ? undefined : served.error;
}

/** A line of nginx's `main` log format. */
export function combinedLog(
  guest: Guest,
  request: HttpRequest,
  answer: { readonly reply: HttpReply; readonly sentBytes: number },
): string {
  const { reply, sentBytes } = answer;
  const field = (name: string): string => headerOf(request.headers, name) ?? '-';
  const line = `${request.method} ${request.target} ${request.version}`;
  return `${formatIp(request.remote.address)} - - [${logDate(guest.wallMs)}] "${line}" ${reply.status} ${sentBytes} "${field('Referer')}" "${field('User-Agent')}" "${field('X-Forwarded-For')}"\n`;
}
