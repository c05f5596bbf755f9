/**
 * Language runtimes: podnet runs no Python, JavaScript or Java, and says what it assumes instead.
 *
 * Fidelity: `python -m http.server` is served for real; other scripts are assumed to serve the declared ports, and one-line
 * programs given on the command line to end at once.
 */

import type { Ip } from '../../../topology/index.js';
import { formatIp } from '../../../topology/index.js';
import { type Guest, SIGNALS } from '../guest.js';
import type { HttpReply, HttpRequest } from '../http/server.js';
import { serveHttp } from '../http/server.js';
import { formatDate, httpDate } from '../io/date.js';
import { dieOfBind } from './bind-error.js';
import { assumeDeclared } from './generic.js';
import { kindOfPath, mediaType, pathBelow } from './static-files.js';

/** `python`, `python3`. */
export function python(guest: Guest, args: readonly string[]): void {
  const module = args.indexOf('-m');
  if (module >= 0 && args[module + 1] === 'http.server') {
    pythonHttpServer(guest, args.slice(module + 2));
    return;
  }
  runScript(guest, 'python', args);
}

/** Any runtime: no script is an interactive session without input, which ends; a script is assumed to serve. */
export function runScript(guest: Guest, runtime: string, args: readonly string[]): void {
  const inline = args.some(
    (arg) => arg === '-c' || arg === '-e' || arg === '--version' || arg === '-V',
  );
  if (args.length === 0 || inline) {
    if (inline && args[1] !== undefined)
      guest.assume(
        `${runtime} ${args.join(' ')}: podnet cannot run it and assumes that it succeeds`,
      );
    guest.sys.exit(0);
    return;
  }
  assumeDeclared(guest, `${runtime} ${args.join(' ')}`);
}

function pythonHttpServer(guest: Guest, args: readonly string[]): void {
  const port = Number(args.find((arg) => /^\d+$/.test(arg)) ?? 8000);
  const flag = args.findIndex((arg) => arg === '-d' || arg === '--directory');
  const root = flag >= 0 ? (args[flag + 1] ?? '/') : guest.request.workingDir || '/';
  const served = serveHttp(guest, {
    address: 0 as Ip,
    port,
    backlog: 5,
    handle: (request) => listing(guest, root, request),
    baseHeaders: () => [
      ['Server', 'SimpleHTTP/0.6 Python/3.12.7'],
      ['Date', httpDate(guest.wallMs)],
    ],
    log: (request, reply) =>
      guest.print(
        `${formatIp(request.remote.address)} - - [${formatDate(guest.wallMs, '%d/%b/%Y %H:%M:%S')}] "${request.method} ${request.target} ${request.version}" ${reply.status} -\n`,
        'stderr',
      ),
  });
  if (!served.ok) {
    dieOfBind(guest, { runtime: 'python', proto: 'tcp', port, errno: served.error });
    return;
  }
  guest.print(`Serving HTTP on 0.0.0.0 port ${port} (http://0.0.0.0:${port}/) ...\n`);
  guest.exitOn([SIGNALS.INT]);
}

function listing(guest: Guest, root: string, request: HttpRequest): HttpReply {
  const { files } = guest.request;
  const path = pathBelow(root, request.path);
  const kind = kindOfPath(files, path);
  const html = [['Content-type', 'text/html; charset=utf-8']] as const;
  const target =
    kind === 'directory' && kindOfPath(files, `${path}/index.html`) === 'file'
      ? `${path}/index.html`
      : path;
  if (kind === 'none') {
    return {
      status: 404,
      reason: 'File not found',
      headers: html,
      body: '<!DOCTYPE HTML>\n<html lang="en">\n<body><h1>Error response</h1><p>Error code: 404</p></body>\n</html>\n',
      close: true,
    };
  }
  if (kind === 'directory' && target === path) {
    const names = files.list(path);
    const items = (names.ok ? names.value : []).map((name) => {
      const shown = kindOfPath(files, `${path}/${name}`) === 'directory' ? `${name}/` : name;
      return `<li><a href="${shown}">${shown}</a></li>`;
    });
    const title = `Directory listing for ${request.path}`;
    const body = `<!DOCTYPE HTML>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>${title}</title>\n</head>\n<body>\n<h1>${title}</h1>\n<hr>\n<ul>\n${items.join('\n')}\n</ul>\n<hr>\n</body>\n</html>\n`;
    return { status: 200, headers: html, body };
  }
  const read = files.readFile(target);
  return read.ok
    ? { status: 200, headers: [['Content-type', mediaType(target)]], body: read.value }
    : { status: 404 };
}
