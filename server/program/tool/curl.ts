/** curl, with the words and exit codes of the real one. */
import { decodeUtf8, formatIp } from '../../../topology/index.js';
import { type HttpMessage, headerOf } from '../http/message.js';
import { sleep } from '../io/wait.js';
import { type CurlOptions, curlOnce, type Transfer } from './curl-transfer.js';
import { parseOptions, type Tool, type ToolIo } from './tool.js';

const SECOND_NS = 1_000_000_000;

const CURL_VALUES = [
  'o',
  'w',
  'm',
  'X',
  'd',
  'H',
  'A',
  'u',
  'e',
  'T',
  'b',
  'c',
  'connect-timeout',
  'max-time',
  'retry',
  'retry-delay',
  'request',
  'data',
  'data-raw',
  'json',
  'header',
  'output',
  'write-out',
  'user-agent',
  'resolve',
  'interface',
  'local-port',
  'cacert',
  'cert',
  'key',
  'user',
  'retry-max-time',
  'limit-rate',
  'noproxy',
  'x',
  'max-redirs',
  'cookie',
  'cookie-jar',
];
const LONG = [
  'silent',
  'show-error',
  'fail',
  'verbose',
  'insecure',
  'location',
  'head',
  'include',
  'retry-connrefused',
  'retry-all-errors',
  'ipv4',
  'ipv6',
  'http1.1',
  'http2',
  'compressed',
  'fail-with-body',
  'no-progress-meter',
  'version',
  'get',
  'no-buffer',
  'fail-early',
  'no-keepalive',
];
const SAME: Readonly<Record<string, string>> = {
  silent: 's',
  'show-error': 'S',
  fail: 'f',
  verbose: 'v',
  insecure: 'k',
  location: 'L',
  head: 'I',
  include: 'i',
  request: 'X',
  data: 'd',
  'data-raw': 'd',
  header: 'H',
  output: 'o',
  'write-out': 'w',
  'max-time': 'm',
  'user-agent': 'A',
  user: 'u',
  cookie: 'b',
  get: 'G',
  'fail-with-body': 'f',
  'no-progress-meter': 's',
};

/** curl. */
export const curl: Tool = async (io) => {
  const headers: [string, string][] = [];
  const data: string[] = [];
  const resolves: string[] = [];
  const single: string[] = [];
  // -H, -d and --resolve may be given many times; each is read apart from the others.
  for (let at = 0; at < io.args.length; at++) {
    const arg = io.args[at] ?? '';
    const [long = '', inline] = arg.startsWith('--')
      ? [
          arg.slice(2).split('=')[0],
          arg.includes('=') ? arg.slice(arg.indexOf('=') + 1) : undefined,
        ]
      : [''];
    const letter = SAME[long] ?? (/^-[Hd]/.test(arg) ? arg[1] : undefined);
    if (letter !== 'H' && letter !== 'd' && long !== 'resolve' && long !== 'json') {
      single.push(arg);
      continue;
    }
    const value =
      long !== ''
        ? (inline ?? io.args[++at] ?? '')
        : arg.length > 2
          ? arg.slice(2)
          : (io.args[++at] ?? '');
    if (letter === 'H') {
      const colon = value.indexOf(':');
      headers.push([value.slice(0, colon), value.slice(colon + 1).trim()]);
    } else if (long === 'resolve') resolves.push(value);
    else {
      data.push(
        value.startsWith('@') && long !== 'data-raw' ? await readData(io, value.slice(1)) : value,
      );
      if (long === 'json')
        headers.push(['Content-Type', 'application/json'], ['Accept', 'application/json']);
    }
  }
  const parsed = parseOptions(single, {
    flags: 'sSfvkLIiOGNZ46gnqJR0V#',
    withValue: CURL_VALUES,
    long: LONG,
  });
  const flags = new Set([...parsed.flags].map((flag) => SAME[flag] ?? flag));
  const values = new Map([...parsed.values].map(([name, value]) => [SAME[name] ?? name, value]));
  if (parsed.unknown !== undefined) {
    await io.err(
      `curl: option ${parsed.unknown}: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n`,
    );
    return 2;
  }
  if (flags.has('V') || flags.has('version')) {
    await io.out('curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1\n');
    return 0;
  }
  if (parsed.rest.length === 0) {
    await io.err('curl: (2) no URL specified\n');
    return 2;
  }
  let status = 0;
  for (const url of parsed.rest)
    status = await curlUrl({ io, flags, values, headers, data, resolves }, url);
  return status;
};

async function readData(io: ToolIo, name: string): Promise<string> {
  const read = await io.read(name);
  return read.ok ? decodeUtf8(read.value).replace(/\n/g, '') : '';
}

async function curlUrl(options: CurlOptions, url: string): Promise<number> {
  const { io, flags, values } = options;
  const retries = Number(values.get('retry') ?? 0);
  let transfer = await curlOnce(options, url);
  for (let attempt = 0; attempt < retries && isTransient(transfer, flags); attempt++) {
    const seconds = values.has('retry-delay') ? Number(values.get('retry-delay')) : 2 ** attempt;
    if (!flags.has('s') || flags.has('S')) await io.err(failureLine(transfer));
    if (!flags.has('s'))
      await io.err(
        warning(
          `Problem : ${transfer.code === 7 ? 'connection refused' : 'timeout'}. Will retry in ${seconds} seconds. ${retries - attempt} retries left.`,
        ),
      );
    await sleep(io.sys, seconds * SECOND_NS);
    transfer = await curlOnce(options, url);
  }
  const status = transfer.code;
  const { message } = transfer;
  const hidesBody = message !== undefined && flags.has('f') && Number(message.start[1]) >= 400;
  if (message !== undefined && !hidesBody) await writeBody(options, url, message);
  if (status !== 0 && (!flags.has('s') || flags.has('S'))) await io.err(failureLine(transfer));
  const format = values.get('w');
  if (format !== undefined) await io.out(writeOut(format, transfer));
  return status;
}

function failureLine({ code, words }: Transfer): string {
  return `curl: (${code}) ${words}\n`;
}

/** Lines of at most 79 columns, cut after a blank. Source: curl's src/tool_msgs.c. */
function warning(text: string): string {
  const width = 79 - 'Warning: '.length;
  let left = text;
  let lines = '';
  while (left.length > width) {
    const blank = left.lastIndexOf(' ', width);
    const cut = blank > 0 ? blank + 1 : width;
    lines += `Warning: ${left.slice(0, cut)}\n`;
    left = left.slice(cut);
  }
  return `${lines}Warning: ${left}\n`;
}

function isTransient(transfer: Transfer, flags: ReadonlySet<string>): boolean {
  if (transfer.code === 0) return false;
  if (flags.has('retry-all-errors')) return true;
  if (transfer.code === 28) return true;
  if (transfer.code === 7) return flags.has('retry-connrefused');
  return [408, 429, 500, 502, 503, 504].includes(Number(transfer.message?.start[1]));
}

async function writeBody(options: CurlOptions, url: string, message: HttpMessage): Promise<void> {
  const { io, flags, values } = options;
  if (flags.has('I') || flags.has('i')) {
    const lines = message.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    await io.out(`${message.start.join(' ').trimEnd()}\r\n${lines}\r\n`);
    if (flags.has('I')) return;
  }
  const named =
    values.get('o') ?? (flags.has('O') ? (url.split('/').at(-1) ?? 'index.html') : undefined);
  if (named === undefined || named === '-') await io.out(message.body);
  else if (named !== '/dev/null') io.files.writeFile(io.path(named), message.body);
}

function writeOut(format: string, transfer: Transfer): string {
  const status = transfer.message?.start[1] ?? '000';
  const seconds = transfer.seconds.toFixed(6);
  const variables: Readonly<Record<string, string>> = {
    http_code: status,
    response_code: status,
    time_total: seconds,
    time_connect: seconds,
    time_starttransfer: seconds,
    time_namelookup: '0.000000',
    size_download: String(transfer.message?.body.length ?? 0),
    remote_ip: transfer.remote === undefined ? '' : formatIp(transfer.remote.address),
    remote_port: String(transfer.remote?.port ?? ''),
    url_effective: transfer.effectiveUrl,
    exitcode: String(transfer.code),
    errormsg: transfer.words,
    content_type:
      transfer.message === undefined
        ? ''
        : (headerOf(transfer.message.headers, 'Content-Type') ?? ''),
  };
  return format
    .replace(/%\{(\w+)\}/g, (whole, name: string) => variables[name] ?? whole)
    .replace(/\\n/g, '\n')
    .replace(/\\t/g, '\t')
    .replace(/\\r/g, '\r');
}
