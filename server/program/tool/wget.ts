/**
 * wget of busybox and of GNU, with the words and exit codes of the real ones.
 *
 * Fidelity: with -T it works; Debian's static busybox dies of it with status 139, which no image in a cluster carries.
 */
import { encodeUtf8, formatIp, type Ip, type Result, strerror } from '../../../topology/index.js';
import { type ExchangeError, exchange, type HttpUrl, parseUrl } from '../http/client.js';
import { type HttpMessage, headerOf } from '../http/message.js';
import { sleep } from '../io/wait.js';
import { resolveHost } from '../net/resolver.js';
import { connectTcp, type StreamError } from '../net/tcp-stream.js';
import { parseDuration } from './duration.js';
import { parseOptions, type Tool, type ToolIo } from './tool.js';

const SECOND_NS = 1_000_000_000;

const WGET_VALUES = [
  'O',
  'T',
  't',
  'U',
  'P',
  'Y',
  'o',
  'timeout',
  'tries',
  'header',
  'post-data',
  'output-document',
  'connect-timeout',
  'dns-timeout',
  'read-timeout',
  'waitretry',
  'user-agent',
];

/** wget. */
export const wget: Tool = async (io) => {
  const options = parseOptions(io.args, {
    flags: 'qScdvnN46',
    withValue: WGET_VALUES,
    long: [
      'spider',
      'no-check-certificate',
      'quiet',
      'server-response',
      'no-verbose',
      'retry-connrefused',
    ],
  });
  const [text] = options.rest;
  if (text === undefined) return io.fail('missing URL');
  const limitText = options.values.get('T') ?? options.values.get('timeout');
  const timeoutNs = (parseDuration(limitText ?? '') ?? 900) * SECOND_NS;
  const quiet = options.flags.has('q') || options.flags.has('quiet');
  const busybox = io.busybox;
  const tries = busybox ? 1 : Number(options.values.get('t') ?? options.values.get('tries') ?? 20);
  for (let attempt = 1; ; attempt++) {
    const outcome = await wgetOnce(io, text, { options, timeoutNs, quiet });
    const retries = outcome.error === 'TIMEOUT' || outcome.error === 'ETIMEDOUT';
    if (!retries || attempt >= tries) return outcome.status;
    if (!quiet) await io.err('Retrying.\n\n');
    await sleep(io.sys, Math.min(10, attempt) * SECOND_NS);
  }
};

interface WgetHow {
  readonly options: ReturnType<typeof parseOptions>;
  readonly timeoutNs: number;
  readonly quiet: boolean;
}

interface WgetOutcome {
  readonly status: number;
  readonly error?: string;
}

async function wgetOnce(
  io: ToolIo,
  text: string,
  how: WgetHow,
  redirects = 0,
): Promise<WgetOutcome> {
  const url = parseUrl(text);
  if (url === undefined) return { status: await io.fail(`bad address '${text}'`) };
  const resolved = await resolveHost(io.guest, url.host, { family: 'ipv4' });
  const address = resolved.ok ? resolved.value[0] : undefined;
  const say = async (line: string): Promise<void> => {
    if (!how.quiet) await io.err(line);
  };
  if (address === undefined) {
    if (io.busybox) return { status: await io.fail(`bad address '${url.authority}'`) };
    return { status: await io.fail(`unable to resolve host address '${url.host}'`, 4) };
  }
  const shown = `${formatIp(address)}:${url.port}`;
  await say(
    io.busybox
      ? `Connecting to ${url.host}:${url.port} (${shown})\n`
      : `Connecting to ${url.host} (${url.host})|${formatIp(address)}|:${url.port}... `,
  );
  const connected = await connectTcp(
    io.guest,
    { address, port: url.port },
    { timeoutNs: how.timeoutNs },
  );
  if (!connected.ok) return wgetConnectFailure(io, { address, error: connected.error, say });
  if (!io.busybox) await say('connected.\nHTTP request sent, awaiting response... ');
  const answer = await wgetExchange(io, connected.value, { url, how });
  connected.value.close();
  if (!answer.ok) {
    const timedOut = answer.error === 'TIMEOUT';
    if (io.busybox)
      return { status: await io.fail(timedOut ? 'download timed out' : 'error getting response') };
    await say(timedOut ? 'Read error (Connection timed out) in headers.\n' : 'No data received.\n');
    return { status: 4, error: answer.error };
  }
  const message = answer.value;
  const location = headerOf(message.headers, 'Location');
  if (/^3/.test(message.start[1]) && location !== undefined && redirects < 5) {
    return wgetOnce(
      io,
      location.startsWith('/') ? `http://${url.authority}${location}` : location,
      how,
      redirects + 1,
    );
  }
  return wgetSave(io, message, { url, how, say });
}

async function wgetConnectFailure(
  io: ToolIo,
  how: { readonly address: Ip; readonly error: StreamError; say(line: string): Promise<void> },
): Promise<WgetOutcome> {
  const { address, error, say } = how;
  const words =
    error === 'TIMEOUT'
      ? io.busybox
        ? 'download timed out'
        : 'Connection timed out'
      : strerror(error);
  if (!io.busybox) {
    await say(`failed: ${words}.\n`);
    return { status: 4, error };
  }
  if (error === 'TIMEOUT') return { status: await io.fail(words), error };
  return {
    status: await io.fail(`can't connect to remote host (${formatIp(address)}): ${words}`),
    error,
  };
}

function wgetExchange(
  io: ToolIo,
  stream: Parameters<typeof exchange>[1],
  { url, how }: { readonly url: HttpUrl; readonly how: WgetHow },
): Promise<Result<HttpMessage, ExchangeError>> {
  const { options } = how;
  const posted = options.values.get('post-data');
  const extra = options.values.get('header');
  const colon = extra?.indexOf(':') ?? -1;
  const headers: [string, string][] = [
    ['Host', url.authority],
    ['User-Agent', options.values.get('U') ?? (io.busybox ? 'Wget' : 'Wget/1.21.4')],
    ...(io.busybox ? [] : [['Accept', '*/*'] as [string, string]]),
    ...(extra === undefined
      ? []
      : [[extra.slice(0, colon), extra.slice(colon + 1).trim()] as [string, string]]),
    ...(posted === undefined
      ? []
      : [
          ['Content-Type', 'application/x-www-form-urlencoded'] as [string, string],
          ['Content-Length', String(encodeUtf8(posted).length)] as [string, string],
        ]),
    ['Connection', io.busybox ? 'close' : 'Keep-Alive'],
  ];
  return exchange(io.guest, stream, {
    method:
      posted !== undefined ? 'POST' : options.flags.has('spider') && !io.busybox ? 'HEAD' : 'GET',
    target: url.target,
    headers,
    timeoutNs: how.timeoutNs,
    ...(posted === undefined ? {} : { body: encodeUtf8(posted) }),
  });
}

async function wgetSave(
  io: ToolIo,
  message: HttpMessage,
  {
    url,
    how,
    say,
  }: { readonly url: HttpUrl; readonly how: WgetHow; say(line: string): Promise<void> },
): Promise<WgetOutcome> {
  const { options } = how;
  if (options.flags.has('S') || options.flags.has('server-response')) {
    await io.err(
      [message.start.join(' '), ...message.headers.map(([name, value]) => `${name}: ${value}`)]
        .map((line) => `  ${line}\n`)
        .join(''),
    );
  }
  const status = Number(message.start[1]);
  if (!io.busybox) await say(`${status} ${message.start[2]}\n`);
  if (status >= 400) {
    if (io.busybox)
      return { status: await io.fail(`server returned error: ${message.start.join(' ')}`) };
    await say(`ERROR ${status}: ${message.start[2]}.\n`);
    return { status: 8 };
  }
  if (options.flags.has('spider')) {
    await say(io.busybox ? 'remote file exists\n' : 'Remote file exists.\n');
    return { status: 0 };
  }
  const name =
    options.values.get('O') ??
    options.values.get('output-document') ??
    (url.target.split('?')[0]?.split('/').at(-1) || 'index.html');
  if (name === '-') await io.out(message.body);
  else {
    await say(`saving to '${name}'\n`);
    io.files.writeFile(io.path(name), message.body);
    await say(`'${name}' saved\n`);
  }
  return { status: 0 };
}
