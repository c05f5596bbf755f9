import { parseMac } from '../../addr/index.js';
import type { Result } from '../../base/index.js';
import type { FdbOp, KernelOp } from '../ops.js';
import { takePortOptions } from './bridge-port-words.js';
import { garbage, type IpContext, inNetns, takeIp, takeName, takeNetns } from './ip-words.js';
import { type CommandError, complete, Words } from './words.js';

/** Reads the words of a `bridge` command after `bridge`: `link set` and `fdb`. */
export function parseBridgeCommand(
  args: readonly string[],
  netns?: string,
): Result<readonly KernelOp[], CommandError> {
  const words = new Words(args);
  let context: IpContext = netns === undefined ? {} : { netns };
  while (words.peek.startsWith('-')) {
    const word = words.take();
    if (word === '-n' || word === '-netns') context = { netns: takeNetns(words) };
    else if (!/^-(d|details|s|stats|o|j|json|p|pretty|4|6|c)$/.test(word)) {
      words.bad(word, `Option "${word}" is unknown, try "bridge help".`, '-n NETNS');
    }
  }
  const object = words.need('link or fdb', 'Usage: bridge [ OPTIONS ] OBJECT { COMMAND | help }');
  switch (complete(object, ['link', 'fdb', 'mdb', 'mst', 'vlan', 'vni', 'monitor'])) {
    case 'link':
      return parseLinkSet(words, context);
    case 'fdb':
      return parseFdb(words, context);
    case undefined:
      words.bad(object, `Object "${object}" is unknown, try "bridge help".`, 'link or fdb');
      return words.result([]);
    default:
      words.unsupported(object, 'link or fdb');
      return words.result([]);
  }
}

function takeBridgeVerb(
  words: Words,
  object: string,
  verbs: readonly string[],
): string | undefined {
  const word = words.peek;
  const expected = verbs.join(', ');
  const verb = complete(word, verbs);
  if (verb !== undefined) {
    words.take();
    return verb;
  }
  if (word === '' || complete(word, ['show', 'list', 'lst', 'get']) !== undefined) {
    const message = `bridge ${object} ${word === '' ? 'show' : word} shows and changes nothing`;
    words.fail({ code: 'command/read-only', message, near: word, expected });
  } else words.bad(word, `Command "${word}" is unknown, try "bridge ${object} help".`, expected);
  return undefined;
}

function parseLinkSet(words: Words, context: IpContext): Result<readonly KernelOp[], CommandError> {
  if (takeBridgeVerb(words, 'link', ['set', 'change']) === undefined) return words.result([]);
  if (!words.skip('dev')) {
    const message = 'Device is a required argument.';
    words.bad(words.peek, message, 'dev DEV');
  }
  const name = takeName(words);
  const port: { hairpin?: boolean; isolated?: boolean; learning?: boolean; state?: number } = {};
  takePortOptions(words, port);
  return words.result([{ op: 'bridge.port', ...inNetns(context), name, ...port }]);
}

const FDB_OPS: Readonly<Record<string, FdbOp['op']>> = {
  // `add` fails if the entry exists; here it is a replace.
  add: 'fdb.replace',
  append: 'fdb.append',
  replace: 'fdb.replace',
  delete: 'fdb.del',
};

function parseFdb(words: Words, context: IpContext): Result<readonly KernelOp[], CommandError> {
  const verb = takeBridgeVerb(words, 'fdb', ['add', 'append', 'replace', 'delete', 'flush']);
  if (verb === undefined) return words.result([]);
  const op = FDB_OPS[verb];
  if (op === undefined) {
    words.unsupported(verb, 'add, append, replace or del');
    return words.result([]);
  }
  const mac = words.read(parseMac, (word) => `Invalid mac address ${word}`);
  let dev: string | undefined;
  let dst: ReturnType<typeof takeIp>;
  let master = false;
  while (words.more) {
    const word = words.take();
    if (word === 'dev') dev = takeName(words);
    else if (word === 'dst') dst = takeIp(words);
    else if (word === 'master') master = true;
    else if (/^(self|permanent|static|dynamic|local|temp|use|extern_learn|sticky)$/.test(word))
      continue;
    else if (/^(vlan|vni|port|via|src_vni|nhid|router)$/.test(word)) {
      words.unsupported(word, 'dev, dst, self, master or static');
    } else words.bad(word, garbage(word), 'dev DEV or dst ADDRESS');
  }
  if (dev === undefined && !words.failed) {
    const message = 'Device and address are required arguments.';
    words.fail({ code: 'command/incomplete', message, near: '', expected: 'dev DEV' });
  }
  if (mac === undefined || dev === undefined) return words.result([]);
  return words.result([
    {
      op,
      ...inNetns(context),
      dev,
      mac,
      ...(dst === undefined ? {} : { dst }),
      ...(dst === undefined && !master ? { self: true } : {}),
    },
  ]);
}
