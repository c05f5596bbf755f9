import { fail, type Ip, ok, type Result } from '../../../topology/index.js';
import type { Guest } from '../guest.js';
import { connectTcp, type StreamError, type TcpStream } from '../net/tcp-stream.js';
import { emitHead, type Headers, type HttpMessage, HttpParser } from './message.js';

/** A URL's parts as clients use them. */
export interface HttpUrl {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** With the query; at least `/`. */
  readonly target: string;
  /** For the Host field: the port only when it is not the scheme's own. */
  readonly authority: string;
  /** `user:password` before the host. */
  readonly credentials?: string;
}

/** Reads a URL; without a scheme it is http. */
export function parseUrl(text: string): HttpUrl | undefined {
  const match =
    /^(?:(https?):\/\/)?(?:([^@/?#]*)@)?(\[[0-9a-fA-F:]+\]|[^:/?#]+)(?::(\d*))?([/?][^#]*)?(?:#.*)?$/i.exec(
      text,
    );
  if (match === null) return undefined;
  const [, schemeText, credentials, hostText = '', portText, rest = '/'] = match;
  const scheme = schemeText?.toLowerCase() === 'https' ? 'https' : 'http';
  const usual = scheme === 'https' ? 443 : 80;
  const port = portText === undefined || portText === '' ? usual : Number(portText);
  if (port > 65535) return undefined;
  return {
    scheme,
    host: hostText.replace(/^\[|\]$/g, ''),
    port,
    target: rest.startsWith('/') ? rest : `/${rest}`,
    authority: port === usual ? hostText : `${hostText}:${port}`,
    ...(credentials === undefined ? {} : { credentials }),
  };
}

/** One request over a connection that is open. */
export interface HttpExchange {
  readonly method: string;
  readonly target: string;
  readonly headers: Headers;
  readonly body?: Uint8Array;
  /** Limit for the whole answer. */
  readonly timeoutNs?: number;
}

/** `EMPTY` is a connection closed before any answer, `MALFORMED` an answer that is not HTTP, `PARTIAL` one cut short. */
export type ExchangeError = StreamError | 'EMPTY' | 'MALFORMED' | 'PARTIAL';

/** Sends a request and reads its answer. */
export async function exchange(
  guest: Guest,
  stream: TcpStream,
  request: HttpExchange,
): Promise<Result<HttpMessage, ExchangeError>> {
  const deadline =
    request.timeoutNs === undefined ? undefined : guest.sys.nowNs + request.timeoutNs;
  const failure =
    (await stream.write(
      emitHead(`${request.method} ${request.target} HTTP/1.1`, request.headers),
    )) ?? (request.body === undefined ? undefined : await stream.write(request.body));
  if (failure !== undefined) return fail(failure);
  let answer: HttpMessage | undefined;
  const parser = new HttpParser('response', (message) => {
    if (!message.start[1].startsWith('1')) answer ??= message;
  });
  parser.expectNoBody = request.method === 'HEAD';
  let received = 0;
  while (answer === undefined) {
    const left = deadline === undefined ? undefined : deadline - guest.sys.nowNs;
    const got = await stream.read(left);
    if (!got.ok) return received === 0 || got.error === 'TIMEOUT' ? got : fail('PARTIAL');
    if (got.value.length === 0) {
      if (received === 0) return fail('EMPTY');
      parser.end();
      return answer === undefined ? fail('PARTIAL') : ok(answer);
    }
    received += got.value.length;
    parser.push(got.value);
    if (parser.broken) return fail('MALFORMED');
  }
  return ok(answer);
}

/** Opens a connection, makes one request, closes: what a proxy or a worker needs. */
export async function fetchOnce(
  guest: Guest,
  to: { readonly address: Ip; readonly port: number },
  request: HttpExchange,
): Promise<Result<HttpMessage, ExchangeError>> {
  const limits = request.timeoutNs === undefined ? {} : { timeoutNs: request.timeoutNs };
  const connected = await connectTcp(guest, to, limits);
  if (!connected.ok) return connected;
  const answer = await exchange(guest, connected.value, request);
  connected.value.close();
  return answer;
}
