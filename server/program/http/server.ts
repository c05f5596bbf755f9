import {
  type Errno,
  encodeUtf8,
  type Ip,
  type Result,
  type Socket,
  type SocketAddress,
} from '../../../topology/index.js';
import { background } from '../guard.js';
import type { Guest } from '../guest.js';
import { type Connection, type ConnectionHandler, listenTcp } from '../net/tcp-server.js';
import { emitHead, type Headers, HttpParser, headerOf, REASONS } from './message.js';

/** One request as a handler sees it. */
export interface HttpRequest {
  readonly method: string;
  /** As sent: path and query, or an absolute URL. */
  readonly target: string;
  readonly path: string;
  /** Without the `?`; empty when there was none. */
  readonly query: string;
  readonly version: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
}

/** An answer. Content-Length and Connection are added; other header fields are sent in the given order. */
export interface HttpReply {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: Headers;
  readonly body?: string | Uint8Array;
  /** Closes the connection after the answer. */
  readonly close?: boolean;
}

/** What a server is made of. */
export interface HttpServerOptions {
  readonly address: Ip;
  readonly port: number;
  handle(request: HttpRequest): HttpReply | Promise<HttpReply>;
  /** Fields that come first in each answer: `Server`, `Date`. */
  baseHeaders?(): Headers;
  /** Called after each answer, for an access log. */
  log?(request: HttpRequest, reply: HttpReply, sentBytes: number): void;
  /** Answer to what is not HTTP; the connection is closed after it. */
  readonly badRequest?: HttpReply;
  /** `Connection: keep-alive` is written out, as nginx does; others leave it to the version. */
  readonly writesKeepAlive?: boolean;
  readonly backlog?: number;
}

/** Serves HTTP/1.1 with persistent connections; requests of one connection are answered in order. */
export function serveHttp(guest: Guest, options: HttpServerOptions): Result<Socket, Errno> {
  return listenTcp(guest, {
    address: options.address,
    port: options.port,
    ...(options.backlog === undefined ? {} : { backlog: options.backlog }),
    accept: (connection) => new HttpConnection(guest, connection, options),
  });
}

class HttpConnection implements ConnectionHandler {
  private readonly guest: Guest;
  private readonly connection: Connection;
  private readonly options: HttpServerOptions;
  private readonly parser: HttpParser;
  private readonly queue: HttpRequest[] = [];
  private busy = false;
  private peerEnded = false;

  constructor(guest: Guest, connection: Connection, options: HttpServerOptions) {
    this.guest = guest;
    this.connection = connection;
    this.options = options;
    this.parser = new HttpParser(
      'request',
      (message) => {
        const [method, target, version] = message.start;
        const path = target.replace(/^https?:\/\/[^/]*/, '') || '/';
        const mark = path.indexOf('?');
        this.queue.push({
          method,
          target,
          path: mark < 0 ? path : path.slice(0, mark),
          query: mark < 0 ? '' : path.slice(mark + 1),
          version,
          headers: message.headers,
          body: message.body,
          remote: connection.remote,
          local: connection.local,
        });
      },
      (head) => this.mayContinue(head.headers),
    );
  }

  onData(octets: Uint8Array): void {
    this.parser.push(octets);
    if (this.parser.broken && this.queue.length === 0 && !this.busy) {
      const reply = this.options.badRequest ?? {
        status: 400,
        headers: [['Content-Type', 'text/plain; charset=utf-8']],
        body: '400 Bad Request',
      };
      this.send(undefined, { ...reply, close: true });
      return;
    }
    this.next();
  }

  onEnd(): void {
    this.peerEnded = true;
    if (!this.busy && this.queue.length === 0) this.connection.end();
  }

  private mayContinue(headers: Headers): void {
    if (headerOf(headers, 'Expect')?.toLowerCase() === '100-continue') {
      this.connection.write(encodeUtf8('HTTP/1.1 100 Continue\r\n\r\n'));
    }
  }

  private next(): void {
    while (!this.busy) {
      const request = this.queue.shift();
      if (request === undefined) return;
      const reply = this.options.handle(request);
      if (reply instanceof Promise) {
        this.busy = true;
        const sent = reply.then((settled) => {
          this.busy = false;
          this.send(request, settled);
          this.next();
        });
        background(this.guest, sent);
      } else this.send(request, reply);
    }
  }

  private send(request: HttpRequest | undefined, reply: HttpReply): void {
    const body = typeof reply.body === 'string' ? encodeUtf8(reply.body) : reply.body;
    const close = reply.close === true || this.peerEnded || wantsClose(request);
    const headers = [...(this.options.baseHeaders?.() ?? []), ...(reply.headers ?? [])];
    const bodyless = reply.status === 204 || reply.status === 304;
    if (!bodyless && headerOf(headers, 'Content-Length') === undefined) {
      headers.push(['Content-Length', String(body?.length ?? 0)]);
    }
    if (close) headers.push(['Connection', 'close']);
    else if (this.options.writesKeepAlive === true || request?.version === 'HTTP/1.0') {
      headers.push(['Connection', 'keep-alive']);
    }
    const reason = reply.reason ?? REASONS.get(reply.status) ?? 'Unknown';
    this.connection.write(emitHead(`HTTP/1.1 ${reply.status} ${reason}`, headers));
    const content = bodyless || request?.method === 'HEAD' ? undefined : body;
    if (content !== undefined && content.length > 0) this.connection.write(content);
    if (request !== undefined) this.options.log?.(request, reply, content?.length ?? 0);
    if (close) this.connection.end();
  }
}

function wantsClose(request: HttpRequest | undefined): boolean {
  if (request === undefined) return true;
  const connection = headerOf(request.headers, 'Connection')?.toLowerCase() ?? '';
  if (connection.includes('close')) return true;
  return request.version === 'HTTP/1.0' && !connection.includes('keep-alive');
}
