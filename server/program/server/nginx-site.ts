import { formatIp, type Ip } from '../../../topology/index.js';
import type { Guest } from '../guest.js';
import { fetchOnce, parseUrl } from '../http/client.js';
import { headerOf } from '../http/message.js';
import type { HttpReply, HttpRequest } from '../http/server.js';
import { resolveHost } from '../net/resolver.js';
import { type Directive, directivesNamed, directiveValue } from './nginx-config.js';
import type { NginxSite, UpstreamAddresses } from './nginx-servers.js';
import { kindOfPath, mediaType, pathBelow } from './static-files.js';

const PROXY_TIMEOUT_NS = 60_000_000_000;

/** Answers requests of one server block. */
export class SiteHandler {
  private readonly guest: Guest;
  private readonly site: NginxSite;
  private readonly upstreams: UpstreamAddresses;
  private readonly version: string;
  private turn = 0;

  constructor(
    guest: Guest,
    site: NginxSite,
    details: { readonly upstreams: UpstreamAddresses; readonly version: string },
  ) {
    this.guest = guest;
    this.site = site;
    this.upstreams = details.upstreams;
    this.version = details.version;
  }

  handle(request: HttpRequest): HttpReply | Promise<HttpReply> {
    const early = directivesNamed(this.site.block, 'return')[0];
    if (early !== undefined) return this.returned(early, request, []);
    const location = chooseLocation(this.site.block, request.path);
    const block = location?.block ?? [];
    const answer = directivesNamed(block, 'return')[0];
    if (answer !== undefined) return this.returned(answer, request, block);
    const pass = directivesNamed(block, 'proxy_pass')[0];
    if (pass !== undefined) return this.proxied(pass, request, location);
    if (directivesNamed(block, 'stub_status').length > 0)
      return { status: 200, headers: PLAIN, body: STUB };
    return this.fromFiles(request, block, location);
  }

  /** An error in nginx's own page. */
  errorPage(status: number, reason: string): HttpReply {
    const title = `${status} ${reason}`;
    const lines = [
      '<html>',
      `<head><title>${title}</title></head>`,
      '<body>',
      `<center><h1>${title}</h1></center>`,
      `<hr><center>nginx/${this.version}</center>`,
      '</body>',
      '</html>',
      '',
    ];
    return { status, reason, headers: HTML, body: lines.join('\r\n') };
  }

  private returned(
    directive: Directive,
    request: HttpRequest,
    block: readonly Directive[],
  ): HttpReply {
    const [first = '200', second] = directive.args;
    const status = /^\d{3}$/.test(first) ? Number(first) : 302;
    const text = /^\d{3}$/.test(first) ? second : first;
    const value = text === undefined ? undefined : this.variables(text, request);
    if (status >= 301 && status <= 308 && value !== undefined) {
      return { ...this.errorPage(status, 'Moved'), headers: [...HTML, ['Location', value]] };
    }
    if (value === undefined && status >= 400)
      return this.errorPage(status, REASON[status] ?? 'Error');
    const type =
      directiveValue(block, 'default_type') ??
      directiveValue(this.site.block, 'default_type') ??
      directiveValue(this.site.http, 'default_type') ??
      'text/plain';
    return {
      status,
      headers: [['Content-Type', type], ...this.addedHeaders(block, request)],
      body: (value ?? '').replace(/\\n/g, '\n').replace(/\\t/g, '\t'),
    };
  }

  private addedHeaders(block: readonly Directive[], request: HttpRequest): [string, string][] {
    const own = directivesNamed(block, 'add_header');
    const used = own.length > 0 ? own : directivesNamed(this.site.block, 'add_header');
    return used.map((directive): [string, string] => [
      directive.args[0] ?? '',
      this.variables(directive.args[1] ?? '', request),
    ]);
  }

  private variables(text: string, request: HttpRequest): string {
    const host = headerOf(request.headers, 'Host') ?? '';
    return text.replace(/\$\{?([a-z_0-9]+)\}?/g, (whole, name: string) => {
      switch (name) {
        case 'hostname':
          return this.guest.sys.hostname;
        case 'host':
          return host.split(':')[0] ?? '';
        case 'http_host':
          return host;
        case 'request_uri':
          return request.query === '' ? request.path : `${request.path}?${request.query}`;
        case 'uri':
        case 'document_uri':
          return request.path;
        case 'args':
        case 'query_string':
          return request.query;
        case 'remote_addr':
          return formatIp(request.remote.address);
        case 'remote_port':
          return String(request.remote.port);
        case 'server_addr':
          return formatIp(request.local.address);
        case 'server_port':
          return String(request.local.port);
        case 'request_method':
          return request.method;
        case 'scheme':
          return 'http';
        case 'server_name':
          return this.site.names[0] ?? '';
        case 'nginx_version':
          return this.version;
        case 'proxy_add_x_forwarded_for': {
          const before = headerOf(request.headers, 'X-Forwarded-For');
          const client = formatIp(request.remote.address);
          return before === undefined ? client : `${before}, ${client}`;
        }
        default:
          return name.startsWith('http_')
            ? (headerOf(request.headers, name.slice(5).replaceAll('_', '-')) ?? '')
            : whole;
      }
    });
  }

  private fromFiles(
    request: HttpRequest,
    block: readonly Directive[],
    location: Directive | undefined,
  ): HttpReply {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return this.errorPage(405, 'Not Allowed');
    }
    const alias = directiveValue(block, 'alias');
    const root =
      directiveValue(block, 'root') ??
      directiveValue(this.site.block, 'root') ??
      directiveValue(this.site.http, 'root') ??
      '/etc/nginx/html';
    const prefix = location?.args.at(-1) ?? '/';
    const path =
      alias === undefined
        ? pathBelow(root, request.path)
        : pathBelow(alias, request.path.slice(prefix.length));
    const tries = directivesNamed(block, 'try_files')[0]?.args ?? [];
    for (const attempt of tries) {
      if (attempt.startsWith('=')) return this.errorPage(Number(attempt.slice(1)), 'Not Found');
      const tried = pathBelow(root, this.variables(attempt, request));
      if (kindOfPath(this.guest.request.files, tried) === 'file')
        return this.file(tried, block, request);
    }
    return this.fileOrIndex(path, block, request);
  }

  private fileOrIndex(path: string, block: readonly Directive[], request: HttpRequest): HttpReply {
    const { files } = this.guest.request;
    const kind = kindOfPath(files, path);
    if (kind === 'file' && !request.path.endsWith('/')) return this.file(path, block, request);
    if (kind === 'directory') {
      if (!request.path.endsWith('/')) {
        const where = `http://${headerOf(request.headers, 'Host') ?? ''}${request.path}/`;
        return {
          ...this.errorPage(301, 'Moved Permanently'),
          headers: [...HTML, ['Location', where]],
        };
      }
      const index = [
        ...directivesNamed(block, 'index'),
        ...directivesNamed(this.site.block, 'index'),
      ];
      for (const name of index[0]?.args ?? ['index.html']) {
        if (kindOfPath(files, `${path}/${name}`) === 'file') {
          return this.file(`${path}/${name}`, block, request);
        }
      }
      this.logError(`directory index of "${path}/" is forbidden`, request);
      return this.errorPage(403, 'Forbidden');
    }
    this.logError(`open() "${path}" failed (2: No such file or directory)`, request);
    return this.errorPage(404, 'Not Found');
  }

  private file(path: string, block: readonly Directive[], request: HttpRequest): HttpReply {
    const read = this.guest.request.files.readFile(path);
    if (!read.ok) return this.errorPage(403, 'Forbidden');
    return {
      status: 200,
      headers: [
        ['Content-Type', mediaType(path)],
        ['Accept-Ranges', 'bytes'],
        ...this.addedHeaders(block, request),
      ],
      body: read.value,
    };
  }

  private async proxied(
    directive: Directive,
    request: HttpRequest,
    location: Directive | undefined,
  ): Promise<HttpReply> {
    const text = this.variables(directive.args[0] ?? '', request);
    const url = parseUrl(text);
    if (url === undefined) return this.errorPage(500, 'Internal Server Error');
    const targets = await this.targetsOf(url.host, url.port);
    // A path in proxy_pass replaces the part of the request that the location matched.
    const hasPath = /^https?:\/\/[^/]+\//.test(text);
    const prefix = location?.args.at(-1) ?? '/';
    const uri = hasPath ? url.target + request.path.slice(prefix.length) : request.path;
    const target = request.query === '' ? uri : `${uri}?${request.query}`;
    for (let tried = 0; tried < targets.length; tried++) {
      const to = targets[this.turn++ % targets.length];
      if (to === undefined) break;
      const answer = await fetchOnce(this.guest, to, {
        method: request.method,
        target,
        headers: this.proxyHeaders(location?.block ?? [], request, url.authority),
        body: request.body,
        timeoutNs: PROXY_TIMEOUT_NS,
      });
      if (answer.ok) {
        return {
          status: Number(answer.value.start[1]),
          reason: answer.value.start[2],
          headers: answer.value.headers.filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase())),
          body: answer.value.body,
        };
      }
      const words = answer.error === 'TIMEOUT' ? 'upstream timed out' : 'connect() failed';
      const where = `http://${formatIp(to.address)}:${to.port}${target}`;
      this.logError(`${words} while connecting to upstream, upstream: "${where}"`, request);
      if (answer.error === 'TIMEOUT') return this.errorPage(504, 'Gateway Time-out');
    }
    return this.errorPage(502, 'Bad Gateway');
  }

  private proxyHeaders(
    block: readonly Directive[],
    request: HttpRequest,
    authority: string,
  ): [string, string][] {
    const set = directivesNamed([...this.site.block, ...block], 'proxy_set_header');
    const headers = new Map<string, [string, string]>();
    for (const [name, value] of request.headers) {
      if (!HOP_BY_HOP.has(name.toLowerCase())) headers.set(name.toLowerCase(), [name, value]);
    }
    headers.set('host', ['Host', authority]);
    for (const directive of set) {
      const [name = '', value = ''] = directive.args;
      headers.set(name.toLowerCase(), [name, this.variables(value, request)]);
    }
    headers.set('connection', ['Connection', 'close']);
    if (request.body.length > 0) {
      headers.set('content-length', ['Content-Length', String(request.body.length)]);
    }
    return [...headers.values()];
  }

  private async targetsOf(
    host: string,
    port: number,
  ): Promise<readonly { address: Ip; port: number }[]> {
    const group = directivesNamed(this.site.http, 'upstream').find(
      (directive) => directive.args[0] === host,
    );
    if (group !== undefined) {
      return directivesNamed(group.block ?? [], 'server').flatMap(
        (server) => this.upstreams.get(server.args[0] ?? '') ?? [],
      );
    }
    const known = this.upstreams.get(`${host}:${port}`);
    if (known !== undefined) return known;
    const resolved = await resolveHost(this.guest, host);
    return resolved.ok ? resolved.value.map((address) => ({ address, port })) : [];
  }

  private logError(text: string, request: HttpRequest): void {
    this.guest.print(
      `[error] 29#29: *1 ${text}, client: ${formatIp(request.remote.address)}, request: "${request.method} ${request.target} ${request.version}"\n`,
      'stderr',
    );
  }
}

/** nginx's choice: exact, then the longest prefix unless a regular expression matches and `^~` does not forbid it. */
export function chooseLocation(block: readonly Directive[], path: string): Directive | undefined {
  let longest: Directive | undefined;
  let pattern: Directive | undefined;
  for (const location of directivesNamed(block, 'location')) {
    const [first = '', second] = location.args;
    const text = second ?? first;
    if (second !== undefined && first === '=' && text === path) return location;
    if (first === '~' || first === '~*') {
      if (pattern === undefined && matches(text, first === '~*', path)) pattern = location;
    } else if (first !== '=' && path.startsWith(text)) {
      if (longest === undefined || text.length > (longest.args.at(-1) ?? '').length)
        longest = location;
    }
  }
  return longest?.args[0] === '^~' ? longest : (pattern ?? longest);
}

function matches(pattern: string, ignoreCase: boolean, path: string): boolean {
  try {
    return new RegExp(pattern, ignoreCase ? 'i' : '').test(path);
  } catch {
    return false;
  }
}

const HTML = [['Content-Type', 'text/html']] as const;
const PLAIN = [['Content-Type', 'text/plain']] as const;
const STUB =
  'Active connections: 1 \nserver accepts handled requests\n 1 1 1 \nReading: 0 Writing: 1 Waiting: 0 \n';
const REASON: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  404: 'Not Found',
  503: 'Service Temporarily Unavailable',
};
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'upgrade',
  'content-length',
]);
