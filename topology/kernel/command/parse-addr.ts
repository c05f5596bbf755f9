import {
  broadcastOf,
  cidr4,
  type Ipv4,
  type IpWithPrefix,
  isIpv4,
  parseIp,
  parseIpv4,
  parseIpWithPrefix,
  parseMac,
} from '../../addr/index.js';
import { fail, ok, type Result } from '../../base/index.js';
import type { KernelOp } from '../ops.js';
import { garbage, type IpContext, inNetns, type takeIp, takeName, takeVerb } from './ip-words.js';
import type { CommandError, Words } from './words.js';

/** Scopes of addresses and routes. */
export type ScopeName = 'global' | 'link' | 'host';

/** Reads what follows `ip addr`. */
export function parseAddr(
  words: Words,
  context: IpContext,
): Result<readonly KernelOp[], CommandError> {
  const verb = takeVerb(words, 'address', {
    changes: ['add', 'change', 'replace', 'delete', 'flush'],
    shows: ['list', 'show', 'lst', 'save', 'showdump'],
  });
  if (verb === undefined) return words.result([]);
  if (verb === 'flush') {
    words.unsupported('flush', 'ip addr del for each address');
    return words.result([]);
  }
  let addr: IpWithPrefix | undefined;
  let dev: string | undefined;
  let scope: ScopeName | undefined;
  let nodad = false;
  let broadcast: Ipv4 | '+' | '-' | undefined;
  while (words.more) {
    const word = words.peek;
    if (words.skip('dev')) dev = takeName(words);
    else if (words.skip('scope')) scope = takeScope(words);
    else if (words.skip('nodad')) nodad = true;
    else if (words.skip('brd') || words.skip('broadcast')) broadcast = takeBroadcast(words);
    else if (words.skip('label')) words.need('a label');
    else if (words.skip('valid_lft') || words.skip('preferred_lft')) {
      if (words.need('forever') !== 'forever') words.unsupported(word, `${word} forever`);
    } else if (words.skip('peer') || words.skip('noprefixroute'))
      words.unsupported(word, 'dev DEV');
    else {
      if (!words.skip('local') && addr !== undefined)
        words.bad(word, garbage(word, 'local'), 'dev DEV');
      addr = words.read(parseLocal, (text) => {
        return `Error: any valid prefix is expected rather than "${text}".`;
      });
    }
  }
  if (dev === undefined && !words.failed) {
    const message = 'Not enough information: "dev" argument is required.';
    words.fail({ code: 'command/incomplete', message, near: '', expected: 'dev DEV' });
  }
  if (addr === undefined && !words.failed) {
    const message = 'RTNETLINK answers: Operation not supported';
    words.fail({
      code: 'command/incomplete',
      message,
      near: '',
      expected: 'ADDRESS/PREFIX dev DEV',
    });
  }
  const resolved = words.result(addr);
  if (!resolved.ok || resolved.value === undefined) return words.result([]);
  const shown = broadcastFor(resolved.value, broadcast);
  return words.result([
    {
      op: verb === 'delete' ? 'addr.del' : 'addr.add',
      ...inNetns(context),
      dev: dev ?? '',
      addr: resolved.value,
      ...(scope === undefined ? {} : { scope }),
      ...(shown === undefined ? {} : { broadcast: shown }),
      ...(nodad ? { nodad } : {}),
    },
  ]);
}

/** `+` and `-` stand for the prefix's last and first address. */
function takeBroadcast(words: Words): Ipv4 | '+' | '-' | undefined {
  if (words.skip('+')) return '+';
  if (words.skip('-')) return '-';
  return words.read(parseIpv4, (word) => `Error: inet address is expected rather than "${word}".`);
}

function broadcastFor(
  { address, prefixLength }: IpWithPrefix,
  asked: Ipv4 | '+' | '-' | undefined,
): Ipv4 | undefined {
  if (asked === undefined || !isIpv4(address)) return undefined;
  if (asked !== '+' && asked !== '-') return asked;
  const block = cidr4(address, prefixLength);
  if (prefixLength > 30) return undefined;
  return asked === '+' ? broadcastOf(block) : block.network;
}

/** Takes a scope by name or number. */
export function takeScope(words: Words): ScopeName | undefined {
  const word = words.need('global, link or host');
  switch (word) {
    case 'global':
    case 'universe':
    case '0':
      return 'global';
    case 'link':
    case '253':
      return 'link';
    case 'host':
    case '254':
      return 'host';
    default:
      words.bad(
        word,
        `Error: argument "${word}" is wrong: invalid scope value.`,
        'global, link or host',
      );
      return undefined;
  }
}

/** Reads what follows `ip neigh`. */
export function parseNeigh(
  words: Words,
  context: IpContext,
): Result<readonly KernelOp[], CommandError> {
  const verb = takeVerb(words, 'neigh', {
    changes: ['add', 'change', 'replace', 'delete', 'flush'],
    shows: ['show', 'list', 'lst', 'get'],
  });
  if (verb === undefined) return words.result([]);
  if (verb === 'flush') {
    words.unsupported('flush', 'ip neigh del for each entry');
    return words.result([]);
  }
  let dst: ReturnType<typeof takeIp>;
  let mac: Extract<KernelOp, { op: 'neigh.replace' }>['mac'] | undefined;
  let dev: string | undefined;
  let state: Extract<KernelOp, { op: 'neigh.replace' }>['state'] = 'permanent';
  let proxy = false;
  while (words.more) {
    const word = words.peek;
    if (words.skip('dev')) dev = takeName(words);
    else if (words.skip('lladdr'))
      mac = words.read(parseMac, (text) => `"${text}" is invalid lladdr.`);
    else if (words.skip('nud')) state = takeState(words);
    else if (words.skip('proxy')) proxy = true;
    else {
      if (!words.skip('to') && dst !== undefined)
        words.bad(word, garbage(word), 'lladdr, dev or nud');
      dst = words.read(
        parseIp,
        (text) => `Error: any valid address is expected rather than "${text}".`,
      );
    }
  }
  if ((dst === undefined || dev === undefined) && !words.failed) {
    const message = 'Device and destination are required arguments.';
    words.fail({ code: 'command/incomplete', message, near: '', expected: 'ADDRESS dev DEV' });
  }
  const place = inNetns(context);
  if (dst === undefined || dev === undefined) return words.result([]);
  if (proxy) {
    const op = verb === 'delete' ? 'neigh.proxy-del' : 'neigh.proxy-add';
    return words.result([{ op, ...place, dev, dst }]);
  }
  if (verb === 'delete') return words.result([{ op: 'neigh.del', ...place, dev, dst }]);
  if (mac === undefined && !words.failed) {
    words.fail({
      code: 'command/incomplete',
      message: 'Error: No link layer address given.',
      near: '',
      expected: 'lladdr MAC',
    });
  }
  if (mac === undefined) return words.result([]);
  return words.result([{ op: 'neigh.replace', ...place, dev, dst, mac, state }]);
}

function takeState(words: Words): 'permanent' | 'reachable' | 'stale' | 'noarp' {
  const word = words.need('permanent, reachable, stale or noarp');
  if (word === 'permanent' || word === 'reachable' || word === 'stale' || word === 'noarp')
    return word;
  words.bad(
    word,
    `Error: argument "${word}" is wrong: nud state is bad`,
    'permanent, reachable, stale or noarp',
  );
  return 'permanent';
}

/** An address; without a prefix length it is a host's. */
function parseLocal(text: string): Result<IpWithPrefix, string> {
  if (text.includes('/')) return parseIpWithPrefix(text);
  const address = parseIp(text);
  if (!address.ok) return fail(address.error);
  return ok({ address: address.value, prefixLength: isIpv4(address.value) ? 32 : 128 });
}
