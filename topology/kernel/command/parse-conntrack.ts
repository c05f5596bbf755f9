import { type Ip, parseIp } from '../../addr/index.js';
import { fail, type Result } from '../../base/index.js';
import { TCP_STATES } from '../netfilter/conntrack/tcp-state.js';
import type { ConntrackFilter, KernelOp } from '../ops.js';
import { parseInteger } from './extension.js';
import { inNetns } from './ip-words.js';
import { PROTO_NAMES } from './names.js';
import { type CommandError, Words } from './words.js';

/** What a `conntrack` command shows. */
export interface ConntrackQuery {
  readonly query: 'list' | 'delete' | 'flush' | 'count' | 'statistics' | 'version' | 'help';
  readonly filter: ConntrackFilter;
  /** `-o extended`, `-o id`. */
  readonly extended: boolean;
  readonly withId: boolean;
  /** `-L expect`: expectations, of which there are none. */
  readonly expectations: boolean;
}

/** A command as changes and as what it shows. */
export interface ConntrackRequest {
  readonly ops: readonly KernelOp[];
  readonly query: ConntrackQuery;
}

/** Reads the words of a `conntrack` command after `conntrack`: `-D` with selectors, and `-F`. */
export function parseConntrackCommand(
  args: readonly string[],
  netns?: string,
): Result<readonly KernelOp[], CommandError> {
  const request = parseConntrackRequest(args, netns);
  if (!request.ok) return request;
  if (request.value.ops.length > 0) return { ok: true, value: request.value.ops };
  const near = args[0] ?? '';
  const message = `conntrack ${near} shows and changes nothing`;
  return fail({ code: 'command/read-only', message, near, expected: '-D or -F' });
}

const VERBS: Readonly<Record<string, ConntrackQuery['query'] | 'unsupported'>> = {
  '-L': 'list',
  '--dump': 'list',
  '-D': 'delete',
  '--delete': 'delete',
  '-F': 'flush',
  '--flush': 'flush',
  '-C': 'count',
  '--count': 'count',
  '-S': 'statistics',
  '--stats': 'statistics',
  '-V': 'version',
  '--version': 'version',
  '-h': 'help',
  '--help': 'help',
  '-E': 'unsupported',
  '--event': 'unsupported',
  '-G': 'unsupported',
  '--get': 'unsupported',
  '-I': 'unsupported',
  '--create': 'unsupported',
  '-U': 'unsupported',
  '--update': 'unsupported',
};

/** States of TCP in words of conntrack, which has another name for SYN_SENT2. */
const STATE_WORDS: readonly string[] = [...TCP_STATES, 'LISTEN'];

/** As `parseConntrackCommand`, of commands that show something as well; failures carry the tool's own words. */
export function parseConntrackRequest(
  args: readonly string[],
  netns?: string,
): Result<ConntrackRequest, CommandError> {
  const words = new Words(args.flatMap(split));
  const place = inNetns(netns === undefined ? {} : { netns });
  const filter: Filter = {};
  const shown = { extended: false, withId: false, expectations: false };
  let query: ConntrackQuery['query'] | undefined;
  while (words.more) {
    const word = words.take();
    const verb = VERBS[word];
    if (verb === 'unsupported') words.unsupported(word, '-L, -D, -F, -C or -S');
    else if (verb !== undefined) {
      query = verb;
      if (words.more && !words.peek.startsWith('-')) {
        const table = words.take();
        if (table === 'expect') shown.expectations = true;
        else if (table !== 'conntrack') words.bad(table, `unknown type \`${table}'`, 'conntrack');
      }
    } else if (word === '-o' || word === '--output') {
      for (const kind of words.need('extended or id').split(',')) {
        if (kind === 'extended') shown.extended = true;
        else if (kind === 'id') shown.withId = true;
        else words.unsupported(`-o ${kind}`, 'extended or id');
      }
    } else readSelector(words, word, filter);
  }
  query ??= 'help';
  const changes = query === 'delete' || query === 'flush';
  const chosen = query === 'flush' ? {} : filter;
  const ops: readonly KernelOp[] = changes ? [{ op: 'conntrack.delete', ...place, ...chosen }] : [];
  const result = words.result({ ops, query: { query, filter: chosen, ...shown } });
  return result.ok ? result : fail(worded(result.error));
}

type Filter = { -readonly [K in keyof ConntrackFilter]: ConntrackFilter[K] };

function split(arg: string): readonly string[] {
  const long = /^(--[a-z-]+)=(.*)$/.exec(arg);
  return long === null ? [arg] : [long[1] ?? '', long[2] ?? ''];
}

const ADDRESSES: Readonly<Record<string, 'origSrc' | 'origDst' | 'replySrc' | 'replyDst'>> = {
  '-s': 'origSrc',
  '--src': 'origSrc',
  '--orig-src': 'origSrc',
  '-d': 'origDst',
  '--dst': 'origDst',
  '--orig-dst': 'origDst',
  '-r': 'replySrc',
  '--reply-src': 'replySrc',
  '-q': 'replyDst',
  '--reply-dst': 'replyDst',
};

const PORTS: Readonly<
  Record<string, 'origSrcPort' | 'origDstPort' | 'replySrcPort' | 'replyDstPort'>
> = {
  '--sport': 'origSrcPort',
  '--orig-port-src': 'origSrcPort',
  '--dport': 'origDstPort',
  '--orig-port-dst': 'origDstPort',
  '--reply-port-src': 'replySrcPort',
  '--reply-port-dst': 'replyDstPort',
};

function readSelector(words: Words, word: string, filter: Filter): void {
  const address = ADDRESSES[word];
  const port = PORTS[word];
  if (address !== undefined) {
    const value = readAddress(words);
    if (value !== undefined) filter[address] = value;
    return;
  }
  // Ports are options of a protocol, which must stand before them.
  if (port !== undefined && filter.proto !== undefined) {
    filter[port] = words.number('port', 0, 65_535);
    return;
  }
  switch (word) {
    case '-p':
    case '--protonum':
    case '--proto': {
      const name = words.need('tcp, udp, icmp or a number');
      const proto = PROTO_NAMES.find(([known]) => known === name)?.[1] ?? parseInteger(name);
      if (proto === undefined) words.bad(name, `\`${name}' unsupported protocol`, 'tcp or udp');
      else filter.proto = proto;
      return;
    }
    case '-f':
    case '--family': {
      const family = words.need('ipv4 or ipv6');
      if (family === 'ipv4' || family === 'ipv6') filter.family = family;
      else words.bad(family, `Unknown layer 3 protocol \`${family}'`, 'ipv4 or ipv6');
      return;
    }
    case '--state':
      if (filter.proto !== 6) break;
      readState(words, filter);
      return;
    case '-u':
    case '--status': {
      const status = words.need('ASSURED');
      if (status === 'ASSURED') filter.status = status;
      else words.unsupported(`-u ${status}`, 'ASSURED');
      return;
    }
    case '-m':
    case '--mark':
      filter.mark = words.number('mark', 0, 0xffffffff);
      return;
    case '-n':
    case '--src-nat':
    case '-g':
    case '--dst-nat': {
      const address =
        words.more && !words.peek.startsWith('-') ? readAddress(words) : ('any' as const);
      const end = word === '-n' || word === '--src-nat' ? 'srcNat' : 'dstNat';
      if (address !== undefined) filter[end] = address;
      return;
    }
    default:
  }
  words.bad(word, `unknown option \`${word}'`, '-p, -s, -d, --dport or -r');
}

function readState(words: Words, filter: Filter): void {
  const state = words.need('ESTABLISHED');
  if (STATE_WORDS.includes(state)) filter.state = state;
  else words.bad(state, `unknown TCP state \`${state}'`, STATE_WORDS.join(', '));
}

function readAddress(words: Words): Ip | undefined {
  const word = words.need('an address');
  const parsed = parseIp(word);
  if (parsed.ok) return parsed.value;
  words.bad(word, `Invalid IP address \`${word}'`, 'an address');
  return undefined;
}

/** The version that podnet speaks as. */
export const CONNTRACK_VERSION = 'conntrack v1.4.7 (conntrack-tools)';

function worded(error: CommandError): CommandError {
  const help = "Try `conntrack -h' or 'conntrack --help' for more information.\n";
  return { ...error, stderr: `${CONNTRACK_VERSION}: ${error.message}\n${help}`, status: 2 };
}
