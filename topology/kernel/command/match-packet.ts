import { type Ip, isIpv4, parseIp, parseMac } from '../../addr/index.js';
import type { Asked, Match, NumberRange } from '../ops.js';
import {
  asked,
  badValue,
  type Extension,
  type ExtensionOption,
  inverted,
  parseInteger,
  readInteger,
  readIntegerRange,
  readMark,
} from './extension.js';
import { DSCP_CLASSES, TOS_NAMES } from './names.js';
import type { MatchMaker, RuleDraft } from './rule-draft.js';
import { parseU32 } from './u32.js';
import type { Words } from './words.js';

/** Extensions that ask of the packet itself and of where it comes from. */
export const PACKET_MATCHES: Readonly<Record<string, MatchMaker>> = {
  mark: () => mark(),
  length: () => length(),
  mac: () => mac(),
  pkttype: () => pkttype(),
  iprange,
  owner: () => owner(),
  rpfilter: () => rpfilter(),
  tos: () => tos(),
  dscp: () => dscp(),
  string: () => text(),
  u32: () => u32(),
};

/** The extensions that one family alone has. */
export const TTL_MATCHES: Readonly<Record<'ipv4' | 'ipv6', Readonly<Record<string, MatchMaker>>>> =
  {
    ipv4: { ttl: () => ttl('ttl') },
    ipv6: { hl: () => ttl('hl') },
  };

/** An extension of one option that must be given. */
function single(
  name: string,
  option: string,
  read: (words: Words, invert: boolean) => Match | undefined,
): Extension<readonly Match[]> {
  let match: Match | undefined;
  return {
    name,
    options: {
      [option]: {
        mandatory: true,
        invertible: true,
        read: (words, invert) => {
          match = read(words, invert);
        },
      },
    },
    finish: () => (match === undefined ? [] : [match]),
  };
}

function mark(): Extension<readonly Match[]> {
  return single('mark', 'mark', (words, invert) => {
    const value = readMark(words, { extension: 'mark', option: 'mark' });
    return { match: 'mark', ...value, ...inverted(invert) };
  });
}

function length(): Extension<readonly Match[]> {
  return single('length', 'length', (words, invert) => {
    const place = { extension: 'length', option: 'length' };
    const { from, to } = readIntegerRange(words, place, 65_535);
    return { match: 'length', range: { from, to }, ...inverted(invert) };
  });
}

function mac(): Extension<readonly Match[]> {
  return single('mac', 'mac-source', (words, invert) => {
    const word = words.take();
    const parsed = parseMac(word.toLowerCase());
    if (parsed.ok) return { match: 'mac', mac: parsed.value, ...inverted(invert) };
    words.bad(word, 'Invalid MAC address specified.', 'such as 02:00:00:00:00:01');
    return undefined;
  });
}

function pkttype(): Extension<readonly Match[]> {
  const types = {
    unicast: 'unicast',
    broadcast: 'broadcast',
    multicast: 'multicast',
    bcast: 'broadcast',
    mcast: 'multicast',
  } as const;
  return single('pkttype', 'pkt-type', (words, invert) => {
    const word = words.take();
    const found = Object.entries(types).find(([name]) => name === word.toLowerCase())?.[1];
    if (found !== undefined) return { match: 'pkttype', type: found, ...inverted(invert) };
    words.bad(word, `Bad packet type '${word}'`, 'unicast, broadcast or multicast');
    return undefined;
  });
}

interface IpRange {
  readonly from: Ip;
  readonly to: Ip;
}

function iprange(draft: RuleDraft): Extension<readonly Match[]> {
  const into: { src?: Asked<IpRange>; dst?: Asked<IpRange> } = {};
  const option = (side: 'src' | 'dst'): ExtensionOption => ({
    invertible: true,
    read: (words, invert) => {
      const word = words.take();
      const [low = '', high = low] = word.split('-');
      const from = parseIp(low);
      const to = parseIp(high);
      const fits = (address: Ip) => isIpv4(address) === (draft.family === 'ipv4');
      if (from.ok && to.ok && fits(from.value) && fits(to.value)) {
        into[side] = asked({ from: from.value, to: to.value }, invert);
        return;
      }
      const place = { extension: 'iprange', option: `${side}-range` };
      badValue(words, place, word, 'FIRST-LAST, two addresses');
    },
  });
  return {
    name: 'iprange',
    options: { 'src-range': option('src'), 'dst-range': option('dst') },
    finish: (words) => {
      if (into.src === undefined && into.dst === undefined) {
        const message = "iprange match: You must specify `--src-range' or `--dst-range'";
        words.bad(words.peek, message, '--src-range FIRST-LAST');
      }
      return [{ match: 'iprange', ...into }];
    },
  };
}

function owner(): Extension<readonly Match[]> {
  const into: {
    uid?: Asked<NumberRange>;
    gid?: Asked<NumberRange>;
    socketExists?: boolean;
    supplGroups?: boolean;
  } = {};
  const id = (key: 'uid' | 'gid'): ExtensionOption => ({
    invertible: true,
    read: (words, invert) => {
      const word = words.take();
      const [low = '', high] = word === 'root' ? ['0'] : word.split('-');
      const from = parseInteger(low);
      const to = high === undefined ? from : parseInteger(high);
      if (from !== undefined && to !== undefined) into[key] = asked({ from, to }, invert);
      else
        badValue(
          words,
          { extension: 'owner', option: `${key}-owner` },
          word,
          'an id or FIRST-LAST',
        );
    },
  });
  return {
    name: 'owner',
    options: {
      'uid-owner': id('uid'),
      'gid-owner': id('gid'),
      'socket-exists': {
        args: 0,
        invertible: true,
        read: (_, invert) => {
          into.socketExists = !invert;
        },
      },
      'suppl-groups': {
        args: 0,
        needs: ['gid-owner'],
        read: () => {
          into.supplGroups = true;
        },
      },
    },
    finish: (words) => {
      if (into.uid === undefined && into.gid === undefined && into.socketExists === undefined) {
        const message =
          'owner: At least one of --uid-owner, --gid-owner or --socket-exists is required';
        words.bad(words.peek, message, '--uid-owner UID');
      }
      return [{ match: 'owner', ...into }];
    },
  };
}

function rpfilter(): Extension<readonly Match[]> {
  const into: { loose?: boolean; validMark?: boolean; acceptLocal?: boolean; invert?: boolean } =
    {};
  const option = (key: keyof typeof into): ExtensionOption => ({
    args: 0,
    read: () => {
      into[key] = true;
    },
  });
  return {
    name: 'rpfilter',
    options: {
      loose: option('loose'),
      validmark: option('validMark'),
      'accept-local': option('acceptLocal'),
      invert: option('invert'),
    },
    finish: () => [{ match: 'rpfilter', ...into }],
  };
}

/** A value of the TOS octet: a name (mask 0x3f), or a number with a mask (all bits when absent). */
export function readTos(
  words: Words,
): { readonly value: number; readonly mask: number } | undefined {
  const word = words.take();
  const named = TOS_NAMES.find(([name]) => name.toLowerCase() === word.toLowerCase());
  if (named !== undefined) return { value: named[1], mask: 0x3f };
  const [valueText = '', maskText] = word.split('/');
  const value = parseInteger(valueText);
  const mask = maskText === undefined ? 0xff : parseInteger(maskText);
  if (value !== undefined && mask !== undefined && value <= 0xff && mask <= 0xff) {
    return { value, mask };
  }
  words.bad(
    word,
    `Symbolic name "${word}" is unknown`,
    'VALUE/MASK or a name such as Minimize-Delay',
  );
  return undefined;
}

function tos(): Extension<readonly Match[]> {
  return single('tos', 'tos', (words, invert) => {
    const value = readTos(words);
    return value === undefined ? undefined : { match: 'tos', ...value, ...inverted(invert) };
  });
}

/** A class of `--dscp-class`. */
export function readDscpClass(words: Words): number {
  const word = words.take();
  const found = DSCP_CLASSES.find(([name]) => name.toLowerCase() === word.toLowerCase());
  if (found === undefined)
    words.bad(word, `Invalid DSCP value \`${word}'`, 'such as EF, CS1 or AF21');
  return found?.[1] ?? 0;
}

function dscp(): Extension<readonly Match[]> {
  let match: Match | undefined;
  const option = (other: string, read: (words: Words) => number): ExtensionOption => ({
    invertible: true,
    excludes: [other],
    read: (words, invert) => {
      match = { match: 'dscp', dscp: read(words), ...inverted(invert) };
    },
  });
  return {
    name: 'dscp',
    options: {
      dscp: option('dscp-class', (words) =>
        readInteger(words, { extension: 'dscp', option: 'dscp' }, 0, 63),
      ),
      'dscp-class': option('dscp', readDscpClass),
    },
    finish: (words) => {
      if (match === undefined)
        words.bad(words.peek, 'DSCP match: Parameter --dscp is required', '--dscp N');
      return match === undefined ? [] : [match];
    },
  };
}

function ttl(name: 'ttl' | 'hl'): Extension<readonly Match[]> {
  let match: Match | undefined;
  const option = (how: 'eq' | 'lt' | 'gt'): ExtensionOption => ({
    invertible: how === 'eq',
    excludes: ['eq', 'lt', 'gt'].filter((each) => each !== how).map((each) => `${name}-${each}`),
    read: (words, invert) => {
      const value = readInteger(words, { extension: name, option: `${name}-${how}` }, 0, 255);
      match = { match: 'ttl', how, ttl: value, ...inverted(invert) };
    },
  });
  return {
    name,
    options: {
      [`${name}-lt`]: option('lt'),
      [`${name}-gt`]: option('gt'),
      [`${name}-eq|${name}`]: option('eq'),
    },
    finish: (words) => {
      if (match === undefined) {
        const message =
          name === 'ttl'
            ? "TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt"
            : "HL match: You must specify one of `--hl-eq', `--hl-lt', `--hl-gt'";
        words.bad(words.peek, message, `--${name}-eq N`);
      }
      return match === undefined ? [] : [match];
    },
  };
}

/** Octets between bars are hexadecimal: `|0d0a|x`. */
function hexString(words: Words, word: string): string {
  let inside = false;
  let made = '';
  for (const part of word.split('|')) {
    if (!inside) made += part;
    else {
      const digits = part.replaceAll(' ', '');
      if (!/^([0-9a-fA-F]{2})+$/.test(digits)) {
        words.bad(word, 'STRING: invalid hex block', 'two digits for each octet, between bars');
      }
      for (const pair of digits.match(/../g) ?? [])
        made += String.fromCharCode(Number.parseInt(pair, 16));
    }
    inside = !inside;
  }
  return made;
}

function text(): Extension<readonly Match[]> {
  let pattern: { pattern: string; hex: boolean; invert: boolean } | undefined;
  let algo: 'bm' | 'kmp' = 'bm';
  const into: { from?: number; to?: number; icase?: boolean } = {};
  const bound = (key: 'from' | 'to'): ExtensionOption => ({
    read: (words) => {
      into[key] = readInteger(words, { extension: 'string', option: key }, 0, 65_535);
    },
  });
  return {
    name: 'string',
    options: {
      from: bound('from'),
      to: bound('to'),
      algo: {
        mandatory: true,
        read: (words) => {
          const word = words.take();
          if (word === 'bm' || word === 'kmp') algo = word;
          else words.bad(word, 'RULE_APPEND failed (No such file or directory)', 'bm or kmp');
        },
      },
      string: {
        invertible: true,
        excludes: ['hex-string'],
        read: (words, invert) => {
          pattern = { pattern: words.take(), hex: false, invert };
        },
      },
      'hex-string': {
        invertible: true,
        read: (words, invert) => {
          pattern = { pattern: hexString(words, words.take()), hex: true, invert };
        },
      },
      icase: {
        args: 0,
        read: () => {
          into.icase = true;
        },
      },
    },
    finish: (words) => {
      if (pattern === undefined) {
        const message = "STRING match: You must specify `--string' or `--hex-string'";
        words.bad(words.peek, message, '--string TEXT');
        return [];
      }
      const { invert, ...rest } = pattern;
      return [{ match: 'string', ...rest, algo, ...into, ...inverted(invert) }];
    },
  };
}

function u32(): Extension<readonly Match[]> {
  return single('u32', 'u32', (words, invert) => {
    const word = words.take();
    const tests = parseU32(word);
    if (tests.ok) return { match: 'u32', tests: tests.value, ...inverted(invert) };
    words.bad(word, tests.error, 'such as 0>>22&0x3C@4=0x29');
    return undefined;
  });
}
