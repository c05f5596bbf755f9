/**
 * Apache httpd as the official image (and php:apache) runs it.
 *
 * Fidelity: httpd.conf is read only for `Listen` and `DocumentRoot`.
 */
import { ERRNO, formatIp, type Ip, strerror } from '../../../topology/index.js';
import { type Guest, SIGNALS } from '../guest.js';
import { headerOf } from '../http/message.js';
import { type HttpReply, type HttpRequest, serveHttp } from '../http/server.js';
import { formatDate, httpDate, logDate } from '../io/date.js';
import { imageVersion } from './image.js';
import { kindOfPath, mediaType, pathBelow } from './static-files.js';

const RELEASES = ['2.4.65', '2.2.34'];
const ANY = 0 as Ip;

/** Answers a request before files are looked at; undefined leaves it to them. */
export type HttpdHook = (request: HttpRequest) => HttpReply | Promise<HttpReply> | undefined;

/** Runs httpd in the foreground. */
export function httpd(guest: Guest, _args: readonly string[], hook?: HttpdHook): void {
  const version = imageVersion(guest.request.image.reference, RELEASES);
  const server = hook === undefined ? `Apache/${version} (Unix)` : 'Apache/2.4.65 (Debian)';
  const settings = readSettings(guest);
  guest.print(
    "AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using 127.0.0.1. Set the 'ServerName' directive globally to suppress this message\n",
    'stderr',
  );
  for (const port of settings.ports) {
    const served = serveHttp(guest, {
      address: ANY,
      port,
      handle: (request) =>
        hook?.(request) ?? fromFiles(guest, { ...settings, server, port }, request),
      baseHeaders: () => [
        ['Date', httpDate(guest.wallMs)],
        ['Server', server],
      ],
      log: (request, reply, sentBytes) =>
        guest.print(
          `${formatIp(request.remote.address)} - - [${logDate(guest.wallMs)}] "${request.method} ${request.target} ${request.version}" ${reply.status} ${sentBytes === 0 ? '-' : sentBytes}\n`,
        ),
    });
    if (!served.ok) {
      const number = ERRNO[served.error][0];
      guest.die(
        `(${number})${strerror(served.error)}: AH00072: make_sock: could not bind to address 0.0.0.0:${port}\nno listening sockets available, shutting down\nAH00015: Unable to open logs\n`,
        1,
      );
      return;
    }
  }
  const when = formatDate(guest.wallMs, '%a %b %d %H:%M:%S.%3N000 %Y');
  guest.print(
    `[${when}] [mpm_event:notice] [pid 1:tid 1] AH00489: ${server} configured -- resuming normal operations\n[${when}] [core:notice] [pid 1:tid 1] AH00094: Command line: 'httpd -D FOREGROUND'\n`,
    'stderr',
  );
  guest.exitOn([SIGNALS.TERM, SIGNALS.INT, SIGNALS.WINCH]);
}

interface Settings {
  readonly root: string;
  readonly ports: readonly number[];
}

function readSettings(guest: Guest): Settings {
  const { files } = guest.request;
  const root = files.exists('/var/www/html') ? '/var/www/html' : '/usr/local/apache2/htdocs';
  const config = files.readText('/usr/local/apache2/conf/httpd.conf');
  if (!config.ok) return { root, ports: [80] };
  const ports = [...config.value.matchAll(/^\s*Listen\s+(?:\S+:)?(\d+)/gim)].map((match) =>
    Number(match[1]),
  );
  const given = /^\s*DocumentRoot\s+"?([^"\s]+)"?/im.exec(config.value)?.[1];
  return { root: given ?? root, ports: ports.length > 0 ? ports : [80] };
}

function fromFiles(
  guest: Guest,
  settings: Settings & { readonly server: string; readonly port: number },
  request: HttpRequest,
): HttpReply {
  const { files } = guest.request;
  const path = pathBelow(settings.root, request.path);
  const kind = kindOfPath(files, path);
  const indexes = ['index.html', 'index.php'].map((name) => `${path}/${name}`);
  const found = kind === 'file' ? path : indexes.find((each) => kindOfPath(files, each) === 'file');
  if (found === undefined) {
    const reason: Reason =
      kind === 'directory'
        ? [403, 'Forbidden', "You don't have permission to access this resource."]
        : [404, 'Not Found', 'The requested URL was not found on this server.'];
    return errorPage(reason, request, settings);
  }
  const read = files.readFile(found);
  if (!read.ok) return { status: 403 };
  const headers = [
    ['Accept-Ranges', 'bytes'],
    ['Content-Type', mediaType(found)],
  ] as const;
  return { status: 200, headers, body: read.value };
}

type Reason = readonly [status: number, title: string, words: string];

function errorPage(
  [status, title, words]: Reason,
  request: HttpRequest,
  server: { readonly server: string; readonly port: number; readonly root: string },
): HttpReply {
  const host = (headerOf(request.headers, 'Host') ?? '').split(':')[0];
  const address =
    server.root === '/var/www/html'
      ? `<hr>\n<address>${server.server} Server at ${host} Port ${server.port}</address>\n`
      : '';
  return {
    status,
    headers: [['Content-Type', 'text/html; charset=iso-8859-1']],
    body: `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>${status} ${title}</title>\n</head><body>\n<h1>${title}</h1>\n<p>${words}</p>\n${address}</body></html>\n`,
  };
}
