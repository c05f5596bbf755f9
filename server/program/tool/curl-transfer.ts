/** One transfer of curl: look-up, connection, exchange, and what its failures are called. */
import { encodeUtf8, formatIp, type Ip, strerror } from '../../../topology/index.js';
import { type ExchangeError, exchange, type HttpUrl, parseUrl } from '../http/client.js';
import { type HttpMessage, headerOf } from '../http/message.js';
import { sleep } from '../io/wait.js';
import { resolveHost } from '../net/resolver.js';
import { connectTcp, type StreamError } from '../net/tcp-stream.js';
import { NO_METER, type Progress, startMeter } from './curl-meter.js';
import { parseDuration } from './duration.js';
import type { ToolIo } from './tool.js';

const SECOND_NS = 1_000_000_000;

/** Where a transfer stands when it is over. */
export interface Transfer {
  readonly code: number;
  readonly words: string;
  readonly message?: HttpMessage;
  readonly effectiveUrl: string;
  readonly remote?: { readonly address: Ip; readonly port: number };
  readonly seconds: number;
}

/** What a person asked curl for. */
export interface CurlOptions {
  readonly io: ToolIo;
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly headers: readonly [string, string][];
  readonly data: readonly string[];
  readonly resolves: readonly string[];
}

/** Transfers once, following redirects when asked to. */
export async function curlOnce(options: CurlOptions, url: string): Promise<Transfer> {
  const { io, flags, values } = options;
  const startNs = io.sys.nowNs;
  const limit = parseDuration(values.get('m') ?? '');
  const deadline = limit === undefined || limit === 0 ? undefined : startNs + limit * SECOND_NS;
  const over = (code: number, words: string, extra: Partial<Transfer> = {}): Transfer => ({
    code,
    words,
    effectiveUrl: url,
    seconds: (io.sys.nowNs - startNs) / SECOND_NS,
    ...extra,
  });
  let target = url;
  for (let redirects = 0; redirects <= 50; redirects++) {
    const parsed = parseUrl(target);
    if (parsed === undefined) return over(3, 'URL using bad/illegal format or missing URL');
    const meter = showsMeter(options) ? await startMeter(io, redirects === 0) : NO_METER;
    const transfer = await curlRequest(options, parsed, { deadline, startNs, over });
    // What fails before there is an address to wait for leaves the line open.
    await meter.finish(progressOf(options, transfer), transfer.code === 6 ? '' : '\n');
    if (flags.has('v') && transfer.message !== undefined)
      await io.err(`* Connection #0 to host ${parsed.host} left intact\n`);
    const location =
      transfer.message === undefined ? undefined : headerOf(transfer.message.headers, 'Location');
    const redirected = location !== undefined && /^3/.test(transfer.message?.start[1] ?? '');
    if (!redirected || !flags.has('L')) return { ...transfer, effectiveUrl: target };
    target = location.startsWith('/')
      ? `${parsed.scheme}://${parsed.authority}${location}`
      : location;
  }
  return over(47, 'Maximum (50) redirects followed');
}

/** Not when silent, nor when the body goes to a terminal. */
function showsMeter({ io, flags, values }: CurlOptions): boolean {
  const named = flags.has('O') || (values.has('o') && values.get('o') !== '-');
  return !flags.has('s') && (named || !io.terminal);
}

function progressOf({ data, flags }: CurlOptions, { code, message }: Transfer): Progress {
  const length = message === undefined ? undefined : headerOf(message.headers, 'Content-Length');
  const skipped = flags.has('I') || code === 22;
  return {
    expected: length === undefined ? undefined : Number(length),
    received: skipped ? 0 : (message?.body.length ?? 0),
    sent: message === undefined || flags.has('G') ? 0 : encodeUtf8(data.join('&')).length,
  };
}

interface Attempt {
  readonly deadline: number | undefined;
  readonly startNs: number;
  over(code: number, words: string, extra?: Partial<Transfer>): Transfer;
}

async function curlRequest(
  options: CurlOptions,
  url: HttpUrl,
  attempt: Attempt,
): Promise<Transfer> {
  const { io, flags, values } = options;
  const { over } = attempt;
  const verbose = async (text: string): Promise<void> => {
    if (flags.has('v')) await io.err(text);
  };
  const forced = options.resolves
    .map((each) => each.split(':'))
    .find(([host, port]) => host === url.host && Number(port) === url.port);
  const host = forced?.slice(2).join(':') ?? url.host;
  const late = attempt.deadline === undefined ? undefined : attempt.deadline - io.sys.nowNs;
  const resolved = await orTimeout(io, resolveHost(io.guest, host, { family: 'ipv4' }), late);
  if (resolved === 'TIMEOUT')
    return over(28, `Resolving timed out after ${elapsed(io, attempt)} milliseconds`);
  const address = resolved.ok ? resolved.value[0] : undefined;
  if (address === undefined) {
    await verbose(`* Could not resolve host: ${url.host}\n`);
    return over(6, `Could not resolve host: ${url.host}`);
  }
  const remote = { address, port: url.port };
  await verbose(`*   Trying ${formatIp(address)}:${url.port}...\n`);
  const connectLimit = parseDuration(values.get('connect-timeout') ?? '');
  const limits = [
    connectLimit === undefined ? 300 * SECOND_NS : connectLimit * SECOND_NS,
    ...(attempt.deadline === undefined ? [] : [attempt.deadline - io.sys.nowNs]),
  ];
  const connected = await connectTcp(io.guest, remote, { timeoutNs: Math.min(...limits) });
  if (!connected.ok)
    return connectFailure(options, url, { error: connected.error, attempt, remote });
  await verbose(`* Connected to ${url.host} (${formatIp(address)}) port ${url.port} (#0)\n`);
  if (url.scheme === 'https') {
    connected.value.close();
    return over(35, 'OpenSSL SSL_connect: podnet does not model TLS', { remote });
  }
  const request = curlExchange(options, url);
  const shown = [
    `${request.method} ${request.target} HTTP/1.1`,
    ...request.headers.map(([name, value]) => `${name}: ${value}`),
    '',
  ];
  await verbose(shown.map((line) => `> ${line}\n`).join(''));
  const left = attempt.deadline === undefined ? {} : { timeoutNs: attempt.deadline - io.sys.nowNs };
  const answer = await exchange(io.guest, connected.value, { ...request, ...left });
  connected.value.close();
  if (!answer.ok) return exchangeFailure(answer.error, attempt, { io, remote });
  const message = answer.value;
  await verbose(
    [
      message.start.join(' ').trimEnd(),
      ...message.headers.map(([name, value]) => `${name}: ${value}`),
      '',
    ]
      .map((line) => `< ${line}\n`)
      .join(''),
  );
  if (message.body.length > 0) await verbose(`{ [${message.body.length} bytes data]\n`);
  if (flags.has('f') && Number(message.start[1]) >= 400) {
    return over(22, `The requested URL returned error: ${message.start[1]}`, { message, remote });
  }
  return over(0, '', { message, remote });
}

function elapsed(io: ToolIo, attempt: Attempt): number {
  return Math.floor((io.sys.nowNs - attempt.startNs) / 1e6);
}

async function orTimeout<T>(
  io: ToolIo,
  work: Promise<T>,
  limitNs: number | undefined,
): Promise<T | 'TIMEOUT'> {
  if (limitNs === undefined) return work;
  return Promise.race([work, sleep(io.sys, Math.max(0, limitNs)).then(() => 'TIMEOUT' as const)]);
}

async function connectFailure(
  options: CurlOptions,
  url: HttpUrl,
  how: {
    readonly error: StreamError;
    readonly attempt: Attempt;
    readonly remote: { address: Ip; port: number };
  },
): Promise<Transfer> {
  const { io, flags } = options;
  const { error, attempt, remote } = how;
  const after = `Failed to connect to ${url.host} port ${url.port} after ${elapsed(io, attempt)} ms`;
  const timedOut = error === 'TIMEOUT' || error === 'ETIMEDOUT';
  const words = `${after}: ${timedOut ? 'Timeout was reached' : "Couldn't connect to server"}`;
  if (flags.has('v')) {
    const reason = error === 'TIMEOUT' ? 'Connection timed out' : strerror(error);
    await io.err(
      `* connect to ${formatIp(remote.address)} port ${url.port} failed: ${reason}\n* ${words}\n* Closing connection 0\n`,
    );
  }
  return attempt.over(timedOut ? 28 : 7, words, { remote });
}

function exchangeFailure(
  error: ExchangeError,
  attempt: Attempt,
  how: { readonly io: ToolIo; readonly remote: { address: Ip; port: number } },
): Transfer {
  const { io, remote } = how;
  switch (error) {
    case 'TIMEOUT':
      return attempt.over(
        28,
        `Operation timed out after ${elapsed(io, attempt)} milliseconds with 0 bytes received`,
        { remote },
      );
    case 'EMPTY':
      return attempt.over(52, 'Empty reply from server', { remote });
    case 'MALFORMED':
      return attempt.over(1, 'Received HTTP/0.9 when not allowed', { remote });
    case 'PARTIAL':
      return attempt.over(18, 'transfer closed with outstanding read data remaining', { remote });
    default:
      return attempt.over(56, `Recv failure: ${strerror(error)}`, { remote });
  }
}

function curlExchange(options: CurlOptions, url: HttpUrl) {
  const { flags, values, data } = options;
  const asQuery = flags.has('G') && data.length > 0;
  const body = data.length > 0 && !asQuery ? encodeUtf8(data.join('&')) : undefined;
  const method = values.get('X') ?? (flags.has('I') ? 'HEAD' : body === undefined ? 'GET' : 'POST');
  const own = new Set(options.headers.map(([name]) => name.toLowerCase()));
  const credentials = values.get('u') ?? url.credentials;
  // Without '=' it names a cookie jar: podnet keeps none.
  const cookie = values.get('b')?.includes('=') === true ? values.get('b') : undefined;
  const usual: [string, string][] = [
    ['Host', url.authority],
    ...(credentials === undefined
      ? []
      : [['Authorization', `Basic ${btoa(credentials)}`] as [string, string]]),
    ['User-Agent', values.get('A') ?? 'curl/7.88.1'],
    ['Accept', '*/*'],
    ...(cookie === undefined ? [] : [['Cookie', cookie] as [string, string]]),
    ...(body === undefined
      ? []
      : [
          ['Content-Length', String(body.length)] as [string, string],
          ['Content-Type', 'application/x-www-form-urlencoded'] as [string, string],
        ]),
  ];
  const headers = [
    ...usual.filter(([name]) => !own.has(name.toLowerCase())),
    ...options.headers.filter(([, value]) => value !== ''),
  ];
  headers.sort(
    ([a], [b]) => Number(b.toLowerCase() === 'host') - Number(a.toLowerCase() === 'host'),
  );
  const target = asQuery
    ? `${url.target}${url.target.includes('?') ? '&' : '?'}${data.join('&')}`
    : url.target;
  return { method, target, headers, ...(body === undefined ? {} : { body }) };
}
