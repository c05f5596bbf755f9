import { cidrOf, type Ip, ipv4, isIpv4, parseIp, parseMac } from '../../addr/index.js';
import { fail, type Result } from '../../base/index.js';
import { ICMP4_NAMES, ICMP6_NAMES } from '../../wire/index.js';
import type { KernelOp, SetAddresses, SetElement, SetPorts, SetSpec, SetType } from '../ops.js';
import { parseInteger } from './extension.js';
import { inNetns } from './ip-words.js';
import { portOf, protoOf } from './match-header.js';
import { type CommandError, Words } from './words.js';

/** Types with the parts of their elements. */
export const SET_TYPES: Readonly<
  Record<SetType, readonly ('ip' | 'net' | 'port' | 'mac' | 'set')[]>
> = {
  'hash:ip': ['ip'],
  'hash:net': ['net'],
  'hash:ip,port': ['ip', 'port'],
  'hash:ip,port,ip': ['ip', 'port', 'ip'],
  'hash:ip,port,net': ['ip', 'port', 'net'],
  'hash:net,port': ['net', 'port'],
  'hash:mac': ['mac'],
  'bitmap:port': ['port'],
  'bitmap:ip': ['ip'],
  'list:set': ['set'],
};

/** Longest name of a set (IPSET_MAXNAMELEN less one). */
const NAME_MAX = 31;

/** What `ipset` asks for: changes, or something to be shown. */
export interface IpsetRequest {
  readonly ops: readonly KernelOp[];
  readonly query?:
    | {
        readonly query: 'list' | 'save';
        readonly name?: string;
        readonly what: 'all' | 'terse' | 'names';
      }
    | {
        readonly query: 'test';
        readonly name: string;
        readonly element: SetElement;
        readonly text: string;
      }
    | { readonly query: 'version' | 'restore' };
}

/** Finds the definition of a set, which the reading of its elements depends on. */
export type FindSet = (name: string) => SetSpec | undefined;

interface IpsetContext {
  readonly netns?: string;
  readonly findSet?: FindSet;
}

/** Reads the words of one `ipset` command after its name; failures have ipset's words and status. */
export function parseIpsetRequest(
  args: readonly string[],
  context: IpsetContext,
): Result<IpsetRequest, CommandError> {
  const { rest, exist, mode } = takeOptions(args);
  const words = new Words(rest);
  const read = readRequest(words, context, { exist, mode });
  const result = words.result(read);
  return result.ok ? result : fail(worded(result.error));
}

/** As `parseIpsetRequest`, of changes alone. */
export function parseIpsetCommand(
  args: readonly string[],
  context: IpsetContext,
): Result<readonly KernelOp[], CommandError> {
  const request = parseIpsetRequest(args, context);
  if (!request.ok) return request;
  if (request.value.query === undefined) return { ok: true, value: request.value.ops };
  const near = args[0] ?? '';
  const message = `ipset ${near} changes nothing`;
  return fail({ code: 'command/read-only', message, near, expected: 'create, add or del' });
}

interface Options {
  readonly exist: boolean;
  readonly mode: 'all' | 'terse' | 'names' | 'save';
}

function takeOptions(args: readonly string[]): Options & { readonly rest: readonly string[] } {
  const rest: string[] = [];
  let exist = false;
  let mode: Options['mode'] = 'all';
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    if (/^(-!|-exist|--exist)$/.test(word)) exist = true;
    else if (/^(-t|-terse|--terse)$/.test(word)) mode = 'terse';
    else if (/^(-n|-name|--name)$/.test(word)) mode = 'names';
    else if (/^(-o|-output|--output)$/.test(word)) {
      at++;
      if (args[at] === 'save') mode = 'save';
    } else if (!/^(-q|-s|-r|-quiet|-sorted|-resolve|--quiet|--sorted|--resolve)$/.test(word)) {
      rest.push(word);
    }
  }
  return { rest, exist, mode };
}

const COMMANDS: Readonly<Record<string, string>> = {
  create: 'create',
  '-N': 'create',
  n: 'create',
  add: 'add',
  '-A': 'add',
  del: 'del',
  '-D': 'del',
  test: 'test',
  '-T': 'test',
  destroy: 'destroy',
  '-X': 'destroy',
  x: 'destroy',
  list: 'list',
  '-L': 'list',
  save: 'save',
  '-S': 'save',
  restore: 'restore',
  '-R': 'restore',
  flush: 'flush',
  '-F': 'flush',
  rename: 'rename',
  '-E': 'rename',
  swap: 'swap',
  '-W': 'swap',
  version: 'version',
  '-v': 'version',
};

function readRequest(words: Words, context: IpsetContext, options: Options): IpsetRequest {
  const word = words.need('create, add, del, list …', 'No command specified.');
  const command = COMMANDS[word] ?? '';
  const place = inNetns(context.netns === undefined ? {} : { netns: context.netns });
  const flag = options.exist ? { exist: true } : {};
  const argument = (which = 'mandatory') =>
    words.need('the name of a set', `Missing ${which} argument to command ${command}`);
  switch (command) {
    case 'create': {
      const name = checkName(words, argument());
      const type = argument('second mandatory');
      const spec = readSpec(words, type);
      return { ops: [{ op: 'ipset.create', ...place, name, spec, ...flag }] };
    }
    case 'add':
    case 'del':
    case 'test': {
      const name = argument();
      const text = argument('second mandatory');
      if (words.failed) return { ops: [] };
      const spec = context.findSet === undefined ? undefined : context.findSet(name);
      if (context.findSet !== undefined && spec === undefined) {
        words.bad(name, 'The set with the given name does not exist', 'a set that was created');
        return { ops: [] };
      }
      const element = readElement(words, text, spec);
      if (command === 'test') return { ops: [], query: { query: 'test', name, element, text } };
      const op = command === 'add' ? 'ipset.add' : 'ipset.del';
      return { ops: [{ op, ...place, name, element, ...flag }] };
    }
    case 'destroy':
    case 'flush': {
      const name = words.more ? { name: words.take() } : {};
      return { ops: [{ op: `ipset.${command}`, ...place, ...name }] };
    }
    case 'rename':
    case 'swap': {
      const from = argument();
      const to = argument('second mandatory');
      return { ops: [{ op: `ipset.${command}`, ...place, from, to }] };
    }
    case 'list':
    case 'save': {
      const name = words.more ? { name: words.take() } : {};
      const save = command === 'save' || options.mode === 'save';
      const what = options.mode === 'save' ? 'all' : options.mode;
      return { ops: [], query: { query: save ? 'save' : 'list', ...name, what } };
    }
    case 'version':
    case 'restore':
      return { ops: [], query: { query: command } };
    default:
      words.bad(word, `No command specified: unknown argument ${word}`, 'create, add, del, list …');
      return { ops: [] };
  }
}

function checkName(words: Words, name: string): string {
  if (name.length > NAME_MAX) {
    const message = `Syntax error: setname '${name}' is longer than ${NAME_MAX} characters`;
    words.bad(name, message, `at most ${NAME_MAX} characters`);
  }
  return name;
}

type SpecDraft = { -readonly [K in keyof SetSpec]: SetSpec[K] };

function readSpec(words: Words, typeName: string): SetSpec {
  const type = Object.keys(SET_TYPES).find((name): name is SetType => name === typeName);
  const spec: SpecDraft = { type: type ?? 'hash:ip' };
  if (words.failed) return spec;
  if (type === undefined) {
    words.bad(
      typeName,
      `Syntax error: typename '${typeName}' is unknown`,
      Object.keys(SET_TYPES).join(', '),
    );
    return spec;
  }
  const hash = type.startsWith('hash:');
  if (hash && type !== 'hash:mac') spec.family = 'inet';
  while (words.more) readSpecOption(words, spec);
  if (type.startsWith('bitmap:') && spec.range === undefined) {
    words.bad(words.peek, "Mandatory option `range' is missing", 'range FROM-TO');
  }
  return spec;
}

function readSpecOption(words: Words, spec: SpecDraft): void {
  const option = words.take();
  const number = (): number => {
    const text = words.need('a number', `Missing mandatory argument to option ${option}`);
    const value = parseInteger(text);
    if (value === undefined) {
      words.bad(text, `Syntax error: '${text}' is invalid as number`, 'a whole number');
    }
    return value ?? 0;
  };
  switch (option) {
    case 'family': {
      const family = words.need('inet or inet6');
      if (family === 'inet' || family === 'inet6') spec.family = family;
      else words.bad(family, `Syntax error: unknown inet family ${family}`, 'inet or inet6');
      return;
    }
    case '-4':
      spec.family = 'inet';
      return;
    case '-6':
      spec.family = 'inet6';
      return;
    case 'hashsize':
      spec.hashSize = number();
      return;
    case 'maxelem':
      spec.maxElements = number();
      return;
    case 'timeout':
      spec.timeoutSeconds = number();
      return;
    case 'netmask':
      spec.netmask = number();
      return;
    case 'size':
      spec.listSize = number();
      return;
    case 'bucketsize':
    case 'initval':
      number();
      return;
    case 'counters':
      spec.counters = true;
      return;
    case 'comment':
      spec.comment = true;
      return;
    case 'range':
      readRange(words, spec);
      return;
    default:
      words.bad(option, `Unknown argument: \`${option}'`, 'family, timeout, maxelem …');
  }
}

function readRange(words: Words, spec: SpecDraft): void {
  const text = words.need('FROM-TO');
  if (spec.type === 'bitmap:port') {
    const [from, to] = text.split('-').map(portOf);
    if (from !== undefined && to !== undefined) spec.range = { from, to };
    else words.bad(text, `Syntax error: '${text}' is invalid as port range`, 'FROM-TO');
    return;
  }
  const addresses = parseAddresses(text, 'inet');
  if (typeof addresses === 'string') words.bad(text, addresses, 'FROM-TO, or a network');
  else spec.range = { from: Number(addresses.from), to: Number(addresses.to) };
}

/** Addresses as ipset writes them: one, `FROM-TO`, or a network; or why not. */
function parseAddresses(text: string, family: 'inet' | 'inet6'): SetAddresses | string {
  const wrong = (word: string) =>
    `Syntax error: cannot parse ${word}: resolving to IPv${family === 'inet' ? 4 : 6} address failed`;
  const one = (word: string): Ip | undefined => {
    const parsed = parseIp(word);
    return parsed.ok && isIpv4(parsed.value) === (family === 'inet') ? parsed.value : undefined;
  };
  const [address = '', length] = text.split('/');
  if (length !== undefined) {
    const ip = one(address);
    const prefixLength = Number(length);
    const widest = family === 'inet' ? 32 : 128;
    if (ip === undefined) return wrong(address);
    if (!(prefixLength >= 0 && prefixLength <= widest)) {
      return `Syntax error: '${length}' is out of range 0-${widest}`;
    }
    const { network } = cidrOf(ip, prefixLength);
    const to = isIpv4(network)
      ? ipv4(network + 2 ** (32 - prefixLength) - 1)
      : ((BigInt(network) | ((1n << BigInt(128 - prefixLength)) - 1n)) as Ip);
    return { from: network, to, prefixLength };
  }
  const [low = '', high] = text.split('-');
  const from = one(low);
  const to = high === undefined ? from : one(high);
  if (from === undefined) return wrong(low);
  if (to === undefined) return wrong(high ?? '');
  if (high !== undefined) return { from, to };
  return { from, to, prefixLength: family === 'inet' ? 32 : 128 };
}

/** Without the definition of its set an element is read by the looks of it. */
function partsOf(text: string, spec: SetSpec | undefined): readonly string[] {
  if (spec !== undefined) return SET_TYPES[spec.type];
  const count = text.split(',').length;
  if (count === 3) return ['ip', 'port', 'net'];
  if (count === 2) return ['net', 'port'];
  if (parseMac(text).ok) return ['mac'];
  if (/^\d+(-\d+)?$/.test(text)) return ['port'];
  return parseIp(text.split(/[/-]/)[0] ?? '').ok ? ['net'] : ['set'];
}

function readElement(words: Words, text: string, spec: SetSpec | undefined): SetElement {
  const element: { -readonly [K in keyof SetElement]: SetElement[K] } = {};
  const parts = partsOf(text, spec);
  const pieces = text.split(',');
  if (pieces.length > parts.length) {
    const message = `Syntax error: Elem separator in ${text}, but settype ${spec?.type ?? ''} supports none.`;
    words.bad(text, message, `${parts.length} parts`);
  } else if (pieces.length < parts.length) {
    const which = pieces.length === 1 ? 'Second' : 'Third';
    words.bad(
      text,
      `Syntax error: ${which} element is missing from ${text}.`,
      `${parts.length} parts`,
    );
  }
  const family = spec?.family ?? (text.split(',')[0]?.includes(':') === true ? 'inet6' : 'inet');
  for (const [index, part] of parts.entries()) {
    if (words.failed) break;
    const piece = pieces[index] ?? '';
    if (part === 'port') element.ports = readPorts(words, piece, spec);
    else if (part === 'mac') {
      const mac = parseMac(piece.toLowerCase());
      if (mac.ok) element.mac = mac.value;
      else words.bad(piece, `Syntax error: cannot parse ${piece} as MAC address`, 'a MAC address');
    } else if (part === 'set') element.set = piece;
    else {
      const addresses = parseAddresses(piece, family);
      if (typeof addresses === 'string') words.bad(piece, addresses, 'an address');
      else if (index === 0) element.addresses = addresses;
      else element.second = addresses;
    }
  }
  while (words.more) readElementOption(words, element);
  return element;
}

function readElementOption(
  words: Words,
  element: { -readonly [K in keyof SetElement]: SetElement[K] },
): void {
  const option = words.take();
  const number = (): number => words.number(option, 0, Number.MAX_SAFE_INTEGER);
  switch (option) {
    case 'timeout':
      element.timeoutSeconds = number();
      return;
    case 'nomatch':
      element.nomatch = true;
      return;
    case 'comment':
      element.comment = words.need('a text');
      return;
    case 'packets':
      element.packets = number();
      return;
    case 'bytes':
      element.bytes = number();
      return;
    default:
      words.bad(option, `Unknown argument: \`${option}'`, 'timeout, nomatch or comment');
  }
}

/** `80`, `tcp:80-90`, `icmp:echo-request`, `icmp:8/0`. */
function readPorts(words: Words, piece: string, spec: SetSpec | undefined): SetPorts {
  const [first = '', ...more] = piece.split(':');
  const proto = more.length === 0 ? 6 : (protoOf(first) ?? 0);
  const text = more.length === 0 ? first : more.join(':');
  if (proto === 1 || proto === 58) {
    const table = proto === 1 ? ICMP4_NAMES : ICMP6_NAMES;
    const named = table.find((row) => row.name === text);
    const [type, code = 0] =
      named === undefined ? text.split('/').map(Number) : [named.type, named.code ?? 0];
    const value = ((type ?? 0) << 8) | code;
    return { proto, from: value, to: value };
  }
  const [from, to = from] = text.split('-').map(portOf);
  if (from === undefined || to === undefined) {
    const bitmap = spec?.type === 'bitmap:port' ? '' : 'TCP ';
    words.bad(
      text,
      `Syntax error: '${text}' is invalid as ${bitmap}port`,
      'a port from 0 to 65535',
    );
  }
  return { proto, from: from ?? 0, to: to ?? 0 };
}

function worded(error: CommandError): CommandError {
  const needsHelp = /^(Missing|Mandatory option|No command|Unknown argument)/.test(error.message);
  const help = needsHelp ? "Try `ipset help' for more information.\n" : '';
  const stderr = `ipset v7.17: ${error.message}\n${help}`;
  return { ...error, stderr, status: needsHelp ? 2 : 1 };
}
