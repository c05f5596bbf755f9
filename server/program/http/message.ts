import { decodeUtf8, encodeUtf8 } from '../../../topology/index.js';
import { concatOctets, OctetQueue } from '../io/octets.js';

/** Header fields in the order in which they were sent. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** The start line, header fields and content of a request or response. */
export interface HttpMessage {
  /** Three words: method, target, version; or version, status, reason. */
  readonly start: readonly [string, string, string];
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** Reasons of status codes (RFC 9110 section 15), as servers write them. */
export const REASONS: ReadonlyMap<number, string> = new Map([
  [100, 'Continue'],
  [101, 'Switching Protocols'],
  [200, 'OK'],
  [201, 'Created'],
  [202, 'Accepted'],
  [204, 'No Content'],
  [206, 'Partial Content'],
  [301, 'Moved Permanently'],
  [302, 'Found'],
  [303, 'See Other'],
  [304, 'Not Modified'],
  [307, 'Temporary Redirect'],
  [308, 'Permanent Redirect'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [408, 'Request Timeout'],
  [409, 'Conflict'],
  [418, "I'm a teapot"],
  [429, 'Too Many Requests'],
  [500, 'Internal Server Error'],
  [501, 'Not Implemented'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Timeout'],
]);

/** The first value of a header field; names compare without case. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return headers.find(([field]) => field.toLowerCase() === wanted)?.[1];
}

/** Writes start line and header fields, with the empty line. */
export function emitHead(start: string, headers: Headers): Uint8Array {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return encodeUtf8(`${start}\r\n${lines.join('')}\r\n`);
}

type Stage =
  | 'start'
  | 'headers'
  | 'body'
  | 'chunk-size'
  | 'chunk'
  | 'chunk-end'
  | 'trailer'
  | 'until-close';

/**
 * Reads HTTP/1 messages from pieces of a stream (RFC 9112).
 *
 * Fidelity: transfer codings other than `chunked` are read as they are; obsolete line folding is refused.
 */
export class HttpParser {
  /** Set when the input is not HTTP; nothing is read from then on. */
  broken = false;
  /** Responses to HEAD have no content whatever their header fields say. */
  expectNoBody = false;
  private readonly kind: 'request' | 'response';
  private readonly onMessage: (message: HttpMessage) => void;
  private readonly onHead: ((message: HttpMessage) => void) | undefined;
  private readonly input = new OctetQueue();
  private stage: Stage = 'start';
  private start: [string, string, string] = ['', '', ''];
  private headers: [string, string][] = [];
  private pieces: Uint8Array[] = [];
  private missing = 0;

  constructor(
    kind: 'request' | 'response',
    onMessage: (message: HttpMessage) => void,
    onHead?: (message: HttpMessage) => void,
  ) {
    this.kind = kind;
    this.onMessage = onMessage;
    this.onHead = onHead;
  }

  /** True in the middle of a message. */
  get inMessage(): boolean {
    return this.stage !== 'start';
  }

  push(octets: Uint8Array): void {
    this.input.push(octets);
    while (!this.broken && this.advance()) {
      // Each step takes what it can; it says false when it needs more.
    }
  }

  /** The stream ended: a response without a length is whole now. False when it was cut short. */
  end(): boolean {
    if (this.stage === 'until-close') {
      this.finish();
      return true;
    }
    return this.stage === 'start';
  }

  private advance(): boolean {
    if (this.stage === 'body' || this.stage === 'chunk') return this.takeContent();
    if (this.stage === 'until-close') {
      if (this.input.length > 0) this.pieces.push(this.input.take());
      return false;
    }
    const octets = this.input.takeLine();
    if (octets === undefined) return false;
    this.takeLine(decodeUtf8(octets));
    return true;
  }

  private takeContent(): boolean {
    if (this.input.length === 0) return false;
    const piece = this.input.take(this.missing);
    this.pieces.push(piece);
    this.missing -= piece.length;
    if (this.missing > 0) return false;
    if (this.stage === 'chunk') this.stage = 'chunk-end';
    else this.finish();
    return true;
  }

  private takeLine(line: string): void {
    switch (this.stage) {
      case 'start':
        if (line !== '') this.takeStart(line);
        return;
      case 'headers':
        if (line === '') this.headersDone();
        else this.takeHeader(line);
        return;
      case 'chunk-size': {
        const size = Number.parseInt(line.split(';')[0] ?? '', 16);
        if (Number.isNaN(size)) this.broken = true;
        this.missing = size;
        this.stage = size === 0 ? 'trailer' : 'chunk';
        return;
      }
      case 'chunk-end':
        this.stage = 'chunk-size';
        return;
      case 'trailer':
        if (line === '') this.finish();
        return;
      default:
        return;
    }
  }

  private takeStart(line: string): void {
    const match = /^(\S+) (\S+)(?: (.*))?$/.exec(line);
    const [, first = '', second = '', third = ''] = match ?? [];
    const version = this.kind === 'request' ? third : first;
    if (match === null || !/^HTTP\/1\.[01]$/.test(version)) {
      this.broken = true;
      return;
    }
    this.start = [first, second, third];
    this.stage = 'headers';
  }

  private takeHeader(line: string): void {
    const colon = line.indexOf(':');
    if (colon <= 0) {
      this.broken = true;
      return;
    }
    this.headers.push([line.slice(0, colon), line.slice(colon + 1).trim()]);
  }

  private headersDone(): void {
    this.onHead?.({ start: this.start, headers: this.headers, body: new Uint8Array(0) });
    const status = this.kind === 'response' ? Number(this.start[1]) : 0;
    if (this.expectNoBody || status === 204 || status === 304 || (status > 0 && status < 200)) {
      this.finish();
      return;
    }
    if (headerOf(this.headers, 'Transfer-Encoding')?.toLowerCase().includes('chunked') === true) {
      this.stage = 'chunk-size';
      return;
    }
    const length = headerOf(this.headers, 'Content-Length');
    if (length === undefined) {
      if (this.kind === 'request') this.finish();
      else this.stage = 'until-close';
      return;
    }
    this.missing = Number(length);
    if (!/^\d+$/.test(length)) this.broken = true;
    else if (this.missing === 0) this.finish();
    else this.stage = 'body';
  }

  private finish(): void {
    const message = { start: this.start, headers: this.headers, body: concatOctets(this.pieces) };
    this.stage = 'start';
    this.headers = [];
    this.pieces = [];
    this.onMessage(message);
  }
}
