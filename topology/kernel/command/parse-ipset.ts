import { fail, type Result } from '../../base/index.js';
import type { KernelOp, SetElement, SetSpec } from '../ops.js';
import { inNetns } from './ip-words.js';
import { readElement } from './parse-set-element.js';
import { readSpec } from './parse-set-spec.js';
import { type CommandError, Words } from './words.js';

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

function worded(error: CommandError): CommandError {
  const needsHelp = /^(Missing|Mandatory option|No command|Unknown argument)/.test(error.message);
  const help = needsHelp ? "Try `ipset help' for more information.\n" : '';
  const stderr = `ipset v7.17: ${error.message}\n${help}`;
  return { ...error, stderr, status: needsHelp ? 2 : 1 };
}
